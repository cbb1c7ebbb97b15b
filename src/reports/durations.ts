import type { Milliseconds } from '../domain/time.ts'

/** For reading: `0.4 s`, `4.1 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(time: Milliseconds): string {
  const sign = time < 0 ? '−' : ''
  const parts = split(Math.abs(time))
  if (parts.length === 1) return `${sign}${parts[0]?.amount} ${parts[0]?.unit}`
  return sign + parts.map(part => `${part.amount} ${part.unit}`).join(' ')
}

/** For limits and axes, where a whole number of seconds needs no tenths: `30 s`. */
export function roundDuration(time: Milliseconds): string {
  return formatDuration(time).replace(/\.0 s$/, ' s')
}

/** For narrow columns: `4.1 s`, `3m12s`, `2h05m`, `3d04h`. */
export function compactDuration(time: Milliseconds): string {
  const [first, second] = split(Math.abs(time))
  if (!first) return ''
  if (first.unit === 's') return `${time < 0 ? '−' : ''}${first.amount} s`
  const rest = second ? `${second.amount.padStart(2, '0')}${second.unit[0]}` : ''
  return `${time < 0 ? '−' : ''}${first.amount}${first.unit[0]}${rest}`
}

/** `2026-11-22 10:31:02 UTC`. */
export function formatMoment(instant: Temporal.Instant): string {
  return `${instant.toString({ smallestUnit: 'second' }).replace('T', ' ').replace('Z', '')} UTC`
}

/** `20 Nov 2026, 09:00 to 13:00 UTC`; both days where they differ. */
export function formatPeriod(from: Temporal.Instant, to: Temporal.Instant): string {
  const [start, end] = [from.toZonedDateTimeISO('UTC'), to.toZonedDateTimeISO('UTC')]
  const day = (date: Temporal.ZonedDateTime) => date.toLocaleString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
  const minute = (date: Temporal.ZonedDateTime) => date.toPlainTime().toString({ smallestUnit: 'minute' })
  const last = day(start) === day(end) ? minute(end) : `${day(end)}, ${minute(end)}`
  return `${day(start)}, ${minute(start)} to ${last} UTC`
}

/** `10:31:02.4`: within a drill, where the day is known and tenths matter. */
export function formatClock(instant: Temporal.Instant): string {
  return instant.toString({ fractionalSecondDigits: 1 }).slice(11, -1)
}

interface Part {
  readonly amount: string
  readonly unit: 's' | 'min' | 'h' | 'd'
}

function split(time: Milliseconds): Part[] {
  if (time < 59_950) return [{ amount: (time / 1000).toFixed(1), unit: 's' }]
  const seconds = Math.round(time / 1000)
  if (seconds < 3600) return pair({ whole: Math.floor(seconds / 60), unit: 'min' }, { whole: seconds % 60, unit: 's' })
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return pair({ whole: Math.floor(minutes / 60), unit: 'h' }, { whole: minutes % 60, unit: 'min' })
  const hours = Math.round(minutes / 60)
  return pair({ whole: Math.floor(hours / 24), unit: 'd' }, { whole: hours % 24, unit: 'h' })
}

function pair(...parts: readonly { readonly whole: number; readonly unit: Part['unit'] }[]): Part[] {
  return parts.filter((part, index) => index === 0 || part.whole > 0).map(part => ({ amount: String(part.whole), unit: part.unit }))
}
