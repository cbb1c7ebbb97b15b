import type { HealthReading, InstanceSnapshot } from '../../domain/group.ts'
import { lastPart } from './ids.ts'
import type { ManagedInstance, Manager } from './wire.ts'

function healthChecksOf(manager: Manager): string[] {
  return (manager.autoHealingPolicies ?? []).flatMap(policy => policy.healthCheck ?? [])
}

/** The group's and the machine's own word, which proves no more than that it runs. */
export function ownReading(member: ManagedInstance, phase: InstanceSnapshot['phase']): HealthReading {
  const status = String(member.instanceStatus ?? '')
  const action = String(member.currentAction ?? '')
  const detail = `${status || 'no status'}, current action ${action || 'not shown'}`
  const reading = (state: HealthReading['state']): HealthReading => ({ source: 'compute', state, independent: false, detail })
  if (status === 'TERMINATED' || status === 'STOPPED' || status === 'SUSPENDED')
    return reading(phase === 'standby' ? 'unknown' : 'unhealthy')
  if (phase === 'terminating' || phase === 'gone') return reading('unhealthy')
  if (phase === 'standby') return reading('unknown')
  if (phase === 'pending') return reading('starting')
  return reading(status === 'RUNNING' ? 'healthy' : 'unknown')
}

/** Each health check that autohealing uses. One that has said nothing yet is not healthy. */
export function checkReadings(manager: Manager, member: ManagedInstance, phase: InstanceSnapshot['phase']): HealthReading[] {
  const told = member.instanceHealth ?? []
  return healthChecksOf(manager).map(url => {
    const mine = told.find(one => lastPart(one.healthCheck) === lastPart(url)) ?? (told.length === 1 ? told[0] : undefined)
    const state = String(mine?.detailedHealthState ?? '')
    return { source: `health-check/${lastPart(url)}`, independent: true, detail: state || 'nothing told yet', state: stateOf(state, phase) }
  })
}

function stateOf(state: string, phase: InstanceSnapshot['phase']): HealthReading['state'] {
  switch (state) {
    case 'HEALTHY':
      return 'healthy'
    case 'UNHEALTHY':
    case 'TIMEOUT':
    case 'DRAINING':
      return 'unhealthy'
    default:
      // While it is verified, a check that has not answered yet is still waited for.
      return phase === 'pending' ? 'starting' : 'unknown'
  }
}
