import { withAccepted } from '../domain/accepted.ts'
import { pick } from '../domain/chance.ts'
import type { Configuration, Declaration } from '../domain/declaration.ts'
import { driftOptions, victimDrift } from '../domain/drift.ts'
import type { Before, PlannedDrill } from '../domain/drill.ts'
import { describeDuration } from '../domain/duration.ts'
import type { Finding } from '../domain/finding.ts'
import type { GroupSnapshot, InstanceId, InstanceSnapshot } from '../domain/group.ts'
import type { Schedule } from '../domain/schedule.ts'
import type { GroupFacts, RuleRefusal, VictimFacts } from '../rules/rule.ts'
import { driftRules, firstRefusal, groupRules, victimRules } from '../rules/rules.ts'
import { type Engine, freshness, type ScopeHandle } from './context.ts'
import type { Green, GuardRefusal, GuardsSaid } from './guards.ts'
import { asBefore, lookInside } from './inside.ts'
import { whyProbesFail } from './probes.ts'
import { type Declared, describeVictims, observeFully, type Reading, read, readDeclared } from './reading.ts'

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
  /** When what it declares, and what stands in the way of a rebuild, was last read; on the same clock. */
  readonly declaredAt: number
  /** When the oldest answer of its guards was given; on the same clock. */
  readonly guardsAt: number
}

export interface Refused {
  readonly plan: PlannedDrill
  readonly refusal: RuleRefusal | GuardRefusal
}

export interface Wanted {
  readonly plan: PlannedDrill
  readonly schedule: Schedule
  /** Only this member may be struck; null: any. */
  readonly victim: InstanceId | null
  /** What the guards said right before; left out: they have yet to be asked. */
  readonly guards?: Green
}

export interface Looking {
  readonly signal: AbortSignal
  /** Asks the guards of each once more: looking took so long that what they said may be outdated. */
  readonly askAgain: (late: readonly Pick<Ready, 'plan' | 'schedule'>[]) => Promise<readonly GuardsSaid[]>
}

/** A machine that is busy for a moment, or a call that was throttled, must not cost a plan. */
const lateLooks = 2
/** Left of a look's time for writing down the intent. */
const intentTakes = 1_000
/**
 * What a rebuild is made from is read before the members, who may be looked at twice. Older than that it only is where the victim was
 * looked into meanwhile, and an image may be gone by then (S13).
 */
const declarationAge = 2 * freshness

/**
 * Reads several groups of one scope anew and asks every rule that concerns groups and victims. What a rebuild is made
 * from changes rarely and takes long to read, so it is read first; the members come last, so that they are fresh.
 */
export async function lookFresh(
  engine: Engine,
  handle: ScopeHandle,
  wanted: readonly Wanted[],
  looking: Looking,
): Promise<(Ready | Refused)[]> {
  const { signal } = looking
  const reading = await read(engine, handle, wanted, signal)
  const askedAt = engine.clock.monotonic()
  const ledgerNow = await engine.ledger.now()
  const outdated = outdatedByLedger(engine, { lookedAt: reading.monotonic, askedAt })
  if (outdated !== null) return wanted.map(({ plan }) => ({ plan, refusal: outdated }))
  const picked = wanted.map(want => pickVictim(engine, want, factsOf(engine, want, { reading, ledgerNow })))
  const described = await describeVictims(
    engine,
    handle,
    picked.filter(one => 'victim' in one),
    signal,
  )
  const inspected = await Promise.all(
    picked.map(one => ('refusal' in one ? one : inspect(engine, handle, one, { described, reading, signal }))),
  )
  const late = inspected.filter(one => 'victim' in one).filter(one => engine.clock.monotonic() - one.lookedAt > freshness / 2)
  return lookAgain(engine, handle, { inspected, late }, looking)
}

/**
 * Those whose look has grown old meanwhile, or what their guards said, are looked at anew, with the same victims; and once more where
 * that took too long itself. A platform that cannot be read in time after that is a refusal (S10).
 */
