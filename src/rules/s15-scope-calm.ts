import { describeDuration } from '../domain/duration.ts'
import type { Schedule } from '../domain/schedule.ts'
import type { Milliseconds } from '../domain/time.ts'
import { type Rule, rule, type StandingFacts } from './rule.ts'

/** Two unsteady groups are always allowed: in a small scope any share would be less than one. */
const ALWAYS_ALLOWED = 2

/** A scope that was discovered longer ago says nothing about now. */
const SCOPE_READING_VALID: Milliseconds = 15 * 60 * 1000

/** S15: no strike in a scope where many groups are unsteady at once, or which could not be read: that is an incident. */
export const scopeCalm: readonly Rule<StandingFacts>[] = [rule('S15', stormy)]

function stormy({ state, plan, schedule }: StandingFacts): string | null {
  const reading = state.scopes.find(({ scope }) => scope === plan.scope)
  if (reading === undefined) return `the scope ${plan.scope} has not been discovered yet`
  if (reading.unreadable !== null) return `the scope ${plan.scope} could not be read: ${reading.unreadable}`
  const age = state.now.epochMilliseconds - reading.at.epochMilliseconds
  if (age > SCOPE_READING_VALID)
    return `the scope ${plan.scope} was last discovered ${describeDuration(age)} ago, so nobody knows how it stands`
  const { unsteady, optedIn } = reading
  if (unsteady <= mostUnsteady(schedule, optedIn)) return null
  return `${unsteady} of ${optedIn} opted-in groups in the scope ${plan.scope} are degraded or unreadable: an incident is no time for drills`
}

/** So many of a scope's opted-in groups may be degraded or unreadable; more stop every strike in it. */
export function mostUnsteady({ limits }: Schedule, optedIn: number): number {
  return Math.max(ALWAYS_ALLOWED, limits.maxUnsteadyGroups * optedIn)
}
