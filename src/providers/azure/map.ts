import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { GroupId, GroupSnapshot, GroupSummary, PlatformEvent, ScopeId, Unsteady } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import type { Machine } from './api.ts'
import { controllerOf } from './controllers.ts'
import { checkerOf } from './health.ts'
import { partOf, type ScaleSetRef } from './ids.ts'
import type { Lock } from './locks.ts'
import { isFlexible, memberSnapshot, unsteadyByListing } from './members.ts'
import { bornFrom, modelVersion } from './model.ts'

/** The platform's own limits, where a set says nothing else: one placement group holds a hundred machines. */
const LARGEST = 1000
const LARGEST_IN_ONE_PLACEMENT_GROUP = 100

export interface SnapshotFacts {
  readonly id: GroupId
  readonly scope: ScopeId
  readonly optInById: 'in' | 'out' | null
  readonly now: Temporal.Instant
  readonly clockSkew: Milliseconds | null
  readonly events: readonly PlatformEvent[]
  readonly locks: readonly Lock[]
  readonly unsteady: readonly Unsteady[]
  readonly replacementOff: string | null
  /** When the set itself was last changed, where that was read. */
  readonly changedAt: Temporal.Instant | null
}

/** Null: the listing does not name it. */
export function refOf(set: VirtualMachineScaleSet): ScaleSetRef | null {
  const resourceGroup = partOf(set.id, 'resourceGroups')
  const name = set.name ?? partOf(set.id, 'virtualMachineScaleSets')
  return resourceGroup === null || name === null ? null : { resourceGroup, name }
}

export function summaryOf(set: VirtualMachineScaleSet, of: Pick<SnapshotFacts, 'id' | 'scope' | 'optInById'>): GroupSummary {
  return {
    id: of.id,
    provider: 'azure',
    scope: of.scope,
    name: set.name ?? of.id,
    // A set that is made again under the same name has another unique id; very old ones show none, but a time of creation.
    incarnation: set.uniqueId ?? set.timeCreated?.toISOString() ?? 'unknown',
    tags: set.tags ?? {},
    optInById: of.optInById,
  }
}

export function snapshotOf(set: VirtualMachineScaleSet, machines: readonly Machine[], facts: SnapshotFacts): GroupSnapshot {
  const checker = checkerOf(set)
  const instances = machines.flatMap(
    machine => memberSnapshot(set, machine, { checker, locks: facts.locks, bornFrom: bornFrom(set, machine) }) ?? [],
  )
  const changes = [...instances.map(instance => instance.launchedAt), facts.changedAt].filter(moment => moment !== null)
  return {
    summary: summaryOf(set, facts),
    observedAt: facts.clockSkew === null ? facts.now : facts.now.subtract({ milliseconds: facts.clockSkew }),
    clockSkew: facts.clockSkew,
    desired: desiredOf(set, machines),
    // The limits of autoscaling belong to another service; the set itself knows only the platform's.
    minimum: 0,
    maximum: set.singlePlacementGroup === true ? LARGEST_IN_ONE_PLACEMENT_GROUP : LARGEST,
    instances,
    unsteady: [...unsteadyByListing(set, machines), ...oddSize(set, machines), ...facts.unsteady],
    replacementOff: facts.replacementOff,
    controller: controllerOf(set),
    membershipChangedAt: changes.sort(Temporal.Instant.compare).at(-1) ?? null,
    declarationVersion: modelVersion(set),
    events: facts.events,
    ownRecoveryTime: terminateNotice(set),
  }
}

function stayingOf(machines: readonly Machine[]): number {
  return machines.filter(machine => !/^deleting$/i.test(machine.provisioningState ?? '')).length
}

function isAtRest(set: VirtualMachineScaleSet): boolean {
  return /^succeeded$/i.test(set.provisioningState ?? '')
}

/**
 * `sku.capacity`; but a flexible set at rest whose machines were deleted one by one has been seen to keep a capacity that
 * counts them still. It will make no machine for it, so what it has is all that it owes.
 */
function desiredOf(set: VirtualMachineScaleSet, machines: readonly Machine[]): number {
  const capacity = set.sku?.capacity ?? 0
  return isFlexible(set) && isAtRest(set) ? Math.min(capacity, stayingOf(machines)) : capacity
}

/** Whether it is short of machines or only counts so cannot be told: so it is left alone (S10). */
function oddSize(set: VirtualMachineScaleSet, machines: readonly Machine[]): Unsteady[] {
  const [capacity, staying] = [set.sku?.capacity ?? 0, stayingOf(machines)]
  if (!isFlexible(set) || !isAtRest(set) || staying >= capacity) return []
  return [{ reason: 'unknown', detail: `its size is ${capacity}, and it has ${staying} machines: make the two agree` }]
}

/** How long machines may take to say good-bye: a deletion waits for their answer to the notice (5 to 15 minutes). */
function terminateNotice(set: VirtualMachineScaleSet): Milliseconds {
  const notice =
    set.virtualMachineProfile?.scheduledEventsProfile?.terminateNotificationProfile ??
    set.scheduledEventsPolicy?.scheduledEventsAdditionalPublishingTargets?.eventGridAndResourceGraph
  if (notice === undefined || !('notBeforeTimeout' in notice) || !('enable' in notice) || notice.enable !== true) return 0
  try {
    return Temporal.Duration.from(String(notice.notBeforeTimeout ?? 'PT5M')).total('milliseconds')
  } catch {
    return 0
  }
}
