import type { Queue } from '../queue/queue.ts'
import { type Engine, reasonOf } from './context.ts'
import { strikeDue, tick, tickEvery, watchAndWake } from './tick.ts'

/**
 * The long-running service: three handlers and one loop that asks for ticks, so that a queue that lost everything starts
 * again within a minute. Returns when the signal is aborted and the running steps have ended, or were left resumable.
 */
export async function runService(engine: Engine, queue: Queue, signal: AbortSignal): Promise<void> {
  queue.onWake('tick', ({ signal: step }) => tick(engine, queue, step))
  queue.onWake('drill', ({ key, signal: step }) => strikeDue(engine, queue, key, step))
  queue.onWake('watch', ({ key, signal: step }) => watchAndWake(engine, queue, key, step))
  while (!signal.aborted) {
    await queue
      .wake('tick', 'all', engine.clock.now())
      .catch(error => engine.log.error('the queue cannot be reached', { why: reasonOf(error) }))
    await engine.clock.sleep(tickEvery, signal).catch(() => {})
  }
  await queue.close(8_000)
}
