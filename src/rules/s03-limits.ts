import { describeDuration } from '../domain/duration.ts'
import type { BusyDrill, ConclusionRecord, StrikeRecord } from '../domain/ledger-state.ts'
import type { InstallationLimits, Limits, Schedule } from '../domain/schedule.ts'
import { type Objection, type Rule, rule, type StandingFacts } from './rule.ts'

const MS_PER_DAY = 24 * 60 * 60 * 1000

/**
 * Below this many drills in a day a share says nothing: one bad drill of one is 100 %, of three more than
 * a third. Until then `breaker.inARow` watches.
 */
const BREAKER_SAMPLE = 4

/**
 * S3: every limit, judged on what the ledger says under its lock. Busy drills are open ones and those
 * whose group is still wounded. Comparisons are written so that a number that is none (NaN) refuses.
 */
export const withinLimits: readonly Rule<StandingFacts>[] = [
  rule('S3', ({ schedule, state }) => {
    const tripped = breakerTripped(schedule, state.conclusions, state.now)
    return tripped === null ? null : `the circuit breaker is open: ${tripped}`
  }),
  rule('S3', woundedInScope),
  busyRule({ count: 'concurrentPerScope', where: 'the scope', counts: (busy, { plan }) => busy.scope === plan.scope }),
  busyRule({ count: 'concurrent', where: 'the schedule', counts: (busy, { schedule }) => busy.schedule === schedule.name }),
  rule('S3', facts => {
    const busy = othersBusy(facts)
    const most = facts.limits?.concurrent ?? null
    if (most === null || busy.length < most) return null
    return passing(`${drillsBusy(busy)} in the installation, and at most ${most} may be at a time`)
  }),
  rule('S3', oneAtATime),
  strikeRule({
    limit: 'strikesPerDay',
    sentence: (made, most) => `the schedule has struck ${times(made)} in the last 24 h, and at most ${most} are allowed`,
    counts: (strike, facts) => strike.schedule === facts.schedule.name && isOfLastDay(strike, facts.state.now),
  }),
  strikeRule({
    limit: 'strikesPerGroupPerDay',
    sentence: (made, most) => `the group was struck ${times(made)} in the last 24 h, and at most ${most} are allowed`,
    counts: (strike, facts) => strike.group === facts.plan.group && isOfLastDay(strike, facts.state.now),
  }),
  strikeRule({
    limit: 'strikesPerRun',
    sentence: (made, most) => `this run has struck ${times(made)}, and at most ${most} are allowed`,
    counts: (strike, { run }) => run !== null && strike.run === run,
    applies: ({ run }) => run !== null,
  }),
  rule('S3', facts => {
    const most = facts.limits?.strikesPerDay ?? null
    const made = otherStrikes(facts).filter(strike => isOfLastDay(strike, facts.state.now)).length
    if (most === null || made < most) return null
    return `the installation has struck ${times(made)} in the last 24 h, and at most ${most} are allowed`
  }),
  rule('S3', spacedOut),
]

/**
 * How many busy drills of one kind (of a scope, a schedule, the installation) these rules can tell from more: the largest limit,
 * one beyond it, and the drill's own record. What the ledger reads under its lock is bounded by this.
 */
export function busyThatMatter(schedule: Schedule, limits: InstallationLimits | undefined): number {
  const { concurrent, concurrentPerScope, woundedPerScope } = schedule.limits
  return Math.max(concurrent, concurrentPerScope, woundedPerScope, limits?.concurrent ?? 0) + 2
}

/**
 * Why the circuit breaker of a schedule is open, or null: its newest `inARow` drills were all no phoenix,
 * or of at least four in the last 24 h a share of `shareOfDay` or more.
 */
export function breakerTripped(schedule: Schedule, conclusions: readonly ConclusionRecord[], now: Temporal.Instant): string | null {
  const { breaker } = schedule.limits
  if (breaker === null) return null
  const own = conclusions.filter(conclusion => conclusion.schedule === schedule.name).sort((a, b) => Temporal.Instant.compare(b.at, a.at))
  const inARow = own.findIndex(conclusion => conclusion.verdict === 'phoenix')
  const bad = inARow === -1 ? own.length : inARow
  if (bad > 0 && !(bad < breaker.inARow)) return `the last ${bad} drills of the schedule ${schedule.name} in a row were no phoenix`

  const today = own.filter(conclusion => isOfLastDay(conclusion, now))
  const badToday = today.filter(conclusion => conclusion.verdict !== 'phoenix').length
  if (today.length < BREAKER_SAMPLE || badToday / today.length < breaker.shareOfDay) return null
  return badToday === 0
    ? null
    : `${badToday} of the ${today.length} drills of the schedule ${schedule.name} in the last 24 h were no phoenix`
}

