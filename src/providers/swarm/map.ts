import type { GroupId, GroupSnapshot, GroupSummary, InstanceSnapshot, ScopeId } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { eventsOf } from './events.ts'
import { checksOf, overall } from './health.ts'
import { groupId } from './ids.ts'
import { notReplacedAfterRetire, replacementOff } from './restarts.ts'
import { bornFrom, serviceVersion } from './spec.ts'
import { createdAt, desiredOf, endedAt, graceOf, hasEnded, isUnplaced, monitorOf, phaseOf, type Task, taskName } from './tasks.ts'
import { unsteadyBy } from './unsteady.ts'
import type { WireContainer, WireNode, WireService } from './wire.ts'

export function summaryOf(service: WireService, of: { scope: ScopeId; optInById: (group: GroupId) => 'in' | 'out' | null }): GroupSummary {
  const name = service.Spec?.Name ?? service.ID ?? ''
  const id = groupId(of.scope, name)
  return {
    id,
    provider: 'swarm',
    scope: of.scope,
    name,
    incarnation: service.ID ?? 'unknown',
    tags: { ...service.Spec?.Labels },
    optInById: of.optInById(id),
  }
}

/** What a look found besides the service itself. */
export interface Seen {
  readonly tasks: readonly Task[]
  readonly nodes: ReadonlyMap<string, WireNode>
  /** By task. */
  readonly containers: ReadonlyMap<string, WireContainer>
  /** By node: why a task there must not be struck; absent: its engine is configured and answers. */
  readonly outOfReach: ReadonlyMap<string, string>
  readonly remembered: number | null
  readonly now: Temporal.Instant
  readonly clockSkew: Milliseconds | null
  readonly since: Temporal.Instant
}

export function snapshotOf(service: WireService, summary: GroupSummary, seen: Seen): GroupSnapshot {
  const desired = desiredOf(service, seen.tasks)
  const restarts = { service, name: summary.name, tasks: seen.tasks, remembered: seen.remembered, now: seen.now }
  const retire = notReplacedAfterRetire(service)
  return {
    summary,
    observedAt: seen.now,
    clockSkew: seen.clockSkew,
    desired,
    minimum: desired,
    maximum: desired,
    instances: seen.tasks.filter(task => !hasEnded(task) && !isUnplaced(task)).map(task => instanceOf(task, service, { summary, seen })),
    unsteady: unsteadyBy(service),
    replacementOff: replacementOff(restarts),
    ...(retire === null ? {} : { notReplacedAfter: { retire } }),
    controller: null,
    membershipChangedAt: newest(seen.tasks.flatMap(task => [createdAt(task), endedAt(task)])),
    declarationVersion: serviceVersion(service),
    events: eventsOf({ service, tasks: seen.tasks, nodes: seen.nodes }, seen.since),
    ownRecoveryTime: ownRecoveryTime(service),
  }
}

function instanceOf(task: Task, service: WireService, { summary, seen }: { summary: GroupSummary; seen: Seen }): InstanceSnapshot {
  const node = seen.nodes.get(task.NodeID ?? '')
  const container = seen.containers.get(task.ID) ?? null
  const protection = seen.outOfReach.get(task.NodeID ?? '') ?? null
  const checks = checksOf({ task, node, container, isReachable: protection === null, monitor: monitorOf(service), now: seen.now })
  return {
    id: task.ID,
    name: taskName(task, summary.name),
    zone: node?.Description?.Hostname ?? task.NodeID ?? null,
    launchedAt: createdAt(task),
    phase: phaseOf(task),
    health: overall(checks),
    checks,
    weight: 1,
    protection,
    bornFrom: bornFrom(task, service),
    origin: 'launched',
    image: container?.ImageID || null,
  }
}

/** A graceful stop, the restart delay, and the time until a task without a health check counts as well. */
function ownRecoveryTime(service: WireService): Milliseconds {
  const template = service.Spec?.TaskTemplate
  const delay = template?.RestartPolicy?.Delay
  const grace = graceOf(template === undefined ? {} : { Spec: template }) * 1_000
  return grace + (delay === undefined ? 5_000 : delay / 1_000_000) + monitorOf(service)
}

function newest(moments: readonly (Temporal.Instant | null)[]): Temporal.Instant | null {
  return (
    moments
      .filter(moment => moment !== null)
      .sort(Temporal.Instant.compare)
      .at(-1) ?? null
  )
}
