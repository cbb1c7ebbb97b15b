import type { DrillId, PlannedDrill, Refusal } from '../domain/drill.ts'
import { matches } from '../domain/glob.ts'
import { transition } from '../domain/transition.ts'
import { newAhead } from './ahead.ts'
import { type Bell, newBell } from './bell.ts'
import { type Engine, reasonOf, scopeHandle, scopesOf } from './context.ts'
import { type Discovered, discover } from './discover.ts'
import { basisFor, newPlan, planToday, runKey } from './plan.ts'
import { type AttemptOutcome, attemptStrikes } from './strike.ts'
import { deliverBeside } from './tell.ts'
import { oldestProofFirst } from './tick.ts'
import { type Others, watchScope } from './watch.ts'
import { advance } from './write.ts'

export interface CampaignOptions {
  readonly run: string
  /** Every opted-in group, or those that this glob matches, or (both unset) the day's draw. */
  readonly all: boolean
  readonly group: string | null
  readonly victim: string | null
  readonly max: number | null
}

export interface CampaignResult {
  /** Every drill that this run made, finished or took from the day's draw. */
  readonly drills: readonly DrillId[]
  readonly discovered: Discovered
  /** Ended by a signal with drills still open: the next run or service goes on with them. */
  readonly interrupted: boolean
}

const open = ['striking', 'restoring', 'recovering', 'soaking'] as const
const stillWaits: ReadonlySet<AttemptOutcome> = new Set(['waiting', 'announced', 'untold'])
/** How often plans that wait for a limit are tried again; only the ledger is asked. */
const retryEvery = 250
/** Asking for hundreds of them takes its time too, and must not take all of it: a tenth, say. */
const retryShare = 9
/** In between, when there is room, only those are tried that were looked at ahead, and so many of the next. */
const nextFew = 16

/** One campaign now: finishes what is open, discovers, plans, then strikes and watches side by side until all is judged. */
export async function runCampaign(engine: Engine, options: CampaignOptions, signal: AbortSignal): Promise<CampaignResult> {
  let isOver = false
  const telling = deliverBeside(engine, () => isOver, signal)
  try {
    return await strikeAndWatch(engine, options, signal)
  } finally {
    isOver = true
    await telling
  }
}

async function strikeAndWatch(engine: Engine, options: CampaignOptions, signal: AbortSignal): Promise<CampaignResult> {
  const drills = new Set<DrillId>()
  for (const drill of await engine.ledger.drills({ states: open })) drills.add(drill.id)
  await watchToTheEnd(engine, { moreToCome: () => false, isPressed: () => false, bell: newBell(engine) }, signal)
  const discovered = signal.aborted ? { groups: [], unreadable: [] } : await discover(engine, signal)
  const plans = signal.aborted ? [] : await plansOf(engine, options)
  for (const plan of plans) drills.add(plan.id)
  let striking = true
  let isPressed = false
  const bell = newBell(engine)
  const hadToWait = () => {
    isPressed = true
  }
  const strikes = strikeAll(engine, plans, { options, bell, hadToWait }, signal).finally(() => {
    striking = false
    bell.ring()
  })
  await Promise.all([strikes, watchToTheEnd(engine, { moreToCome: () => striking, isPressed: () => isPressed, bell }, signal)])
  const left = await engine.ledger.drills({ states: open })
  return { drills: [...drills], discovered, interrupted: signal.aborted && left.length > 0 }
}

async function plansOf(engine: Engine, options: CampaignOptions): Promise<PlannedDrill[]> {
  const now = await engine.ledger.now()
  if (!options.all && options.group === null) return drawn(engine, now)
  const groups = (await engine.ledger.groups()).filter(
    group => group.present && (options.all || matches([options.group ?? ''], group.summary)),
  )
  const plans = groups.flatMap(group => {
    const basis = basisFor(engine, group, now)
    return basis === null ? [] : [newPlan(basis, { planKey: runKey(options.run), plannedFor: now })]
  })
  return [...(await engine.ledger.addPlans(plans))]
}

/** The day's draw: its minute is ignored, its day is not. */
async function drawn(engine: Engine, now: Temporal.Instant): Promise<PlannedDrill[]> {
  await planToday(engine)
  const planned = (await engine.ledger.drills({ states: ['planned'] })).filter(drill => drill.state === 'planned')
  return planned.filter(plan => {
    const schedule = engine.schedules.find(one => one.name === plan.schedule)
    const today = now.toZonedDateTimeISO(schedule?.timezone ?? 'UTC').toPlainDate()
    return [today.toString(), today.subtract({ days: 1 }).toString()].includes(plan.planKey)
  })
}

interface Campaign {
  readonly options: CampaignOptions
  readonly bell: Bell
  /** Called when plans wait for room. */
  readonly hadToWait: () => void
}

