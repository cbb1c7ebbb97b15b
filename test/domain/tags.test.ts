import assert from 'node:assert/strict'
import { readTags, tagNames, unknownOwner } from '../../src/domain/tags.ts'

/** What each wrong text of a tag is answered with. */
const rights: Readonly<Record<string, readonly [right: string, wrong: readonly string[]]>> = {
  'firedrill-schedule': ['the name of a schedule', ['', 'two words', ' week', 'week ']],
  'firedrill-service': ['letters, digits and . _ : / - without spaces', ['', '-a', 'a b', `a${'b'.repeat(255)}`, 'ä']],
  'firedrill-mean-days': ['a number of days such as 10', ['0', '-1', '1.2345', '12345', '1.', 'ten', '1e3']],
  'firedrill-deadline': ['a duration such as 90s, 15m or 1h, longer than 0s', ['0s', '90', '1 h']],
  'firedrill-soak': ['a duration such as 90s, 15m or 1h', ['90', '1 h']],
  'firedrill-method': ['"retire" or "crash"', ['Retire', 'kill', '']],
  'firedrill-paused-until': [
    'a date written YYYY-MM-DD',
    ['2026-02-30', '2026-1-1', '20260101', '+002026-01-01', '2026-01-01T00:00', 'soon'],
  ],
  'firedrill-owner': [
    'a slug of letters, digits, - and _, as in owners: of firedrill.yaml',
    ['', '_a', 'a b', 'a/b', `a${'b'.repeat(63)}`],
  ],
}

describe('a tag beside the one that opts in', () => {
  for (const [name, [right, wrong]] of Object.entries(rights))
    it(`${name} forbids strikes where it is wrong, and says what would be right`, () => {
      for (const text of wrong) {
        const { tags, problems } = readTags({ [name]: text })
        assert.deepEqual(problems, [`the tag ${name} is ${JSON.stringify(text)}: it must be ${right}`])
        assert.deepEqual(new Set(Object.values(tags)), new Set([null]), text)
      }
    })

  it('is one of these, and each is tried here', () => assert.deepEqual([...tagNames], Object.keys(rights)))

  it('is read where it is right', () => {
    const { tags, problems } = readTags({
      'firedrill-schedule': 'nights!',
      'firedrill-service': `a.b_c:d/e-f${'g'.repeat(244)}`,
      'firedrill-mean-days': '1234.125',
      'firedrill-deadline': '1s',
      'firedrill-soak': '0s',
      'firedrill-method': 'crash',
      'firedrill-paused-until': '2028-02-29',
      'firedrill-owner': `a-b_${'c'.repeat(59)}`,
      Name: 'web',
    })
    assert.deepEqual(problems, [])
    assert.deepEqual(
      [
        tags.schedule,
        tags.service?.length,
        tags.meanDays,
        tags.deadline,
        tags.soak,
        tags.method,
        String(tags.pausedUntil),
        tags.owner?.length,
      ],
      ['nights!', 255, 1234.125, 1000, 0, 'crash', '2028-02-29', 63],
    )
    assert.equal(readTags({ 'firedrill-mean-days': '0.5' }).tags.meanDays, 0.5)
  })

  it('of an owner whom firedrill.yaml does not know refuses nothing, and is pointed out', () => {
    assert.deepEqual(readTags({ 'firedrill-owner': 'paymets' }).problems, [])
    const said = 'the tag firedrill-owner is "paymets", and owners: of firedrill.yaml has no such owner, so nobody is told by it'
    assert.equal(unknownOwner('paymets', ['payments', 'search']), `${said}: did you mean "payments"?`)
    assert.equal(unknownOwner('paymets', []), `${said}: there are none`)
    assert.deepEqual([unknownOwner('payments', ['payments']), unknownOwner(null, [])], [null, null])
  })

  it('forbids strikes where nobody knows its name: a pause that does nothing in silence would be worse', () => {
    const all = tagNames.join(', ')
    const says: readonly [string, string][] = [
      ['firedrill-pause-until', 'write firedrill-paused-until, or remove it'],
      ['Firedrill.Method', 'write firedrill-method, or remove it'],
      [' firedrill-methd ', 'write firedrill-method, or remove it'],
      ['firedrill:zzzzzzzzzzzzzzzzz', `remove it, or use one of ${all}`],
      ['firedrill zzzzzzzzzzzzzzzzz', `remove it, or use one of ${all}`],
    ]
    for (const [key, advice] of says)
      assert.deepEqual(readTags({ [key]: 'x' }).problems, [`the tag ${JSON.stringify(key)} = "x" means nothing: ${advice}`])
    for (const key of ['my-firedrill-method', 'firedrills', 'firedrill2', 'firedrill'])
      assert.deepEqual(readTags({ [key]: 'x' }).problems, [], key)
  })
})
