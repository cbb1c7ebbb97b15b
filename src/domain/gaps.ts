import { between } from './instants.ts'
import type { DrillPolicy } from './schedule.ts'
import type { Milliseconds } from './time.ts'

/*
 * A moment is told as that of the look that saw it, which is exact enough while looks are close (pace.ts). Where they were not,
 * because this process was down, the platform throttled it or a check could not be read, the moment lies somewhere in the gap: it
 * is told as "at most", and nothing is concluded or learned from it that the gap could have made.
 */

/** Nothing that takes minutes needs to be known to less than a quarter of one. */
export const LONGEST_CEILING: Milliseconds = 15_000
const CEILINGS_PER_DEADLINE = 16
export const SHORTEST_FLOOR: Milliseconds = 250
/** A look may be planned as late as the ceiling, and come as late again where many drills share it. */
const CEILINGS_PER_GAP = 2

/** What a gap is measured against: the strike, and the policy that set the pace of the looks. */
export interface Paced {
  readonly struckAt: Temporal.Instant
  readonly policy: Pick<DrillPolicy, 'deadline'>
}

/** The longest wait between two looks at one who is awaited. */
export function ceilingFor({ deadline }: Pick<DrillPolicy, 'deadline'>): Milliseconds {
  return Math.min(LONGEST_CEILING, Math.max(2 * SHORTEST_FLOOR, deadline / CEILINGS_PER_DEADLINE))
}

/** More lies between two looks than their pace explains. */
export function isGap(from: Temporal.Instant, to: Temporal.Instant, paced: Paced): boolean {
  return between(from, to) > longestExplained(from, paced)
}

/** A look that changed nothing is written after all once the last that was is so old, so that whoever goes on after a crash knows of it. */
export function isWorthKeeping(from: Temporal.Instant, to: Temporal.Instant, paced: Paced): boolean {
  return between(from, to) >= longestExplained(from, paced) / CEILINGS_PER_GAP
}

/** Before anybody is expected, a look may come at twice the time of the last. */
function longestExplained(from: Temporal.Instant, { struckAt, policy }: Paced): Milliseconds {
  return CEILINGS_PER_GAP * Math.max(ceilingFor(policy), Math.min(LONGEST_CEILING, between(struckAt, from)))
}
