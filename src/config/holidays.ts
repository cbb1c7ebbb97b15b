import type { Holidays } from '../domain/schedule.ts'
import { near } from '../domain/spelling.ts'
import { orList } from './explain.ts'

export interface WrittenHolidays {
  readonly country?: string | undefined
  readonly region?: string | undefined
  /** YYYY-MM-DD */
  readonly dates: readonly string[]
}

export interface HolidayMistake {
  readonly key: 'country' | 'region'
  readonly message: string
  readonly suggestion: string
}

/**
 * Resolves a country's (and region's) public holidays and single dates to local calendar dates: a holiday is the
 * day on the wall calendar of the schedule's own zone. Whole days only; half a holiday counts as one.
 */
export async function resolveHolidays(written: WrittenHolidays): Promise<Holidays | HolidayMistake> {
  const dates = new Set(written.dates)
  const { country, region } = written
  if (country === undefined) return { country: null, region: null, isHoliday: date => dates.has(date.toString()) }
  // The calendars of all countries take 36 MB: they are loaded only where a schedule names one.
  const { default: Calendar } = await import('date-holidays')
  const code = country.toUpperCase()
  const lookup = new Calendar()
  const countries = lookup.getCountries('en')
  if (countries[code] === undefined)
    return {
      key: 'country',
      message: `there is no holiday calendar for the country "${country}"`,
      suggestion: suggest(country, countries, 'DE'),
    }
  const place = region === undefined ? [] : region.toUpperCase().split(/[./-]/)
  const [state, part] = place
  const states = lookup.getStates(code, 'en') ?? {}
  const parts = state === undefined ? {} : (lookup.getRegions(code, state, 'en') ?? {})
  if (state !== undefined && (states[state] === undefined || place.length > 2 || (part !== undefined && parts[part] === undefined)))
    return {
      key: 'region',
      message: `${code} has no region "${region}" in its holiday calendar`,
      suggestion: suggestRegion(region ?? '', states),
    }
  const calendar =
    part !== undefined ? new Calendar(code, state ?? '', part) : state !== undefined ? new Calendar(code, state) : new Calendar(code)
  const years = new Map<number, ReadonlySet<string>>()
  const ofYear = (year: number): ReadonlySet<string> => {
    const known = years.get(year)
    if (known !== undefined) return known
    const resolved = new Set(
      calendar
        .getHolidays(year)
        .filter(({ type }) => type === 'public')
        .flatMap(daysOf),
    )
    years.set(year, resolved)
    return resolved
  }
  return {
    country: code,
    region: region?.toUpperCase() ?? null,
    // Several days from late December reach into the next year, where that year's own list does not show them.
    isHoliday(date) {
      const text = date.withCalendar('iso8601').toString()
      return dates.has(text) || ofYear(date.year).has(text) || (date.dayOfYear < 15 && ofYear(date.year - 1).has(text))
    },
  }
}

/** `date` is the day by the calendar on the wall; where a faith's day begins at sunset, `start` lies on the evening before. */
function daysOf(holiday: { readonly date: string; readonly start: Date; readonly end: Date }): string[] {
  const first = Temporal.PlainDate.from(holiday.date.slice(0, 10))
  const length = Math.max(1, Math.round((holiday.end.getTime() - holiday.start.getTime()) / 86_400_000))
  return Array.from({ length }, (_, index) => first.add({ days: index }).toString())
}

function suggest(written: string, known: Readonly<Record<string, string>>, example: string): string {
  const byName = near(written, Object.values(known)).flatMap(name => Object.keys(known).filter(code => known[code] === name))
  const meant = byName.length > 0 ? byName : written.length === 2 ? near(written, Object.keys(known)) : []
  if (meant.length === 0) return `Write two letters such as ${example}, or list the dates themselves under dates.`
  return `Did you mean ${meant.map(code => `${code} (${known[code]})`).join(' or ')}?`
}

function suggestRegion(written: string, states: Readonly<Record<string, string>>): string {
  const codes = Object.keys(states)
  if (codes.length === 0) return 'Leave region out: this country has none.'
  const byName = near(written, Object.values(states)).flatMap(name => codes.filter(code => states[code] === name))
  const meant = byName.length > 0 ? byName : near(written, codes)
  return meant.length > 0 ? `Did you mean ${orList(meant)}?` : `Known: ${codes.join(', ')}.`
}
