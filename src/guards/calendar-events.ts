import { setImmediate as nextTurn } from 'node:timers/promises'
import ICAL from 'ical.js'

export interface CalendarEvent {
  readonly summary: string
  readonly starts: Temporal.Instant
  readonly ends: Temporal.Instant
}

export interface Span {
  readonly from: Temporal.Instant
  readonly to: Temporal.Instant
  /** Of days without a clock time, and of times without a zone. */
  readonly timezone: string
}

/** A rule that is still before the span after so many occurrences is not one that people write. */
const MOST_OCCURRENCES = 50_000
/** After so many the rest of the process has its turn: a long calendar must not hold up a strike or a watch. */
const AT_ONCE = 250
/** An override of this and all later occurrences may move them to before their own place. */
const LONGEST_MOVE = Temporal.Duration.from({ hours: 31 * 24 })

/**
 * The events of an iCalendar text (RFC 5545) that overlap a span, recurring ones expanded, in the order in which they
 * start. Zones are taken from the time zone database where it knows their name, else from the text itself. Throws where
 * anything in the text cannot be understood: an event that is overlooked would be a strike in a freeze.
 */
export async function eventsBetween(text: string, span: Span, signal: AbortSignal): Promise<CalendarEvent[]> {
  const events: CalendarEvent[] = []
  for (const calendar of parse(text)) events.push(...(await eventsOf(calendar, span, signal)))
  return events.filter(event => overlaps(event, span)).sort((a, b) => Temporal.Instant.compare(a.starts, b.starts))
}