export async function stillFresh(
  engine: Engine,
  handle: ScopeHandle,
  looked: readonly (Ready | Refused)[],
  looking: Looking,
): Promise<readonly (Ready | Refused)[]> {
  let newest = looked
  for (let again = 0; again < lateLooks; again++) {
    const late = newest.filter(one => 'victim' in one).filter(one => !isStillFresh(engine, one))
    newest = await lookAgain(engine, handle, { inspected: newest, late }, looking)
  }
  return newest
}

export function isStillFresh(engine: Engine, looked: Ready): boolean {
  return engine.clock.monotonic() - oldestOf(looked) < freshness - intentTakes
}

/** When the first was seen or said of what must be fresh; on the monotonic clock. */
export function oldestOf({ lookedAt, guardsAt }: Ready): number {
  return Math.min(lookedAt, guardsAt)
}

/** Null: it may be struck upon. */
export function whyTooOld(engine: Engine, { lookedAt, guardsAt }: Ready): RuleRefusal | null {
  const now = engine.clock.monotonic()
  if (now - lookedAt > freshness)
    return { rule: 'S10', reason: 'looking at the group took longer than 5 s, so what was seen may be outdated' }
  if (now - guardsAt > freshness)
    return { rule: 'S10', reason: 'asking the guards and looking at the group took longer than 5 s, so what was said may be outdated' }
  return null
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

async function inspect(
  engine: Engine,
  handle: ScopeHandle,
  picked: Picked,
  seen: { described: ReadonlyMap<InstanceId, Configuration>; reading: Reading; signal: AbortSignal },
): Promise<Ready | Refused> {
  const { plan, schedule, guards } = picked.want
  const configuration = mayBeStruck(picked.victim, seen.described)
  if ('rule' in configuration) return { plan, refusal: configuration }
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
    ...asEvidence(guards),
  }
  const { monotonic: lookedAt, declaredAt } = seen.reading
  const guardsAt = guards?.givenAt ?? Number.NEGATIVE_INFINITY
  return compare(engine, { plan, schedule, victim: picked.victim, before, lookedAt, declaredAt, guardsAt })
}

/** How a victim is configured, where that was read and nothing in it protects it. */
function mayBeStruck({ id }: InstanceSnapshot, described: ReadonlyMap<InstanceId, Configuration>): Configuration | RuleRefusal {
  const configuration = described.get(id)
  if (configuration === undefined) {
    return { rule: 'S10', reason: `the configuration of ${id} could not be read, so nothing could be compared` }
  }
  if (typeof configuration.protection === 'string') {
    return { rule: 'S7', reason: `${id} must not be struck: ${configuration.protection}` }
  }
  return configuration
}

function asEvidence(guards: Green | undefined): Pick<Before, 'guards'> {
  return guards === undefined || guards.readings.length === 0 ? {} : { guards: guards.readings }
}

/** The victim with the declaration it was born from (S13). */
async function compare(engine: Engine, seen: Omit<Ready, 'findings'>): Promise<Ready | Refused> {
  const { plan, schedule, victim, before, lookedAt } = seen
  const found = victimDrift(before, victim.bornFrom, driftOptions(plan.policy, before.driftIgnore))
  const askedAt = engine.clock.monotonic()
  const drift = withAccepted(found, await engine.ledger.accepted(plan.group))
  const outdated = outdatedByLedger(engine, { lookedAt, askedAt })
  if (outdated !== null) return { plan, refusal: outdated }
  const refusal = firstRefusal(driftRules, { schedule, drift })
  if (refusal !== null) return { plan, refusal }
  return { ...seen, findings: drift.findings ?? [] }
}

/**
 * Describing and fingerprinting take time, and so may asking a guard. In the order of the first look, and for the same victims: guards,
 * what a rebuild is made from and how the victim is configured where that was read long ago, then the members, and every rule.
 */
