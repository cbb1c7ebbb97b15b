import type { Milliseconds } from './time.ts'

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof units

/** Longest first: what `formatDuration` prefers to milliseconds. */
const unitNames: readonly Unit[] = ['d', 'h', 'm', 's']

/** `500ms`, `90s`, `15m`, `1h`, `14d`, `0s`: a whole number and one unit, nothing else; null for any other text. */
export function parseDuration(text: string): Milliseconds | null {
  const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(text)
  if (match === null) return null
  const length = Number(match[1]) * units[match[2] as Unit]
  return Number.isSafeInteger(length) ? length : null
}

/** The shortest exact spelling that `parseDuration` reads back as the same length: `90s`, `1h`, `0s`. */
export function formatDuration(length: Milliseconds): string {
  if (length === 0) return '0s'
  const unit = unitNames.find(name => length % units[name] === 0) ?? 'ms'
  return `${length / units[unit]}${unit}`
}

/** For sentences, rounded down to its two largest units: `2 d 3 h`, `5 min 45 s`, `3.2 s`, `80 ms`. */
export function describeDuration(length: Milliseconds): string {
  const size = Math.abs(length)
  if (size < 1000) return `${Math.trunc(size)} ms`
  if (size < 10_000) return `${Math.trunc(size / 100) / 10} s`
  if (size < units.m) return `${Math.trunc(size / 1000)} s`
  if (size < units.h) return twoUnits(size, [units.m, 'min'], [units.s, 's'])
  if (size < units.d) return twoUnits(size, [units.h, 'h'], [units.m, 'min'])
  return twoUnits(size, [units.d, 'd'], [units.h, 'h'])
}

function twoUnits(size: Milliseconds, large: readonly [number, string], small: readonly [number, string]): string {
  const whole = Math.trunc(size / large[0])
  const rest = Math.trunc((size % large[0]) / small[0])
  return rest === 0 ? `${whole} ${large[1]}` : `${whole} ${large[1]} ${rest} ${small[1]}`
}
