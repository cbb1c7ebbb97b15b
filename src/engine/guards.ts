import type { GuardReading, PlannedDrill } from '../domain/drill.ts'
import type { GroupId, GroupSummary } from '../domain/group.ts'
import type { BusyDrill } from '../domain/ledger-state.ts'
import type { CheckSettings, Schedule } from '../domain/schedule.ts'
import type { TraceOutcome } from '../domain/trace.ts'
import type { GuardAnswer, GuardQuestion } from '../guards/guard.ts'
import type { RuleRefusal } from '../rules/rule.ts'
import { type Engine, freshness, reasonOf, traced } from './context.ts'

/**
 * What guards have said in one turn of strikes. Questions whose answer cannot differ are asked once, and again when the
 * answer has grown too old for another look at a group before it is struck upon.
 */
export interface GuardTurn {
  readonly answers: Map<string, Answer>
  groups: Promise<ReadonlyMap<GroupId, GroupSummary>> | null
}

interface Answer {
  readonly reading: Promise<GuardReading>
  /** On the monotonic clock. Infinite while it is waited for: what is still to come is not old. */
  givenAt: number
}

/** An answer counts as long as a look does (S10): of what one drill was told, another must still be able to look and strike. */
const sharedFor = freshness / 2

export interface GuardRefusal extends RuleRefusal {
  readonly evidence: GuardReading['evidence']
}

/** All green: what each said, to be kept with the intent. */
export interface Green {
  readonly readings: readonly GuardReading[]
  /** When the oldest of these answers was given, on the monotonic clock; infinite where there are no guards. */
  readonly givenAt: number
}

/** All green, or why there must be no strike. */
export type GuardsSaid = Green | { readonly refusal: GuardRefusal | RuleRefusal }

export interface Guarded {
  readonly plan: PlannedDrill
  readonly schedule: Schedule
  /** Groups with a drill of the same schedule that is open or not yet whole: their guards are its stop conditions. */
  readonly underWay: readonly GroupId[]
  /** What of the drill they are asked in; left out: before its strike. */
  readonly during?: 'strike'
}

export function newGuardTurn(): GuardTurn {
  return { answers: new Map(), groups: null }
}

export function underWay(drills: readonly BusyDrill[], schedule: string): GroupId[] {
  return [...new Set(drills.filter(busy => busy.schedule === schedule).map(busy => busy.group))]
}

/**
 * Asks every guard of the schedule about the group that is to be struck, and about each group that the schedule has under
 * way: while one of those is red, nothing more of the schedule is struck. Whatever cannot be asked is red (S10).
 */
export async function guardsSay(
  engine: Engine,
  about: Guarded,
  { turn, signal }: { readonly turn: GuardTurn; readonly signal: AbortSignal },
): Promise<GuardsSaid> {
  const { plan, schedule } = about
  if (schedule.guards.length === 0) return { readings: [], givenAt: Number.POSITIVE_INFINITY }
  turn.groups ??= summaries(engine)
  const groups = await turn.groups
  const own = groups.get(plan.group)
  if (own === undefined) return { refusal: { rule: 'S10', reason: 'the group has not been seen, so its guards could not be asked' } }
  const others = about.underWay.flatMap(id => groups.get(id) ?? [])
  const asked = [own, ...others.filter(({ id }) => id !== own.id)]
  const answers = await Promise.all(
    schedule.guards.flatMap(settings =>
      asked.map(group => {
        const attributes = { 'firedrill.group': group.id }
        const shown = { drill: plan.id, name: `guard ${settings.kind}`, under: about.during ?? 'planned', outside: true } as const
        const asking = { turn, signal, question: questionOf(about, group) }
        const said = traced(engine, { ...shown, attributes, tell: outcomeOf }, () => read(engine, settings, asking))
        return said.catch(error => ({ reading: unasked(settings.kind, error), givenAt: engine.clock.monotonic() }))
      }),
    ),
  )
  signal.throwIfAborted()
  const readings = [...new Set(answers.map(({ reading }) => reading))]
  const red = readings.find(reading => !reading.proceed)
  if (red === undefined) return { readings, givenAt: Math.min(...answers.map(({ givenAt }) => givenAt)) }
  return { refusal: { rule: red.guard, reason: reasonFor(red, about), evidence: red.evidence } }
}

async function summaries(engine: Engine): Promise<ReadonlyMap<GroupId, GroupSummary>> {
  return new Map((await engine.ledger.groups()).map(({ summary }) => [summary.id, summary]))
}

function questionOf({ plan, schedule }: Guarded, group: GroupSummary): GuardQuestion {
  return { group, schedule: schedule.name, timezone: schedule.timezone, lasts: plan.policy.deadline + plan.policy.soak }
}

function reasonFor(red: GuardReading, { underWay, schedule }: Guarded): string {
  if (underWay.length === 0) return red.reason
  return `${red.reason}; a drill of ${schedule.name} is under way, and while this guard is red nothing more of it is struck`
}

interface Asking {
  readonly turn: GuardTurn
  readonly signal: AbortSignal
  readonly question: GuardQuestion
}

interface Given {
  readonly reading: GuardReading
  readonly givenAt: number
}

/** Rejects where it cannot be asked. */
async function read(engine: Engine, settings: CheckSettings, { turn, signal, question }: Asking): Promise<Given> {
  const guard = engine.openGuard(settings)
  const key = JSON.stringify([settings, guard.concerns(question)])
  let answer = turn.answers.get(key)
  if (answer === undefined || engine.clock.monotonic() - answer.givenAt > sharedFor) {
    answer = asked(engine, guard.ask(question, signal), settings.kind)
    turn.answers.set(key, answer)
  }
  const reading = await answer.reading
  return { reading, givenAt: answer.givenAt }
}

function asked(engine: Engine, asking: Promise<GuardAnswer>, guard: string): Answer {
  const reading = asking
    .then(answer => ({ guard, ...answer }))
    .finally(() => {
      answer.givenAt = engine.clock.monotonic()
    })
  const answer: Answer = { reading, givenAt: Number.POSITIVE_INFINITY }
  return answer
}

function unasked(guard: string, error: unknown): GuardReading {
  return { guard, proceed: false, reason: `the guard could not be asked: ${reasonOf(error)}`, evidence: {} }
}

/** A guard that says no has done its work: that is no error. */
function outcomeOf({ reading: { proceed, reason } }: Given): TraceOutcome {
  return { attributes: { 'firedrill.proceed': proceed, 'firedrill.reason': reason }, problem: null }
}
