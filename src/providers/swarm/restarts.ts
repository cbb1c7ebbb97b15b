import type { Milliseconds } from '../../domain/time.ts'
import { templateVersion } from './spec.ts'
import { createdAt, isJob, placeOf, type Task, taskName } from './tasks.ts'
import type { WireService } from './wire.ts'

const MILLISECOND_IN_NANOSECONDS = 1_000_000

export interface RestartFacts {
  readonly service: WireService
  readonly name: string
  readonly tasks: readonly Task[]
  /** Ended tasks that the Swarm remembers of each slot; null: not known. */
  readonly remembered: number | null
  readonly now: Temporal.Instant
}

/** Null: Swarm makes a new task when one is lost. Else a sentence on why it does not. */
export function replacementOff(facts: RestartFacts): string | null {
  const { service } = facts
  if (isJob(service)) return 'it is a job, and a job is not kept running'
  const runtime = service.Spec?.TaskTemplate?.Runtime
  if (runtime !== undefined && runtime !== '' && runtime !== 'container') return `its tasks are of the runtime ${runtime}, not containers`
  const condition = conditionOf(service)
  if (condition === 'none') return 'its restart condition is none, so Swarm does not replace a task that ends'
  if (condition !== 'any' && condition !== 'on-failure')
    return `its restart condition ${condition} is not known to this version of Firedrill`
  return attemptsUsedUp(facts)
}

/** A task that is asked to stop ends without failure, and is then left as it is where only failures restart. */
export function notReplacedAfterRetire(service: WireService): string | null {
  if (conditionOf(service) !== 'on-failure') return null
  return 'its restart condition is on-failure, and a task that stops when it is asked to has not failed: use `method: crash`, or the condition any'
}

/** How many restarts each place has left, the fewest first; null: without limit. */
export function restartsLeft(facts: RestartFacts): { readonly place: string; readonly left: number } | null {
  const most = maxAttempts(facts.service)
  if (most === 0) return null
  const places = [...Map.groupBy(running(facts), placeOf).keys()]
  const left = places.map(place => ({ place, left: most - restarts(facts, place).length }))
  return left.sort((a, b) => a.left - b.left)[0] ?? null
}

function conditionOf(service: WireService): string {
  return service.Spec?.TaskTemplate?.RestartPolicy?.Condition || 'any'
}

function maxAttempts(service: WireService): number {
  return service.Spec?.TaskTemplate?.RestartPolicy?.MaxAttempts ?? 0
}

/** Swarm counts the restarts of a slot, for as long as its specification stays the same, within the policy's window if there is one. */
function attemptsUsedUp(facts: RestartFacts): string | null {
  const most = maxAttempts(facts.service)
  if (most === 0) return null
  for (const task of running(facts)) {
    const place = placeOf(task)
    const used = restarts(facts, place).length
    if (used >= most)
      return `${taskName(task, facts.name)} has used up its ${most} ${most === 1 ? 'restart' : 'restarts'} (restart policy max_attempts), so Swarm would not replace it`
    const known = facts.tasks.filter(other => placeOf(other) === place).length - 1
    // Only so many ended tasks are remembered: where the memory is full, there may have been more.
    if (facts.remembered !== null && known >= facts.remembered && most > facts.remembered)
      return `how many of its ${most} restarts ${place} has used up cannot be told: the Swarm remembers ${facts.remembered} tasks of a slot (task-history-limit)`
  }
  return null
}

function restarts({ service, tasks, now }: RestartFacts, place: string): readonly Task[] {
  const current = templateVersion(service.Spec?.TaskTemplate)
  const window: Milliseconds = (service.Spec?.TaskTemplate?.RestartPolicy?.Window ?? 0) / MILLISECOND_IN_NANOSECONDS
  const born = (task: Task): number => createdAt(task)?.epochMilliseconds ?? 0
  const inPlace = tasks.filter(task => placeOf(task) === place && templateVersion(task.Spec) === current).sort((a, b) => born(a) - born(b))
  // The first was no restart.
  return inPlace.slice(1).filter(task => window === 0 || born(task) >= now.epochMilliseconds - window)
}

function running({ tasks }: RestartFacts): readonly Task[] {
  return tasks.filter(task => task.DesiredState === 'running' && task.Status?.State === 'running')
}
