import type { Clock } from '../../src/domain/time.ts'
import { openInProcessQueue } from '../../src/queue/in-process.ts'
import type { Queue, WakeKind, WakeUp } from '../../src/queue/queue.ts'

type Handler = (wakeUp: WakeUp) => Promise<void>

/** A queue that delivers twice at once, and can forget every wake-up while what it has begun goes on. */
export class ShakyQueue implements Queue {
  readonly #clock: Clock
  readonly #doubled: readonly WakeKind[]
  readonly #handlers = new Map<WakeKind, Handler>()
  #forgotten = { value: false }
  #inner: Queue

  /** `doubled`: the kinds that are delivered twice. */
  constructor(clock: Clock, doubled: readonly WakeKind[]) {
    this.#clock = clock
    this.#doubled = doubled
    this.#inner = this.#open()
  }

  /** As a server that lost its data: nothing that was asked for comes. */
  forget(): void {
    this.#forgotten.value = true
    this.#forgotten = { value: false }
    this.#inner = this.#open()
    for (const [kind, handler] of this.#handlers) this.#inner.onWake(kind, handler)
  }

  wake(kind: WakeKind, key: string, at: Temporal.Instant): Promise<void> {
    return this.#inner.wake(kind, key, at)
  }

  onWake(kind: WakeKind, handler: Handler): void {
    const twice: Handler = async wakeUp => {
      const done = await Promise.allSettled([handler(wakeUp), handler(wakeUp)])
      for (const one of done) if (one.status === 'rejected') throw one.reason
    }
    const delivered = this.#doubled.includes(kind) ? twice : handler
    this.#handlers.set(kind, delivered)
    this.#inner.onWake(kind, delivered)
  }

  close(within?: number): Promise<void> {
    return this.#inner.close(within)
  }

  #open(): Queue {
    const forgotten = this.#forgotten
    const clock = this.#clock
    return openInProcessQueue({
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        async sleep(duration, signal) {
          await clock.sleep(duration, signal)
          if (forgotten.value) await new Promise(() => {})
        },
      },
    })
  }
}
