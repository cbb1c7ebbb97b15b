import { describeDuration } from '../domain/duration.ts'
import { isSnowflakeByForecast } from '../domain/findings.ts'
import type { Milliseconds } from '../domain/time.ts'
import { type GroupFacts, type Rule, rule, snapshotRule } from './rule.ts'

const FRESH: Milliseconds = 5000

/**
 * S10: what cannot be read, or was read too long ago, is a refusal. First, because every other rule needs it. Where the forecast knows
 * that a rebuild must fail, S13 refuses and says what is gone: that may be the very thing which could not be read.
 */
export const readable: readonly Rule<GroupFacts>[] = [
  rule('S10', ({ observation, forecast }) =>
    observation.kind === 'unreadable' && !isSnowflakeByForecast(forecast ?? []) ? `the group could not be read: ${observation.why}` : null,
  ),
  snapshotRule('S10', ({ summary }, { group }) => (summary.id === group ? null : `the answer was about ${summary.id}, not about ${group}`)),
  rule('S10', stale),
]

/** S10 for what a rebuild is made from: asked last, since it explains least. What the forecast knows to be gone is S13's again. */
export const comparable: readonly Rule<GroupFacts>[] = [
  rule('S10', ({ observation, declaration, forecast }) =>
    observation.kind === 'snapshot' && declaration === null && !isSnowflakeByForecast(forecast ?? [])
      ? 'what the group declares a rebuild to be made from could not be read'
      : null,
  ),
  rule('S10', ({ observation, forecast }) =>
    observation.kind === 'snapshot' && forecast === null ? 'whether a rebuild would work could not be found out' : null,
  ),
]

/** `now` is ledger time and `lookedAt` this process's: the skew brings them together. */
function stale({ now, ledgerSkew, lookedAt }: GroupFacts): string | null {
  const age = now.epochMilliseconds + ledgerSkew - lookedAt.epochMilliseconds
  return age <= FRESH ? null : `the group was looked at ${describeDuration(age)} ago, and a look counts for ${describeDuration(FRESH)}`
}
