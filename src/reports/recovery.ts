import { compactDuration, formatDuration } from './durations.ts'
import { elapsed, type Moments, timeToRecover } from './moments.ts'

/**
 * How long a recovery took, as it is shown everywhere: where looks were missed (domain/gaps.ts) nobody may take it for exact.
 */

/** For narrow columns: `3m12s`, `≤ 3m12s`; empty: it did not recover. */
export function recoveryCell(moments: Moments): string {
  return told(moments, '≤ ', compactDuration)
}

/** For wider ones: `3 min 12 s`, `≤ 3 min 12 s`. */
export function recoveryInTable(moments: Moments): string {
  return told(moments, '≤ ', formatDuration)
}

/** For sentences: `3 min 12 s`, `at most 3 min 12 s`. */
export function recoveryInWords(moments: Moments): string {
  return told(moments, 'at most ', formatDuration)
}

/** Why it is "at most"; null: it is exact, or there is none. */
export function whyAtMost(moments: Moments): string | null {
  const { struck, recovered, recoveredAfter } = moments
  if (struck === null || recovered === null || recoveredAfter === null) return null
  const [from, to] = [recoveredAfter, recovered].map(at => formatDuration(elapsed(struck, at)))
  return `It recovered between ${from} and ${to} after the strike: no look in between could tell.`
}

function told(moments: Moments, atMost: string, format: (time: number) => string): string {
  const time = timeToRecover(moments)
  return time === null ? '' : `${moments.recoveredAfter === null ? '' : atMost}${format(time)}`
}
