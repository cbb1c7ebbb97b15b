import type { Schedule } from '../../domain/schedule.ts'
import { dayHours, localDate, whyClosed } from '../../domain/window.ts'
import { type Markup, markup } from '../../reports/html/markup.ts'
import { plural } from '../../reports/sentences.ts'
import { type ComingDrill, comingDays } from '../plans/coming.ts'

const top = 34
const height = 120
const bottom = top + height
const letters = ['M', 'T', 'W', 'T', 'F', 'S', 'S']
/** More marks than this in a day are told as a number only. */
const mostMarks = 40

interface Day {
  readonly date: Temporal.PlainDate
  /** Open hours as shares of the local day; none on a closed one. */
  readonly open: readonly { readonly from: number; readonly to: number }[]
  readonly holiday: boolean
  readonly why: string | null
  readonly drills: number
  /** Where in the day; none where they are too many to be told apart. */
  readonly marks: readonly number[]
}

/** The coming two weeks, a column a day from midnight to midnight in the schedule's own zone, with its hours and what is drawn. */
export function fortnight(schedule: Schedule, coming: readonly ComingDrill[], now: Temporal.Instant): Markup {
  const days = daysOf(schedule, coming, now)
  const width = 100 / comingDays
  const drills = days.reduce((sum, day) => sum + day.drills, 0)
  const closed = days.filter(day => day.open.length === 0).length
  const words = `The coming two weeks: open on ${plural(days.length - closed, 'day')}, closed on ${closed}; ${plural(drills, 'drill')} in store.`
  return markup`<figure class="fortnight"><svg aria-hidden="true" width="100%" height="${bottom + 20}">${[0, 6, 12, 18, 24].map(hour => markup`<text x="0" y="${(top + (hour / 24) * height + 4).toFixed(1)}">${hour}</text>`)}</svg><svg role="img" aria-label="${words}" width="100%" height="${bottom + 20}">
${days.map((day, index) => column(day, index * width, width))}
${[0, 6, 12, 18, 24].map(hour => markup`<line class="grid" x1="0" x2="100%" y1="${top + (hour / 24) * height}" y2="${top + (hour / 24) * height}"/>`)}
${nowLine(schedule, now, width)}</svg>
<figcaption class="small soft">${legend(days, schedule)}</figcaption>
<ul class="hidden">${days.map(day => markup`<li>${day.date.toString()}: ${day.why ?? `open, ${plural(day.drills, 'drill')}`}</li>`)}</ul></figure>`
}

/** Only what this picture shows. */
function legend(days: readonly Day[], { timezone }: Schedule): Markup {
  const holiday = days.some(day => day.holiday)
  const tooMany = days.some(day => day.drills > mostMarks)
  return markup`<span><i class="key open"></i>open, in ${timezone}</span><span><i class="key drill"></i>${tooMany ? 'a drill by the draw; where there are too many, only how many' : 'a drill by the draw; below, how many'}</span>${holiday ? markup`<span><i class="key holiday"></i>H: holiday</span>` : null}<span><i class="key now"></i>now</span>`
}

function column(day: Day, x: number, width: number): Markup {
  const middle = x + width / 2
  const shut = day.open.length === 0
  return markup`<svg x="${share(x)}" width="${share(width)}" y="0" height="${bottom + 20}"><title>${`${day.date}: ${day.why ?? `open, ${plural(day.drills, 'drill')}`}`}</title>
<rect class="${day.holiday ? 'holiday' : 'day'}" x="4%" width="92%" y="${top}" height="${height}"/>
${day.open.map(({ from, to }) => markup`<rect class="open" x="4%" width="92%" y="${(top + from * height).toFixed(1)}" height="${Math.max(1, (to - from) * height).toFixed(1)}"/>`)}
${day.marks.map((at, index) => markup`<circle class="drill" cx="${25 + ((index * 37) % 50)}%" cy="${(top + at * height).toFixed(1)}" r="3"/>`)}</svg>
<text class="${shut ? 'dim' : 'letter'}" x="${share(middle)}" y="12" text-anchor="middle">${letters[day.date.dayOfWeek - 1] ?? ''}</text><text class="${shut ? 'dim' : 'letter'}" x="${share(middle)}" y="27" text-anchor="middle">${day.date.day}</text>
${day.holiday ? markup`<text class="dim" x="${share(middle)}" y="${bottom + 15}" text-anchor="middle">H</text>` : counts(day.drills, middle)}`
}

