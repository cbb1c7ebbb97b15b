import type { Milliseconds } from '../../domain/time.ts'

export interface Attempts {
  /** Seconds to wait before this address may try again; 0: it may. */
  wait(address: string): number
  failed(address: string): void
}

const allowed = 10
const within: Milliseconds = 5 * 60_000
/** Whoever calls from more addresses than this only makes us forget the oldest. */
const remembered = 10_000

/** Wrong tokens by address, in a window that slides. `now` never goes backwards. */
export function countAttempts(now: () => Milliseconds): Attempts {
  const failures = new Map<string, readonly Milliseconds[]>()
  const recent = (address: string) => (failures.get(address) ?? []).filter(at => at > now() - within)
  return {
    wait(address) {
      const times = recent(address)
      const first = times.at(-allowed)
      return first === undefined ? 0 : Math.max(1, Math.ceil((first + within - now()) / 1000))
    },
    failed(address) {
      const times = [...recent(address), now()].slice(-allowed)
      failures.delete(address)
      failures.set(address, times)
      const [oldest] = failures.keys()
      if (failures.size > remembered && oldest !== undefined) failures.delete(oldest)
    },
  }
}
