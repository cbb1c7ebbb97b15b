import type { HealthReading, InstanceSnapshot } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { instantOf } from './ids.ts'
import { phaseOf, stateOf, type Task } from './tasks.ts'
import type { WireContainer, WireNode } from './wire.ts'

export interface HealthFacts {
  readonly task: Task
  readonly node: WireNode | undefined
  /** Null: its engine does not list it among those that run. */
  readonly container: WireContainer | null
  /** False: its engine is not configured or did not answer, so that only Swarm's own word is there. */
  readonly isReachable: boolean
  readonly monitor: Milliseconds
  readonly now: Temporal.Instant
}

/** The task's own state, and what its container's health check says where there is one. */
export function checksOf(facts: HealthFacts): HealthReading[] {
  const check = checkReading(facts)
  return check === null ? [taskReading(facts, false)] : [taskReading(facts, true), check]
}

export function overall(checks: readonly HealthReading[]): InstanceSnapshot['health'] {
  for (const state of ['unhealthy', 'unknown', 'starting'] as const) if (checks.some(check => check.state === state)) return state
  return 'healthy'
}

/**
 * Without a health check "running" says only that the program has not ended yet: it counts as well once it has run for as long as
 * Swarm itself watches an updated task.
 */
function taskReading({ task, node, container, isReachable, monitor, now }: HealthFacts, hasCheck: boolean): HealthReading {
  const reading = (state: HealthReading['state'], detail: string): HealthReading => ({ source: 'task', state, independent: false, detail })
  const told = task.Status?.Err || task.Status?.Message || ''
  const nodeState = node?.Status?.State ?? 'unknown'
  if (phaseOf(task) === 'gone') return reading('unhealthy', `${stateOf(task)}: ${told}`)
  if (phaseOf(task) === 'pending') return reading('starting', `${stateOf(task)}${told === '' ? '' : `: ${told}`}`)
  if (stateOf(task) !== 'running') return reading('unknown', stateOf(task))
  if (nodeState !== 'ready') return reading('unknown', `its node ${node?.Description?.Hostname ?? task.NodeID} is ${nodeState}`)
  if (isReachable && container === null) return reading('unknown', 'its engine does not list its container as running')
  if (container?.State !== undefined && container.State !== 'running') return reading('unhealthy', `its container is ${container.State}`)
  if (hasCheck) return reading('healthy', 'running')
  const since = instantOf(task.Status?.Timestamp)
  const ran = since === null ? Number.POSITIVE_INFINITY : now.epochMilliseconds - since.epochMilliseconds
  return ran >= monitor
    ? reading('healthy', 'running')
    : reading('starting', `running for ${Math.max(0, Math.round(ran / 100) / 10)} s only`)
}

/** A running task whose specification has a check has passed it: Swarm calls it running only then, and ends it when it fails. */
function checkReading({ task, container, isReachable }: HealthFacts): HealthReading | null {
  if (phaseOf(task) !== 'in-service') return null
  const status = container?.Health?.Status ?? statusInWords(container?.Status)
  const reading = (state: HealthReading['state'], detail: string): HealthReading => ({
    source: 'health check',
    state,
    independent: true,
    detail,
  })
  if (status === 'healthy') return reading('healthy', 'healthy')
  if (status === 'unhealthy') return reading('unhealthy', 'its health check fails')
  if (status === 'starting') return reading('starting', 'its health check has not passed yet')
  if (!isReachable && specHasCheck(task)) return reading('healthy', 'Swarm calls it running, which it does once its health check passes')
  return null
}

function specHasCheck(task: Task): boolean {
  const [kind] = task.Spec?.ContainerSpec?.Healthcheck?.Test ?? []
  return kind !== undefined && kind !== '' && kind !== 'NONE'
}

/** "Up 17 seconds (healthy)", "Up 2 seconds (health: starting)"; nothing in brackets where there is no check. */
function statusInWords(status: string | undefined): string | null {
  return /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(status ?? '')?.[1] ?? null
}
