import { matches } from '../domain/glob.ts'
import { chooseSchedule, type OptIn, policyFor, readOptIn } from '../domain/opt-in.ts'
import { localDate } from '../domain/window.ts'
import { type GroupFacts, type Objection, type Rule, rule, snapshotRule, type TagFacts } from './rule.ts'

/** S1 as far as tags and firedrill.yaml tell, without a look at the group: what only somebody's doing changes. */
export const wanted: readonly Rule<TagFacts>[] = [
  rule('S1', neverStruck),
  tagRule(optIn => (optIn.state === 'in' ? null : `the group is not opted in: ${optIn.why}`)),
  tagRule(optIn => optIn.problems.join('; ') || null),
  tagRule(claimedBySchedule),
  tagRule((optIn, { schedule }) => policyFor(schedule, optIn).problems.join('; ') || null),
]

/** S1: no strike on a group that is not opted in at the moment of the strike, or is matched by `never:`. */
export const optedIn: readonly Rule<GroupFacts>[] = [
  rule('S1', ({ observation }) => (observation.kind === 'gone' ? 'the group no longer exists' : null)),
  ...wanted.map(({ check }) => snapshotRule('S1', ({ summary }, facts) => check({ ...facts, summary }))),
  optInRule(({ paused, tags }) => (paused ? `drills are paused until ${tags.pausedUntil} by the tag firedrill-paused-until` : null)),
  optInRule(gentlerThanPlanned),
]

function tagRule(object: (optIn: OptIn, facts: TagFacts) => Objection | null): Rule<TagFacts> {
  return rule('S1', facts => object(readOptIn(facts.summary, localDate(facts.schedule, facts.now)), facts))
}

function optInRule(object: (optIn: OptIn, facts: GroupFacts) => Objection | null): Rule<GroupFacts> {
  return snapshotRule('S1', ({ summary }, facts) => object(readOptIn(summary, localDate(facts.schedule, facts.now)), facts))
}

function neverStruck({ never, summary }: TagFacts): string | null {
  const glob = never.find(candidate => matches([candidate], summary))
  return glob === undefined ? null : `firedrill.yaml says never: ${JSON.stringify(glob)} matches the group`
}

function claimedBySchedule(optIn: OptIn, { schedule, schedules = [schedule], summary }: TagFacts): string | null {
  if (optIn.state !== 'in') return null
  const choice = chooseSchedule(summary, optIn, schedules)
  if (choice.kind !== 'schedule') return `no one schedule drills the group: ${choice.why}`
  return choice.schedule.name === schedule.name
    ? null
    : `the group belongs to the schedule ${choice.schedule.name}, not to ${schedule.name}`
}

/** A tag that asks for the gentler method counts from the moment it is set, also for a drill planned before. */
function gentlerThanPlanned(optIn: OptIn, { schedule, plan }: GroupFacts): string | null {
  if (plan === null || plan.policy.method === 'retire') return null
  if (policyFor(schedule, optIn).policy.method !== 'retire') return null
  return 'the drill was planned with the method crash, and the group now asks for retire'
}
