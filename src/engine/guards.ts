import type { GuardReading, PlannedDrill } from '../domain/drill.ts'
import type { GroupId, GroupSummary } from '../domain/group.ts'
import type { LedgerState } from '../domain/ledger-state.ts'
import type { CheckSettings, Schedule } from '../domain/schedule.ts'
import type { TraceOutcome } from '../domain/trace.ts'
import type { GuardQuestion } from '../guards/guard.ts'
import type { RuleRefusal } from '../rules/rule.ts'
import { type Engine, freshness, reasonOf, traced } from './context.ts'

/**
 * What guards have said in one turn of strikes. Questions whose answer cannot differ are asked once, and again when the
 * answer has grown older than a look at a group may be.
 */
export interface GuardTurn {
  readonly answers: Map<string, { readonly askedAt: number; readonly reading: Promise<GuardReading> }>
  groups: Promise<ReadonlyMap<GroupId, GroupSummary>> | null
}

export interface GuardRefusal extends RuleRefusal {
  readonly evidence: GuardReading['evidence']
}

/** All green: what each said, to be kept with the intent. Else why there must be no strike. */
export type GuardsSaid = { readonly readings: readonly GuardReading[] } | { readonly refusal: GuardRefusal | RuleRefusal }

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

export function underWay(state: LedgerState, schedule: string): GroupId[] {
  return [...new Set(state.busy.filter(busy => busy.schedule === schedule).map(busy => busy.group))]
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
  if (schedule.guards.length === 0) return { readings: [] }
  turn.groups ??= summaries(engine)
  const groups = await turn.groups
  const own = groups.get(plan.group)
  if (own === undefined) return { refusal: { rule: 'S10', reason: 'the group has not been seen, so its guards could not be asked' } }
  const others = about.underWay.flatMap(id => groups.get(id) ?? [])
  const asked = [own, ...others.filter(({ id }) => id !== own.id)]
  const readings = await Promise.all(
    schedule.guards.flatMap(settings =>
      asked.map(group => {
        const attributes = { 'firedrill.group': group.id }
        const shown = { drill: plan.id, name: `guard ${settings.kind}`, under: about.during ?? 'planned', outside: true } as const
        const asking = { turn, signal, question: questionOf(about, group) }
        const said = traced(engine, { ...shown, attributes, tell: outcomeOf }, () => read(engine, settings, asking))
        return said.catch(error => unasked(settings.kind, error))
      }),
    ),
  )
  signal.throwIfAborted()
  const red = readings.find(reading => !reading.proceed)
  if (red === undefined) return { readings: [...new Set(readings)] }
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

/** Rejects where it cannot be asked. */
async function read(engine: Engine, settings: CheckSettings, { turn, signal, question }: Asking): Promise<GuardReading> {
  const guard = engine.openGuard(settings)
  const key = JSON.stringify([settings, guard.concerns(question)])
  const now = engine.clock.monotonic()
  const known = turn.answers.get(key)
  if (known !== undefined && now - known.askedAt <= freshness) return known.reading
  const reading = guard.ask(question, signal).then(answer => ({ guard: settings.kind, ...answer }))
  turn.answers.set(key, { askedAt: now, reading })
  return reading
}

function unasked(guard: string, error: unknown): GuardReading {
  return { guard, proceed: false, reason: `the guard could not be asked: ${reasonOf(error)}`, evidence: {} }
}

/** A guard that says no has done its work: that is no error. */
function outcomeOf({ proceed, reason }: GuardReading): TraceOutcome {
  return { attributes: { 'firedrill.proceed': proceed, 'firedrill.reason': reason }, problem: null }
}
