import type { Schedule, WallClockHours, Weekday } from './schedule.ts'
import type { Milliseconds } from './time.ts'

/** The part of a schedule that says when. */
export type Calendar = Pick<Schedule, 'timezone' | 'days' | 'hours' | 'holidays'>

/**
 * When strikes are allowed. A window belongs to the local day it opened, also after midnight; days and
 * holidays are judged on that day. Windows that adjoin are one: `closes` is the end of the last of them.
 * `date` and `opens` stay those of the one day, because a plan belongs to a day.
 */
export interface Window {
  readonly date: Temporal.PlainDate
  readonly opens: Temporal.Instant
  /** Exclusive. Null: it never closes (no closed day within a year and more). */
  readonly closes: Temporal.Instant | null
}

/** One day's own hours, before adjoining days are joined to it. */
export interface DayHours {
  readonly opens: Temporal.Instant
  readonly closes: Temporal.Instant
}

const MINUTES_PER_DAY = 24 * 60
/** A search longer than a year and its holidays: whatever has not come by then never comes. */
const SEARCH_DAYS = 400

/** The window that `instant` lies in, or null. */
export function windowAt(calendar: Calendar, instant: Temporal.Instant): Window | null {
  if (lastAnswer?.calendar !== calendar || lastAnswer.instant !== instant)
    lastAnswer = { calendar, instant, window: findWindow(calendar, instant) }
  return lastAnswer.window
}

/** Hundreds of plans that wait are asked about the very same moment, several times each. */
let lastAnswer: { readonly calendar: Calendar; readonly instant: Temporal.Instant; readonly window: Window | null } | null = null

function findWindow(calendar: Calendar, instant: Temporal.Instant): Window | null {
  const today = localDate(calendar, instant)
  for (const date of [today, today.subtract({ days: 1 })]) {
    const hours = dayHours(calendar, date)
    if (hours !== null && contains(hours, instant)) return { date, opens: hours.opens, closes: mergedClose(calendar, date, hours) }
  }
  return null
}

/** The window of this local day; null: that day has none. */
export function windowOpening(calendar: Calendar, date: Temporal.PlainDate): Window | null {
  const hours = dayHours(calendar, date)
  return hours === null ? null : { date, opens: hours.opens, closes: mergedClose(calendar, date, hours) }
}

/** The first day's window that opens later than `after`; null: none within 400 days. */
export function nextWindow(calendar: Calendar, after: Temporal.Instant): Window | null {
  const today = localDate(calendar, after)
  for (let days = 0; days <= SEARCH_DAYS; days++) {
    const window = windowOpening(calendar, today.add({ days }))
    if (window !== null && Temporal.Instant.compare(window.opens, after) > 0) return window
  }
  return null
}

/** Whether that local day has a window of its own. */
export function isOpenDay(calendar: Calendar, date: Temporal.PlainDate): boolean {
  return dayHours(calendar, date) !== null
}

/** Whether something that starts at `at` and takes `needs` has ended when the window closes (S4). */
export function fits(calendar: Calendar, at: Temporal.Instant, needs: Milliseconds): boolean {
  const window = windowAt(calendar, at)
  if (window === null) return false
  return window.closes === null || at.epochMilliseconds + needs <= window.closes.epochMilliseconds
}

/** How many open days lie after `from` up to and including `to`; 0 when `to` is not later. */
export function openDaysBetween(calendar: Calendar, from: Temporal.PlainDate, to: Temporal.PlainDate): number {
  const memory = countsByCalendar.get(calendar) ?? new Map<string, number>()
  countsByCalendar.set(calendar, memory)
  const key = `${from} ${to}`
  const known = memory.get(key)
  if (known !== undefined) return known
  let count = 0
  for (let date = to; Temporal.PlainDate.compare(date, from) > 0; date = date.subtract({ days: 1 })) {
    if (isOpenDay(calendar, date)) count++
  }
  if (memory.size >= REMEMBERED_DAYS) memory.clear()
  memory.set(key, count)
  return count
}

/** The day that an instant belongs to: that of the window it lies in, else the local date. */
export function dayOf(calendar: Calendar, instant: Temporal.Instant): Temporal.PlainDate {
  return windowAt(calendar, instant)?.date ?? localDate(calendar, instant)
}

export function localDate(calendar: Pick<Calendar, 'timezone'>, instant: Temporal.Instant): Temporal.PlainDate {
  return instant.toZonedDateTimeISO(calendar.timezone).toPlainDate()
}

/** That day's own hours as instants; null on closed days and where a clock change leaves nothing of them. */
export function dayHours(calendar: Calendar, date: Temporal.PlainDate): DayHours | null {
  return recall(hoursByCalendar, { calendar, date }, computeDayHours)
}

/** Why a local day has no window, in words that follow "because". */
export function whyClosed(calendar: Calendar, date: Temporal.PlainDate): string {
  if (!calendar.days.includes(date.dayOfWeek as Weekday)) return `${date} is a ${weekdayName(date)}, which the schedule leaves out`
  if (calendar.holidays.isHoliday(date)) return `${date} is a holiday`
  return `a clock change leaves nothing of its hours on ${date}`
}

function weekdayName(date: Temporal.PlainDate): string {
  return ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'][date.dayOfWeek - 1] ?? 'day'
}

