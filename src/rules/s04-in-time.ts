import type { PlannedDrill } from '../domain/drill.ts'
import { describeDuration } from '../domain/duration.ts'
import { inZone } from '../domain/instants.ts'
import type { Schedule } from '../domain/schedule.ts'
import type { Milliseconds } from '../domain/time.ts'
import { fits, localDate, type Window, whyClosed, windowAt, windowOpening } from '../domain/window.ts'
import { type GroupFacts, type LedgerFacts, type Rule, rule, snapshotRule } from './rule.ts'

/** Two clocks further apart than this cannot be trusted with a time of day. */
const MOST_SKEW: Milliseconds = 30_000
/** A plan whose window never closes is given up a day after its moment. */
const LATEST_WAKE: Milliseconds = 24 * 60 * 60 * 1000

interface Timing {
  /** Ledger time. */
  readonly now: Temporal.Instant
  readonly plan: PlannedDrill
  readonly schedule: Schedule
  readonly policy: { readonly deadline: Milliseconds; readonly soak: Milliseconds }
}

/** S4: no strike outside the schedule's window, none that would not end within it, none that wakes late. */
export const inTime: readonly Rule<GroupFacts>[] = [
  rule('S4', ({ ledgerSkew }) => skewed(ledgerSkew, "the ledger's")),
  snapshotRule('S4', ({ clockSkew }) => (clockSkew === null ? null : skewed(clockSkew, "the provider's"))),
  rule('S4', facts => (facts.plan === null ? null : outOfTime({ ...facts, plan: facts.plan }))),
]

/** The same once more under the ledger's lock: time passed while the group was read. */
export const inLedgerTime: readonly Rule<LedgerFacts>[] = [
  rule('S4', ({ state, plan, schedule }) => outOfTime({ now: state.now, plan, schedule, policy: plan.policy })),
]

function skewed(skew: Milliseconds, whose: string): string | null {
  if (Math.abs(skew) <= MOST_SKEW) return null
  if (Number.isNaN(skew)) return `this machine's clock could not be compared with ${whose}`
  return `this machine's clock is ${describeDuration(skew)} ${skew > 0 ? 'ahead of' : 'behind'} ${whose}: set it right (30 s are allowed)`
}

function outOfTime(timing: Timing): string | null {
  return offItsDay(timing) ?? closed(timing) ?? tooShort(timing)
}

/**
 * The key of a plan is the day on which its window opens. A run on demand has another key: it is not late
 * on any day.
 */
function offItsDay({ now, plan, schedule }: Timing): string | null {
  const date = dateOf(plan.planKey)
  if (date === null) return null
  const window = windowOpening(schedule, date)
  if (window === null) return `the drill was planned for ${date}, but ${whyClosed(schedule, date)}`
  if (Temporal.Instant.compare(now, window.opens) < 0) return `the drill was planned for ${date}, whose window has not opened yet`
  const wokeLate = `the drill was planned for ${inZone(plan.plannedFor, schedule.timezone)} and woke`
  if (isOver(window, now)) return `${wokeLate} ${inZone(now, schedule.timezone)}, after that day's window had closed`
  const delay = now.epochMilliseconds - plan.plannedFor.epochMilliseconds
  return delay <= LATEST_WAKE ? null : `${wokeLate} ${describeDuration(delay)} late`
}

function dateOf(planKey: string): Temporal.PlainDate | null {
  return /^\d{4}-\d{2}-\d{2}$/.test(planKey) ? Temporal.PlainDate.from(planKey, { overflow: 'reject' }) : null
}

function isOver(window: Window, now: Temporal.Instant): boolean {
  return window.closes !== null && Temporal.Instant.compare(now, window.closes) >= 0
}

function closed({ now, schedule }: Timing): string | null {
  if (windowAt(schedule, now) !== null) return null
  const today = localDate(schedule, now)
  const ofToday = windowOpening(schedule, today)
  const why = ofToday === null ? whyClosed(schedule, today) : `its hours of ${today} are ${span(ofToday, schedule)}`
  return `the schedule ${schedule.name} is closed at ${inZone(now, schedule.timezone)}: ${why}`
}

function tooShort({ now, schedule, policy }: Timing): string | null {
  const needs = policy.deadline + policy.soak
  if (fits(schedule, now, needs)) return null
  const closes = windowAt(schedule, now)?.closes ?? null
  const left = closes === null ? null : closes.epochMilliseconds - now.epochMilliseconds
  return `the window closes in ${left === null ? 'no known time' : describeDuration(left)}, and deadline and soak need ${describeDuration(needs)}`
}

function span(window: Window, { timezone }: Schedule): string {
  return `${inZone(window.opens, timezone)} to ${window.closes === null ? 'no end' : inZone(window.closes, timezone)}`
}
