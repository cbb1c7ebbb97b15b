import { setTimeout as pause } from 'node:timers/promises'
import type { Clock, Milliseconds } from '../../domain/time.ts'

/** How often the clock moves, and by how much at most. */
const every: Milliseconds = 5
const longestStep: Milliseconds = 15

/**
 * Real time that waits for a slow machine: it moves with the turns of this process, so a world and its watcher that share
 * it fall behind together. Without it, seconds in which the process got no turn would pass in the simulated cloud alone,
 * and what happened in them would never be seen.
 */
export class PatientClock implements Clock {
  readonly #start = Date.now()
  readonly #timer = setInterval(() => this.#step(), every)
  #last = performance.now()
  #passed: Milliseconds = 0

  now(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(this.#start + Math.floor(this.#passed))
  }

  monotonic(): Milliseconds {
    return this.#passed
  }

  async sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    const end = this.#passed + duration
    signal?.throwIfAborted()
    try {
      while (this.#passed < end) await pause(Math.max(1, Math.ceil(end - this.#passed)), undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #step(): void {
    const at = performance.now()
    this.#passed += Math.min(at - this.#last, longestStep)
    this.#last = at
  }
}
