import type { InstanceSnapshot } from '../domain/group.ts'

/** Capacity units in service: what a platform holds against the desired size. */
export function capacityInService(instances: readonly InstanceSnapshot[]): number {
  return instances.filter(({ phase }) => phase === 'in-service').reduce((sum, { weight }) => sum + weight, 0)
}
