import type { Milliseconds } from './time.ts'

export function isAfter(a: Temporal.Instant, b: Temporal.Instant): boolean {
  return Temporal.Instant.compare(a, b) > 0
}

export function earliest(first: Temporal.Instant, ...others: readonly Temporal.Instant[]): Temporal.Instant {
  return others.reduce((best, other) => (isAfter(best, other) ? other : best), first)
}

export function latest(first: Temporal.Instant, ...others: readonly Temporal.Instant[]): Temporal.Instant {
  return others.reduce((best, other) => (isAfter(other, best) ? other : best), first)
}

export function after(instant: Temporal.Instant, duration: Milliseconds): Temporal.Instant {
  return instant.add({ milliseconds: Math.round(duration) })
}

/** For sentences: `2026-11-23 09:30 Europe/Berlin`. */
export function inZone(instant: Temporal.Instant, timezone: string): string {
  const local = instant.toZonedDateTimeISO(timezone)
  return `${local.toPlainDate()} ${local.toPlainTime().toString({ smallestUnit: 'minute' })} ${timezone}`
}

/** From `a` to `b`; negative where `b` is earlier. */
export function between(a: Temporal.Instant, b: Temporal.Instant): Milliseconds {
  return b.epochMilliseconds - a.epochMilliseconds
}
