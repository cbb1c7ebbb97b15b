import { withAccepted } from '../domain/accepted.ts'
import { pick } from '../domain/chance.ts'
import type { Configuration, Declaration } from '../domain/declaration.ts'
import { driftOptions, victimDrift } from '../domain/drift.ts'
import type { Before, GuardReading, PlannedDrill } from '../domain/drill.ts'
import { describeDuration } from '../domain/duration.ts'
import type { Finding } from '../domain/finding.ts'
import type { GroupId, GroupSnapshot, InstanceId, InstanceSnapshot, Observation } from '../domain/group.ts'
import type { Schedule } from '../domain/schedule.ts'
import type { GroupFacts, RuleRefusal, VictimFacts } from '../rules/rule.ts'
import { driftRules, firstRefusal, groupRules, victimRules } from '../rules/rules.ts'
import { type Engine, freshness, reasonOf, type ScopeHandle } from './context.ts'
import { asBefore, lookInside } from './inside.ts'
import { whyProbesFail } from './probes.ts'

/** A planned drill that may strike, with everything that was read for it. */
export interface Ready {
  readonly plan: PlannedDrill
  readonly schedule: Schedule
  readonly victim: InstanceSnapshot
  readonly before: Before
  /** What the victim differs in; only warnings, unless the schedule strikes drifted victims. */
  readonly findings: readonly Finding[]
  /** When the group was last observed, on the monotonic clock. */
  readonly lookedAt: number
}

export interface Refused {
  readonly plan: PlannedDrill
  readonly refusal: RuleRefusal
}

export interface Wanted {
  readonly plan: PlannedDrill
  readonly schedule: Schedule
  /** Only this member may be struck; null: any. */
  readonly victim: InstanceId | null
  /** What the guards said right before. */
  readonly guards?: readonly GuardReading[]
}

interface Reading {
  readonly observations: ReadonlyMap<GroupId, Observation>
  readonly declarations: ReadonlyMap<GroupId, Declaration>
  readonly forecasts: ReadonlyMap<GroupId, readonly Finding[]>
  readonly at: Temporal.Instant
  readonly monotonic: number
}

/**
 * Reads several groups of one scope anew and asks every rule that concerns groups and victims. What a rebuild is made
 * from changes rarely and takes long to read, so it is read first; the members come last, so that they are fresh.
 */
