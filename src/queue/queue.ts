/** What a wake-up is about. `key` names the thing: `all`, a drill id, a scope id. */
export type WakeKind = 'tick' | 'drill' | 'watch' | 'notify'

export interface WakeUp {
  readonly kind: WakeKind
  readonly key: string
  /** Aborted when the queue closes, or when the handler's lease is known to be lost. */
  readonly signal: AbortSignal
}

/**
 * Wakes, never decides: a wake-up may be lost, late or doubled, and the ledger repairs it (S12).
 * One pending wake-up per kind and key; asking again moves it to the earlier of the two moments.
 * Asking for the key that is being handled queues exactly one more.
 */
export interface Queue {
  wake(kind: WakeKind, key: string, at: Temporal.Instant): Promise<void>
  /** One handler per kind. A handler that throws is logged; the ledger's next tick wakes it again. */
  onWake(kind: WakeKind, handler: (wakeUp: WakeUp) => Promise<void>): void
  /** No further handler starts; running ones are signalled and awaited for at most `within` ms. Idempotent. */
  close(within?: number): Promise<void>
}
