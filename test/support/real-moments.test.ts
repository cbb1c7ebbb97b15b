import assert, { deepStrictEqual } from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const one = () => Temporal.Instant.from('2026-11-03T10:00:00Z')
const other = () => Temporal.Instant.from('2026-11-03T10:00:01Z')

/** Where a moment may stand in what is compared. */
const places: Record<string, (moment: unknown) => unknown> = {
  itself: moment => moment,
  'a field': moment => ({ deep: { at: moment, n: 1 } }),
  'a list': moment => [1, [moment]],
  'a map': moment => new Map([['web', { at: moment }]]),
  'a key of a map': moment => new Map([[moment, 1]]),
  'a set': moment => new Set([moment]),
  'an instance of a class': moment => new Seen(moment),
  'what leads back to itself': moment => {
    const ring: Record<string, unknown> = { at: moment }
    ring.self = ring
    return ring
  },
}

class Seen {
  readonly at: unknown

  constructor(at: unknown) {
    this.at = at
  }
}

describe('comparing moments', () => {
  for (const [place, put] of Object.entries(places)) {
    it(`tells them apart in ${place}`, () => {
      assert.deepEqual(put(one()), put(one()))
      assert.deepStrictEqual(put(one()), put(one()))
      deepStrictEqual(put(one()), put(one()))
      assert.throws(() => assert.deepEqual(put(one()), put(other())), assert.AssertionError)
      assert.throws(() => assert.deepStrictEqual(put(one()), put(other())), assert.AssertionError)
      assert.throws(() => deepStrictEqual(put(one()), put(other())), assert.AssertionError)
      assert.throws(() => assert.notDeepEqual(put(one()), put(one())), assert.AssertionError)
      assert.notDeepEqual(put(one()), put(other()))
    })
  }

  it('tells a part of an object apart by its moment', () => {
    assert.partialDeepStrictEqual({ at: one(), more: 1 }, { at: one() })
    assert.throws(() => assert.partialDeepStrictEqual({ at: one(), more: 1 }, { at: other() }), assert.AssertionError)
  })

  const pairs: readonly [object, object][] = [
    [Temporal.PlainDate.from('2026-11-03'), Temporal.PlainDate.from('2026-11-04')],
    [Temporal.PlainTime.from('10:00'), Temporal.PlainTime.from('10:01')],
    [Temporal.PlainDateTime.from('2026-11-03T10:00'), Temporal.PlainDateTime.from('2026-11-03T10:01')],
    [one().toZonedDateTimeISO('UTC'), one().toZonedDateTimeISO('Europe/Berlin')],
    [Temporal.PlainYearMonth.from('2026-11'), Temporal.PlainYearMonth.from('2026-12')],
    [Temporal.PlainMonthDay.from('11-03'), Temporal.PlainMonthDay.from('11-04')],
    [Temporal.Duration.from('PT1S'), Temporal.Duration.from('PT2S')],
  ]
  for (const [value, another] of pairs) {
    it(`knows ${Object.prototype.toString.call(value).slice(8, -1)}`, () => {
      assert.deepEqual([value], [value])
      assert.throws(() => assert.deepEqual([value], [another]), assert.AssertionError)
    })
  }

  it('takes none for its text, and says what differs', () => {
    assert.throws(() => assert.deepEqual(one(), String(one())), assert.AssertionError)
    assert.throws(() => assert.deepEqual({ at: one() }, { at: other() }), /2026-11-03T10:00:01Z/)
  })

  // A reporter that tries to make a text of both sides would fail with an error of its own, and end the run in its midst.
  it('leaves no difference for the reporter to tell', () => {
    assert.throws(() => assert.deepEqual({ at: one() }, { at: other() }), { showDiff: false })
  })

  it('leaves the rest as it was', () => {
    assert.deepEqual(
      [undefined, new Error('no'), Buffer.from('a'), new Date(0)],
      [undefined, new Error('no'), Buffer.from('a'), new Date(0)],
    )
    assert.throws(() => assert.deepEqual([new Error('no')], [new Error('yes')]), assert.AssertionError)
    assert.throws(() => assert.deepEqual({ a: undefined }, {}), assert.AssertionError)
  })

  // Only these are mended: a test with another way of comparing would be blind again.
  it('is the only way in which tests compare deeply', () => {
    const root = join(import.meta.dirname, '..')
    const blind = /node:assert['"]|\bisDeepStrictEqual\b|from ['"](?:chai|expect|fast-deep-equal)['"]|\bt\.assert\b/
    const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts') && !file.endsWith('real-moments.test.ts'))
      .filter(file => blind.test(readFileSync(join(root, file), 'utf8')))
    assert.deepEqual(found, [])
  })
})
