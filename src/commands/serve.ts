import { type Installation, openInstallation } from '../compose.ts'
import { reasonOf } from '../engine/context.ts'
import { runService } from '../engine/service.ts'
import { serveHealth } from '../web/health.ts'
import type { Io } from './io.ts'
import type { ServeOptions } from './options.ts'

/** The long-running service: schedules, worker, health page. Ends with 0 on SIGTERM, within 10 s; open drills go on at the next start. */
export async function serve(options: ServeOptions, io: Io): Promise<number> {
  const installation = await openInstallation(options, io, { worker: true })
  try {
    const health = await serveHealth(installation.settings.web.listen, () => readiness(installation))
    installation.log.info('serving', { listen: health.address, schedules: installation.settings.schedules.map(one => one.name) })
    try {
      await work(installation, io.signal)
    } finally {
      await health.close()
    }
    return 0
  } finally {
    await installation.close()
  }
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
