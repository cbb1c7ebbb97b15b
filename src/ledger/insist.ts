import type { Milliseconds } from '../domain/time.ts'
import { LedgerError } from './ledger.ts'

/** How long a ledger that another process keeps locked is asked again. */
const FOR_ALL: Milliseconds = 120_000

/**
 * For the brake (S2): workers that were stopped in the midst of a write hold the lock one after the other until each is cut off, and
 * it does not give up before. Throws what `work` throws: LedgerError `in-use` after two minutes, or once the signal is aborted.
 */
export async function insist<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  const since = performance.now()
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isLocked = error instanceof LedgerError && error.code === 'in-use'
      if (!isLocked || signal.aborted || performance.now() - since >= FOR_ALL) throw error
    }
  }
}
