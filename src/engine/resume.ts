import type { PlannedDrill, StrikingDrill } from '../domain/drill.ts'
import type { Observation } from '../domain/group.ts'
import type { BusyDrill, LedgerState } from '../domain/ledger-state.ts'
import type { Schedule } from '../domain/schedule.ts'
import type { RuleRefusal } from '../rules/rule.ts'
import { firstRefusal, ledgerRules } from '../rules/rules.ts'
import { busyThatMatter } from '../rules/s03-limits.ts'
import { type Engine, limitsOf, permitLength, type ScopeHandle, scheduleOf } from './context.ts'
import { type Looking, lookFresh, oldestOf, outdatedByLedger, stillFresh, whyTooOld } from './fresh-look.ts'
import { type GuardsSaid, type GuardTurn, guardsSay, newGuardTurn, underWay } from './guards.ts'
import { recordNotStruck, recordStruck, send } from './send.ts'

/** How often an unsure strike is looked at again. */
const again = 5_000
/** A call that was so often left without an answer, and did nothing each time, is not made once more: every drill ends (S11). */
const mostAttempts = 5

interface Turn {
  readonly turn: GuardTurn
  /** What was under way before the first of them was looked at: a red guard of one stops all others, though it ends that one first. */
  readonly busy: readonly BusyDrill[]
  readonly signal: AbortSignal
}

/** Drills that were left at their strikes. Returns when to look at them again. */
export async function resumeAll(
  engine: Engine,
  handle: ScopeHandle,
  drills: readonly StrikingDrill[],
  signal: AbortSignal,
): Promise<Temporal.Instant[]> {
  if (drills.length === 0) return []
  const { busy } = await engine.ledger.state()
  const turn = newGuardTurn()
  const next: Temporal.Instant[] = []
  for (const drill of drills) next.push(...(await resume(engine, handle, drill, { turn, busy, signal })))
  return next
}

/**
 * A drill that was left at its strike, by a crash or an unknown outcome. The recorded victim is looked for by identity:
 * gone means struck. Alive means that every rule is asked again for that same victim; the call is made again only where
 * it names that very instance or was never sent. Otherwise the victim is watched for as long as reads may be stale,
 * and only then is the drill concluded as not struck (S9, S11). Returns when to look again.
 */
async function resume(engine: Engine, handle: ScopeHandle, drill: StrikingDrill, turn: Turn): Promise<Temporal.Instant[]> {
  const now = await engine.ledger.now()
  if (drill.wakeAt !== null && Temporal.Instant.compare(now, drill.wakeAt) < 0) return [drill.wakeAt]
  const since = drill.order.intendedAt
  const observations = await handle.provider.observe(handle.scope, [drill.group], { since, depth: 'watch' }, turn.signal)
  const sight = sightOf(drill, observations.get(drill.group))
  if (sight === 'gone') {
    const at = drill.lastAttemptAt ?? drill.order.intendedAt
    await recordStruck(engine, handle, drill, { at, how: 'the victim is gone', reference: null })
    return [now]
  }
  if (sight === 'unreadable') return [now.add({ milliseconds: again })]
  const refusal = whyNotRepeated(handle, drill) ?? (await strikeAgain(engine, handle, drill, turn))
  if (refusal === null) return [(await engine.ledger.now()).add({ milliseconds: again })]
  return giveUp(engine, handle, drill, { now, refusal })
}

function whyNotRepeated({ provider }: ScopeHandle, { attempts, order }: StrikingDrill): string | null {
  if (attempts > 0 && !provider.capabilities.namesInstance.includes(order.method))
    return 'a repeated call could hit another instance of the same name'
  return attempts >= mostAttempts ? `the platform left ${attempts} calls without an answer` : null
}

