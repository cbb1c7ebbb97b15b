import assert from 'node:assert/strict'
import { encode } from '../../src/domain/codec.ts'
import type { ConcludedDrill, Judgement } from '../../src/domain/drill.ts'
import type { Finding } from '../../src/domain/finding.ts'
import {
  announcementKey,
  breakerNotice,
  conclusionNotice,
  type Notice,
  restoreNotice,
  strikeNotice,
  wholeNotice,
} from '../../src/domain/notice.ts'
import { at, candidate, order, plannedDrill, struckAt, tracking, victimId } from './fixtures.ts'

const drill = plannedDrill({ id: 'd-1', owner: 'payments', service: 'checkout', schedule: 'nights' })
const about = { schedule: 'nights', owner: 'payments', drill: 'd-1' }
const facts = {
  id: 'd-1',
  group: 'cloud:here/web',
  groupName: 'web',
  service: 'checkout',
  schedule: 'nights',
  provider: 'cloud',
  scope: 'cloud:here',
  owner: 'payments',
  method: 'retire',
}

function finding(level: Finding['level'], summary: string): Finding {
  return { kind: 'slow', level, summary, path: 'recovery', expected: 1, actual: 2 }
}

function concluded(judged: Partial<Judgement> = {}, changes: Partial<ConcludedDrill> = {}): ConcludedDrill {
  return {
    ...drill,
    state: 'concluded',
    order: order(),
    tracking: tracking(),
    judgement: { verdict: 'phoenix', findings: [], proven: [], notCompared: [], successor: 'i-new', ...judged },
    concludedAt: at(330),
    wounded: false,
    wakeAt: null,
    ...changes,
  }
}

/** As the ledger keeps them: node's own comparison takes any two instants for equal. */
function assertNotice(actual: Notice, expected: Notice): void {
  assert.deepEqual(JSON.parse(encode(actual)), JSON.parse(encode(expected)))
}

describe("a notice of a drill's end", () => {
  it('tells verdict, victim, successor and how long it took, under one key for every process', () => {
    assertNotice(conclusionNotice(concluded(), false), {
      ...about,
      key: 'concluded/d-1',
      at: at(330),
      notBefore: null,
      kinds: ['phoenix'],
      urgent: false,
      facts: {
        what: 'concluded',
        drill: facts,
        verdict: 'phoenix',
        findings: [],
        moreFindings: 0,
        timeToRecover: 30_000,
        victim: victimId,
        successor: 'i-new',
        quarantined: false,
        wounded: false,
        restore: null,
      },
    })
  })

  it('is of a quarantine and of a wound as well, and a wound is urgent', () => {
    const quarantined = conclusionNotice(concluded({ verdict: 'snowflake' }), true)
    assert.deepEqual([quarantined.kinds, quarantined.urgent], [['snowflake', 'quarantine'], false])
    const wounded = conclusionNotice(concluded({ verdict: 'inconclusive' }, { wounded: true }), false)
    assert.deepEqual([wounded.kinds, wounded.urgent], [['inconclusive', 'wounded'], true])
    const both = conclusionNotice(concluded({ verdict: 'snowflake' }, { wounded: true }), true)
    assert.deepEqual(both.kinds, ['snowflake', 'quarantine', 'wounded'])
  })

  it('tells five findings, those that decide first, and counts the rest', () => {
    const findings = [finding('warn', 'w1'), finding('fail', 'f1'), finding('warn', 'w2'), finding('fail', 'f2')]
    const told = (judged: readonly Finding[]) => {
      const notice = conclusionNotice(concluded({ findings: judged }), false)
      assert.ok(notice.facts.what === 'concluded')
      return notice.facts
    }
    assert.deepEqual(told(findings).findings[0], { kind: 'slow', level: 'fail', summary: 'f1' })
    assert.deepEqual(
      told(findings).findings.map(({ summary }) => summary),
      ['f1', 'f2', 'w1', 'w2'],
    )
    assert.equal(told(findings).moreFindings, 0)
    const seven = told([...findings, finding('fail', 'f3'), finding('warn', 'w3'), finding('fail', 'f4')])
    assert.deepEqual(
      seven.findings.map(({ summary }) => summary),
      ['f1', 'f2', 'f3', 'f4', 'w1'],
    )
    assert.equal(seven.moreFindings, 2)
  })

  it('tells no time where nothing recovered, was tracked or was chosen', () => {
    const time = (drill_: ConcludedDrill) => {
      const notice = conclusionNotice(drill_, false)
      assert.ok(notice.facts.what === 'concluded')
      return notice.facts.timeToRecover
    }
    assert.equal(time(concluded({}, { tracking: null })), null)
    assert.equal(time(concluded({ successor: null })), null)
    const [slow, quick] = [candidate('i-slow', { recoveredAt: null }), candidate('i-quick', { recoveredAt: at(12) })]
    const both = { tracking: tracking({ candidates: [slow, quick] }) }
    assert.equal(time(concluded({ successor: 'i-slow' }, both)), null)
    const unseen = tracking({ candidates: [candidate('i-quick', { recoveredAt: at(12), recoveredAfter: at(5) })] })
    const { facts } = conclusionNotice(concluded({ successor: 'i-quick' }, { tracking: unseen }), false)
    assert.deepEqual(facts.what === 'concluded' && [facts.recoveredAfter, facts.timeToRecover], [5_000, 12_000])
    assert.equal(time(concluded({ successor: 'i-quick' }, both)), 12_000)
  })

  it('tells what the platform said of a restore that is still owed', () => {
    const said = (state: 'waiting' | 'requested' | 'done' | 'yielded') => {
      const notice = conclusionNotice(concluded({}, { tracking: tracking({ restore: { state, detail: 'locked' } }) }), false)
      assert.ok(notice.facts.what === 'concluded')
      return notice.facts.restore
    }
    assert.deepEqual([said('waiting'), said('requested'), said('done'), said('yielded')], ['locked', 'locked', null, null])
  })
})

