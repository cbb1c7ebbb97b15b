import type { EventCause, PlatformEvent, PlatformFailure } from '../../domain/group.ts'
import { templateVersion } from './spec.ts'
import { createdAt, endedAt, hasEnded, isGlobal, isUnplaced, placeOf, stateOf, type Task } from './tasks.ts'
import type { WireNode, WireService } from './wire.ts'

/*
 * Swarm keeps no log of what it did, but the tasks of a slot follow each other and say how they ended: what happened is read
 * from them. A cause is named only where the tasks leave no doubt.
 */

export interface History {
  readonly service: WireService
  readonly tasks: readonly Task[]
  readonly nodes: ReadonlyMap<string, WireNode>
}

/** Oldest first; what is older than `since` is left out. */
export function eventsOf(history: History, since: Temporal.Instant): PlatformEvent[] {
  const places = Map.groupBy(history.tasks, placeOf)
  const events = [...places.values()].flatMap(tasks => {
    const inOrder = [...tasks].sort((a, b) => moment(a) - moment(b))
    return inOrder.flatMap((task, index) => {
      const around = { before: inOrder[index - 1], after: inOrder[index + 1], history }
      return [launch(task, around), termination(task, around)].filter(event => event !== null)
    })
  })
  return events
    .filter(event => Temporal.Instant.compare(event.at, since) >= 0)
    .sort((a, b) => Temporal.Instant.compare(a.at, b.at) || (a.id < b.id ? -1 : 1))
}

interface Around {
  readonly before: Task | undefined
  readonly after: Task | undefined
  readonly history: History
}

function launch(task: Task, around: Around): PlatformEvent | null {
  const at = createdAt(task)
  if (at === null) return null
  const error = failureOf(task)
  const outcome = error !== null && hasEnded(task) ? 'failed' : hasStarted(task) ? 'succeeded' : 'in-progress'
  const cause = causeOfLaunch(task, around)
  return { id: `${task.ID}/launch`, at, kind: 'launch', instance: task.ID, cause, outcome, detail: detailOf(task), error }
}

function termination(task: Task, around: Around): PlatformEvent | null {
  const at = endedAt(task)
  if (at === null || neverRan(task)) return null
  const cause = causeOfEnd(task, around)
  return {
    id: `${task.ID}/end`,
    at,
    kind: 'terminate',
    instance: task.ID,
    cause,
    outcome: 'succeeded',
    detail: detailOf(task),
    error: null,
  }
}

function causeOfLaunch(task: Task, { before, history }: Around): EventCause {
  if (before === undefined) return isScaleOut(task, history) ? 'scale-out' : 'unknown'
  if (templateVersion(before.Spec) !== templateVersion(task.Spec)) return 'deployment'
  return hasEnded(before) || before.DesiredState === 'shutdown' ? 'replacement' : 'unknown'
}

/** A slot that nobody remembers may be new, or its past forgotten: only a service that was made larger just before tells. */
function isScaleOut(task: Task, { service }: History): boolean {
  const size = (spec: WireService['Spec'] | null): number | undefined => spec?.Mode?.Replicated?.Replicas
  const [was, is] = [size(service.PreviousSpec ?? undefined), size(service.Spec)]
  if (isGlobal(service) || was === undefined || is === undefined || is <= was) return false
  return (task.CreatedAt ?? '') >= (service.UpdatedAt ?? '~')
}

/**
 * One that fails is lost by its own fault or by a strike, which look the same. One that is shut down was meant to go: for another
 * specification, for fewer replicas, or because its node was drained or lost.
 */
function causeOfEnd(task: Task, { after, history }: Around): EventCause {
  const state = stateOf(task)
  if (/unhealthy/i.test(task.Status?.Err ?? '')) return 'unhealthy'
  if (state === 'failed' || state === 'complete') return 'unknown'
  if (after !== undefined && templateVersion(after.Spec) !== templateVersion(task.Spec)) return 'deployment'
  const node = history.nodes.get(task.NodeID ?? '')
  if (state === 'orphaned' || node?.Status?.State === 'down') return 'interruption'
  if (node?.Spec?.Availability === 'drain') return 'rebalance'
  if (after !== undefined) return 'unknown'
  return isGlobal(history.service) ? 'unknown' : 'scale-in'
}

/** Resources that are not there may be there tomorrow; all else needs the owner. */
function failureOf(task: Task): PlatformFailure | null {
  const message = task.Status?.Err ?? ''
  if (message === '' || (!neverRan(task) && !isUnplaced(task))) return null
  const category = /insufficient resources|host-mode port already in use/i.test(message) ? 'capacity' : 'broken'
  return { category, message }
}

/** Ended before its container ever ran: the image was not there, a mount could not be made, the program is missing. */
function neverRan(task: Task): boolean {
  if (!hasEnded(task)) return false
  if (stateOf(task) === 'rejected') return true
  return stateOf(task) === 'failed' && /^(starting container failed|No such image|create )/i.test(task.Status?.Err ?? '')
}

function hasStarted(task: Task): boolean {
  return stateOf(task) === 'running' || (hasEnded(task) && !neverRan(task))
}

function detailOf(task: Task): string {
  const { Message: message = '', Err: error = '' } = task.Status ?? {}
  const told = [message, error].filter(text => text !== '').join(': ')
  return `${placeOf(task)}: ${stateOf(task)}${told === '' ? '' : ` (${told})`}`
}

function moment(task: Task): number {
  return createdAt(task)?.epochMilliseconds ?? 0
}
