import type { InstanceSnapshot } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { instantOf } from './ids.ts'
import type { WireService, WireTask } from './wire.ts'

/*
 * A task is one try to run one container and never runs twice: its id is the instance's identity. What Swarm calls its state is
 * what was observed, DesiredState what the orchestrator wants of it
 * (https://docs.docker.com/engine/swarm/how-swarm-mode-works/swarm-task-states/).
 */

export type Task = WireTask & { readonly ID: string }

const ENDED = ['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned']
const ON_THE_WAY = ['new', 'pending', 'assigned', 'accepted', 'preparing', 'ready', 'starting']
const SECOND_IN_NANOSECONDS = 1_000_000_000
/** Swarm's own default for how long a started task is watched for failure. */
const DEFAULT_MONITOR: Milliseconds = 5_000

export function stateOf(task: WireTask): string {
  return task.Status?.State ?? 'unknown'
}

export function hasEnded(task: WireTask): boolean {
  return ENDED.includes(stateOf(task))
}

/** The orchestrator wants it to run, now or once its restart delay is over. */
export function isWanted(task: WireTask): boolean {
  const desired = task.DesiredState ?? 'running'
  return desired === 'running' || desired === 'ready' || desired === 'accepted'
}

/** No node takes it: it is not a member yet, only an attempt at one. */
export function isUnplaced(task: WireTask): boolean {
  return !hasEnded(task) && !task.NodeID
}

export function phaseOf(task: WireTask): InstanceSnapshot['phase'] {
  if (hasEnded(task)) return 'gone'
  if (!isWanted(task)) return 'terminating'
  if (ON_THE_WAY.includes(stateOf(task))) return 'pending'
  return 'in-service'
}

/** What a task stands in for: a slot of a replicated service, a node of a global one. Two tasks of a slot follow each other. */
export function placeOf(task: WireTask): string {
  return task.Slot ? `slot ${task.Slot}` : `node ${task.NodeID ?? '?'}`
}

export function taskName(task: Task, service: string): string {
  return `${service}.${task.Slot || task.NodeID || '?'}.${task.ID}`
}

export function createdAt(task: WireTask): Temporal.Instant | null {
  return instantOf(task.CreatedAt)
}

export function endedAt(task: WireTask): Temporal.Instant | null {
  return hasEnded(task) ? instantOf(task.Status?.Timestamp) : null
}

export function isGlobal(service: WireService): boolean {
  return service.Spec?.Mode?.Global !== undefined && service.Spec.Mode.Global !== null
}

export function isJob(service: WireService): boolean {
  const mode = service.Spec?.Mode
  return (mode?.ReplicatedJob ?? mode?.GlobalJob ?? null) !== null
}

/** A global service wants a task on each node that may take one: those that it wants are how many it wants. */
export function desiredOf(service: WireService, tasks: readonly WireTask[]): number {
  if (!isGlobal(service)) return service.Spec?.Mode?.Replicated?.Replicas ?? 0
  return new Set(tasks.filter(isWanted).map(placeOf)).size
}

/** How long a task that has no health check must have run to count as well. */
export function monitorOf(service: WireService): Milliseconds {
  const written = service.Spec?.UpdateConfig?.Monitor
  return written ? written / 1_000_000 : DEFAULT_MONITOR
}

/** In seconds, as the engine is asked; Swarm's default is ten. */
export function graceOf(task: WireTask): number {
  const written = task.Spec?.ContainerSpec?.StopGracePeriod
  return written === undefined || written === null ? 10 : Math.ceil(written / SECOND_IN_NANOSECONDS)
}
