import assert from 'node:assert/strict'
import type { Evidence, Judgement } from '../../src/domain/drill.ts'
import { judge } from '../../src/domain/judge.ts'
import { evidence, policy, readAfter, readBefore } from './fixtures.ts'

/** A drill in which the platform itself listed what had changed inside, before and after. */
function listed(victim: Record<string, string>, successor: Record<string, string>, changes: Partial<Evidence> = {}): Judgement {
  const before = readBefore({ fingerprint: victim, fingerprintWhy: null, fingerprintShows: 'changes', fingerprintUnread: [] })
  return judge(evidence({ before, after: readAfter({ fingerprints: { 'i-new': successor } }), ...changes }))
}

function paths({ findings }: Judgement): (string | null)[] {
  return findings.filter(({ kind, level }) => kind === 'state-drift' && level === 'fail').map(({ path }) => path)
}

describe('what a platform lists as changed inside', () => {
  it('is a snowflake where the successor lacks a change, or has another one at the same path', () => {
    const judged = listed(
      { 'etc/app.conf': 'red', 'opt/fix': 'a', 'bin/tool': 'deleted' },
      { 'etc/app.conf': 'blue', 'bin/tool': 'deleted' },
    )
    assert.deepEqual([judged.verdict, paths(judged)], ['snowflake', ['state/etc/app.conf', 'state/opt/fix']])
  })

  it('is no finding where both changed in the same way, and proves the state although no schedule asked for it', () => {
    const judged = listed({ 'var/lib/ready': 'a' }, { 'var/lib/ready': 'a' })
    assert.deepEqual([judged.verdict, paths(judged), judged.proven.includes('state')], ['phoenix', [], true])
  })

  it('is no finding where only the successor changed something: in the victim that path was as the image has it', () => {
    const judged = listed({}, { 'var/lib/warming-up': 'a' })
    assert.deepEqual([judged.verdict, judged.proven.includes('state')], ['phoenix', true])
  })

  it('counts what only the successor holds where a fingerprint shows everything', () => {
    const before = readBefore({ fingerprint: {} })
    const after = readAfter({ fingerprints: { 'i-new': { 'etc/extra': 'a' } } })
    assert.deepEqual(paths(judge(evidence({ before, after }))), ['state/etc/extra'])
  })

  it('leaves out what drift.ignore names', () => {
    const ignoring = policy({ drift: { ignore: ['state/opt/**'], warn: [] } })
    const judged = listed({ 'opt/data/a': '1', 'opt/b': '2' }, {}, { policy: ignoring })
    assert.deepEqual([judged.verdict, judged.proven.includes('state')], ['phoenix', true])
  })

  it('S10 is no proof of the state where something inside could not be read, by either side', () => {
    const unread = [{ what: 'state/etc/a[1].conf', why: 'the engine was busy' }]
    const victim = readBefore({ fingerprint: {}, fingerprintWhy: null, fingerprintShows: 'changes', fingerprintUnread: unread })
    const one = judge(evidence({ before: victim, after: readAfter({ fingerprints: { 'i-new': {} } }) }))
    assert.deepEqual([one.verdict, one.proven.includes('state')], ['phoenix', false])
    assert.ok(one.notCompared.some(({ what }) => what === 'state/etc/a[1].conf'))
    const after = readAfter({ fingerprints: { 'i-new': {} }, fingerprintsUnread: { 'i-new': unread } })
    const other = listed({ 'etc/a[1].conf': 'red' }, {}, { after })
    assert.deepEqual([other.verdict, paths(other), other.proven.includes('state')], ['phoenix', [], false])
  })

  it('S10 is told, and decides nothing, where the successor could not be looked into', () => {
    const after = readAfter({ fingerprints: {}, fingerprintsWhy: { 'i-new': 'its engine is not configured' } })
    const judged = listed({ 'opt/fix': 'a' }, {}, { after })
    assert.deepEqual([judged.verdict, judged.proven.includes('state')], ['phoenix', false])
    assert.deepEqual(
      judged.notCompared.filter(({ what }) => what === 'state'),
      [{ what: 'state', why: 'its engine is not configured' }],
    )
  })
})
