import type { Declaration, DeclaredSet } from '../../src/domain/declaration.ts'
import type { PlannedDrill } from '../../src/domain/drill.ts'
import type { Finding } from '../../src/domain/finding.ts'
import { noCapacityAhead } from '../../src/domain/findings.ts'
import type { GroupSnapshot, GroupSummary, InstanceSnapshot } from '../../src/domain/group.ts'
import type { BusyDrill, ConclusionRecord, LedgerState, StrikeRecord } from '../../src/domain/ledger-state.ts'
import { policyFor, readOptIn } from '../../src/domain/opt-in.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import type { GroupFacts, LedgerFacts, VictimFacts } from '../../src/rules/rule.ts'
import { at, day, schedule } from '../domain/calendars.ts'

/** A Monday, 11:00 in Berlin: the window 09:30 to 15:30 is open. */
export const now = at('2026-11-23T11:00+01:00')

/** `ago(90_000)`: that many milliseconds before now. */
export function ago(milliseconds: number): Temporal.Instant {
  return now.subtract({ milliseconds })
}

export const minute = 60_000
export const hour = 60 * minute

export function summary(changes: Partial<GroupSummary> = {}): GroupSummary {
  return {
    id: 'cloud:1/eu/asg/web',
    provider: 'cloud',
    scope: 'cloud:1/eu',
    name: 'web',
    incarnation: 'uuid-1',
    tags: { firedrill: 'enabled' },
    optInById: null,
    ...changes,
  }
}

export function instance(id: string, changes: Partial<InstanceSnapshot> = {}): InstanceSnapshot {
  return {
    id,
    name: id,
    zone: 'a',
    launchedAt: ago(72 * hour),
    phase: 'in-service',
    health: 'healthy',
    checks: [{ source: 'platform', state: 'healthy', independent: false, detail: '' }],
    weight: 1,
    protection: null,
    bornFrom: '1',
    origin: 'launched',
    image: 'image-1',
    ...changes,
  }
}

function snapshot(changes: Partial<GroupSnapshot> = {}): GroupSnapshot {
  return {
    summary: summary(),
    observedAt: now,
    clockSkew: 0,
    desired: 3,
    minimum: 1,
    maximum: 5,
    instances: [instance('i-1'), instance('i-2'), instance('i-3')],
    unsteady: [],
    replacementOff: null,
    controller: null,
    membershipChangedAt: null,
    declarationVersion: '1',
    events: [],
    ownRecoveryTime: 0,
    ...changes,
  }
}

const declared: DeclaredSet = {
  version: '1',
  source: 'template 1',
  images: ['image-1'],
  values: {},
  open: [],
  environment: [],
  unread: [],
  since: null,
}

export const declaration: Declaration = { current: declared, born: { '1': declared }, promises: { retire: 'current', crash: 'current' } }

export function plan(changes: Partial<PlannedDrill> = {}, of: Schedule = schedule()): PlannedDrill {
  const group = summary()
  return {
    id: 'drill-1',
    state: 'planned',
    schedule: of.name,
    provider: group.provider,
    scope: group.scope,
    group: group.id,
    groupName: group.name,
    incarnation: group.incarnation,
    service: group.id,
    owner: null,
    planKey: '2026-11-23',
    plannedFor: now,
    policy: policyFor(of, readOptIn(group, day('2026-11-23'))).policy,
    revision: 0,
    wakeAt: now,
    ...changes,
  }
}

/** A group that every rule lets pass, with what a test changes. */
export function groupFacts(changes: Partial<GroupFacts> = {}): GroupFacts {
  const of = changes.schedule ?? schedule()
  return {
    now,
    ledgerSkew: 0,
    plan: plan({}, of),
    group: 'cloud:1/eu/asg/web',
    schedule: of,
    policy: of.recovery,
    never: [],
    observation: { kind: 'snapshot', snapshot: snapshot() },
    lookedAt: changes.now ?? now,
    declaration,
    forecast: [],
    ...changes,
  }
}

export function seen(changes: Partial<GroupSnapshot>): Pick<GroupFacts, 'observation'> {
  return { observation: { kind: 'snapshot', snapshot: snapshot(changes) } }
}

export function tagged(tags: Readonly<Record<string, string>>): Pick<GroupFacts, 'observation'> {
  return seen({ summary: summary({ tags: { firedrill: 'enabled', ...tags } }) })
}

export function victimFacts(
  changes: Partial<InstanceSnapshot> = {},
  others: Partial<GroupSnapshot> = {},
  of: Partial<Schedule> = {},
): VictimFacts {
  const victim = instance('i-1', changes)
  return {
    now,
    schedule: schedule(of),
    snapshot: snapshot({ instances: [victim, instance('i-2'), instance('i-3')], ...others }),
    instance: victim,
  }
}

/** A ledger that limits nothing, with what a test changes. */
export function ledgerFacts(state: Partial<LedgerState> = {}, changes: Partial<LedgerFacts> = {}): LedgerFacts {
  const of = changes.schedule ?? schedule()
  return {
    state: {
      now,
      halts: [],
      quarantines: [],
      busy: [],
      strikes: [],
      conclusions: [],
      scopes: [{ scope: 'cloud:1/eu', at: now, optedIn: 10, unsteady: 0, unreadable: null }],
      ...state,
    },
    plan: plan({}, of),
    schedule: of,
    run: null,
    haltFile: false,
    ...changes,
  }
}

/** A drill that has nothing to do with the one that is planned. */
export function busy(changes: Partial<BusyDrill> = {}): BusyDrill {
  const drill = changes.drill ?? 'drill-9'
  return {
    drill,
    schedule: 'other',
    scope: 'cloud:2/us',
    service: drill,
    group: `cloud:2/us/asg/${drill}`,
    wounded: false,
    failedRebuild: false,
    ...changes,
  }
}

export function strike(changes: Partial<StrikeRecord> = {}): StrikeRecord {
  return { drill: 'drill-9', schedule: 'other', service: 'api', group: 'cloud:2/us/asg/api', run: null, at: ago(hour), ...changes }
}

export function conclusion(verdict: ConclusionRecord['verdict'], at = ago(hour), of = 'weekdays'): ConclusionRecord {
  return { schedule: of, verdict, at }
}

export function finding(level: Finding['level'], text: string): Finding {
  return { kind: 'cannot-rebuild', level, path: null, expected: null, actual: null, summary: text }
}

/** The latest launch failed for want of capacity. */
export function shortOf(level: Finding['level']): Finding {
  return noCapacityAhead(level, 'no capacity')
}
