import { describeDuration } from '../domain/duration.ts'
import type { GroupSnapshot, InstanceSnapshot } from '../domain/group.ts'
import { capacityInService } from './capacity.ts'
import { type BarFacts, type GroupFacts, type Rule, rule, snapshotRule, type VictimFacts } from './rule.ts'

/** Shares are fractions in binary: 0.7 % is read as a hair less than 7 in 1000, which must still be allowed. */
const ROUNDING = 1e-9

export const ownedByNobody: Rule<BarFacts> = snapshotRule('S7', ({ controller }) => controller)

export const largeEnough: Rule<BarFacts> = snapshotRule('S7', ({ instances }, { schedule }) => {
  const members = instances.filter(({ phase }) => phase === 'in-service').length
  const least = schedule.victim.minGroupSize
  if (members >= least) return null
  return `the group has ${members === 1 ? '1 member' : `${members} members`} in service, and ${least} are needed (victim.minGroupSize)`
})

/** S7 for the whole group: none in a small one, none in one that another controller owns. */
export const mayLoseAMember: readonly Rule<GroupFacts>[] = [ownedByNobody, largeEnough]

/** S7 for one member; S10 where its age or weight is not known. */
export const mayBeVictim: readonly Rule<VictimFacts>[] = [
  rule('S7', ({ instance }) => (instance.phase === 'in-service' ? null : `${instance.name} is ${instance.phase}`)),
  rule('S7', ({ instance }) => unprotected(instance)),
  rule('S7', ({ instance }) => unwell(instance)),
  rule('S10', ({ instance }) => (instance.launchedAt === null ? `nobody knows since when ${instance.name} has been running` : null)),
  rule('S7', tooYoung),
  rule('S10', ({ instance }) => (instance.weight > 0 ? null : `nobody knows how much capacity ${instance.name} stands for`)),
  rule('S7', ({ snapshot, instance }) => notMissed(snapshot, instance)),
  rule('S7', ({ schedule, snapshot, instance }) => tooMuchCapacity(snapshot, instance, schedule.limits.maxCapacityLoss)),
]

export function unprotected({ name, protection }: InstanceSnapshot): string | null {
  return protection === null ? null : `${name} must not be struck: ${protection}`
}

/** In service by every checker: one that disagrees or cannot say is enough. */
function unwell({ name, health, checks }: InstanceSnapshot): string | null {
  const check = checks.find(({ state }) => state !== 'healthy')
  if (check !== undefined) return `${name} is ${inWords(check.state)} by ${check.source}${check.detail === '' ? '' : `: ${check.detail}`}`
  return health === 'healthy' ? null : `${name} is ${inWords(health)}`
}

function inWords(health: InstanceSnapshot['health']): string {
  return health === 'unknown' ? 'of unknown health' : health === 'starting' ? 'still starting' : health
}

function tooYoung({ now, schedule, instance }: VictimFacts): string | null {
  if (instance.launchedAt === null) return null
  const age = now.epochMilliseconds - instance.launchedAt.epochMilliseconds
  if (age >= schedule.victim.minAge) return null
  return `${instance.name} is ${describeDuration(Math.max(0, age))} old, younger than ${describeDuration(schedule.victim.minAge)} (victim.minAge)`
}

/**
 * Why nothing would replace this member, or null. Where weights differ, a group may hold more than it desires: one that it does not
 * need would leave no gap, so its loss would make the group smaller and prove nothing.
 */
export function notMissed({ desired, instances }: GroupSnapshot, { name, weight }: InstanceSnapshot): string | null {
  const left = capacityInService(instances) - weight
  if (left < desired) return null
  return `without ${name} the group would still have ${left} of ${desired} desired units of capacity: nothing would be launched in its place`
}

function tooMuchCapacity({ instances }: GroupSnapshot, instance: InstanceSnapshot, most: number): string | null {
  const healthy = instances.filter(({ phase, health }) => phase === 'in-service' && health === 'healthy')
  const capacity = healthy.reduce((sum, { weight }) => sum + weight, 0)
  const share = instance.weight / capacity
  if (share <= most + ROUNDING) return null
  return `${instance.name} is ${percent(share)} of the healthy capacity, and at most ${percent(most)} may be lost (limits.maxCapacityLoss)`
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 1000) / 10} %` : 'an unknown share'
}
