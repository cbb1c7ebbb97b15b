import type { DrillId, PlannedDrill, Refusal, StrikeOrder } from '../domain/drill.ts'
import type { LedgerState } from '../domain/ledger-state.ts'
import type { Schedule } from '../domain/schedule.ts'
import { transition } from '../domain/transition.ts'
import { windowAt } from '../domain/window.ts'
import type { Intent } from '../ledger/ledger.ts'
import type { LedgerFacts, RuleRefusal } from '../rules/rule.ts'
import { firstRefusal, isLeashed, ledgerRules } from '../rules/rules.ts'
import { busyThatMatter } from '../rules/s03-limits.ts'
import { announcementSays, type Unannounced } from './announce.ts'
import { type Engine, limitsOf, permitLength, type ScopeHandle, scheduleOf, scopeHandle, whyUnreachable } from './context.ts'
import { discoverScope } from './discover.ts'
import {
  isStillFresh,
  type Looking,
  lookFresh,
  oldestOf,
  outdatedByLedger,
  type Ready,
  type Refused,
  stillFresh,
  type Wanted,
  whyTooOld,
} from './fresh-look.ts'
import { type GuardRefusal, type GuardTurn, guardsSay, newGuardTurn, underWay } from './guards.ts'
import { send } from './send.ts'
import { advance } from './write.ts'

export interface StrikeRun {
  /** Null: the service strikes. */
  readonly run: string | null
  /** `run --group X --victim ID`: only this member. */
  readonly victim: string | null
}

/**
 * The plan stays as it is where something is in the way that may pass by itself: `waiting` for a limit, `announced` for the time
 * that an announcement takes, `untold` for somebody who could not be told of the strike.
 */
export type AttemptOutcome = 'struck' | 'leashed' | 'refused' | 'waiting' | 'announced' | 'untold' | 'lost'

/** Groups read in one go before their strikes: more would grow older than a look may be. */
const batch = 20
/** A scope's reading is renewed before strikes when it is older than this; S15 refuses on an old one. */
const readingAge = 2 * 60_000

/**
 * Takes planned drills that are due to their strike, in the order given: ledger's limits (asked first without the lock,
 * to save reading the platform in vain) → guards → a fresh look → rules → intent under the lock → the call.
 */
export async function attemptStrikes(
  engine: Engine,
  plans: readonly PlannedDrill[],
  run: StrikeRun,
  signal: AbortSignal,
  ahead: LookedAhead = new Map(),
): Promise<ReadonlyMap<string, AttemptOutcome>> {
  const outcomes = new Map<string, AttemptOutcome>()
  const byScope = Map.groupBy(plans, plan => plan.scope)
  const turn = newGuardTurn()
  await Promise.all(
    [...byScope].map(([scope, ofScope]) =>
      attemptInScope(engine, scope, { plans: ofScope, run, signal, outcomes, turn, ahead, sends: [] }),
    ),
  )
  return outcomes
}

/** Looks that were made a moment before a plan's turn; each is good for one strike, and no longer than any other look. */
export type LookedAhead = Map<DrillId, Ready>

/**
 * Looks at plans that wait for nothing but room, which is about to come: guards, members and rules as right before a strike,
 * but no strike. What would be refused is not in the answer; its turn comes.
 */
export async function lookAhead(engine: Engine, plans: readonly PlannedDrill[], run: StrikeRun, signal: AbortSignal): Promise<LookedAhead> {
  const found: LookedAhead = new Map()
  const turn = newGuardTurn()
  for (const [scope, ofScope] of Map.groupBy(plans, plan => plan.scope)) {
    const handle = scopeHandle(engine, scope)
    if (handle === null) continue
    const state = await currentState(engine, handle, signal)
    const wanted = await Promise.all(
      ofScope.map(async plan => {
        const schedule = scheduleOf(engine, plan.schedule)
        const refusal = schedule === null ? null : limitsSay(engine, state, { plan, schedule, run: run.run })
        if (schedule === null || (refusal !== null && refusal.transient !== true)) return []
        const said = await guardsSay(engine, { plan, schedule, underWay: underWay(state.busy, schedule.name) }, { turn, signal })
        return 'readings' in said ? [{ plan, schedule, victim: run.victim, guards: said }] : []
      }),
    )
    const looked = wanted.flat().length === 0 ? [] : await lookFresh(engine, handle, wanted.flat(), lookingIn(engine, { turn, signal }))
    for (const one of looked) if (!('refusal' in one)) found.set(one.plan.id, one)
  }
  return found
}

