import type { GroupRecord } from './seen-group.ts'

/** How many opted-in groups have proved within the last `days` days that they rebuild. */
export interface Coverage {
  readonly provenGroups: number
  readonly optedInGroups: number
  readonly days: number
}

/** In per cent, rounded down: 100 is said only where every group is proven. Of none nothing is proven. */
export function percentProven(proven: number, optedIn: number): number {
  return optedIn === 0 ? 0 : Math.floor((100 * Math.min(proven, optedIn)) / optedIn)
}

/** A proof counts for so many days, wherever coverage is told. */
export const coverageDays = 30

const MS_PER_DAY = 24 * 60 * 60 * 1000

/** The oldest moment of which a proof still counts. */
export function proofSince(now: Temporal.Instant, days = coverageDays): Temporal.Instant {
  return now.subtract({ hours: days * 24 })
}

/**
 * A group is proven when its newest conclusive verdict is phoenix and not older than `days` times 24 h, and no later forecast
 * contradicts it (S13). An older phoenix proves nothing any more, and a newer snowflake takes the proof away. Groups that a
 * complete discovery no longer found do not count.
 */
export function coverage(groups: readonly GroupRecord[], now: Temporal.Instant, days: number): Coverage {
  const optedIn = groups.filter(group => group.optedIn && group.present)
  const at = now.epochMilliseconds
  const proven = optedIn.filter(group => isProven(proofOf(group), at, days))
  return { provenGroups: proven.length, optedInGroups: optedIn.length, days }
}

/** What is known of one group. */
export interface Proof {
  /** Its newest conclusive verdict is phoenix. */
  readonly phoenix: boolean
  /** When that verdict came; null: it has none. */
  readonly at: number | null
  /** Since when a forecast says that a rebuild would fail; null: none does, or not any more. */
  readonly forecastSince: number | null
}

function proofOf({ lastVerdict, forecastSince }: Pick<GroupRecord, 'lastVerdict' | 'forecastSince'>): Proof {
  return {
    phoenix: lastVerdict?.verdict === 'phoenix',
    at: lastVerdict?.at.epochMilliseconds ?? null,
    forecastSince: forecastSince?.epochMilliseconds ?? null,
  }
}

/** Whether it was proven at a moment; all moments in ms since the epoch, since histories ask a million times. */
export function isProven({ phoenix, at, forecastSince }: Proof, moment: number, days = coverageDays): boolean {
  if (!phoenix || at === null || (forecastSince !== null && forecastSince <= moment)) return false
  return at >= moment - days * MS_PER_DAY
}
