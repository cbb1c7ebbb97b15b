import type { AutoScalingGroup, Instance } from '@aws-sdk/client-auto-scaling'
import type { HealthReading, InstanceSnapshot, Unsteady } from '../../domain/group.ts'
import { targetGroupsOf } from './health.ts'
import { bornFrom } from './sources.ts'

const PHASES: Readonly<Record<string, InstanceSnapshot['phase']>> = {
  Pending: 'pending',
  'Pending:Wait': 'pending',
  'Pending:Proceed': 'pending',
  InService: 'in-service',
  EnteringStandby: 'standby',
  Standby: 'standby',
  Detaching: 'terminating',
  Terminating: 'terminating',
  'Terminating:Wait': 'terminating',
  'Terminating:Proceed': 'terminating',
  'Terminating:Retained': 'terminating',
  Detached: 'gone',
  Terminated: 'gone',
  ReplacingRootVolume: 'pending',
  'ReplacingRootVolume:Wait': 'pending',
  'ReplacingRootVolume:Proceed': 'pending',
  RootVolumeReplaced: 'pending',
}

/** A lifecycle state that is not known counts as pending: not a victim, not healthy, and the group is not steady. */
export function phaseOf(instance: Instance): InstanceSnapshot['phase'] {
  return PHASES[instance.LifecycleState ?? ''] ?? 'pending'
}

/** The group's members; what waits in its warm pool is none. */
export function membersOf(group: AutoScalingGroup): (Instance & { InstanceId: string })[] {
  return (group.Instances ?? []).filter(
    (instance): instance is Instance & { InstanceId: string } =>
      instance.InstanceId !== undefined && instance.InstanceId !== '' && !(instance.LifecycleState ?? '').startsWith('Warmed:'),
  )
}

export function weightOf(instance: Instance): number {
  const weight = Number(instance.WeightedCapacity ?? 1)
  return Number.isFinite(weight) && weight > 0 ? weight : 1
}

/** What was read of one member besides the group's own listing. */
export interface MemberFacts {
  readonly launchedAt: Temporal.Instant | null
  readonly image: string | null
  readonly preBuilt: boolean
  readonly health: InstanceSnapshot['health']
  readonly checks: readonly HealthReading[]
}

export function memberSnapshot(instance: Instance & { InstanceId: string }, facts: MemberFacts): InstanceSnapshot {
  return {
    id: instance.InstanceId,
    name: instance.InstanceId,
    zone: instance.AvailabilityZone ?? null,
    launchedAt: facts.launchedAt,
    phase: phaseOf(instance),
    health: facts.health,
    checks: facts.checks,
    weight: weightOf(instance),
    protection: protectionOf(instance),
    bornFrom: bornFrom(instance),
    origin: facts.preBuilt ? 'pre-built' : 'launched',
    // The group's own word, where it is there, knows of a root volume that was replaced; EC2 names the image of the launch.
    image: instance.ImageId ?? facts.image,
  }
}

/** By what the group's listing itself shows. */
export function protectionOf(instance: Instance): string | null {
  if (instance.ProtectedFromScaleIn === true) return 'it is protected from scale-in'
  if (instance.LifecycleState === 'Terminating:Retained') return 'it is kept after its termination failed a hook (Terminating:Retained)'
  if (phaseOf(instance) === 'standby') return `it is in standby (${instance.LifecycleState})`
  if (instance.LaunchTemplate === undefined && !instance.LaunchConfigurationName)
    return 'no launch template or configuration is recorded for it: it was attached by hand, or its launch configuration is deleted'
  return null
}

/** Why the group is not steady, as far as its own listing shows. */
export function unsteadyByListing(group: AutoScalingGroup): Unsteady[] {
  const found: Unsteady[] = []
  if (group.Status !== undefined && group.Status !== '')
    found.push({ reason: 'deleting', detail: `the group is being deleted (${group.Status})` })
  for (const instance of membersOf(group)) {
    const state = instance.LifecycleState ?? 'no lifecycle state'
    if (state !== 'InService') found.push({ reason: reasonOf(state), detail: `instance ${instance.InstanceId} is ${state}` })
  }
  const unit = group.DesiredCapacityType ?? 'units'
  if (unit !== 'units' && membersOf(group).some(instance => instance.WeightedCapacity === undefined))
    found.push({ reason: 'unknown', detail: `capacity is counted in ${unit}, and the share of an instance is not shown` })
  return found
}

function reasonOf(state: string): Unsteady['reason'] {
  if (state.includes('Standby')) return 'paused'
  if (state.includes('RootVolume')) return 'deploying'
  return /^(Pending|Terminating(?!:Retained)|Terminated|Detach)/.test(state) ? 'scaling' : 'unknown'
}

const PROCESSES: Readonly<Record<string, string>> = {
  Launch: 'nothing would be launched in place of the victim',
  Terminate: 'unhealthy instances are not removed',
  ReplaceUnhealthy: 'unhealthy instances are not replaced',
  HealthCheck: 'the group would not notice that an instance has died',
}

/** A sentence on suspended processes without which a lost instance is not replaced as it should be, or null. */
export function replacementOff(group: AutoScalingGroup): string | null {
  const balanced = targetGroupsOf(group).length > 0 || (group.LoadBalancerNames ?? []).length > 0
  for (const { ProcessName: name = '', SuspensionReason: reason } of group.SuspendedProcesses ?? []) {
    const why =
      name === 'AddToLoadBalancer' && balanced ? 'a replacement would never be registered with the load balancer' : PROCESSES[name]
    if (why !== undefined) return `process ${name} is suspended${reason ? ` (${reason})` : ''}: ${why}`
  }
  return null
}
