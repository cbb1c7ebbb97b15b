import type { Queue } from '../queue/queue.ts'
import { type Engine, reasonOf } from './context.ts'
import { deliverAndWake, outbox } from './tell.ts'
import { strikeDue, tick, tickEvery, watchAndWake } from './tick.ts'

/**
 * The long-running service: a handler for each kind of wake-up and one loop that asks for ticks, so that a queue that lost everything starts
 * again within a minute. Returns when the signal is aborted and the running steps have ended, or were left resumable.
 */
export async function runService(given: Engine, queue: Queue, signal: AbortSignal): Promise<void> {
  const engine: Engine = { ...given, noticed: () => wakeOutbox(given, queue) }
  queue.onWake('tick', ({ signal: step }) => tick(engine, queue, step))
  queue.onWake('drill', ({ key, signal: step }) => strikeDue(engine, queue, key, step))
  queue.onWake('watch', ({ key, signal: step }) => watchAndWake(engine, queue, key, step))
  if (engine.notifier !== undefined) queue.onWake('notify', ({ signal: step }) => deliverAndWake(engine, queue, step))
  while (!signal.aborted) {
    await queue
      .wake('tick', 'all', engine.clock.now())
      .catch(error => engine.log.error('the queue cannot be reached', { why: reasonOf(error) }))
    await engine.clock.sleep(tickEvery, signal).catch(() => {})
  }
  await queue.close()
}

/** A wake-up that is lost costs a minute: the next tick finds in the ledger what must be sent. */
function wakeOutbox(engine: Engine, queue: Queue): void {
  queue.wake('notify', outbox, engine.clock.now()).catch(error => engine.log.warn('a wake-up was lost', { why: reasonOf(error) }))
}
