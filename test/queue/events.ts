import { AssertionError } from 'node:assert/strict'

/** Things that happened, and a way to wait for the next ones instead of sleeping. */
export class Events<T> {
  readonly all: T[] = []
  #watchers = new Set<() => void>()

  push(event: T): void {
    this.all.push(event)
    for (const watcher of this.#watchers) watcher()
  }

  /** Resolves with everything so far once there are so many; fails after `within` ms. */
  reach(count: number, within = 10_000): Promise<readonly T[]> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (this.all.length < count) return
        clearTimeout(timer)
        this.#watchers.delete(check)
        resolve(this.all)
      }
      const timer = setTimeout(() => {
        this.#watchers.delete(check)
        reject(new AssertionError({ message: `${this.all.length} of ${count} events in ${within} ms: ${JSON.stringify(this.all)}` }))
      }, within)
      this.#watchers.add(check)
      check()
    })
  }
}

/** Lets real time pass where the point is that nothing happens in it. */
export function pass(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

export function inMs(milliseconds: number): Temporal.Instant {
  return Temporal.Now.instant().add({ milliseconds })
}