interface Attempt {
  readonly plans: readonly PlannedDrill[]
  readonly run: StrikeRun
  readonly signal: AbortSignal
  readonly outcomes: Map<string, AttemptOutcome>
  /** What guards said meanwhile, for all scopes together. */
  readonly turn: GuardTurn
  readonly ahead: LookedAhead
  /** Strikes that were sent and whose answers are still waited for; an error is kept until all have ended. */
  readonly sends: Promise<unknown>[]
}

async function attemptInScope(engine: Engine, scope: string, attempt: Attempt): Promise<void> {
  await attemptBatches(engine, scopeHandle(engine, scope), attempt).finally(() => Promise.all(attempt.sends))
  const failed = (await Promise.all(attempt.sends)).find(error => error !== null)
  if (failed !== undefined) throw failed
}

async function attemptBatches(engine: Engine, handle: ScopeHandle | null, attempt: Attempt): Promise<void> {
  let state = await currentState(engine, handle, attempt.signal)
  for (let start = 0; start < attempt.plans.length && !attempt.signal.aborted; start += batch) {
    const plans = attempt.plans.slice(start, start + batch)
    const allowed: Wanted[] = []
    // Hundreds may wait for the same room. The ledger's lock decides on a reading of its own in any case.
    if (start > 0 && plans.length > 0 && attempt.outcomes.values().some(outcome => outcome !== 'waiting'))
      state = await currentState(engine, handle, attempt.signal)
    for (const plan of plans) {
      if (!hasRoom(engine, plan, { state, taken: allowed, run: attempt.run.run })) {
        attempt.outcomes.set(plan.id, 'waiting')
        continue
      }
      const checked = handle === null ? noScope(engine, plan) : precheck(engine, plan, { state, run: attempt.run })
      const refusal = await announced(engine, plan, checked)
      if (refusal !== null) attempt.outcomes.set(plan.id, waitsFor(refusal, await settle(engine, plan, refusal, state.now)))
      else if ('schedule' in checked) allowed.push(checked)
    }
    const ahead = allowed.map(want => takeAhead(engine, want, attempt)).filter(one => one !== null)
    if (handle !== null) await commitAll(engine, handle, ahead, attempt)
    const others = allowed.filter(({ plan }) => !ahead.some(one => one.plan.id === plan.id))
    const wanted = await guarded(engine, others, state, attempt)
    if (handle === null || wanted.length === 0) continue
    await commitAll(engine, handle, await lookFresh(engine, handle, wanted, lookingIn(engine, attempt)), attempt)
  }
}

