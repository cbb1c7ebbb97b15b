import type { Log } from '../domain/log.ts'
import type { Clock, Milliseconds } from '../domain/time.ts'
import { type Handler, Handlings, idOf } from './handlings.ts'
import { millisecondsUntil } from './moment.ts'
import type { Queue, WakeKind } from './queue.ts'

/** Of BullMQ, too: long enough for a step to end, and with what else must be closed short of the 10 s that `docker stop` grants. */
export const CLOSE_WITHIN: Milliseconds = 5000

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} }

interface Pending {
  readonly kind: WakeKind
  readonly key: string
  readonly at: Temporal.Instant
  /** Ends the sleep, null while nobody handles this kind yet. */
  readonly timer: AbortController | null
}

/**
 * Wake-ups as timers of this process. They die with it: the first tick after a start finds in the ledger what is due.
 * It sleeps on the clock it is given, so simulated time drives it.
 */
export function openInProcessQueue(options: { readonly clock: Clock; readonly log?: Log }): Queue {
  return new InProcessQueue(options.clock, options.log ?? SILENT)
}

class InProcessQueue implements Queue {
  readonly #clock: Clock
  readonly #log: Log
  readonly #handlings: Handlings
  readonly #pending = new Map<string, Pending>()
  #closing: Promise<void> | null = null

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#handlings = new Handlings(clock, log)
  }

  async wake(kind: WakeKind, key: string, at: Temporal.Instant): Promise<void> {
    if (this.#handlings.stopped || this.#handlings.keep(kind, key, at)) return
    const pending = this.#pending.get(idOf(kind, key))
    if (pending !== undefined && Temporal.Instant.compare(pending.at, at) <= 0) return
    pending?.timer?.abort()
    this.#schedule(kind, key, at)
  }

  onWake(kind: WakeKind, handler: Handler): void {
    this.#handlings.add(kind, handler)
    for (const waiting of [...this.#pending.values()]) {
      if (waiting.kind === kind && waiting.timer === null) this.#schedule(kind, waiting.key, waiting.at)
    }
  }

  close(within: Milliseconds = CLOSE_WITHIN): Promise<void> {
    this.#closing ??= this.#close(within)
    return this.#closing
  }

  async #close(within: Milliseconds): Promise<void> {
    for (const { timer } of this.#pending.values()) timer?.abort()
    this.#pending.clear()
    await this.#handlings.stop(within)
  }

  #schedule(kind: WakeKind, key: string, at: Temporal.Instant): void {
    const timer = this.#handlings.handles(kind) ? new AbortController() : null
    const pending: Pending = { kind, key, at, timer }
    this.#pending.set(idOf(kind, key), pending)
    if (timer !== null) void this.#fire(pending, timer.signal)
  }

  async #fire(pending: Pending, signal: AbortSignal): Promise<void> {
    const { kind, key, at } = pending
    try {
      const left = millisecondsUntil(at, this.#clock)
      if (left > 0) await this.#clock.sleep(left, signal)
      // What is due at once still waits its turn: a handler that asks for "now" again must not starve the rest.
      else await new Promise(resolve => setImmediate(resolve))
    } catch (error) {
      // Moved or closed; a clock that fails for any other reason loses a wake-up, which the ledger repairs.
      if (!signal.aborted) this.#log.error('timer failed', { kind, key, error: String(error) })
      return
    }
    if (signal.aborted) return
    this.#pending.delete(idOf(kind, key))
    const again = await this.#handlings.run(kind, key)
    if (again !== null) await this.wake(kind, key, again)
  }
}