async function strikeAll(
  engine: Engine,
  plans: readonly PlannedDrill[],
  { options, bell, hadToWait }: Campaign,
  signal: AbortSignal,
): Promise<void> {
  let waiting = await oldestProofFirst(engine, plans)
  const announced = new Set<DrillId>()
  let struck = 0
  let askAgainAt = engine.clock.monotonic()
  let mayHaveRoom = true
  const run = { run: options.run, victim: options.victim }
  const ahead = newAhead(engine, { run, bell }, signal)
  while (waiting.length > 0 && !signal.aborted) {
    const room = options.max === null ? waiting.length : options.max - struck
    if (room <= 0) {
      await ahead.ended()
      return refuseRest(engine, waiting, options, { rule: 'S3', reason: `this run was limited to ${options.max} strikes by --max` })
    }
    const asked = engine.clock.monotonic()
    const isHeld: boolean = mayHaveRoom && (await ahead.isWorthWaiting())
    const isEveryonesTurn = asked >= askAgainAt && !mayHaveRoom
    if (!isHeld && (mayHaveRoom || isEveryonesTurn)) {
      const turn = ahead.mayStrike(waiting.slice(0, room))
      const tried = isEveryonesTurn ? turn : turn.slice(0, ahead.looks.size + nextFew)
      const outcomes = await attemptStrikes(engine, tried, run, signal, ahead.looks)
      struck += [...outcomes.values()].filter(outcome => outcome === 'struck' || outcome === 'leashed').length
      for (const [id, outcome] of outcomes) {
        if (outcome === 'announced') announced.add(id)
        if (outcome === 'untold') announced.delete(id)
      }
      waiting = inTurn(waiting, { announced, outcomes })
      const inVain = [...outcomes.values()].every(outcome => stillWaits.has(outcome))
      const took = engine.clock.monotonic() - asked
      if (isEveryonesTurn) askAgainAt = inVain ? asked + took * (1 + retryShare) : asked
      // What is refused takes up no room: with --max 1 a thousand groups that may not be struck would be a thousand pauses.
      if (outcomes.size > 0 && outcomes.values().every(outcome => outcome === 'refused')) continue
    }
    if (waiting.length === 0) break
    hadToWait()
    await ahead.begin(waiting.slice(0, room))
    mayHaveRoom = (await bell.wait(retryEvery, signal)) || isHeld
  }
  await ahead.ended()
  await refuseRest(engine, waiting, options, { rule: 'run-ended', reason: 'this run was interrupted before its turn' })
}

/**
 * Whoever was announced keeps its place, so that people are told of no more strikes than this run will make; whoever could not be
 * announced lets all others pass.
 */
function inTurn(
  plans: readonly PlannedDrill[],
  seen: { readonly announced: ReadonlySet<DrillId>; readonly outcomes: ReadonlyMap<DrillId, AttemptOutcome> },
): PlannedDrill[] {
  const outcomeOf = (plan: PlannedDrill) => seen.outcomes.get(plan.id) ?? 'waiting'
  const place = (plan: PlannedDrill) => (seen.announced.has(plan.id) ? 0 : outcomeOf(plan) === 'untold' ? 2 : 1)
  return plans.filter(plan => stillWaits.has(outcomeOf(plan))).sort((a, b) => place(a) - place(b))
}

/** Plans of this very run end with it; what the day's draw planned stays for a later run or the service. */
async function refuseRest(engine: Engine, plans: readonly PlannedDrill[], { run }: CampaignOptions, refusal: Refusal): Promise<void> {
  const at = await engine.ledger.now()
  for (const plan of plans.filter(one => one.planKey === runKey(run))) {
    await advance(engine, transition(plan, { kind: 'refuse', refusal, findings: [], at }), [{ at, kind: 'refused', data: { ...refusal } }])
  }
}

interface Watching {
  readonly moreToCome: () => boolean
  /** Plans have waited for room: the last drills are looked at as closely as those before them. */
  readonly isPressed: () => boolean
  readonly bell: Bell
}

/** Watches every scope with open drills until none is left and no more are to come; rings whenever one of them ended. */
async function watchToTheEnd(engine: Engine, watching: Watching, signal: AbortSignal): Promise<void> {
  await Promise.all(scopesOf(engine).map(({ scope }) => watchOne(engine, scope.id, watching, signal)))
}

async function watchOne(engine: Engine, scope: string, { moreToCome, isPressed, bell }: Watching, signal: AbortSignal): Promise<void> {
  const handle = scopeHandle(engine, scope)
  if (handle === null) return
  while (!signal.aborted) {
    const more = moreToCome()
    const next = await lookOnce(engine, scope, { wait: more || isPressed(), mayGoOn: bell.ring }, signal)
    const isOpen = (await engine.ledger.watched(scope)).some(drill => drill.state !== 'concluded')
    if (!isOpen && !more) return
    const now = await engine.ledger.now()
    const pause = next === null ? retryEvery : Math.max(20, next.since(now).total('milliseconds'))
    await engine.clock.sleep(Math.min(pause, more ? retryEvery : pause), signal).catch(() => {})
  }
}

async function lookOnce(engine: Engine, scope: string, others: Others, signal: AbortSignal): Promise<Temporal.Instant | null> {
  const handle = scopeHandle(engine, scope)
  if (handle === null) return null
  try {
    return await watchScope(engine, handle, signal, others)
  } catch (error) {
    if (!signal.aborted) engine.log.warn('a look failed and will be repeated', { scope, why: reasonOf(error) })
    return (await engine.ledger.now()).add({ seconds: 1 })
  }
}