/** Side by side: their intents share a write where the ledger can, and no look grows old while others are written down. */
async function commitAll(engine: Engine, handle: ScopeHandle, looked: readonly (Ready | Refused)[], attempt: Attempt): Promise<void> {
  const fresh = await stillFresh(engine, handle, looked, lookingIn(engine, attempt))
  const ended = await Promise.allSettled(fresh.map(one => commitFresh(engine, handle, one, attempt)))
  const failed = ended.find(one => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function commitFresh(engine: Engine, handle: ScopeHandle, one: Ready | Refused, attempt: Attempt): Promise<void> {
  // What could not be read because we are to end, or another worker took over, is no reason to refuse.
  if (attempt.signal.aborted) attempt.outcomes.set(one.plan.id, 'waiting')
  else if ('refusal' in one) attempt.outcomes.set(one.plan.id, await settle(engine, one.plan, one.refusal))
  else attempt.outcomes.set(one.plan.id, await commit(engine, handle, one, attempt))
}

function takeAhead(engine: Engine, { plan }: Wanted, { ahead }: Attempt): Ready | null {
  const looked = ahead.get(plan.id)
  ahead.delete(plan.id)
  return looked !== undefined && isStillFresh(engine, looked) ? { ...looked, plan } : null
}

/** What limits strikes, with a reading of the scope that is young enough for S15. */
async function currentState(engine: Engine, handle: ScopeHandle | null, signal: AbortSignal): Promise<LedgerState> {
  const state = await engine.ledger.state()
  const reading = state.scopes.find(one => one.scope === handle?.scope.id)
  if (handle === null || (reading !== undefined && state.now.since(reading.at).total('milliseconds') < readingAge)) return state
  await discoverScope(engine, handle, signal)
  return engine.ledger.state()
}

function noScope(engine: Engine, plan: PlannedDrill): { refusal: RuleRefusal } {
  const away = whyUnreachable(engine, plan.scope)
  // It may come back, or another process may reach it.
  if (away !== null) return { refusal: { rule: 'S10', reason: away, transient: true } }
  return { refusal: { rule: 'S10', reason: `${plan.scope} is no longer configured in firedrill.yaml` } }
}

function precheck(
  engine: Engine,
  plan: PlannedDrill,
  { state, run }: { readonly state: LedgerState; readonly run: StrikeRun },
): Wanted | { refusal: RuleRefusal } {
  const schedule = scheduleOf(engine, plan.schedule)
  if (schedule === null) return { refusal: { rule: 'S10', reason: `the schedule ${plan.schedule} no longer exists` } }
  const refusal = limitsSay(engine, state, { plan, schedule, run: run.run })
  return refusal === null ? { plan, schedule, victim: run.victim } : { refusal }
}

/** What is too late because its announcement could not be sent is refused for that: it is what somebody can repair. */
async function announced(
  engine: Engine,
  plan: PlannedDrill,
  checked: Wanted | { refusal: RuleRefusal },
): Promise<RuleRefusal | Unannounced | null> {
  if ('schedule' in checked) return announcementSays(engine, plan, checked.schedule)
  const schedule = scheduleOf(engine, plan.schedule)
  const untold = checked.refusal.rule === 'S4' && schedule !== null ? await announcementSays(engine, plan, schedule) : null
  return untold === null ? checked.refusal : { ...untold, transient: false }
}

function waitsFor(refusal: RuleRefusal | Unannounced, outcome: AttemptOutcome): AttemptOutcome {
  if (outcome !== 'waiting' || !('underWay' in refusal)) return outcome
  return refusal.underWay ? 'announced' : 'untold'
}

/** Asks the guards of all of them side by side, so that no answer grows old while others are waited for. */
async function guarded(engine: Engine, allowed: readonly Wanted[], state: LedgerState, attempt: Attempt): Promise<Wanted[]> {
  const asking = allowed.map(want => guardsSay(engine, { ...want, underWay: underWay(state.busy, want.schedule.name) }, attempt))
  const said = await Promise.all(asking).catch(error => {
    if (attempt.signal.aborted) return null
    throw error
  })
  const wanted: Wanted[] = []
  if (said === null) for (const { plan } of allowed) attempt.outcomes.set(plan.id, 'waiting')
  for (const [index, want] of allowed.entries()) {
    const answer = said?.[index]
    if (answer === undefined) continue
    if ('readings' in answer) wanted.push({ ...want, guards: answer })
    else attempt.outcomes.set(want.plan.id, await settle(engine, want.plan, answer.refusal))
  }
  return wanted
}

/** Guards that must be asked again are asked about what is under way by then. */
function lookingIn(engine: Engine, { turn, signal }: Pick<Attempt, 'turn' | 'signal'>): Looking {
  const askAgain: Looking['askAgain'] = async late => {
    const { busy } = await engine.ledger.state()
    return Promise.all(
      late.map(({ plan, schedule }) => {
        return guardsSay(engine, { plan, schedule, underWay: underWay(busy, schedule.name) }, { turn, signal })
      }),
    ).catch(error => {
      if (signal.aborted) return []
      throw error
    })
  }
  return { signal, askAgain }
}

/**
 * Those already taken in this turn will use up room that the ledger does not know of yet: groups that could only wait
 * afterwards are not read. The ledger decides under its lock all the same.
 */
function hasRoom(engine: Engine, plan: PlannedDrill, at: { state: LedgerState; taken: readonly Wanted[]; run: string | null }): boolean {
  const schedule = scheduleOf(engine, plan.schedule)
  if (schedule === null || at.taken.length === 0 || limitsSay(engine, at.state, { plan, schedule, run: at.run }) !== null) return true
  if (schedule.limits.spacing > 0) return false
  const taken = at.taken.map(({ plan: { id: drill, schedule: name, scope, service, group } }) => {
    return { drill, schedule: name, scope, service, group, wounded: false, failedRebuild: false }
  })
  return limitsSay(engine, { ...at.state, busy: [...at.state.busy, ...taken] }, { plan, schedule, run: at.run }) === null
}

function limitsSay(
  engine: Engine,
  state: LedgerState,
  about: { plan: PlannedDrill; schedule: Schedule; run: string | null },
): RuleRefusal | null {
  const facts: LedgerFacts = { ...about, ...limitsOf(engine), state, haltFile: engine.haltFileExists() }
  return firstRefusal(ledgerRules, facts)
}

/** Records a refusal, or lets the plan wait where the reason passes by itself and the window leaves time for it, as of a moment ago at most. */
async function settle(
  engine: Engine,
  plan: PlannedDrill,
  refusal: RuleRefusal | GuardRefusal,
  asOf: Temporal.Instant | null = null,
): Promise<AttemptOutcome> {
  if (refusal.transient === true && windowLeavesTime(engine, plan, asOf ?? (await engine.ledger.now()))) {
    engine.waits?.(plan, plain(refusal))
    return 'waiting'
  }
  const now = await engine.ledger.now()
  const { findings = [], ...reason } = refusal
  const refused = transition(plan, { kind: 'refuse', refusal: plain(reason), findings, at: now })
  const evidence = 'evidence' in refusal ? { evidence: refusal.evidence } : {}
  const written = await advance(engine, refused, [{ at: now, kind: 'refused', data: { ...plain(reason), ...evidence } }])
  return written ? 'refused' : 'lost'
}

function plain(refusal: Refusal): Refusal {
  return { rule: refusal.rule, reason: refusal.reason }
}

function windowLeavesTime(engine: Engine, plan: PlannedDrill, now: Temporal.Instant): boolean {
  const schedule = scheduleOf(engine, plan.schedule)
  const window = schedule === null ? null : windowAt(schedule, now)
  if (window === null) return false
  if (window.closes === null) return now.since(plan.plannedFor).total('hours') < 24
  return window.closes.since(now).total('milliseconds') > plan.policy.deadline + plan.policy.soak
}

async function commit(engine: Engine, handle: ScopeHandle, ready: Ready, attempt: Attempt): Promise<AttemptOutcome> {
  const { plan, schedule } = ready
  if (!handle.provider.capabilities.methods.includes(plan.policy.method)) {
    return settle(engine, plan, { rule: 'S10', reason: `${plan.provider} has no method ${plan.policy.method}` })
  }
  if (isLeashed(schedule)) return leash(engine, ready)
  if (attempt.signal.aborted) return 'waiting'
  const tooOld = whyTooOld(engine, ready)
  if (tooOld !== null) return settle(engine, plan, tooOld)
  const order = orderFor(engine, ready)
  const askedAt = engine.clock.monotonic()
  let decided: RuleRefusal | null = null
  const result = await engine.ledger.intend({
    drill: plan,
    order,
    before: ready.before,
    run: attempt.run.run,
    permitFor: permitLength,
    busyAtMost: busyThatMatter(schedule, engine.limits),
    decide: state => {
      decided =
        outdatedByLedger(engine, { lookedAt: oldestOf(ready), askedAt }) ??
        limitsSay(engine, state, { plan, schedule, run: attempt.run.run })
      return decided
    },
  })
  if (result.kind === 'lost') return 'lost'
  if (result.kind === 'refused') return settle(engine, plan, decided ?? { ...result.refusal, transient: true })
  engine.changed(result.drill, [])
  // The next intent need not wait for the answer to this call; nothing limits strikes but what the ledger holds by now.
  attempt.sends.push(
    send(engine, handle, result.drill, { askedAt, permitFor: result.permitFor }).then(
      () => null,
      error => error,
    ),
  )
  return 'struck'
}

async function leash(engine: Engine, ready: Ready): Promise<AttemptOutcome> {
  const now = await engine.ledger.now()
  const victim = victimRef(ready)
  const leashed = transition(ready.plan, { kind: 'leash', victim, findings: ready.findings, at: now })
  const written = await advance(engine, leashed, [{ at: now, kind: 'leashed', data: { victim: victim.id } }], { before: ready.before })
  return written ? 'leashed' : 'lost'
}

function victimRef(ready: Ready): StrikeOrder['victim'] {
  const { id, name, zone, bornFrom, image } = ready.victim
  return { id, name, zone, bornFrom, image: ready.before.victim.image ?? image }
}

function orderFor(engine: Engine, ready: Ready): Intent['order'] {
  const { plan, before } = ready
  return {
    drill: plan.id,
    scope: plan.scope,
    group: plan.group,
    groupName: plan.groupName,
    incarnation: plan.incarnation,
    victim: victimRef(ready),
    method: plan.policy.method,
    desired: before.snapshot.desired,
    members: before.snapshot.instances.map(instance => instance.id),
    declarationVersion: before.snapshot.declarationVersion ?? before.declaration.current.version,
    requestId: engine.newId(),
  }
}
