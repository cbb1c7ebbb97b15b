import { type Installation, openInstallation } from '../compose.ts'
import { orAborted } from '../providers/shared/deadline.ts'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import { openDrills } from './open-drills.ts'
import type { WorkerOptions } from './options.ts'
import { wasStopped, work } from './serve.ts'

/** A further worker for the same queue and ledger. An embedded one has room for one process only. */
export async function worker(options: WorkerOptions, io: Io): Promise<number> {
  let installation: Installation | null = null
  try {
    const open = openDrills()
    installation = await orAborted(openInstallation(options, io, { worker: true, patient: true, changed: open.changed }), io.signal)
    const { ledger, queue } = installation.settings
    if (ledger.kind === 'embedded' || queue.kind === 'embedded') {
      throw new UsageError(
        'a further worker needs a shared ledger and queue: set ledger: postgres://… and queue: redis://… or postgres://… in firedrill.yaml',
      )
    }
    await open.learn(installation.ledger)
    open.tellWhenCutOff(io)
    await work(installation, io.signal)
    return 0
  } catch (error) {
    if (wasStopped(error, io.signal)) return 0
    throw error
  } finally {
    await installation?.close()
  }
}
