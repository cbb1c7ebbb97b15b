import assert from 'node:assert/strict'
import type { ConcludedDrill, PlannedDrill } from '../../src/domain/drill.ts'
import { breakerNotice, conclusionNotice, type Notice, restoreNotice, strikeNotice, wholeNotice } from '../../src/domain/notice.ts'
import type { DigestContents } from '../../src/notify/digest.ts'
import { concluded, finding, hostile, planned, type Scene, start } from '../reports/fixtures.ts'

export const noon = Temporal.Instant.from('2026-11-20T12:00:00Z')

/** A drill of the payments team that ended. */
function ended(scene: Scene, changes: Partial<ConcludedDrill> = {}): ConcludedDrill {
  const { drill } = concluded({ id: 'd-1', ...scene })
  assert(drill.state === 'concluded')
  const { order, judgement, tracking } = drill
  const successor = judgement.successor === null ? null : 'i-0successor'
  const candidates = tracking?.candidates.map(one => ({ ...one, id: one.id === judgement.successor ? 'i-0successor' : one.id })) ?? []
  return {
    ...drill,
    owner: 'payments',
    order: { ...order, victim: { ...order.victim, id: 'i-0victim' } },
    judgement: { ...judgement, successor },
    tracking: tracking && { ...tracking, candidates },
    ...changes,
  }
}

function coming(changes: Partial<PlannedDrill> = {}): PlannedDrill {
  const { drill } = planned('checkout')
  assert(drill.state === 'planned')
  return { ...drill, id: 'd-2', owner: 'payments', plannedFor: noon.add({ minutes: 15 }), ...changes }
}

const drift = finding('config-drift', 'The victim had the security group sg-9, which no declaration explains.')

/** One of each kind, as they are told. */
export const examples: Readonly<Record<string, Notice>> = {
  phoenix: conclusionNotice(ended({ name: 'web', verdict: 'phoenix' }), false),
  snowflake: conclusionNotice(
    ended({
      name: 'checkout',
      verdict: 'snowflake',
      findings: [finding('slow', 'It took 40 s, the target is 30 s.', { level: 'warn' }), drift],
    }),
    true,
  ),
  wounded: conclusionNotice(
    ended(
      {
        name: 'billing',
        verdict: 'snowflake',
        launched: null,
        healthy: null,
        recovered: null,
        successorId: null,
        findings: [finding('not-replaced', 'No successor came within 90 s: InsufficientInstanceCapacity.')],
      },
      { wounded: true },
    ),
    true,
  ),
  inconclusive: conclusionNotice(
    ended({
      name: 'search',
      verdict: 'inconclusive',
      findings: [finding('group-changed', 'A deployment changed the group during the drill.')],
    }),
    false,
  ),
  whole: wholeNotice(ended({ name: 'billing', verdict: 'snowflake' }), noon, start),
  restore: restoreNotice(ended({ name: 'batch', verdict: 'snowflake' }), 'QuotaExceeded: the quota of vCPUs is used up', noon, start),
  breaker: breakerNotice('weekdays', '2 drills in a row were not phoenix', noon),
  strike: strikeNotice(coming(), { before: 900_000, timezone: 'Europe/Berlin' }),
  digest: digest(),
  quiet: digest(),
  hostile: conclusionNotice(
    ended({ name: hostile.script, verdict: 'snowflake', findings: Object.values(hostile).map(text => finding('config-drift', text)) }),
    true,
  ),
}

function digest(): Notice {
  const facts = { what: 'digest', from: noon.subtract({ hours: 168 }), to: noon } as const
  return { key: 'digest/2026-11-20', kinds: [], urgent: false, at: noon, schedule: null, owner: null, drill: null, facts, notBefore: null }
}

const coverage = { now: 41, before: 38, optedIn: 50, days: 30 }

export const contents: Readonly<Record<string, DigestContents>> = {
  digest: {
    coverage,
    drills: { phoenix: 17, snowflake: 2, inconclusive: 1 },
    newSnowflakes: [
      { name: 'checkout', drill: 'd-1', wasSnowflake: false, byForecast: false },
      { name: 'orders', drill: 'd-2', wasSnowflake: false, byForecast: true },
    ],
    better: [
      { name: 'billing', drill: 'd-7', wasSnowflake: true, byForecast: false },
      { name: 'search', drill: 'd-8', wasSnowflake: false, byForecast: false },
    ],
    quarantined: 1,
    quiet: null,
  },
  quiet: {
    coverage: { ...coverage, now: 30 },
    drills: { phoenix: 0, snowflake: 0, inconclusive: 0 },
    newSnowflakes: [],
    better: [],
    quarantined: 0,
    quiet: {
      days: 9,
      reasons: [
        { rule: 'S5', drills: 31, example: 'an instance refresh is in progress' },
        { rule: 'alertmanager', drills: 4, example: 'an alert is firing: HighErrorRate' },
      ],
      leashed: 12,
      paused: 2,
      halts: ['the schedule weekdays is halted by oncall: incident 4711'],
      optedIn: 50,
    },
  },
}
