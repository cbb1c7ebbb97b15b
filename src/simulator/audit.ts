/** One API call as a cloud's own audit log shows it. */
export interface AuditEntry {
  readonly at: number
  readonly service: string
  readonly operation: string
  readonly account: string | null
  readonly region: string
  /** Of an assumed role, or null. */
  readonly sessionName: string | null
  readonly principal: string | null
  readonly userAgent: string
  readonly writes: boolean
  /** `ok`, or the error's code; `dropped` and `hung` where a fault kept the answer back. */
  readonly outcome: string
  /** The group, instance or role that a write named. */
  readonly subject: string | null
}

const KEPT = 20_000

export class Audit {
  readonly #entries: AuditEntry[] = []
  readonly #counts = new Map<string, number>()

  record(entry: AuditEntry): void {
    const key = `${entry.service}:${entry.operation}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    this.#entries.push(entry)
    // Reads of a long run would fill the memory; counts go on.
    if (this.#entries.length > KEPT * 2) this.#entries.splice(0, KEPT)
  }

  /** Oldest first; of a very long run only the latest. */
  entries(): readonly AuditEntry[] {
    return this.#entries
  }

  /** Requests since the start or the last reset, by `service:operation`. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }

  resetCounts(): void {
    this.#counts.clear()
  }
}
