import { uniform } from './chance.ts'
import { describeDuration } from './duration.ts'
import type { DrillPolicy, Schedule } from './schedule.ts'
import type { GroupRecord } from './seen-group.ts'
import { type DayHours, dayHours, dayOf, openDaysBetween, type Window, whyClosed, windowOpening } from './window.ts'

/** Distances between two drills of a group, counted in the schedule's open days. */
export interface Gaps {
  readonly mean: number
  readonly min: number
  readonly max: number
}

export interface DrawInput {
  /** From the ledger: makes this installation's draws its own. */
  readonly salt: string
  readonly schedule: Schedule
  readonly group: string
  /** The local day on which the window opens. */
  readonly date: Temporal.PlainDate
  /** From `policyFor`; the schedule's own where it is left out. */
  readonly meanDays?: number
  /** The day of the last strike or of opting in, whichever is later (see `countedFrom`). */
  readonly lastCountedDate: Temporal.PlainDate
  readonly policy: Pick<DrillPolicy, 'deadline' | 'soak'>
  /** From the tag `firedrill-paused-until`: S1 refuses every strike before that day, so none is drawn. Null: no pause. */
  readonly pausedUntil: Temporal.PlainDate | null
}

export interface Draw {
  readonly drilled: boolean
  /** `maxDaysBetweenDrills` is reached. Overrides no rule. */
  readonly due: boolean
  /** How likely a drill was on this day, 0 to 1. */
  readonly odds: number
  /** Open days since the last counted one, this day included. */
  readonly gap: number
  /** When to strike; null where nothing is drilled. */
  readonly at: Temporal.Instant | null
  /** Why there is no drill, in words for `plan`; null where there is one. */
  readonly why: string | null
}

/**
 * The daily odds between `min` and `max` that make the expected gap exactly `mean`. A gap is never
 * shorter than `min`, and at `max` a drill is certain, so with q = 1 − odds
 *
 *   mean = min + q + q² + … + q^(max − min)
 *
 * which grows evenly with q and is solved by bisection. Total: a mean outside [min, max] counts as the
 * nearer of the two (config/ has refused it long before).
 */
export function dailyOdds(gaps: Gaps): number {
  const { mean, min, max } = wholeGaps(gaps)
  let low = 0
  let high = 1
  // 60 halvings exhaust the 53 bits of a number in [0, 1].
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (expectedGap(middle, min, max) < mean) low = middle
    else high = middle
  }
  return 1 - (low + high) / 2
}

/**
 * The draw for one group on one day: a pure function of salt, schedule name, group and date, and of the
 * days counted so far. The same day drawn again gives the same answer, wherever and whenever it is drawn.
 */
export function drawFor(input: DrawInput): Draw {
  const { schedule, date } = input
  const gaps = gapsOf(input)
  const { min, max } = wholeGaps(gaps)
  const gap = openDaysBetween(schedule, input.lastCountedDate, date)
  const window = windowOpening(schedule, date)
  const own = dayHours(schedule, date)
  if (window === null || own === null) return none({ gap, due: gap >= max, odds: 0, why: whyClosed(schedule, date) })

  if (isPaused(input)) return none({ gap, due: gap >= max, odds: 0, why: `paused until ${input.pausedUntil}` })

  const odds = gap < min ? 0 : gap >= max ? 1 : dailyOdds(gaps)
  const counts = { gap, due: gap >= max, odds }
  if (odds === 0) return none({ ...counts, why: tooEarly(gap, min) })
  if (chance(input, 'drill') >= odds) return none({ ...counts, why: 'not drawn today' })

  const needs = input.policy.deadline + input.policy.soak
  const at = momentWithin({ own, window, needs, chance: chance(input, 'moment') })
  if (at === null) return none({ ...counts, why: `its window is shorter than deadline and soak together (${describeDuration(needs)})` })
  return { ...counts, drilled: true, at, why: null }
}

/** A draw of `comingDraws`, with its day. */
export interface ComingDraw extends Draw {
  readonly date: Temporal.PlainDate
}

/**
 * The draws of the open days among the next `days` calendar days, from `date` on, for `plan --days N`. It presumes that each
 * drill drawn on the way is struck on its day: a refusal there leaves the count running and makes later
 * days likelier than shown.
 */
export function comingDraws(input: DrawInput & { readonly days: number }): readonly ComingDraw[] {
  const draws: ComingDraw[] = []
  let lastCountedDate = input.lastCountedDate
  for (let day = 0; day < input.days; day++) {
    const date = input.date.add({ days: day })
    if (dayHours(input.schedule, date) === null) continue
    const draw = drawFor({ ...input, date, lastCountedDate })
    draws.push({ date, ...draw })
    if (draw.drilled) lastCountedDate = date
  }
  return draws
}

/**
 * The day from which open days are counted: that of the last strike or of opting in, whichever is later;
 * null for a group that is not opted in. A strike after midnight counts for the day its window opened.
 */
export function countedFrom(schedule: Schedule, record: Pick<GroupRecord, 'optedInSince' | 'lastStrikeAt'>): Temporal.PlainDate | null {
  if (record.optedInSince === null) return null
  const optedIn = dayOf(schedule, record.optedInSince)
  if (record.lastStrikeAt === null) return optedIn
  const struck = dayOf(schedule, record.lastStrikeAt)
  return Temporal.PlainDate.compare(struck, optedIn) > 0 ? struck : optedIn
}

/** By the day on which the window opens: a night that begins within a pause is left out to its end. */
function isPaused({ date, pausedUntil }: DrawInput): boolean {
  return pausedUntil !== null && Temporal.PlainDate.compare(date, pausedUntil) < 0
}

function none(draw: Pick<Draw, 'gap' | 'due' | 'odds'> & { readonly why: string }): Draw {
  return { ...draw, drilled: false, at: null }
}

function tooEarly(gap: number, min: number): string {
  return gap < min ? `${gap} of at least ${min} open days have passed` : 'only due days are drilled'
}

function gapsOf({ schedule, meanDays }: DrawInput): Gaps {
  return { mean: meanDays ?? schedule.meanDaysBetweenDrills, min: schedule.minDaysBetweenDrills, max: schedule.maxDaysBetweenDrills }
}

function chance(input: DrawInput, what: string): number {
  return uniform(what, input.salt, input.schedule.name, input.group, input.date.toString())
}

/** A gap is at least one day: the day of a strike is over for its group. */
function wholeGaps(gaps: Gaps): Gaps {
  const min = Math.max(1, Math.ceil(gaps.min))
  const max = Math.max(min, Math.floor(gaps.max))
  return { mean: Math.min(Math.max(gaps.mean, min), max), min, max }
}

function expectedGap(q: number, min: number, max: number): number {
  const days = max - min
  if (q === 1) return max
  return min + (q * (1 - q ** days)) / (1 - q)
}

/** Anywhere in the day's own hours from which everything ends before the (joined) window closes. */
function momentWithin(room: {
  readonly own: DayHours
  readonly window: Window
  readonly needs: number
  readonly chance: number
}): Temporal.Instant | null {
  const opens = room.own.opens.epochMilliseconds
  const ownLast = room.own.closes.epochMilliseconds - 1
  const fitting = room.window.closes === null ? ownLast : room.window.closes.epochMilliseconds - room.needs
  const last = Math.min(ownLast, fitting)
  if (last < opens) return null
  return Temporal.Instant.fromEpochMilliseconds(opens + Math.floor(room.chance * (last - opens + 1)))
}