export async function lookFresh(
  engine: Engine,
  handle: ScopeHandle,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<(Ready | Refused)[]> {
  const reading = await read(engine, handle, wanted, signal)
  const askedAt = engine.clock.monotonic()
  const ledgerNow = await engine.ledger.now()
  const outdated = outdatedByLedger(engine, { lookedAt: reading.monotonic, askedAt })
  if (outdated !== null) return wanted.map(({ plan }) => ({ plan, refusal: outdated }))
  const picked = wanted.map(want => pickVictim(engine, want, factsOf(engine, want, { reading, ledgerNow })))
  const described = await describeVictims(engine, handle, picked, signal)
  const inspected = await Promise.all(
    picked.map(one => ('refusal' in one ? one : inspect(engine, handle, one, { described, reading, signal }))),
  )
  return refreshLate(engine, handle, inspected, signal)
}

/**
 * Why a plan must wait to be looked at anew, guards and all: the ledger was waited for, through an outage perhaps, and what was seen before
 * has grown old meanwhile (S10). Null: it has not, or by something else. On the monotonic clock.
 */
export function outdatedByLedger(
  engine: Engine,
  { lookedAt, askedAt }: { readonly lookedAt: number; readonly askedAt: number },
): RuleRefusal | null {
  const now = engine.clock.monotonic()
  const grewOld = now - lookedAt > freshness && askedAt - lookedAt <= freshness
  if (!grewOld && now - askedAt <= freshness) return null
  const reason = `the ledger took ${describeDuration(Math.round(now - askedAt))} to answer, so what was seen of the group is outdated`
  return { rule: 'S10', reason, transient: true }
}

async function read(engine: Engine, handle: ScopeHandle, wanted: readonly Wanted[], signal: AbortSignal): Promise<Reading> {
  const groups = wanted.map(want => want.plan.group)
  const { provider, scope } = handle
  const [declarations, forecasts] = await Promise.all([
    orNothing(engine, 'declare', provider.declare(scope, groups, signal)),
    orNothing(engine, 'forecast', provider.forecast(scope, groups, signal)),
  ])
  return { declarations, forecasts, ...(await observeFully(engine, handle, wanted, signal)) }
}

async function observeFully(
  engine: Engine,
  handle: ScopeHandle,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<Pick<Reading, 'observations' | 'at' | 'monotonic'>> {
  const at = engine.clock.now()
  const monotonic = engine.clock.monotonic()
  const since = at.subtract({ milliseconds: Math.max(0, ...wanted.map(want => want.schedule.settle)) })
  const groups = wanted.map(want => want.plan.group)
  try {
    return { observations: await handle.provider.observe(handle.scope, groups, { since, depth: 'full' }, signal), at, monotonic }
  } catch (error) {
    const why = reasonOf(error)
    engine.log.warn('platform could not be read before a strike', { what: 'observe', why })
    return { observations: new Map<GroupId, Observation>(groups.map(group => [group, { kind: 'unreadable', why }])), at, monotonic }
  }
}

/** A read that fails leaves nothing, and nothing is a refusal (S10). */
async function orNothing<K, V>(engine: Engine, what: string, reading: Promise<ReadonlyMap<K, V>>): Promise<ReadonlyMap<K, V>> {
  try {
    return await reading
  } catch (error) {
    engine.log.warn('platform could not be read before a strike', { what, why: reasonOf(error) })
    return new Map()
  }
}

function factsOf(engine: Engine, want: Wanted, seen: { reading: Reading; ledgerNow: Temporal.Instant }): GroupFacts {
  const { reading, ledgerNow } = seen
  const group = want.plan.group
  return {
    now: ledgerNow,
    ledgerSkew: engine.clock.now().since(ledgerNow).total('milliseconds'),
    plan: want.plan,
    group,
    schedule: want.schedule,
    policy: want.plan.policy,
    never: engine.never,
    observation: reading.observations.get(group) ?? { kind: 'unreadable', why: 'the platform did not answer for it' },
    lookedAt: reading.at,
    declaration: reading.declarations.get(group) ?? null,
    forecast: reading.forecasts.get(group) ?? null,
    schedules: engine.schedules,
  }
}

interface Picked {
  readonly want: Wanted
  readonly snapshot: GroupSnapshot
  readonly victim: InstanceSnapshot
  readonly declaration: Declaration
}

function pickVictim(engine: Engine, want: Wanted, facts: GroupFacts): Picked | Refused {
  const { plan, schedule } = want
  const refusal = firstRefusal(groupRules, facts)
  if (refusal !== null) return { plan, refusal }
  if (facts.observation.kind !== 'snapshot' || facts.declaration === null) {
    return { plan, refusal: { rule: 'S10', reason: 'the group could not be read' } }
  }
  const { snapshot } = facts.observation
  const chosen = chooseVictim({ now: facts.now, schedule, snapshot, drill: plan.id, only: want.victim })
  if ('refusal' in chosen) return { plan, refusal: chosen.refusal }
  engine.log.debug('victim chosen', { drill: plan.id, victim: chosen.victim.id })
  return { want, snapshot, victim: chosen.victim, declaration: facts.declaration }
}

/** A member by chance among those that every victim rule lets pass; the chance is the drill's own, so it can be replayed. */
export function chooseVictim(among: {
  now: Temporal.Instant
  schedule: Schedule
  snapshot: GroupSnapshot
  drill: string
  only: InstanceId | null
}): { victim: InstanceSnapshot } | { refusal: RuleRefusal } {
  const { now, schedule, snapshot, drill, only } = among
  const members = snapshot.instances.filter(instance => only === null || instance.id === only)
  if (members.length === 0) {
    return { refusal: { rule: 'S7', reason: only === null ? 'the group has no members' : `${only} is not a member of the group` } }
  }
  const refusals: RuleRefusal[] = []
  const eligible: InstanceSnapshot[] = []
  for (const instance of members) {
    const facts: VictimFacts = { now, schedule, snapshot, instance }
    const refusal = firstRefusal(victimRules, facts)
    if (refusal === null) eligible.push(instance)
    else refusals.push(refusal)
  }
  const victim = pick(eligible, drill, 'victim')
  if (victim !== null) return { victim }
  const [first] = refusals
  return { refusal: first ?? { rule: 'S7', reason: 'no member may be struck' } }
}

async function describeVictims(
  engine: Engine,
  handle: ScopeHandle,
  picked: readonly (Picked | Refused)[],
  signal: AbortSignal,
): Promise<ReadonlyMap<InstanceId, Configuration>> {
  const victims = picked.flatMap(one => ('refusal' in one ? [] : [{ group: one.want.plan.group, id: one.victim.id }]))
  if (victims.length === 0) return new Map()
  return orNothing(engine, 'describe', handle.provider.describe(handle.scope, victims, signal))
}

async function inspect(
  engine: Engine,
  handle: ScopeHandle,
  picked: Picked,
  seen: { described: ReadonlyMap<InstanceId, Configuration>; reading: Reading; signal: AbortSignal },
): Promise<Ready | Refused> {
  const { plan, schedule, guards = [] } = picked.want
  const configuration = seen.described.get(picked.victim.id)
  if (configuration === undefined) {
    return {
      plan,
      refusal: { rule: 'S10', reason: `the configuration of ${picked.victim.id} could not be read, so nothing could be compared` },
    }
  }
  if (typeof configuration.protection === 'string') {
    return { plan, refusal: { rule: 'S7', reason: `${picked.victim.id} must not be struck: ${configuration.protection}` } }
  }
  const { id, name } = picked.victim
  const target = { id, name, address: configuration.address }
  const unfit = await whyProbesFail(engine, plan, {
    target: { ...target, group: picked.snapshot.summary },
    signal: seen.signal,
  })
  if (unfit !== null) {
    return { plan, refusal: { rule: 'S10', reason: `a probe does not pass on ${id}, so it could not vouch for its successor: ${unfit}` } }
  }
  const looked = await lookInside(engine, handle, { policy: plan.policy, target: { ...target, group: plan.group } }, seen.signal)
  if (plan.policy.fingerprint !== null && looked.inside === null) {
    return { plan, refusal: { rule: 'S10', reason: `the fingerprint of ${id} could not be taken: ${looked.why}` } }
  }
  // The strike ends the only thing that could be looked into: what passes by itself is waited for.
  if (looked.inside === null && looked.mayPass) {
    return { plan, refusal: { rule: 'S10', reason: `nobody could look inside ${id}: ${looked.why}`, transient: true } }
  }
  const before: Before = {
    snapshot: picked.snapshot,
    declaration: picked.declaration,
    victim: configuration,
    ...asBefore(looked),
    driftIgnore: handle.provider.capabilities.driftIgnore,
    healthCheck: handle.provider.capabilities.healthCheck,
    ...(guards.length > 0 && { guards }),
  }
  const found = victimDrift(before, picked.victim.bornFrom, driftOptions(plan.policy, handle.provider.capabilities.driftIgnore))
  const askedAt = engine.clock.monotonic()
  const drift = withAccepted(found, await engine.ledger.accepted(plan.group))
  const outdated = outdatedByLedger(engine, { lookedAt: seen.reading.monotonic, askedAt })
  if (outdated !== null) return { plan, refusal: outdated }
  const refusal = firstRefusal(driftRules, { schedule, drift })
  if (refusal !== null) return { plan, refusal }
  return { plan, schedule, victim: picked.victim, before, findings: drift.findings ?? [], lookedAt: seen.reading.monotonic }
}

/** Describing and fingerprinting take time: where the look has grown old, the group is observed once more for the same victim. */
async function refreshLate(
  engine: Engine,
  handle: ScopeHandle,
  inspected: readonly (Ready | Refused)[],
  signal: AbortSignal,
): Promise<(Ready | Refused)[]> {
  const late = inspected
    .filter(one => 'victim' in one && engine.clock.monotonic() - one.lookedAt > freshness / 2)
    .filter(one => 'victim' in one)
  if (late.length === 0) return [...inspected]
  const wanted = late.map(ready => ({ plan: ready.plan, schedule: ready.schedule, victim: ready.victim.id }))
  const again = await observeFully(engine, handle, wanted, signal)
  const askedAt = engine.clock.monotonic()
  const ledgerNow = await engine.ledger.now()
  const outdated = outdatedByLedger(engine, { lookedAt: again.monotonic, askedAt })
  return inspected.map(one => {
    if ('refusal' in one || !late.includes(one)) return one
    if (outdated !== null) return { plan: one.plan, refusal: outdated }
    const declarations = new Map([[one.plan.group, one.before.declaration]])
    const forecasts = new Map([[one.plan.group, []]])
    const want = { plan: one.plan, schedule: one.schedule, victim: one.victim.id }
    const facts = factsOf(engine, want, { reading: { ...again, declarations, forecasts }, ledgerNow })
    const picked = pickVictim(engine, want, facts)
    if ('refusal' in picked) return picked
    return { ...one, victim: picked.victim, before: { ...one.before, snapshot: picked.snapshot }, lookedAt: again.monotonic }
  })
}
