import type { PlannedDrill } from '../domain/drill.ts'
import { transition } from '../domain/transition.ts'
import type { Queue } from '../queue/queue.ts'
import { announceComing } from './announce.ts'
import { type Engine, scopeHandle, scopesOf, whyUnreachable } from './context.ts'
import { discoverScope } from './discover.ts'
import { isOfARun, planToday } from './plan.ts'
import { attemptStrikes } from './strike.ts'
import { mirrorMessages } from './tell.ts'
import { watchScope } from './watch.ts'
import { advance } from './write.ts'

/** A tick is asked for so often by every process; the queue merges what several ask for. */
export const tickEvery = 60_000
/** How old a scope's last reading may grow before a tick reads it again. */
const discoveryAge = 5 * 60_000
/** A scope whose platform cannot be reached is tried again so often. */
const askAgainEvery = 5_000
/** Wake-ups mirrored in one tick; what is left over comes with the next. */
const mirrored = 2_000
/** No campaign waits for room longer than this. */
const longestRun = 24 * 3_600_000

/**
 * Plans and reconciles, once a minute: reads scopes whose last reading is old, draws the day, and wakes whatever is due.
 * Everything here may run twice at once: plans are unique, wake-ups are merged, the ledger decides (S12).
 */
export async function tick(engine: Engine, queue: Queue, signal: AbortSignal): Promise<void> {
  // First what is open: a restore that a crash cut off waits for no listing of a scope that is slow to answer.
  await mirrorWatches(engine, queue)
  await discoverWhatIsOld(engine, signal)
  await planToday(engine)
  await mirrorPlans(engine, queue)
  await mirrorMessages(engine, queue, (await engine.ledger.now()).add({ milliseconds: tickEvery }))
}

async function discoverWhatIsOld(engine: Engine, signal: AbortSignal): Promise<void> {
  const { scopes, now } = await engine.ledger.state()
  const fresh = new Set(scopes.filter(reading => now.since(reading.at).total('milliseconds') < discoveryAge).map(reading => reading.scope))
  const old = scopesOf(engine).filter(handle => !fresh.has(handle.scope.id))
  await Promise.all(old.map(handle => discoverScope(engine, handle, signal)))
  // What is known only from earlier: whoever looks at the fleet sees that nobody can read it now.
  for (const { scope } of scopes.filter(reading => !fresh.has(reading.scope))) {
    const unreadable = whyUnreachable(engine, scope)
    if (unreadable !== null) await engine.ledger.recordDiscovery({ scope, at: now, unreadable, groups: [] })
  }
}

async function mirrorWatches(engine: Engine, queue: Queue): Promise<void> {
  const now = await engine.ledger.now()
  // Also what comes due before the next tick: a process that died took its own wake-ups along.
  const due = await engine.ledger.due(now.add({ milliseconds: tickEvery }), mirrored)
  const watched = Map.groupBy(
    due.filter(drill => drill.state !== 'planned'),
    drill => drill.scope,
  )
  for (const [scope, drills] of watched) {
    const [first = now] = drills.map(drill => drill.wakeAt).sort(Temporal.Instant.compare)
    await queue.wake('watch', scope, first)
  }
}

async function mirrorPlans(engine: Engine, queue: Queue): Promise<void> {
  const now = await engine.ledger.now()
  const all = await plans(engine)
  await endLeftBehind(engine, all, now)
  const planned = all.filter(plan => !isOfARun(plan))
  await announceComing(engine, planned, now)
  for (const [scope, drills] of Map.groupBy(planned, drill => drill.scope)) {
    const [first] = drills.flatMap(drill => drill.wakeAt ?? []).sort(Temporal.Instant.compare)
    if (first !== undefined) await queue.wake('drill', scope, first)
  }
}

async function plans(engine: Engine): Promise<PlannedDrill[]> {
  const planned = await engine.ledger.drills({ states: ['planned'], limit: mirrored })
  return planned.filter(drill => drill.state === 'planned')
}

/** A run that was killed could not refuse what it had not begun. Nothing else strikes those, so they would stay plans for ever. */
async function endLeftBehind(engine: Engine, planned: readonly PlannedDrill[], at: Temporal.Instant): Promise<void> {
  const refusal = { rule: 'run-ended', reason: 'its run ended before its turn' }
  for (const plan of planned.filter(one => isOfARun(one) && at.since(one.plannedFor).total('milliseconds') > longestRun))
    await advance(engine, transition(plan, { kind: 'refuse', refusal, findings: [], at }), [{ at, kind: 'refused', data: { ...refusal } }])
}

/** Strikes what is due in one scope, oldest proof first, and mirrors the next wake-up. */
export async function strikeDue(engine: Engine, queue: Queue, scope: string, signal: AbortSignal): Promise<void> {
  const now = await engine.ledger.now()
  const planned = (await plans(engine)).filter(plan => plan.scope === scope && !isOfARun(plan))
  const due = planned.filter(drill => Temporal.Instant.compare(drill.plannedFor, now) <= 0)
  const outcomes = await attemptStrikes(engine, await oldestProofFirst(engine, due), { run: null, victim: null }, signal)
  if ([...outcomes.values()].includes('struck')) await queue.wake('watch', scope, now)
  const [next] = planned
    .flatMap(drill => (Temporal.Instant.compare(drill.plannedFor, now) > 0 ? [drill.plannedFor] : []))
    .sort(Temporal.Instant.compare)
  if (next !== undefined) await queue.wake('drill', scope, next)
}

/** Due groups queue: whoever was proven longest ago, or never, comes first. */
export async function oldestProofFirst(engine: Engine, plans: readonly PlannedDrill[]): Promise<PlannedDrill[]> {
  if (plans.length < 2) return [...plans]
  const proofs = new Map((await engine.ledger.groups()).map(group => [group.summary.id, group.lastPhoenixAt?.epochMilliseconds ?? 0]))
  return plans.toSorted((a, b) => (proofs.get(a.group) ?? 0) - (proofs.get(b.group) ?? 0) || a.id.localeCompare(b.id))
}

/** One watch of a scope, and the next wake-up for it. A conclusion makes room, so waiting strikes are woken too. */
export async function watchAndWake(engine: Engine, queue: Queue, scope: string, signal: AbortSignal): Promise<void> {
  const handle = scopeHandle(engine, scope)
  if (handle === null && whyUnreachable(engine, scope) !== null) {
    // Another process may reach it, or this one by then.
    await queue.wake('watch', scope, (await engine.ledger.now()).add({ milliseconds: askAgainEvery }))
    return
  }
  if (handle === null) {
    engine.log.error('open drills in a scope that is no longer configured cannot be watched', { scope })
    return
  }
  let hasRoom = false
  const mayGoOn = () => {
    hasRoom = true
  }
  const next = await watchScope(engine, handle, signal, { wait: false, mayGoOn })
  if (next !== null) await queue.wake('watch', scope, next)
  if (hasRoom) await wakeWaiting(engine, queue)
}

/** Limits of a schedule or the installation span scopes: what waits for room may wait in another one. */
async function wakeWaiting(engine: Engine, queue: Queue): Promise<void> {
  const now = await engine.ledger.now()
  const waiting = (await engine.ledger.due(now, mirrored)).filter(drill => drill.state === 'planned')
  for (const scope of new Set(waiting.map(drill => drill.scope))) await queue.wake('drill', scope, now)
}
