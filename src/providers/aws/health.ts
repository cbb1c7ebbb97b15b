import type { AutoScalingGroup, Instance } from '@aws-sdk/client-auto-scaling'
import type { InstanceStatus } from '@aws-sdk/client-ec2'
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { HealthReading, InstanceSnapshot } from '../../domain/group.ts'
import { worst } from '../shared/health.ts'

/** What was read of one target group; a string is why it could not be read. */
export type TargetGroupReading = readonly TargetHealthDescription[] | string

/** The Application, Network and Gateway Load Balancers' target groups of a group, by ARN, each once. */
export function targetGroupsOf(group: AutoScalingGroup): string[] {
  const sources = (group.TrafficSources ?? []).filter(source => (source.Type ?? 'elbv2') === 'elbv2' && isTargetGroup(source.Identifier))
  return [...new Set([...(group.TargetGroupARNs ?? []), ...sources.map(source => source.Identifier ?? '')])]
}

/** Checkers that are attached but that this adapter has no means to read. Health with one of them is never proven (S10). */
export function unreadableCheckers(group: AutoScalingGroup): HealthReading[] {
  const names = [...(group.LoadBalancerNames ?? [])].map(name => `classic-elb/${name}`)
  for (const source of group.TrafficSources ?? []) {
    const identifier = source.Identifier ?? 'unnamed'
    if (source.Type === 'vpc-lattice') names.push(`vpc-lattice/${identifier}`)
    else if (source.Type === 'elb') names.push(`classic-elb/${identifier}`)
    else if ((source.Type ?? 'elbv2') !== 'elbv2' || !isTargetGroup(source.Identifier))
      names.push(`${source.Type ?? 'traffic'}/${identifier}`)
  }
  return [...new Set(names)].map(source => ({
    source,
    state: 'unknown',
    independent: true,
    detail: `${source} is attached and Firedrill cannot read its health; attach a target group instead`,
  }))
}

function isTargetGroup(identifier: string | undefined): boolean {
  return identifier?.includes(':targetgroup/') === true
}

/** The group's own opinion. Instances start as Healthy, so it counts only once they are in service. */
export function groupReading(instance: Instance, phase: InstanceSnapshot['phase']): HealthReading {
  const status = instance.HealthStatus ?? ''
  const detail = `${instance.LifecycleState ?? 'no lifecycle state'}, ${status || 'no health status'}`
  const reading = (state: HealthReading['state']): HealthReading => ({ source: 'auto-scaling', state, independent: false, detail })
  if (/^unhealthy$/i.test(status)) return reading('unhealthy')
  if (phase === 'pending') return reading('starting')
  // Nobody checks an instance in standby.
  if (phase === 'standby') return reading('unknown')
  if (phase !== 'in-service') return reading('unhealthy')
  return reading(/^healthy$/i.test(status) ? 'healthy' : 'unknown')
}

/**
 * EC2's status checks. They prove that the machine runs and its network answers, which is the platform's own
 * "running": they can make an instance unhealthy, but vouch for nothing inside it, so they are not independent.
 */
export function statusReading(status: InstanceStatus | undefined): HealthReading {
  const reading = (state: HealthReading['state'], detail: string): HealthReading => ({ source: 'ec2', state, independent: false, detail })
  if (status === undefined) return reading('unknown', 'EC2 shows no status for it')
  const machine = status.InstanceState?.Name ?? 'running'
  if (machine === 'pending') return reading('starting', 'pending')
  if (machine !== 'running') return reading('unhealthy', `the machine is ${machine}`)
  const checks = {
    system: status.SystemStatus?.Status,
    instance: status.InstanceStatus?.Status,
    volumes: status.AttachedEbsStatus?.Status ?? 'not-applicable',
  }
  const detail = Object.entries(checks)
    .map(([name, value]) => `${name} ${value ?? 'not shown'}`)
    .join(', ')
  const values = Object.values(checks)
  if (values.includes('impaired')) return reading('unhealthy', detail)
  if (values.some(value => value === 'initializing' || value === 'insufficient-data')) return reading('starting', detail)
  return reading(values.every(value => value === 'ok' || value === 'not-applicable') ? 'healthy' : 'unknown', detail)
}

/** What one target group says of one instance; the worst of its ports counts. */
export function targetReading(arn: string, targets: TargetGroupReading, instance: { id: string; pending: boolean }): HealthReading {
  const source = `target-group/${targetGroupName(arn)}`
  const reading = (state: HealthReading['state'], detail: string): HealthReading => ({ source, state, independent: true, detail })
  if (typeof targets === 'string') return reading('unknown', targets)
  const mine = targets.filter(target => target.Target?.Id === instance.id)
  if (mine.length === 0) return reading(instance.pending ? 'starting' : 'unhealthy', 'not registered in the target group')
  const readings = mine.map(target => {
    const { State: state, Reason: reason, Description: description } = target.TargetHealth ?? {}
    return reading(targetState(state, reason), [state ?? 'no state', reason, description].filter(Boolean).join(', '))
  })
  return worst(readings) ?? reading('unknown', 'no state')
}

function targetState(state: string | undefined, reason: string | undefined): HealthReading['state'] {
  switch (state) {
    case 'healthy':
      return 'healthy'
    case 'initial':
      return 'starting'
    case 'unhealthy':
    case 'unhealthy.draining':
    case 'draining':
      return 'unhealthy'
    case 'unused':
      // No load balancer uses the target group, or not in this zone: nobody checks the target.
      return reason === 'Target.NotInUse' ? 'unknown' : 'unhealthy'
    default:
      // `unavailable` means that nobody checks, which is not the same as sick.
      return 'unknown'
  }
}

function targetGroupName(arn: string): string {
  return /:targetgroup\/([^/]+)/.exec(arn)?.[1] ?? arn
}
