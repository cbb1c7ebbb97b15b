import type { AskedSize } from '../../src/domain/drill.ts'
import type { Asking } from '../../src/providers/provider.ts'

/** What the ledger would keep of one restore, for every process that goes on with it. */
export class Kept implements Asking {
  last: AskedSize | null = null

  async keep(asked: AskedSize | null): Promise<boolean> {
    this.last = asked
    return true
  }
}
