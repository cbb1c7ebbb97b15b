import type { NewMessage, Notice } from '../domain/notice.ts'
import type { Queue } from '../queue/queue.ts'
import { type Engine, reasonOf } from './context.ts'

/** How long a campaign that is over goes on sending. */
const lastWords = 15_000
/** How often a campaign looks whether something must be sent. */
const every = 250

/** To be written in the same transaction as what they tell of. */
export function messagesFor(engine: Engine, notices: readonly Notice[]): { readonly messages?: readonly NewMessage[] } {
  const messages = notices.flatMap(notice => engine.notifier?.messagesFor(notice) ?? [])
  return messages.length === 0 ? {} : { messages }
}

/** Writes down messages that stand in no transaction of their own. */
export async function post(engine: Engine, messages: readonly NewMessage[]): Promise<void> {
  if (messages.length === 0) return
  await engine.ledger.post(messages)
  engine.noticed?.()
}

/** Mirrors in the queue when a message must be sent next: it only wakes, the ledger knows what is to be sent (S12). */
export async function mirrorMessages(engine: Engine, queue: Queue, before: Temporal.Instant): Promise<void> {
  if (engine.notifier === undefined) return
  await post(engine, engine.notifier.periodic(await engine.ledger.now()))
  const next = await engine.ledger.nextMessageAt()
  if (next !== null && Temporal.Instant.compare(next, before) <= 0) await queue.wake('notify', outbox, next)
}

/** The one key of the queue's `notify` wake-ups. */
export const outbox = 'outbox'

export async function deliverAndWake(engine: Engine, queue: Queue, signal: AbortSignal): Promise<void> {
  const next = (await engine.notifier?.deliver(signal)) ?? null
  if (next !== null) await queue.wake('notify', outbox, next)
}

/**
 * Sends beside a campaign until it is over, and then what is due for a bounded time. What could not be sent stays in the
 * ledger for the next run or service.
 */
export async function deliverBeside(engine: Engine, isOver: () => boolean, signal: AbortSignal): Promise<void> {
  const { notifier } = engine
  if (notifier === undefined) return
  let overSince: number | null = null
  while (!signal.aborted) {
    if (isOver()) overSince ??= engine.clock.monotonic()
    let next: Temporal.Instant | null = null
    try {
      if (overSince !== null) await post(engine, notifier.periodic(await engine.ledger.now()))
      next = await notifier.deliver(signal)
    } catch (error) {
      if (!signal.aborted) engine.log.error('messages could not be sent', { why: reasonOf(error) })
    }
    if (overSince !== null) {
      const left = lastWords - (engine.clock.monotonic() - overSince)
      const wait = next === null ? null : next.since(await engine.ledger.now()).total('milliseconds')
      if (wait === null || wait > left) return
    }
    await engine.clock.sleep(every, signal).catch(() => {})
  }
}