function parse(text: string): ICAL.Component[] {
  let parsed: unknown[]
  try {
    parsed = ICAL.parse(text) as unknown[]
  } catch (error) {
    throw new Error(`this is no calendar: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  const roots = typeof parsed[0] === 'string' ? [parsed] : parsed
  // Zones that the database knows go: files carry old rules, and rules that end.
  const calendars = roots.map(root => new ICAL.Component(withoutKnownZones(root as Jcal) as never))
  if (calendars.length === 0 || calendars.some(calendar => calendar.name !== 'vcalendar')) throw new Error('this is no calendar')
  for (const calendar of calendars) requireZones(calendar)
  return calendars
}

/** `[name, properties, components]`, RFC 7265. */
type Jcal = readonly [string, readonly (readonly unknown[])[], readonly Jcal[]]

function withoutKnownZones([name, properties, components]: Jcal): Jcal {
  const isKnown = ([kind, own]: Jcal) => kind === 'vtimezone' && own.some(property => property[0] === 'tzid' && isZone(String(property[3])))
  return [name, properties, (components ?? []).filter(component => !isKnown(component))]
}

function requireZones(calendar: ICAL.Component): void {
  for (const event of calendar.getAllSubcomponents('vevent')) {
    for (const property of event.getAllProperties()) {
      const zone = property.getParameter('tzid')
      if (typeof zone !== 'string' || calendar.getTimeZoneByID(zone) !== null) continue
      if (!isZone(zone)) throw new Error(`the calendar names a time zone that is not known: ${zone.slice(0, 60)}`)
      if (!ICAL.TimezoneService.has(zone)) ICAL.TimezoneService.register(new DatabaseZone({ tzid: zone }), zone)
    }
  }
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** A zone of the time zone database, as ical.js asks it: the offset at a wall-clock time. */
class DatabaseZone extends ICAL.Timezone {
  override utcOffset(time: ICAL.Time): number {
    return wallClock(time).toZonedDateTime(this.tzid).offsetNanoseconds / 1e9
  }
}

async function eventsOf(calendar: ICAL.Component, span: Span, signal: AbortSignal): Promise<CalendarEvent[]> {
  const components = calendar.getAllSubcomponents('vevent')
  for (const component of components)
    if (!(component.getFirstPropertyValue('dtstart') instanceof ICAL.Time)) throw new Error('the calendar has an event without a start')
  const overrides = components.filter(component => component.hasProperty('recurrence-id'))
  const found: CalendarEvent[] = []
  for (const component of components.filter(isHeld)) {
    const isOverride = overrides.includes(component)
    const same = isOverride ? [] : overrides.filter(other => uidOf(other) === uidOf(component))
    const event = new ICAL.Event(component, { strictExceptions: true, exceptions: same })
    if (isOverride || !event.isRecurring()) found.push(single(event, event.startDate, span))
    else found.push(...(await occurrences(event, span, signal)))
  }
  return found
}

function isHeld(component: ICAL.Component): boolean {
  return String(component.getFirstPropertyValue('status') ?? '').toUpperCase() !== 'CANCELLED'
}

function uidOf(component: ICAL.Component): string {
  return String(component.getFirstPropertyValue('uid') ?? '')
}

/** Overrides of single occurrences are events of their own here, for they may have been moved from anywhere. */
async function occurrences(event: ICAL.Event, span: Span, signal: AbortSignal): Promise<CalendarEvent[]> {
  const found: CalendarEvent[] = []
  const periods = takePeriods(event)
  const iterator = event.iterator()
  const last = span.to.add(LONGEST_MOVE)
  for (let count = 0; count < MOST_OCCURRENCES; count++) {
    if (count % AT_ONCE === 0) await nextTurn(undefined, { signal })
    const next = iterator.next() as ICAL.Time | null | undefined
    if (!next || Temporal.Instant.compare(instantOf(next, span), last) > 0) return found
    const { item, startDate } = event.getOccurrenceDetails(next)
    const isOwn = item !== event && !item.modifiesFuture()
    const period = item === event ? periods.get(next) : undefined
    if (!isOwn && isHeld(item.component)) found.push(single(item, startDate, { ...span, ...(period !== undefined && { period }) }))
  }
  throw new Error(`"${event.summary}" recurs more than ${MOST_OCCURRENCES} times`)
}

/**
 * Periods among the dates of recurrence (RFC 5545 3.8.5.2) become their starts, for ical.js expands times only. It gives back those
 * very objects, so that each finds its period again. The start of the event becomes such a date too where no rule repeats it:
 * ical.js would leave out the first occurrence.
 */
function takePeriods({ component, startDate }: ICAL.Event): ReadonlyMap<ICAL.Time, ICAL.Period> {
  const periods = new Map<ICAL.Time, ICAL.Period>()
  const dates = component.getAllProperties('rdate')
  for (const property of dates) {
    const starts = (property.getValues() as readonly (ICAL.Time | ICAL.Period)[]).map(date => {
      if (date instanceof ICAL.Time) return date
      periods.set(date.start, date)
      return date.start
    })
    if (property.type === 'period') property.resetType('date-time')
    property.setValues(starts)
  }
  if (dates.length > 0 && !component.hasProperty('rrule')) component.addPropertyWithValue('rdate', startDate.clone())
  return periods
}

function single(event: ICAL.Event, start: ICAL.Time, span: Span & { readonly period?: ICAL.Period }): CalendarEvent {
  const starts = instantOf(start, span)
  const ends = span.period === undefined ? endOf(event, start, { ...span, starts }) : endOfPeriod(span.period, { ...span, starts })
  return { summary: String(event.summary ?? 'an event without a name'), starts, ends }
}

function endOfPeriod({ start, end, duration }: ICAL.Period, span: Started): Temporal.Instant {
  return end === null ? after(start, duration, span) : instantOf(end, span)
}

type Started = Span & { readonly starts: Temporal.Instant }

/**
 * RFC 5545 3.8.5.3: a duration that is given by an end is exact for every occurrence; one of days is counted in days of
 * the calendar. A day without an end is one day.
 */
function endOf(event: ICAL.Event, start: ICAL.Time, span: Started): Temporal.Instant {
  const { component } = event
  const end = component.getFirstPropertyValue('dtend')
  const duration = component.getFirstPropertyValue('duration')
  if (end instanceof ICAL.Time) {
    const own = event.startDate
    if (!own.isDate) return span.starts.add(instantOf(end, span).since(instantOf(own, span)))
    return laterDay(start, { days: wallClock(own).toPlainDate().until(wallClock(end).toPlainDate()).days }, span)
  }
  if (duration instanceof ICAL.Duration) return after(start, duration, span)
  return start.isDate ? laterDay(start, { days: 1 }, span) : span.starts
}

function after(start: ICAL.Time, { weeks, days, hours, minutes, seconds }: ICAL.Duration, span: Started): Temporal.Instant {
  const nominal = { days: weeks * 7 + days }
  if (start.isDate) return laterDay(start, nominal, span)
  return span.starts.toZonedDateTimeISO(zoneOf(start, span)).add(nominal).toInstant().add({ hours, minutes, seconds })
}

function laterDay(start: ICAL.Time, by: { readonly days: number }, { timezone }: Span): Temporal.Instant {
  return wallClock(start).toPlainDate().add(by).toZonedDateTime(timezone).toInstant()
}

function instantOf(time: ICAL.Time, { timezone }: Span): Temporal.Instant {
  if (time.isDate) return wallClock(time).toPlainDate().toZonedDateTime(timezone).toInstant()
  if (time.zone === ICAL.Timezone.localTimezone) return wallClock(time).toZonedDateTime(timezone).toInstant()
  return Temporal.Instant.fromEpochMilliseconds(time.toUnixTime() * 1000)
}

function zoneOf({ zone }: ICAL.Time, { timezone }: Span): string {
  if (zone === ICAL.Timezone.localTimezone) return timezone
  return isZone(zone.tzid) ? zone.tzid : 'UTC'
}

function wallClock({ year, month, day, hour, minute, second }: ICAL.Time): Temporal.PlainDateTime {
  return Temporal.PlainDateTime.from({ year, month, day, hour, minute, second })
}

/** An event without length counts where it stands. */
function overlaps({ starts, ends }: CalendarEvent, { from, to }: Span): boolean {
  if (Temporal.Instant.compare(starts, to) >= 0) return false
  return Temporal.Instant.compare(ends, from) > 0 || Temporal.Instant.compare(starts, from) >= 0
}
