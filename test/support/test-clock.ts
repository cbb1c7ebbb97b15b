import type { Clock, Milliseconds } from '../../src/domain/time.ts'

interface Sleeper {
  readonly due: Milliseconds
  readonly wake: () => void
}

/**
 * Simulated time: it stands still until `advance` moves it. Sleepers wake in the order of their moments, and what
 * each one sets going is given the chance to settle before time moves on.
 */
export class TestClock implements Clock {
  readonly #start: Temporal.Instant
  #elapsed: Milliseconds = 0
  #sleepers: Sleeper[] = []

  constructor(start: Temporal.Instant | string = '2026-11-02T10:00:00Z') {
    this.#start = Temporal.Instant.from(start)
  }

  now(): Temporal.Instant {
    // Whole microseconds: an Instant takes no fractions of a nanosecond.
    return this.#start.add({ microseconds: Math.round(this.#elapsed * 1000) })
  }

  monotonic(): Milliseconds {
    return this.#elapsed
  }

  /** How many sleeps are pending: a leak check for tests. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stop = () => {
        this.#sleepers = this.#sleepers.filter(other => other !== sleeper)
        reject(signal?.reason)
      }
      const wake = () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      const sleeper: Sleeper = { due: this.#elapsed + Math.max(0, duration), wake }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  /** Moves time on by so many milliseconds, waking sleepers on the way, each at its own moment. */
  async advance(duration: Milliseconds): Promise<void> {
    const end = this.#elapsed + duration
    await settle()
    for (let next = this.#next(end); next !== null; next = this.#next(end)) await this.#wake(next)
    this.#elapsed = end
    await settle()
  }

  /**
   * Moves from one sleeper to the next until the predicate holds; throws when it does not within `limit` simulated
   * milliseconds. Work that waits for real I/O is given a little real time before simulated time moves on.
   */
  async runUntil(predicate: () => boolean | Promise<boolean>, limit: Milliseconds = 3_600_000): Promise<void> {
    const end = this.#elapsed + limit
    await settle()
    while (!(await predicate())) {
      const next = this.#next(end)
      if (next !== null) await this.#wake(next)
      else if (!(await this.#waitForReal(predicate, end))) throw new Error(`not reached within ${limit} ms of simulated time`)
    }
  }

  /** With nobody asleep only real I/O can bring news; it gets two real seconds. */
  async #waitForReal(predicate: () => boolean | Promise<boolean>, end: Milliseconds): Promise<boolean> {
    for (let attempt = 0; attempt < 200; attempt++) {
      await new Promise(resolve => setTimeout(resolve, 10))
      if ((await predicate()) || this.#next(end) !== null) return true
    }
    return false
  }

  #next(end: Milliseconds): Sleeper | null {
    let first: Sleeper | null = null
    for (const sleeper of this.#sleepers) if (sleeper.due <= end && (first === null || sleeper.due < first.due)) first = sleeper
    return first
  }

  async #wake(sleeper: Sleeper): Promise<void> {
    this.#elapsed = Math.max(this.#elapsed, sleeper.due)
    this.#sleepers = this.#sleepers.filter(other => other !== sleeper)
    sleeper.wake()
    await settle()
  }
}

/** A few turns of the event loop: promises, immediates and I/O that is ready get their chance. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
}
