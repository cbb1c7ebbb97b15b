import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import type { Clock, Milliseconds } from '../../src/domain/time.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly every: number | null
  readonly run: () => void
}

/** Turns of the event loop after which everything that did not wait for a timer has come to rest. */
const turns = 3

/**
 * Simulated time for a whole process: `setTimeout`, `setInterval`, `AbortSignal.timeout` and `Date` of everything in it, libraries included, follow
 * this clock from the moment it is made. It must be made before libraries are loaded that keep a `setTimeout` of their own.
 */
export class SimulatedTime implements Clock {
  readonly #immediate = setImmediate
  readonly #start: number
  #now: number
  #order = 0
  readonly #timers = new Map<number, Timer>()
  #sorted: Timer[] = []

  constructor(start: string) {
    this.#start = Date.parse(start)
    this.#now = this.#start
    this.#takeOver()
  }

  now(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(Math.floor(this.#now))
  }

  monotonic(): Milliseconds {
    return this.#now - this.#start
  }

  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stop = () => {
        this.#timers.delete(id)
        reject(signal?.reason)
      }
      const id = this.#add(duration, null, () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      })
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  /** Back to a moment, with nothing left of what waited: a further run in the same process begins like the first. */
  startAgain(): void {
    this.#timers.clear()
    this.#sorted = []
    this.#now = this.#start
  }

  /** Lets time pass, from one timer to the next, until the work has ended. Throws where it waits for no timer at all. */
  async run<Result>(work: Promise<Result>): Promise<Result> {
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    for (;;) {
      await this.#rest()
      if (isOver) return work
      if (!this.#fireNext()) await this.#waitForReal(() => isOver)
    }
  }

  /** Lets so much time pass. */
  advance(duration: Milliseconds): Promise<void> {
    return this.run(this.sleep(duration))
  }

  #fireNext(): boolean {
    for (let next = this.#sorted.pop(); next !== undefined; next = this.#sorted.pop()) {
      if (this.#timers.get(next.order) !== next) continue
      this.#timers.delete(next.order)
      this.#now = Math.max(this.#now, next.at)
      if (next.every !== null) this.#insert({ ...next, at: this.#now + next.every })
      next.run()
      return true
    }
    return false
  }

  async #rest(): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await new Promise<void>(resolve => this.#immediate(resolve))
    // A library that loads a part of itself at first use waits for the disk, which knows nothing of simulated time.
    while (process.getActiveResourcesInfo().some(resource => resource.endsWith('ReqPromise') || resource.endsWith('ReqCallback')))
      await new Promise<void>(resolve => this.#immediate(resolve))
  }

  async #waitForReal(isOver: () => boolean): Promise<void> {
    for (let turn = 0; turn < 10_000; turn++) {
      await this.#rest()
      if (isOver() || this.#sorted.length > 0) return
    }
    throw new Error('somebody waits for something that no timer will bring')
  }

  #add(delay: number, every: number | null, run: () => void): number {
    // As Node's own: whole milliseconds, and never none. Code that waits for a fraction again and again would stop time.
    const wait = delay >= 1 ? Math.trunc(delay) : 1
    return this.#insert({ at: this.#now + wait, order: ++this.#order, every, run })
  }

  /** Latest first, so that the next is at the end; of two at the same moment the one set first fires first. */
  #insert(timer: Timer): number {
    this.#timers.set(timer.order, timer)
    const sorted = this.#sorted
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = sorted[middle] as Timer
      if (other.at > timer.at || (other.at === timer.at && other.order > timer.order)) low = middle + 1
      else high = middle
    }
    sorted.splice(low, 0, timer)
    if (sorted.length > 1000 && sorted.length > 4 * this.#timers.size)
      this.#sorted = sorted.filter(each => this.#timers.get(each.order) === each)
    return timer.order
  }

  #takeOver(): void {
    const handle = (id: number) => ({
      ref() {
        return this
      },
      unref() {
        return this
      },
      hasRef: () => true,
      [Symbol.toPrimitive]: () => id,
    })
    const idOf = (given: unknown): number => (typeof given === 'object' && given !== null ? Number(given) : Number(given ?? Number.NaN))
    const clear = (given: unknown): void => {
      this.#timers.delete(idOf(given))
    }
    const now = () => this.#now
    const RealDate = Date
    class SimulatedDate extends RealDate {
      constructor(...given: [] | [number | string | Date]) {
        super(...((given.length === 0 ? [now()] : given) as [number]))
      }

      static override now(): number {
        return Math.floor(now())
      }
    }
    Object.assign(globalThis, {
      setTimeout: (run: (...given: unknown[]) => void, delay = 0, ...given: unknown[]) =>
        handle(this.#add(delay, null, () => run(...given))),
      setInterval: (run: (...given: unknown[]) => void, delay = 0, ...given: unknown[]) =>
        handle(this.#add(delay, Math.max(1, delay), () => run(...given))),
      clearTimeout: clear,
      clearInterval: clear,
      Date: SimulatedDate,
    })
    AbortSignal.timeout = delay => {
      const controller = new AbortController()
      this.#add(delay, null, () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')))
      return controller.signal
    }
    timers.setTimeout = ((delay = 0, value: unknown = undefined) => this.sleep(delay).then(() => value)) as typeof timers.setTimeout
    syncBuiltinESMExports()
  }
}
