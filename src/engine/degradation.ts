import type { Observation } from '../domain/group.ts'

/** Why a group counts as degraded for S15: unreadable, below its size, or with a member that is not healthy. Null: it is well. */
export function degradation(observation: Observation | undefined): string | null {
  if (observation === undefined) return 'it is missing from the provider’s answer'
  if (observation.kind === 'gone') return 'it is gone'
  if (observation.kind === 'unreadable') return `it cannot be read: ${observation.why}`
  const { desired, instances } = observation.snapshot
  const healthy = instances.filter(instance => instance.phase === 'in-service' && instance.health !== 'unhealthy')
  const weight = healthy.reduce((sum, instance) => sum + instance.weight, 0)
  if (weight < desired) return `${weight} of ${desired} units are in service and healthy`
  return null
}
