import type { InstanceSnapshot, Unsteady } from '../../domain/group.ts'
import { distinct } from '../shared/batches.ts'
import { overall } from '../shared/health.ts'
import { checkReadings, ownReading } from './health.ts'
import { lastPart } from './ids.ts'
import type { KnownInstance } from './memory.ts'
import { templateKey, versionsOf } from './templates.ts'
import { idOf, type ManagedInstance, type Manager } from './wire.ts'

const GOING = /^(STOPPING|PENDING_STOP|DEPROVISIONING|SUSPENDING)$/
const STOPPED = /^(TERMINATED|STOPPED|SUSPENDED)$/

/**
 * The name says where a member stands, the id who stands there. A row that is being recreated may show the old instance or the new
 * one: only the machine's own status tells, and one that runs counts as starting, never as leaving.
 */
export function phaseOf(member: ManagedInstance): InstanceSnapshot['phase'] {
  const action = String(member.currentAction ?? '')
  const status = String(member.instanceStatus ?? '')
  const stopped = /^(STOPPED|SUSPENDED)$/.test(String(member.targetStatus ?? ''))
  if (action === 'DELETING' || action === 'ABANDONING' || GOING.test(status))
    return stopped && !/ING$/.test(action) ? 'standby' : 'terminating'
  if (stopped) return 'standby'
  if (STOPPED.test(status)) return 'pending'
  return status === 'RUNNING' && action === 'NONE' ? 'in-service' : 'pending'
}

/** Rows that have an instance now; what is only a name is nobody. */
export function membersOf(managed: readonly ManagedInstance[]): (ManagedInstance & { readonly identity: string })[] {
  return managed.flatMap(member => {
    const identity = idOf(member.id)
    return identity === null ? [] : [{ ...member, identity }]
  })
}

export function nameOf(member: ManagedInstance): string {
  return member.name || lastPart(member.instance)
}

export function zoneOf(member: ManagedInstance, manager: Manager): string {
  return /zones\/([^/]+)/.exec(member.instance ?? '')?.[1] ?? lastPart(manager.zone)
}

/** Where a group has its members, or may have them. */
export function zonesOf(manager: Manager, managed: readonly ManagedInstance[]): string[] {
  const named = managed.map(member => /zones\/([^/]+)/.exec(member.instance ?? '')?.[1])
  const spread = (manager.distributionPolicy?.zones ?? []).map(zone => lastPart(zone.zone))
  return distinct([...named, ...spread, lastPart(manager.zone)]).filter(zone => zone !== '')
}

export interface MemberFacts {
  readonly manager: Manager
  readonly project: string
  readonly known: KnownInstance | undefined
}

export function memberSnapshot(member: ManagedInstance & { readonly identity: string }, facts: MemberFacts): InstanceSnapshot {
  const { manager, project, known } = facts
  const phase = phaseOf(member)
  const own = ownReading(member, phase)
  const checks = phase === 'in-service' || phase === 'pending' ? [own, ...checkReadings(manager, member, phase)] : [own]
  const intended = member.version?.instanceTemplate
  return {
    id: member.identity,
    name: nameOf(member),
    zone: zoneOf(member, manager),
    launchedAt: known?.launchedAt ?? null,
    phase,
    health: overall(checks),
    checks,
    weight: 1,
    protection: protectionOf(member, manager, known),
    // The version is what is intended for the name; what the group wrote into the instance is what it was made from.
    bornFrom: known?.bornFrom ?? (intended ? templateKey(intended, project) : null),
    origin: 'launched',
    image: known?.image ?? null,
  }
}

