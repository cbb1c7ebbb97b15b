import type { Log } from '../domain/log.ts'
import type { Clock, Milliseconds } from '../domain/time.ts'
import type { WakeKind, WakeUp } from './queue.ts'

export type Handler = (wakeUp: WakeUp) => Promise<void>

interface Handling {
  readonly controller: AbortController
  readonly done: Promise<void>
  /** The earliest moment that was asked for while this runs. */
  again: Temporal.Instant | null
}

/**
 * The handlers of one process and what they are doing now: one at a time for each kind and key. What both kinds of
 * queue need: joining a doubled wake-up to the one that runs, remembering what is asked for meanwhile, and an orderly end.
 */
export class Handlings {
  readonly #clock: Clock
  readonly #log: Log
  readonly #handlers = new Map<WakeKind, Handler>()
  readonly #running = new Map<string, Handling>()
  #stopped = false

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  add(kind: WakeKind, handler: Handler): void {
    if (this.#handlers.has(kind)) throw new Error(`there is a handler for ${kind} already`)
    this.#handlers.set(kind, handler)
  }

  handles(kind: WakeKind): boolean {
    return this.#handlers.has(kind)
  }

  get stopped(): boolean {
    return this.#stopped
  }

  get count(): number {
    return this.#running.size
  }

  /** True where this kind and key is being handled here: the moment is then kept for when it is done. */
  keep(kind: WakeKind, key: string, at: Temporal.Instant): boolean {
    const handling = this.#running.get(idOf(kind, key))
    if (handling === undefined) return false
    handling.again = earlier(handling.again, at)
    return true
  }

  /**
   * Runs the handler and returns the moment that was asked for meanwhile, or null. Never throws: a handler that does
   * is logged. A wake-up for what is running already is kept for afterwards, and one that comes too late for now.
   */
  async run(kind: WakeKind, key: string): Promise<Temporal.Instant | null> {
    const handler = this.#handlers.get(kind)
    if (this.#stopped || handler === undefined) return this.#clock.now()
    if (this.keep(kind, key, this.#clock.now())) return null
    const controller = new AbortController()
    const done = this.#call(handler, { kind, key, signal: controller.signal })
    const handling: Handling = { controller, done, again: null }
    this.#running.set(idOf(kind, key), handling)
    await done
    this.#running.delete(idOf(kind, key))
    return handling.again
  }

  /** Tells one handler to stop: its lease is lost, and somebody else may have been woken for the same. */
  abort(kind: WakeKind, key: string, reason: string): void {
    this.#running.get(idOf(kind, key))?.controller.abort(new Error(reason))
  }

  /** Starts no handler any more, signals those that run and waits for them; false when some still run after `within`. */
  async stop(within: Milliseconds): Promise<boolean> {
    this.#stopped = true
    for (const { controller } of this.#running.values()) controller.abort(new Error('the queue is closing'))
    const all = Promise.all(Array.from(this.#running.values(), handling => handling.done))
    const ended = await settledWithin(all, within, this.#clock)
    if (!ended) this.#log.warn('handlers did not end in time', { running: Array.from(this.#running.keys()), within })
    return ended
  }

  async #call(handler: Handler, wakeUp: WakeUp): Promise<void> {
    try {
      // A handler that throws before its first await must not throw into the queue.
      await Promise.resolve().then(() => handler(wakeUp))
    } catch (error) {
      const fields = { kind: wakeUp.kind, key: wakeUp.key, error: messageOf(error) }
      if (wakeUp.signal.aborted) this.#log.info('handler was interrupted', fields)
      else this.#log.error('handler failed', fields)
    }
  }
}

export function idOf(kind: WakeKind, key: string): string {
  return `${kind}:${key}`
}

export function earlier(a: Temporal.Instant | null, b: Temporal.Instant | null): Temporal.Instant | null {
  if (a === null || b === null) return a ?? b
  return Temporal.Instant.compare(a, b) <= 0 ? a : b
}

export function messageOf(error: unknown): string {
  // A connection refused on both IPv4 and IPv6 is an AggregateError without a message of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** True when the work settled in time; its failure is the caller's to look at. No timer stays behind. */
export async function settledWithin(work: Promise<unknown>, within: Milliseconds, clock: Clock): Promise<boolean> {
  const timer = new AbortController()
  const settled = work.then(
    () => true,
    () => true,
  )
  const tooLate = clock.sleep(within, timer.signal).then(
    () => false,
    () => false,
  )
  const inTime = await Promise.race([settled, tooLate])
  timer.abort()
  return inTime
}
