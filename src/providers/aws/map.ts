import type { AutoScalingGroup, Instance } from '@aws-sdk/client-auto-scaling'
import type { GroupId, GroupSnapshot, GroupSummary, HealthReading, InstanceSnapshot, PlatformEvent, ScopeId } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { overall } from '../shared/health.ts'
import { controllerOf } from './controllers.ts'
import { later } from './events.ts'
import type { FullFacts } from './full.ts'
import { groupReading, statusReading, targetGroupsOf, targetReading, unreadableCheckers } from './health.ts'
import { incarnationOf } from './ids.ts'
import { memberSnapshot, membersOf, phaseOf, replacementOff, unsteadyByListing } from './members.ts'
import type { ScopeMemory } from './memory.ts'
import { type Aliases, declarationVersion, isResolved, launchOptions } from './sources.ts'
import type { Look } from './watch.ts'

export interface SnapshotFacts {
  readonly id: GroupId
  readonly scope: ScopeId
  readonly optInById: 'in' | 'out' | null
  readonly memory: ScopeMemory
  readonly clockSkew: Milliseconds | null
  readonly events: readonly PlatformEvent[]
  readonly changedAt: Temporal.Instant | null
  /** Null in a look that only watches. */
  readonly full: FullFacts | null
}

export function summaryOf(group: AutoScalingGroup, of: Pick<SnapshotFacts, 'id' | 'scope' | 'optInById'>): GroupSummary {
  return {
    id: of.id,
    provider: 'aws',
    scope: of.scope,
    name: group.AutoScalingGroupName ?? of.id,
    incarnation: incarnationOf(group),
    tags: Object.fromEntries((group.Tags ?? []).flatMap(tag => (tag.Key === undefined ? [] : [[tag.Key, tag.Value ?? '']]))),
    optInById: of.optInById,
  }
}

export function snapshotOf(look: Look, facts: SnapshotFacts): GroupSnapshot {
  const { group } = look
  const instances = membersOf(group).map(member => memberOf(member, look, facts))
  const launched = instances.reduce<Temporal.Instant | null>((latest, instance) => later(latest, instance.launchedAt), null)
  return {
    summary: summaryOf(group, facts),
    observedAt: facts.clockSkew === null ? look.now : look.now.subtract({ milliseconds: facts.clockSkew }),
    clockSkew: facts.clockSkew,
    desired: group.DesiredCapacity ?? 0,
    minimum: group.MinSize ?? 0,
    maximum: group.MaxSize ?? 0,
    instances,
    unsteady: [...unsteadyByListing(group), ...(facts.full?.unsteady ?? [])],
    replacementOff: replacementOff(group),
    controller: controllerOf(group),
    membershipChangedAt: later(facts.changedAt, launched),
    declarationVersion: versionInForce(group, facts.memory),
    events: facts.events,
    ownRecoveryTime: ownRecoveryTime(group, facts.memory),
  }
}

/** After a restart, where the templates could not be read, an alias is not yet a version: to take its name for one would be a change that nobody made. */
function versionInForce(group: AutoScalingGroup, memory: ScopeMemory): string | null {
  const aliases = aliasesOf(group, memory)
  return isResolved(group, aliases) ? declarationVersion(group, aliases) : null
}

function aliasesOf(group: AutoScalingGroup, memory: ScopeMemory): Aliases {
  const known = launchOptions(group).flatMap(({ launch }) => {
    const read = launch.kind === 'template' ? memory.aliases.get(launch.key) : undefined
    return launch.kind === 'template' && read !== undefined ? [[launch.key, read.value] as const] : []
  })
  return new Map(known)
}

function memberOf(member: Instance & { InstanceId: string }, look: Look, facts: SnapshotFacts): InstanceSnapshot {
  const { memory } = facts
  const known = memory.instances.get(member.InstanceId)
  const checks = checksOf(member, look, memory)
  const pooled = look.group.WarmPoolConfiguration !== undefined
  return memberSnapshot(member, {
    launchedAt: known?.launchedAt ?? null,
    image: known?.image ?? null,
    preBuilt: memory.warmPools.get(look.id)?.has(member.InstanceId) === true || (pooled && known?.startedAgain === true),
    checks,
    health: overall(checks),
  })
}

/** Every checker that is attached. While a member is not in service, the group's own word is all there is to say. */
function checksOf(member: Instance & { InstanceId: string }, look: Look, memory: ScopeMemory): HealthReading[] {
  const { InstanceId: id } = member
  const phase = phaseOf(member)
  const own = groupReading(member, phase)
  if (phase !== 'in-service') return [own]
  const inServiceSince = memory.watched.get(look.id)?.warming.get(id)
  const targets = targetGroupsOf(look.group).map(arn => {
    const read = memory.targets.get(arn)
    // What was read before the member was in service says nothing of it.
    const pending = read !== undefined && inServiceSince !== undefined && read.at < inServiceSince
    return targetReading(arn, read?.value ?? 'it has not been asked in this look', { id, pending })
  })
  return [own, statusReading(memory.statuses.get(id)?.value), ...targets, ...unreadableCheckers(look.group)]
}

/** Grace period, hooks and warm-up: what the group allows itself before a new member must be well. */
function ownRecoveryTime(group: AutoScalingGroup, memory: ScopeMemory): Milliseconds {
  const seconds = (value: number | undefined): Milliseconds => Math.max(0, value ?? 0) * 1000
  const hooks = memory.hooks.get(incarnationOf(group))?.value ?? 0
  return seconds(group.HealthCheckGracePeriod) + hooks + seconds(group.DefaultInstanceWarmup)
}
