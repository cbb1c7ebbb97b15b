import { describeDuration } from '../domain/duration.ts'
import type { GroupSnapshot, InstanceSnapshot, Unsteady } from '../domain/group.ts'
import { capacityInService } from './capacity.ts'
import { type BarFacts, type GroupFacts, type Rule, snapshotRule } from './rule.ts'

/** Its ability to replace what it loses is switched off, and stays so until somebody switches it on. */
export const unableToReplace: readonly Rule<BarFacts>[] = [
  snapshotRule('S5', ({ replacementOff }) => replacementOff),
  snapshotRule('S5', ({ notReplacedAfter }, { policy, schedule }) => notReplacedAfter?.[policy.method ?? schedule.method] ?? null),
]

/** Of what makes it unsteady, that which does not pass by itself: nobody takes a deletion back, and a pause waits for somebody. */
export const leftUnsteady: readonly Rule<BarFacts>[] = [
  snapshotRule('S5', ({ unsteady }) => details(unsteady.filter(({ reason }) => reason === 'deleting' || reason === 'paused'))),
]

/** S5: no strike on a group that is not steady, cannot replace what it loses, or is not the one that was planned for. */
export const steady: readonly Rule<GroupFacts>[] = [
  snapshotRule('S5', otherIncarnation),
  snapshotRule('S5', ({ unsteady }) => details(unsteady)),
  ...unableToReplace,
  snapshotRule('S5', memberOnTheWay),
  snapshotRule('S5', memberUnwell),
  snapshotRule('S5', offDesired),
  snapshotRule('S5', notSettled),
]

function otherIncarnation({ summary }: GroupSnapshot, { plan }: GroupFacts): string | null {
  if (plan === null || plan.incarnation === summary.incarnation) return null
  return 'the group was deleted and made again under the same name since the drill was planned'
}

function details(unsteady: readonly Unsteady[]): string | null {
  return unsteady.map(({ detail }) => detail).join('; ') || null
}

function memberOnTheWay({ instances }: GroupSnapshot): string | null {
  const moving = instances.find(({ phase }) => phase === 'pending' || phase === 'terminating')
  return moving === undefined ? null : `its member ${moving.name} is ${moving.phase}`
}

/** Members on standby are out of service on purpose; their health is nobody's. */
function memberUnwell({ instances }: GroupSnapshot): string | null {
  const unwell = instances.find(instance => instance.phase === 'in-service' && instance.health !== 'healthy')
  return unwell === undefined ? null : `its member ${unwell.name} is ${inWords(unwell)}`
}

function inWords(instance: InstanceSnapshot): string {
  const why = instance.checks.find(check => check.state === instance.health)?.detail
  const health = instance.health === 'unknown' ? 'of unknown health' : instance.health === 'starting' ? 'still starting' : instance.health
  return why === undefined || why === '' ? health : `${health}: ${why}`
}

/**
 * Below its desired size it is already short. Above it, a scale-in is on its way; where weights differ a
 * platform may rightly overshoot by less than its largest member (and S7 spares those that it does not need).
 */
function offDesired({ desired, instances }: GroupSnapshot): string | null {
  const weights = instances.filter(({ phase }) => phase === 'in-service').map(({ weight }) => weight)
  const serving = capacityInService(instances)
  if (!(serving >= desired)) return `only ${serving} of ${desired} units of capacity are in service`
  if (weights.length > 0 && serving - desired >= Math.max(...weights)) {
    return `${serving} units of capacity are in service where ${desired} are desired: it is about to scale in`
  }
  return null
}

/** A launch is a change of membership, also where the platform reports none. */
function notSettled({ membershipChangedAt, instances }: GroupSnapshot, { now, schedule }: GroupFacts): string | null {
  const changes = [membershipChangedAt, ...instances.map(({ launchedAt }) => launchedAt)].filter(moment => moment !== null)
  const newest = changes.sort(Temporal.Instant.compare).at(-1)
  if (newest === undefined) return null
  const age = now.epochMilliseconds - newest.epochMilliseconds
  if (age >= schedule.settle) return null
  return `its members changed ${describeDuration(Math.max(0, age))} ago, and ${describeDuration(schedule.settle)} must pass first`
}
