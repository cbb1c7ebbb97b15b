import { type Installation, openInstallation } from '../compose.ts'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { reasonOf } from '../engine/context.ts'
import { runService } from '../engine/service.ts'
import { holdWorkerRole } from '../ledger/worker-role.ts'
import { serveHealth } from '../web/health.ts'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import type { ServeOptions } from './options.ts'

/** The long-running service: schedules, worker, health page. Ends with 0 on SIGTERM, within 10 s; open drills go on at the next start. */
export async function serve(options: ServeOptions, io: Io): Promise<number> {
  const settings = await loadSettings({ file: options.config, env: io.env, cwd: io.cwd })
  let installation: Installation | null = null
  const ready = async () => (installation === null ? 'starting' : readiness(installation))
  const health = await serveHealth(settings.web.listen, ready).catch(error => explainTaken(error, settings))
  try {
    installation = await openInstallation(options, io, { worker: true, patient: true })
    installation.log.info('serving', { listen: health.address, schedules: settings.schedules.map(one => one.name) })
    await work(installation, io.signal)
    return 0
  } catch (error) {
    if (io.signal.aborted && installation === null) return 0
    throw error
  } finally {
    await health.close()
    await (installation as Installation | null)?.close()
  }
}

/** Most often it is a first service on the same ledger that holds the address: then that is what must be said. */
async function explainTaken(error: unknown, settings: Settings): Promise<never> {
  if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
  await (await holdWorkerRole(settings.ledger)).release()
  throw new UsageError(`another program listens on ${settings.web.listen}; end it, or set web.listen in firedrill.yaml to another address`)
}

export async function work(installation: Installation, signal: AbortSignal): Promise<void> {
  const queue = await installation.openQueue()
  await runService(installation.engine, queue, signal)
  installation.log.info('stopped', {})
}

async function readiness(installation: Installation): Promise<string | null> {
  try {
    await installation.ledger.now()
    return null
  } catch (error) {
    return reasonOf(error)
  }
}
