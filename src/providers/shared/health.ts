import type { HealthReading, InstanceSnapshot } from '../../domain/group.ts'

const ORDER: readonly HealthReading['state'][] = ['unhealthy', 'starting', 'unknown', 'healthy']

/** One that fails means unhealthy, one that still waits means starting, one that cannot be read means unknown. */
export function overall(readings: readonly HealthReading[]): InstanceSnapshot['health'] {
  return worst(readings)?.state ?? 'unknown'
}

export function worst(readings: readonly HealthReading[]): HealthReading | undefined {
  return [...readings].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))[0]
}
