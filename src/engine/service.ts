import { LedgerError } from '../ledger/ledger.ts'
import type { Queue, WakeKind, WakeUp } from '../queue/queue.ts'
import { type Engine, reasonOf } from './context.ts'
import { deliverAndWake, outbox } from './tell.ts'
import { strikeDue, tick, tickEvery, watchAndWake } from './tick.ts'

/** Between two questions to a ledger that is away. */
const askLedgerEvery = 2_000

/**
 * The long-running service: a handler for each kind of wake-up and one loop that asks for ticks, so that a queue that lost everything starts
 * again within a minute, and what a ledger that was away has cost as soon as that is back. Returns when the signal is aborted and the
 * running steps have ended, or were left resumable.
 */
export async function runService(given: Engine, queue: Queue, signal: AbortSignal): Promise<void> {
  const engine: Engine = { ...given, noticed: () => wakeOutbox(given, queue) }
  const isAway = tickWhenBack(engine, queue, signal)
  const on = (kind: WakeKind, step: (wakeUp: WakeUp) => Promise<void>) =>
    queue.onWake(kind, wakeUp =>
      step(wakeUp).catch(error => {
        if (error instanceof LedgerError && error.code === 'unreachable') isAway(error)
        throw error
      }),
    )
  on('tick', step => tick(engine, queue, step.signal))
  on('drill', step => strikeDue(engine, queue, step.key, step.signal))
  on('watch', step => watchAndWake(engine, queue, step.key, step.signal))
  if (engine.notifier !== undefined) on('notify', step => deliverAndWake(engine, queue, step.signal))
  while (!signal.aborted) {
    await queue
      .wake('tick', 'all', engine.clock.now())
      .catch(error => engine.log.error('the queue cannot be reached', { why: reasonOf(error) }))
    await engine.clock.sleep(tickEvery, signal).catch(() => {})
  }
  await queue.close()
}

/** A step that fails because the ledger is away takes its next wake-up along: the tick that finds it again comes when the ledger is back. */
function tickWhenBack(engine: Engine, queue: Queue, signal: AbortSignal): (error: LedgerError) => void {
  const { clock, ledger, log } = engine
  let isAsking = false
  async function ask(): Promise<void> {
    const since = clock.monotonic()
    do await clock.sleep(askLedgerEvery, signal)
    while (!(await answers(ledger)))
    isAsking = false
    log.info('the ledger is back', { awaySeconds: Math.round((clock.monotonic() - since) / 1000) })
    await queue.wake('tick', 'all', clock.now())
  }
  return error => {
    if (isAsking || signal.aborted) return
    isAsking = true
    log.warn('the ledger is away; nothing is struck until it is back', { why: error.message })
    ask().catch(failed => {
      isAsking = false
      if (!signal.aborted) log.warn('a wake-up was lost', { why: reasonOf(failed) })
    })
  }
}

async function answers(ledger: Engine['ledger']): Promise<boolean> {
  return ledger.now().then(
    () => true,
    () => false,
  )
}

/** A wake-up that is lost costs a minute: the next tick finds in the ledger what must be sent. */
function wakeOutbox(engine: Engine, queue: Queue): void {
  queue.wake('notify', outbox, engine.clock.now()).catch(error => engine.log.warn('a wake-up was lost', { why: reasonOf(error) }))
}