describe('other notices', () => {
  it('of a restore that is not taken are urgent, and count from the strike', () => {
    assertNotice(restoreNotice(drill, 'the platform is locked', at(90), struckAt), {
      ...about,
      key: 'restore/d-1',
      at: at(90),
      notBefore: null,
      kinds: ['restore', 'wounded'],
      urgent: true,
      facts: { what: 'restore', drill: facts, detail: 'the platform is locked', after: 90_000 },
    })
  })

  it('of a group that is whole again reach whoever hears of wounded ones', () => {
    assertNotice(wholeNotice(drill, at(600), struckAt), {
      ...about,
      key: 'whole/d-1',
      at: at(600),
      notBefore: null,
      kinds: ['whole', 'wounded'],
      urgent: false,
      facts: { what: 'whole', drill: facts, after: 600_000 },
    })
  })

  it('of the breaker are of a schedule, not of a drill, and one for each time it opened', () => {
    assertNotice(breakerNotice('nights', '3 in a row', struckAt), {
      key: `breaker/nights/${struckAt.epochMilliseconds}`,
      kinds: ['breaker'],
      urgent: true,
      at: struckAt,
      schedule: 'nights',
      owner: null,
      drill: null,
      facts: { what: 'breaker', schedule: 'nights', reason: '3 in a row' },
      notBefore: null,
    })
  })

  it('of a coming strike wait until the time they are to be told', () => {
    const planned = plannedDrill({ ...drill, state: 'planned', plannedFor: at(900) })
    assertNotice(strikeNotice(planned, { before: 600_000, timezone: 'Europe/Berlin' }), {
      ...about,
      key: 'strike/d-1',
      at: at(300),
      notBefore: at(300),
      kinds: ['strike'],
      urgent: false,
      facts: { what: 'strike', drill: facts, plannedFor: at(900), timezone: 'Europe/Berlin', before: 600_000 },
    })
    assert.equal(announcementKey('d-1'), 'strike/d-1')
  })
})