/** Four digits are wider than a day is on a phone. */
function counts(drills: number, middle: number): Markup | null {
  if (drills === 0) return null
  const text = (label: string, more = '') =>
    markup`<text class="count${more}" x="${share(middle)}" y="${bottom + 15}" text-anchor="middle">${label}</text>`
  if (drills < 1000) return text(String(drills))
  return markup`${text(drills.toLocaleString('en'), ' exact')}${text(`${Math.round(drills / 1000)}k`, ' rounded')}`
}

function nowLine(schedule: Schedule, now: Temporal.Instant, width: number): Markup {
  const y = top + shareOfDay(now.toZonedDateTimeISO(schedule.timezone)) * height
  return markup`<line class="now" x1="0" x2="${share(width)}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>`
}

function daysOf(schedule: Schedule, coming: readonly ComingDrill[], now: Temporal.Instant): readonly Day[] {
  const today = localDate(schedule, now)
  const starts = Array.from(
    { length: comingDays + 1 },
    (_, index) => today.add({ days: index }).toZonedDateTime(schedule.timezone).epochMilliseconds,
  )
  const byDay = bucketed(coming, starts)
  return Array.from({ length: comingDays }, (_, index) => {
    const date = today.add({ days: index })
    // Hours that cross midnight belong to the day they opened and are drawn where they lie.
    const open = [date.subtract({ days: 1 }), date].flatMap(own => partOn(schedule, own, date))
    const drills = byDay[index] ?? []
    const marks = drills.length > mostMarks ? [] : drills.map(drill => shareOfDay(drill.at.toZonedDateTimeISO(schedule.timezone)))
    const holiday = schedule.holidays.isHoliday(date)
    return { date, open, holiday, drills: drills.length, marks, why: open.length === 0 ? whyClosed(schedule, date) : null }
  })
}

/** By numbers, each once: thousands of drills are in store, and turning each into a local time takes longer than the rest of the page. */
function bucketed(coming: readonly ComingDrill[], starts: readonly number[]): readonly (readonly ComingDrill[])[] {
  const days: ComingDrill[][] = starts.map(() => [])
  let day = 0
  for (const drill of coming) {
    const at = drill.at.epochMilliseconds
    while (at >= (starts[day + 1] ?? Number.POSITIVE_INFINITY)) day += 1
    days[day]?.push(drill)
  }
  return days
}

function partOn(schedule: Schedule, opened: Temporal.PlainDate, date: Temporal.PlainDate): Day['open'] {
  const hours = dayHours(schedule, opened)
  if (hours === null) return []
  const opens = hours.opens.toZonedDateTimeISO(schedule.timezone)
  const closes = hours.closes.toZonedDateTimeISO(schedule.timezone)
  const from = opens.toPlainDate().equals(date) ? shareOfDay(opens) : Temporal.PlainDate.compare(opens.toPlainDate(), date) < 0 ? 0 : 1
  const to = closes.toPlainDate().equals(date) ? shareOfDay(closes) : Temporal.PlainDate.compare(closes.toPlainDate(), date) > 0 ? 1 : 0
  return to > from ? [{ from, to }] : []
}

/** By the clock on the wall, also on days of 23 or 25 hours. */
function shareOfDay(at: Temporal.ZonedDateTime): number {
  return (at.hour * 60 + at.minute) / 1440
}

function share(value: number): string {
  return `${value.toFixed(3)}%`
}
