/** Where the simulated world reads the time. It is the only source of time in this folder. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
}

/** Wall time, `speed` times as fast from the moment of the call. */
export function realClock(speed = 1): Clock {
  const start = Date.now()
  return { now: () => start + (Date.now() - start) * speed }
}

/** A clock that stands still until it is moved. */
export class SimulatedClock implements Clock {
  #now: number

  constructor(start: number) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  advance(milliseconds: number): void {
    if (!(milliseconds >= 0)) throw new RangeError(`time cannot go back by ${milliseconds} ms`)
    this.#now += milliseconds
  }
}
