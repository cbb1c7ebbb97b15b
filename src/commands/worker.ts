import { openInstallation } from '../compose.ts'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import type { WorkerOptions } from './options.ts'
import { work } from './serve.ts'

/** A further worker for the same queue and ledger. An embedded one has room for one process only. */
export async function worker(options: WorkerOptions, io: Io): Promise<number> {
  const installation = await openInstallation(options, io, { worker: true, patient: true })
  try {
    const { ledger, queue } = installation.settings
    if (ledger.kind === 'embedded' || queue.kind === 'embedded') {
      throw new UsageError(
        'a further worker needs a shared ledger and queue: set ledger: postgres://… and queue: redis://… or postgres://… in firedrill.yaml',
      )
    }
    await work(installation, io.signal)
    return 0
  } finally {
    await installation.close()
  }
}
