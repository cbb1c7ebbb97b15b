import { coverage } from '../domain/coverage.ts'
import type { Milliseconds } from '../domain/time.ts'
import type { SummaryDocument } from './document.ts'
import type { ReportInput } from './model.ts'
import { timeToRecover } from './moments.ts'
import type { DrillCard, Outcome } from './report.ts'

export function summarise(cards: readonly DrillCard[], input: ReportInput): SummaryDocument {
  const count = (outcome: Outcome) => cards.filter(card => card.outcome === outcome).length
  const times = recoveryTimes(cards)
  return {
    phoenix: count('phoenix'),
    snowflake: count('snowflake'),
    snowflakeByForecast: count('forecast'),
    inconclusive: count('inconclusive'),
    refused: count('refused'),
    leashed: count('leashed'),
    coverage: coverage(input.groups, input.to, input.coverageDays),
    timeToRecover: {
      p50Seconds: inSeconds(percentile(times, 0.5)),
      p95Seconds: inSeconds(percentile(times, 0.95)),
      maxSeconds: inSeconds(percentile(times, 1)),
      leftOut: recoveriesLeftOut(cards),
    },
  }
}

/**
 * Struck → recovered of every drill that recovered, whatever its verdict, ascending. What is only known as "at most" is left out: every
 * number made of these is one that was measured.
 */
export function recoveryTimes(cards: readonly DrillCard[]): Milliseconds[] {
  return cards
    .filter(card => card.moments.recoveredAfter === null)
    .map(card => timeToRecover(card.moments))
    .filter(time => time !== null)
    .sort((a, b) => a - b)
}

/** How many recovered while looks were missed, so that nobody knows when. */
export function recoveriesLeftOut(cards: readonly DrillCard[]): number {
  return cards.filter(card => card.moments.recoveredAfter !== null).length
}

/** Nearest rank, so that every number shown is one that was measured; null for an empty list. `sorted` is ascending. */
export function percentile(sorted: readonly Milliseconds[], share: number): Milliseconds | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}

function inSeconds(time: Milliseconds | null): number | null {
  return time === null ? null : Math.max(0, time) / 1000
}