async function lookAgain(
  engine: Engine,
  handle: ScopeHandle,
  { inspected, late }: { readonly inspected: readonly (Ready | Refused)[]; readonly late: readonly Ready[] },
  looking: Looking,
): Promise<(Ready | Refused)[]> {
  if (late.length === 0) return [...inspected]
  const asked = await guardedAgain(late, looking)
  const green = asked.filter(one => 'victim' in one)
  const old = green.filter(one => engine.clock.monotonic() - one.declaredAt > declarationAge)
  const reread = old.length === 0 ? null : await readAgain(engine, handle, old, looking.signal)
  const observed = green.length === 0 ? [] : await observeAgain(engine, handle, { green, reread }, looking.signal)
  const anew = new Map([...asked, ...observed].map(one => [one.plan.id, one]))
  return inspected.map(one => anew.get(one.plan.id) ?? one)
}

async function guardedAgain(late: readonly Ready[], { askAgain }: Looking): Promise<(Ready | Refused)[]> {
  const guarded = late.filter(({ schedule }) => schedule.guards.length > 0)
  if (guarded.length === 0) return [...late]
  const said = await askAgain(guarded)
  return late.map(one => {
    const answer = said[guarded.indexOf(one)]
    // Not asked: what was said before stays as old as it is.
    if (answer === undefined) return one
    if ('refusal' in answer) return { plan: one.plan, refusal: answer.refusal }
    return { ...one, before: { ...one.before, ...asEvidence(answer) }, guardsAt: answer.givenAt }
  })
}

interface Reread extends Declared {
  readonly of: readonly Ready[]
  readonly described: ReadonlyMap<InstanceId, Configuration>
}

async function readAgain(engine: Engine, handle: ScopeHandle, old: readonly Ready[], signal: AbortSignal): Promise<Reread> {
  const groups = old.map(({ plan }) => plan.group)
  const victims = old.map(({ victim, before }) => ({ victim, snapshot: before.snapshot }))
  const [declared, described] = await Promise.all([
    readDeclared(engine, handle, groups, signal),
    describeVictims(engine, handle, victims, signal),
  ])
  return { ...declared, described, of: old }
}

async function observeAgain(
  engine: Engine,
  handle: ScopeHandle,
  { green, reread }: { readonly green: readonly Ready[]; readonly reread: Reread | null },
  signal: AbortSignal,
): Promise<(Ready | Refused)[]> {
  const wanted = green.map(({ plan, schedule, victim }) => ({ plan, schedule, victim: victim.id }))
  const members = await observeFully(engine, handle, wanted, signal)
  const askedAt = engine.clock.monotonic()
  const ledgerNow = await engine.ledger.now()
  const outdated = outdatedByLedger(engine, { lookedAt: members.monotonic, askedAt })
  return Promise.all(
    green.map(async one => {
      const { plan, schedule } = one
      if (outdated !== null) return { plan, refusal: outdated }
      const anew = reread?.of.includes(one) === true ? reread : null
      const declared = anew ?? {
        declarations: new Map([[plan.group, one.before.declaration]]),
        forecasts: new Map([[plan.group, []]]),
        declaredAt: one.declaredAt,
      }
      const want = { plan, schedule, victim: one.victim.id }
      const picked = pickVictim(engine, want, factsOf(engine, want, { reading: { ...members, ...declared }, ledgerNow }))
      if ('refusal' in picked) return picked
      const { snapshot, victim, declaration } = picked
      const seen = { ...one, victim, before: { ...one.before, snapshot, declaration }, lookedAt: members.monotonic }
      if (anew === null) return seen
      const configuration = mayBeStruck(victim, anew.described)
      if ('rule' in configuration) return { plan, refusal: configuration }
      return compare(engine, { ...seen, before: { ...seen.before, victim: configuration }, declaredAt: anew.declaredAt })
    }),
  )
}