function contains(hours: DayHours, instant: Temporal.Instant): boolean {
  return Temporal.Instant.compare(hours.opens, instant) <= 0 && Temporal.Instant.compare(instant, hours.closes) < 0
}

type Remembered<Answer> = WeakMap<Calendar, Map<string, Answer>>

/**
 * Time-zone arithmetic is the dearest thing a plan does, and it asks for the same days for every group.
 * A calendar never changes, so what was computed for its days is remembered as long as it lives.
 */
const hoursByCalendar: Remembered<DayHours | null> = new WeakMap()
/** Thousands of groups were opted in or struck on the same few days. */
const countsByCalendar: WeakMap<Calendar, Map<string, number>> = new WeakMap()
const closesByCalendar: Remembered<Temporal.Instant | null> = new WeakMap()
const REMEMBERED_DAYS = 4000

function recall<Answer>(
  memory: Remembered<Answer>,
  { calendar, date }: { readonly calendar: Calendar; readonly date: Temporal.PlainDate },
  compute: (calendar: Calendar, date: Temporal.PlainDate) => Answer,
): Answer {
  const days = memory.get(calendar) ?? new Map<string, Answer>()
  memory.set(calendar, days)
  const key = date.toString()
  const known = days.get(key)
  if (known !== undefined) return known
  const answer = compute(calendar, date)
  if (days.size >= REMEMBERED_DAYS) days.clear()
  days.set(key, answer)
  return answer
}

function computeDayHours(calendar: Calendar, date: Temporal.PlainDate): DayHours | null {
  if (!isOnCalendar(calendar, date)) return null
  const edges = { opens: edgeOf(calendar, date, calendar.hours.opens), closes: edgeOf(calendar, date, closingMinute(calendar.hours)) }
  const hours = chooseEdges(edges, isWholeDay(calendar.hours))
  return Temporal.Instant.compare(hours.opens, hours.closes) < 0 ? hours : null
}

/** Where clocks are put back a wall-clock time comes twice; elsewhere `first` and `second` are equal. */
interface Edge {
  readonly first: Temporal.Instant
  readonly second: Temporal.Instant
}

/**
 * A strike must never happen outside the written hours by the clock on the wall: a window that opens
 * within the repeated hour opens the second time it comes, one that closes there closes the first time.
 * Windows that lie wholly within it take the first. Whole days have no "outside", and one's end must be
 * the other's beginning.
 */
function chooseEdges(edges: { readonly opens: Edge; readonly closes: Edge }, wholeDay: boolean): DayHours {
  const strict = { opens: edges.opens.second, closes: edges.closes.first }
  if (!wholeDay && Temporal.Instant.compare(strict.opens, strict.closes) < 0) return strict
  return { opens: edges.opens.first, closes: edges.closes.first }
}

/** The instants of a wall-clock time; one that clocks skip is the moment of their jump. */
function edgeOf(calendar: Calendar, date: Temporal.PlainDate, minute: number): Edge {
  const day = date.add({ days: Math.floor(minute / MINUTES_PER_DAY) })
  const rest = minute % MINUTES_PER_DAY
  const wallClock = day.toPlainDateTime({ hour: Math.floor(rest / 60), minute: rest % 60 })
  const earlier = wallClock.toZonedDateTime(calendar.timezone, { disambiguation: 'earlier' })
  const later = wallClock.toZonedDateTime(calendar.timezone, { disambiguation: 'later' })
  if (earlier.toPlainDateTime().equals(wallClock)) return { first: earlier.toInstant(), second: later.toInstant() }
  const jump = earlier.getTimeZoneTransition('next')?.toInstant() ?? later.toInstant()
  return { first: jump, second: jump }
}

/** Minutes after the opening day's midnight; beyond 1440 on the next day. */
function closingMinute(hours: WallClockHours): number {
  return hours.closes <= hours.opens ? hours.closes + MINUTES_PER_DAY : hours.closes
}

/** How long a window is on days without a clock change; adjoining days not joined. */
export function nominalLength(hours: WallClockHours): Milliseconds {
  return (closingMinute(hours) - hours.opens) * 60_000
}

/** Only whole days can adjoin: any other window leaves a gap before the next day's opening. */
function isWholeDay(hours: WallClockHours): boolean {
  return closingMinute(hours) - hours.opens === MINUTES_PER_DAY
}

function mergedClose(calendar: Calendar, date: Temporal.PlainDate, own: DayHours): Temporal.Instant | null {
  return isWholeDay(calendar.hours) ? recall(closesByCalendar, { calendar, date }, lastClose) : own.closes
}

/** Follows adjoining whole days to the last one; null: a year and more without a closed day. */
function lastClose(calendar: Calendar, date: Temporal.PlainDate): Temporal.Instant | null {
  let closes = dayHours(calendar, date)?.closes ?? null
  for (let days = 1; days <= SEARCH_DAYS; days++) {
    const next = date.add({ days })
    if (!isOnCalendar(calendar, next)) return closes
    // A day that its zone skips altogether (a move across the date line) does not part its neighbours.
    closes = dayHours(calendar, next)?.closes ?? closes
  }
  return null
}

function isOnCalendar(calendar: Calendar, date: Temporal.PlainDate): boolean {
  return calendar.days.includes(date.dayOfWeek as Weekday) && !calendar.holidays.isHoliday(date)
}
