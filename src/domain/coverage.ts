import type { GroupRecord } from './seen-group.ts'

/** How many opted-in groups have proved within the last `days` days that they rebuild. */
export interface Coverage {
  readonly provenGroups: number
  readonly optedInGroups: number
  readonly days: number
}

const MS_PER_DAY = 24 * 60 * 60 * 1000

/**
 * A group is proven when its newest conclusive verdict is phoenix and not older than `days` times 24 h.
 * An older phoenix proves nothing any more, and a newer snowflake takes the proof away. Groups that a
 * complete discovery no longer found do not count.
 */
export function coverage(groups: readonly GroupRecord[], now: Temporal.Instant, days: number): Coverage {
  const optedIn = groups.filter(group => group.optedIn && group.present)
  const since = now.epochMilliseconds - days * MS_PER_DAY
  return { provenGroups: optedIn.filter(group => isProven(group, since)).length, optedInGroups: optedIn.length, days }
}

function isProven(group: GroupRecord, since: number): boolean {
  return group.lastVerdict?.verdict === 'phoenix' && group.lastVerdict.at.epochMilliseconds >= since
}