interface BusyLimit {
  readonly count: 'concurrent' | 'concurrentPerScope'
  readonly where: string
  counts(busy: BusyDrill, facts: StandingFacts): boolean
}

function busyRule({ count, where, counts }: BusyLimit): Rule<StandingFacts> {
  return rule('S3', facts => {
    const busy = othersBusy(facts).filter(drill => counts(drill, facts))
    const most = facts.schedule.limits[count]
    if (busy.length < most) return null
    return passing(`${drillsBusy(busy)} in ${where}, and at most ${most} may be at a time`)
  })
}

interface StrikeLimit {
  readonly limit: keyof Pick<Limits, 'strikesPerDay' | 'strikesPerGroupPerDay' | 'strikesPerRun'>
  sentence(made: number, most: number): string
  counts(strike: StrikeRecord, facts: StandingFacts): boolean
  readonly applies?: (facts: StandingFacts) => boolean
}

function strikeRule({ limit, sentence, counts, applies = () => true }: StrikeLimit): Rule<StandingFacts> {
  return rule('S3', facts => {
    if (!applies(facts)) return null
    const made = otherStrikes(facts).filter(strike => counts(strike, facts)).length
    const most = facts.schedule.limits[limit]
    return made < most ? null : sentence(made, most)
  })
}

/** One drill per service, and per group also where its service was renamed meanwhile. */
function oneAtATime(facts: StandingFacts): Objection | null {
  const busy = othersBusy(facts).find(drill => drill.service === facts.plan.service || drill.group === facts.plan.group)
  if (busy === undefined) return null
  return passing(`${busy.group} of the service ${busy.service} is ${busy.wounded ? 'still wounded by' : 'in'} drill ${busy.drill}`)
}

function woundedInScope(facts: StandingFacts): string | null {
  const failed = othersBusy(facts).filter(busy => busy.scope === facts.plan.scope && busy.wounded && busy.failedRebuild)
  const groups = [...new Set(failed.map(busy => busy.group))]
  const most = facts.schedule.limits.woundedPerScope
  if (groups.length <= most) return null
  return `${groups.join(', ')} in the scope ${groups.length === 1 ? 'is' : 'are'} not whole after a failed rebuild, and at most ${most} may be`
}

/** Between any two strikes, whichever schedule made the other. */
function spacedOut(facts: StandingFacts): Objection | null {
  const newest = Math.max(...otherStrikes(facts).map(strike => strike.at.epochMilliseconds))
  const { spacing } = facts.schedule.limits
  const passed = facts.state.now.epochMilliseconds - newest
  if (passed >= spacing) return null
  return passing(`the last strike was ${describeDuration(passed)} ago, and ${describeDuration(spacing)} must lie between two`)
}

/** Asked again for a drill that was already intended, its own record must not stand in its way. */
function othersBusy({ state, plan }: StandingFacts): readonly BusyDrill[] {
  return state.busy.filter(busy => busy.drill !== plan.id)
}

function otherStrikes({ state, plan }: StandingFacts): readonly StrikeRecord[] {
  return state.strikes.filter(strike => strike.drill !== plan.id)
}

/** A strike exactly 24 h ago no longer counts. */
function isOfLastDay(record: { readonly at: Temporal.Instant }, now: Temporal.Instant): boolean {
  return now.epochMilliseconds - record.at.epochMilliseconds < MS_PER_DAY
}

function drillsBusy(busy: readonly BusyDrill[]): string {
  const wounded = busy.filter(drill => drill.wounded).length
  const drills = busy.length === 1 ? '1 drill is open' : `${busy.length} drills are open`
  return wounded === 0 ? drills : `${drills} (${wounded} of a group that is still wounded)`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function passing(reason: string): Objection {
  return { reason, transient: true }
}