function protectionOf(member: ManagedInstance, manager: Manager, known: KnownInstance | undefined): string | null {
  if (manager.status?.stateful?.hasStatefulConfig === true || manager.statefulPolicy?.preservedState != null)
    return 'the group is stateful: disks, addresses or metadata of this instance would outlive it, or be lost'
  for (const state of [member.preservedStateFromConfig, member.preservedStateFromPolicy]) {
    const kept = [state?.disks, state?.internalIPs, state?.externalIPs, state?.metadata].flatMap(each => Object.keys(each ?? {}))
    if (kept.length > 0) return `it is stateful: ${kept.join(', ')} would be kept or lost`
  }
  if (known?.deletionProtection === true) return 'its deletion protection is on'
  if (phaseOf(member) === 'standby') return `it is kept ${String(member.targetStatus).toLowerCase()} on standby`
  return null
}

/** Why the group is not steady, by its own account and its members'. */
export function unsteadyBy(manager: Manager, managed: readonly ManagedInstance[]): Unsteady[] {
  const found: Unsteady[] = []
  const { status } = manager
  if (isRolling(manager))
    found.push({ reason: 'refreshing', detail: 'a rolling update is in progress: not every member has its version yet' })
  if (status?.allInstancesConfig?.effective === false)
    found.push({ reason: 'deploying', detail: 'the configuration for all instances is not yet applied to every member' })
  if (status?.stateful?.perInstanceConfigs?.allEffective === false)
    found.push({ reason: 'deploying', detail: 'configurations of single instances are not yet applied' })
  if (status?.isStable === false) found.push({ reason: 'unknown', detail: 'the group is not stable (status.isStable)' })
  if (status?.isStable === undefined || status.isStable === null)
    found.push({ reason: 'unknown', detail: 'the group does not say whether it is stable (status.isStable)' })
  found.push(...actionsOf(manager), ...rowsOf(managed))
  return found
}

const REASONS: Readonly<Record<string, Unsteady['reason']>> = { deleting: 'scaling', creating: 'scaling', refreshing: 'deploying' }

function actionsOf({ currentActions }: Manager): Unsteady[] {
  return Object.entries(currentActions ?? {}).flatMap(([action, count]) => {
    if (action === 'none' || typeof count !== 'number' || count === 0) return []
    const members = count === 1 ? '1 member is' : `${count} members are`
    return [{ reason: REASONS[action] ?? ('unknown' as const), detail: `${members} ${spaced(action)}` }]
  })
}

/** Listed one by one where the summary is silent: a row that acts, or one whose machine is missing or stopped. */
function rowsOf(managed: readonly ManagedInstance[]): Unsteady[] {
  return managed.flatMap((member): Unsteady[] => {
    const action = String(member.currentAction ?? 'not shown')
    if (action !== 'NONE') return [{ reason: 'scaling', detail: `instance ${nameOf(member)} is ${spaced(action.toLowerCase())}` }]
    if (idOf(member.id) === null) return [{ reason: 'unknown', detail: `there is no instance ${nameOf(member)} at the moment` }]
    if (phaseOf(member) === 'standby') return [{ reason: 'paused', detail: `instance ${nameOf(member)} is on standby` }]
    return []
  })
}

function spaced(action: string): string {
  return action
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
}

/** A sentence on why a lost instance would not be made again, or null. */
export function replacementOff(manager: Manager): string | null {
  const policy = manager.instanceLifecyclePolicy
  if (policy?.defaultActionOnFailure === 'DO_NOTHING')
    return 'repairs are switched off (instanceLifecyclePolicy.defaultActionOnFailure is DO_NOTHING): a deleted instance would not be made again'
  if (policy?.onFailedHealthCheck === 'DO_NOTHING')
    return 'autohealing is switched off (instanceLifecyclePolicy.onFailedHealthCheck is DO_NOTHING): an unhealthy instance would not be replaced'
  if (versionsOf(manager, '').length === 0) return 'the group names no instance template, so nothing can be made'
  return null
}

/** A proactive update is under way: the group makes members anew on its own account. */
export function isRolling({ status, updatePolicy }: Manager): boolean {
  return status?.versionTarget?.isReached === false && updatePolicy?.type === 'PROACTIVE'
}