/** Null where the call was made again, or may be after another look; else why it was not. */
async function strikeAgain(engine: Engine, handle: ScopeHandle, drill: StrikingDrill, turn: Turn): Promise<string | null> {
  const schedule = scheduleOf(engine, drill.schedule)
  if (schedule === null) return `the schedule ${drill.schedule} no longer exists`
  const { order: _, attempts: _attempts, lastAttemptAt: __, state: ___, ...base } = drill
  const plan: PlannedDrill = { ...base, state: 'planned' }
  const guards = await askGuards(engine, { plan, schedule }, turn)
  if ('refusal' in guards) return guards.refusal.reason
  const askAgain: Looking['askAgain'] = late => Promise.all(late.map(one => askGuards(engine, one, turn)))
  const looking = { signal: turn.signal, askAgain }
  const once = await lookFresh(engine, handle, [{ plan, schedule, victim: drill.order.victim.id, guards }], looking)
  const [looked] = await stillFresh(engine, handle, once, looking)
  if (looked === undefined || 'refusal' in looked) return looked?.refusal.reason ?? 'the group could not be read'
  const tooOld = whyTooOld(engine, looked)
  if (tooOld !== null) return tooOld.reason
  let outdated: RuleRefusal | null = null
  const askedAt = engine.clock.monotonic()
  const result = await engine.ledger.renewPermit({
    drill,
    permitFor: permitLength,
    busyAtMost: busyThatMatter(schedule, engine.limits),
    decide: state => {
      outdated = outdatedByLedger(engine, { lookedAt: oldestOf(looked), askedAt })
      const facts = { ...limitsOf(engine), state: without(state, drill.id), plan, schedule, haltFile: engine.haltFileExists() }
      // Its run has counted it since it was intended.
      return outdated ?? firstRefusal(ledgerRules, { ...facts, run: null })
    },
  })
  if (result.kind === 'lost' || outdated !== null) return null
  if (result.kind === 'refused') return result.refusal.reason
  await send(engine, handle, result.drill, { askedAt, permitFor: result.permitFor })
  return null
}

/** The others of its schedule are its stop conditions, as with any strike; it is not its own. */
async function askGuards(
  engine: Engine,
  { plan, schedule }: { readonly plan: PlannedDrill; readonly schedule: Schedule },
  { turn, busy, signal }: Turn,
): Promise<GuardsSaid> {
  const state = await engine.ledger.state()
  const others = [...busy, ...state.busy].filter(({ drill }) => drill !== plan.id)
  return guardsSay(engine, { plan, schedule, underWay: underWay(others, schedule.name), during: 'strike' }, { turn, signal })
}

/** This drill's own intent must not stand in its way. */
function without(state: LedgerState, drill: string): LedgerState {
  return {
    ...state,
    busy: state.busy.filter(busy => busy.drill !== drill),
    strikes: state.strikes.filter(strike => strike.drill !== drill),
  }
}

async function giveUp(
  engine: Engine,
  handle: ScopeHandle,
  drill: StrikingDrill,
  why: { now: Temporal.Instant; refusal: string },
): Promise<Temporal.Instant[]> {
  const sure = (drill.lastAttemptAt ?? drill.order.intendedAt).add({ milliseconds: 1.5 * handle.provider.capabilities.staleness })
  const certain = drill.attempts === 0 || Temporal.Instant.compare(why.now, sure) >= 0
  if (!certain) return [why.now.add({ milliseconds: again })]
  await recordNotStruck(engine, drill, `the victim is still there, and the strike was not repeated: ${why.refusal}`)
  return []
}

function sightOf(drill: StrikingDrill, observation: Observation | undefined): 'gone' | 'alive' | 'unreadable' {
  if (observation === undefined || observation.kind === 'unreadable') return 'unreadable'
  if (observation.kind === 'gone' || observation.snapshot.summary.incarnation !== drill.incarnation) return 'gone'
  const victim = observation.snapshot.instances.find(instance => instance.id === drill.order.victim.id)
  return victim === undefined || victim.phase === 'terminating' || victim.phase === 'gone' ? 'gone' : 'alive'
}
