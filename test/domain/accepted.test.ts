import assert from 'node:assert/strict'
import { type AcceptedDifference, applyAccepted, isAcceptable, tellAccepted } from '../../src/domain/accepted.ts'
import { decode, encode } from '../../src/domain/codec.ts'
import type { Evidence } from '../../src/domain/drill.ts'
import type { Finding } from '../../src/domain/finding.ts'
import { judge } from '../../src/domain/judge.ts'
import { at, configuration, evidence, readAfter, readBefore } from './fixtures.ts'

const known: AcceptedDifference = {
  drill: 'drill-0',
  group: 'cloud:here/web',
  kind: 'config-drift',
  path: 'securityGroups',
  expected: ['sg-1', 'sg-2'],
  actual: ['sg-1', 'sg-2', 'sg-9'],
  note: 'goes with the next template',
  by: 'on-call',
  since: at(-86_400),
  until: Temporal.Instant.from('2027-01-01T00:00:00Z'),
}

/** The victim carries a group that no template names. */
function drifted(accepted: readonly AcceptedDifference[], groups: readonly string[] = ['sg-1', 'sg-2', 'sg-9']): Evidence {
  return evidence({
    before: readBefore({ victim: configuration('i-victim', { securityGroups: groups }) }),
    after: readAfter({ accepted }),
  })
}

describe('an accepted difference', () => {
  it('is a warning that names who accepted it, why and until when, and decides nothing', () => {
    assert.equal(judge(drifted([])).verdict, 'snowflake')
    const { verdict, findings, proven } = judge(drifted([known]))
    assert.equal(verdict, 'phoenix')
    assert.deepEqual(
      findings.map(({ kind, level }) => [kind, level]),
      [['config-drift', 'warn']],
    )
    assert.match(findings[0]?.summary ?? '', /sg-9.*\(accepted until 2026-12-31 by on-call: goes with the next template\)$/)
    assert.deepEqual(findings[0]?.accepted, { until: known.until, by: 'on-call', note: 'goes with the next template' })
    assert.ok(!proven.includes('configuration'), 'what differs is not proven, accepted or not')
  })

  it('is judged the same again on what was stored', () => {
    const stored = drifted([known])
    assert.deepEqual(judge(decode<Evidence>(encode(stored))), judge(stored))
  })

  const others: readonly [string, Partial<AcceptedDifference>][] = [
    ['another path', { path: 'type' }],
    ['another kind', { kind: 'state-drift' }],
    ['another actual value', { actual: ['sg-1', 'sg-2', 'sg-8'] }],
    ['another declared value', { expected: ['sg-1'] }],
  ]
  for (const [what, changes] of others)
    it(`does not cover ${what}`, () => assert.equal(judge(drifted([{ ...known, ...changes }])).verdict, 'snowflake'))

  it('does not hide what was added since', () => {
    assert.equal(judge(drifted([known], ['sg-1', 'sg-2', 'sg-666', 'sg-9'])).verdict, 'snowflake')
  })

  it('hides no other reason of the same drill', () => {
    const later = {
      ...drifted([known]),
      after: readAfter({ accepted: [known], configurations: { 'i-new': configuration('i-new', {}, { image: 'image-9' }) } }),
    }
    const { verdict, findings } = judge(later)
    assert.equal(verdict, 'snowflake')
    assert.deepEqual(
      findings.map(({ kind, level }) => `${level} ${kind}`),
      ['fail wrong-image', 'warn config-drift'],
    )
  })

  const finding: Finding = { kind: 'config-drift', level: 'fail', path: 'type', expected: null, actual: 'x', summary: 's' }
  const acceptable: readonly [boolean, Partial<Finding>][] = [
    [true, {}],
    [true, { kind: 'state-drift', path: 'state/files/etc/motd' }],
    [false, { kind: 'state-drift', path: 'state' }],
    [false, { path: null }],
    [false, { kind: 'wrong-image', path: 'image' }],
    [false, { kind: 'not-replaced' }],
    [false, { kind: 'unobservable' }],
  ]
  for (const [expected, changes] of acceptable)
    it(`${expected ? 'can' : 'cannot'} be ${changes.kind ?? 'config-drift'} at ${changes.path === undefined ? 'type' : changes.path}`, () => {
      assert.equal(isAcceptable({ ...finding, ...changes }), expected)
    })

  it('is told once, and of no other group', () => {
    const judged = judge(drifted([]))
    const drill = { state: 'concluded', group: 'cloud:here/web', judgement: judged } as unknown as Parameters<typeof tellAccepted>[0]
    const told = tellAccepted(tellAccepted(drill, [known]), [known])
    assert.ok(told.state === 'concluded')
    assert.deepEqual([told.judgement.verdict, told.judgement.findings[0]?.level], ['snowflake', 'fail'])
    assert.equal(told.judgement.findings[0]?.summary.split('accepted until').length, 2)
    assert.equal(tellAccepted(drill, [{ ...known, group: 'cloud:here/api' }]), drill)
    assert.equal(applyAccepted(judged.findings, [])[0], judged.findings[0])
  })
})
