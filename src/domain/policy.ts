import { describeDuration, formatDuration } from './duration.ts'
import { matches } from './glob.ts'
import type { GroupSummary } from './group.ts'
import type { OptIn } from './opt-in.ts'
import type { DrillPolicy, Schedule, StrikeMethod } from './schedule.ts'
import { hintFor } from './spelling.ts'
import type { Milliseconds } from './time.ts'
import { nominalLength } from './window.ts'

export type ScheduleChoice =
  | { readonly kind: 'schedule'; readonly schedule: Schedule }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'several'; readonly names: readonly string[]; readonly why: string }

export interface PolicyChoice {
  readonly policy: DrillPolicy
  readonly meanDays: number
  /** Each names a tag and its value and says what is right. Any problem forbids strikes. */
  readonly problems: readonly string[]
}

/**
 * The one schedule that drills a group. A schedule's own filter always decides: the tag `firedrill-schedule`
 * chooses among those that match, and never widens one.
 */
export function chooseSchedule(summary: GroupSummary, optIn: OptIn, schedules: readonly Schedule[]): ScheduleChoice {
  const named = optIn.tags.schedule
  if (named !== null) return chooseNamed(summary, named, schedules)
  const matching = schedules.filter(schedule => covers(schedule, summary))
  const [only, ...others] = matching
  if (only === undefined) return { kind: 'none', why: 'no schedule matches it' }
  if (others.length === 0) return { kind: 'schedule', schedule: only }
  const names = matching.map(schedule => schedule.name)
  return { kind: 'several', names, why: `the schedules ${names.join(', ')} all match it: name one with the tag firedrill-schedule` }
}

/**
 * The schedule under which a group's drills are planned, also where S1 will refuse them: a claim of several, or a tag
 * that names no schedule to drill it, is a mistake of its owner's, whose refusal must be on record. Null: nothing says that
 * it was meant to be in any.
 */
export function scheduleOnRecord(summary: GroupSummary, optIn: OptIn, schedules: readonly Schedule[]): Schedule | null {
  const named = schedules.find(schedule => schedule.name === optIn.tags.schedule)
  const claiming = named ?? schedules.find(schedule => covers(schedule, summary))
  if (claiming !== undefined) return claiming
  return Object.hasOwn(summary.tags, 'firedrill-schedule') ? (schedules[0] ?? null) : null
}

/** Whether a schedule's filter (`groups:`) takes a group in. */
function covers(schedule: Schedule, summary: GroupSummary): boolean {
  const { providers, include, exclude } = schedule.groups
  return providers.includes(summary.provider) && matches(include, summary) && !matches(exclude, summary)
}

function chooseNamed(summary: GroupSummary, name: string, schedules: readonly Schedule[]): ScheduleChoice {
  const schedule = schedules.find(candidate => candidate.name === name)
  if (schedule === undefined) {
    const hint = hintFor(
      name,
      schedules.map(candidate => candidate.name),
    )
    return { kind: 'none', why: `its tag firedrill-schedule names ${JSON.stringify(name)}, which is not a schedule: ${hint}` }
  }
  if (!covers(schedule, summary)) {
    return { kind: 'none', why: `its tag firedrill-schedule names ${JSON.stringify(name)}, whose groups: leave it out` }
  }
  return { kind: 'schedule', schedule }
}

/**
 * What a drill of this group is judged by. Tags make a group only safer or rarer, and never its proof weaker:
 *
 * - mean days: from the schedule's mean (rarer only) to its `maxDaysBetweenDrills` (which stays a promise);
 * - method: `retire` over `crash`, not the other way;
 * - deadline: from `recovery.target` to `recovery.deadline`; a longer one would let a slow rebuild pass;
 * - soak: at least `recovery.soak`, since a shorter one proves less, and with the deadline not longer than
 *   the schedule's hours, or no drill would ever fit (S4).
 *
 * Anything else is a problem, and the schedule's own value stands in the policy.
 */
export function policyFor(schedule: Schedule, optIn: OptIn): PolicyChoice {
  const problems: string[] = []
  function choose<Value>(given: Value | null, own: Value, problem: (given: Value) => string | null): Value {
    const wrong = given === null ? null : problem(given)
    if (wrong !== null) problems.push(wrong)
    return given === null || wrong !== null ? own : given
  }
  const { tags } = optIn
  const { recovery } = schedule
  const meanDays = choose(tags.meanDays, schedule.meanDaysBetweenDrills, days => meanProblem(schedule, days))
  const method = choose(tags.method, schedule.method, wanted => methodProblem(schedule, wanted))
  const deadline = choose(tags.deadline, recovery.deadline, length => deadlineProblem(schedule, length))
  const soak = choose(tags.soak, recovery.soak, length => soakProblem(schedule, { deadline, soak: length }))
  const { maxImageLag, drift, probes, fingerprint } = schedule
  return { policy: { method, target: recovery.target, deadline, soak, maxImageLag, drift, probes, fingerprint }, meanDays, problems }
}

function meanProblem(schedule: Schedule, days: number): string | null {
  const { name, meanDaysBetweenDrills: least, maxDaysBetweenDrills: most } = schedule
  if (days >= least && days <= most) return null
  return tagProblem('firedrill-mean-days', `${days}`, `the schedule ${name} allows ${least} to ${most} (a tag can only make drills rarer)`)
}

function methodProblem(schedule: Schedule, wanted: StrikeMethod): string | null {
  if (wanted === schedule.method || wanted === 'retire') return null
  return tagProblem('firedrill-method', wanted, `the schedule ${schedule.name} only retires, and a tag can only make a strike gentler`)
}

function deadlineProblem(schedule: Schedule, deadline: Milliseconds): string | null {
  const { target, deadline: most } = schedule.recovery
  const least = Math.min(target, most)
  if (deadline >= least && deadline <= most) return null
  const allowed = `the schedule ${schedule.name} allows ${formatDuration(least)} to ${formatDuration(most)}`
  return tagProblem('firedrill-deadline', formatDuration(deadline), allowed)
}

function soakProblem(schedule: Schedule, { deadline, soak }: Pick<DrillPolicy, 'deadline' | 'soak'>): string | null {
  const least = schedule.recovery.soak
  if (soak < least) {
    return tagProblem('firedrill-soak', formatDuration(soak), `the schedule ${schedule.name} asks for at least ${formatDuration(least)}`)
  }
  const hours = nominalLength(schedule.hours)
  if (deadline + soak <= hours) return null
  const allowed = `with a deadline of ${formatDuration(deadline)} it does not fit into the ${describeDuration(hours)} of the schedule ${schedule.name}`
  return tagProblem('firedrill-soak', formatDuration(soak), allowed)
}

function tagProblem(tag: string, value: string, right: string): string {
  return `the tag ${tag} is ${JSON.stringify(value)}: ${right}`
}
