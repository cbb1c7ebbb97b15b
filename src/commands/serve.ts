import { type Installation, openInstallation } from '../compose.ts'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { readTokens, type WebToken } from '../config/web-tokens.ts'
import type { Milliseconds } from '../domain/time.ts'
import { reasonOf } from '../engine/context.ts'
import { runService } from '../engine/service.ts'
import { veto } from '../engine/veto.ts'
import { watchLag } from '../engine/watch-lag.ts'
import { holdWorkerRole } from '../ledger/worker-role.ts'
import { orAborted } from '../providers/shared/deadline.ts'
import { settledWithin } from '../queue/handlings.ts'
import type { Queue } from '../queue/queue.ts'
import { type ApiCalls, countApiCalls } from '../telemetry/api-calls.ts'
import { systemClock } from '../telemetry/system-clock.ts'
import { type Listener, startServer } from '../web/server.ts'
import { UsageError } from './exit.ts'
import { type Io, whoIsThere } from './io.ts'
import { openDrills } from './open-drills.ts'
import type { ServeOptions } from './options.ts'
import { writeSentence } from './terminal.ts'

/** With what it takes to start, and to end a process, short of the 10 s that `docker stop` grants. */
const endWithin: Milliseconds = 9_000

/** The long-running service: schedules, worker, pages. Ends with 0 on SIGTERM, within 10 s; open drills go on at the next start. */
export function serve(options: ServeOptions, io: Io): Promise<number> {
  return endingInTime(serveUntilAsked(options, io), io)
}

async function serveUntilAsked(options: ServeOptions, io: Io): Promise<number> {
  const settings = await loadSettings({ file: options.config, env: io.env, cwd: io.cwd })
  const tokens = await readTokens(settings)
  let installation: Installation | null = null
  let ready: (() => Promise<string | null>) | null = null
  const server = await startServer(settings.web.listen, async () => (ready === null ? 'starting' : ready())).catch(error =>
    explainTaken(error, settings),
  )
  try {
    const apiCalls = countApiCalls()
    const open = openDrills()
    const needs = { worker: true, patient: true, onCall: apiCalls.count, changed: open.changed }
    installation = await orAborted(openInstallation(options, io, needs), io.signal)
    await open.learn(installation.ledger)
    open.tellWhenCutOff(io)
    const opened: Opened = { installation, settings, tokens, apiCalls, since: await installation.ledger.now(), io }
    const queue = await orAborted(installation.openQueue(), io.signal)
    ready = readinessOf(installation)
    server.serve(() => openPages(opened))
    installation.log.info('serving', { listen: server.address, schedules: settings.schedules.map(one => one.name) })
    await work(installation, queue, io.signal)
    return 0
  } catch (error) {
    if (wasStopped(error, io.signal)) return 0
    throw error
  } finally {
    await server.close()
    await (installation as Installation | null)?.close()
  }
}

interface Opened {
  readonly installation: Installation
  readonly settings: Settings
  readonly tokens: readonly WebToken[]
  readonly apiCalls: ApiCalls
  readonly since: Temporal.Instant
  readonly io: Io
}

/** Pages and metrics are loaded when somebody asks for the first: idle, they cost no memory. */
async function openPages({ installation, settings, tokens, apiCalls, since, io }: Opened): Promise<Listener> {
  const { ledger, clock, log, engine } = installation
  const { haltFileExists, unreachable = new Map() } = engine
  try {
    const { openListener } = await import('../web/open.ts')
    let collect: (() => Promise<string>) | null = null
    const metrics = async () => {
      const { openMetrics } = await import('../telemetry/metrics.ts')
      collect ??= openMetrics({ ledger, schedules: settings.schedules, apiCalls, haltFileExists, since, watchLag: () => watchLag(engine) })
      return collect()
    }
    return await openListener({
      settings,
      ledger,
      clock,
      log,
      haltFileExists,
      unreachable,
      veto: (drill, words) => veto(engine, drill, words),
      metrics,
      tokens,
      localName: whoIsThere(io.env),
      closing: io.signal,
    })
  } catch (error) {
    log.error('the pages cannot be made', { why: reasonOf(error) })
    throw error
  }
}

/** Most often it is a first service on the same ledger that holds the address: then that is what must be said. */
async function explainTaken(error: unknown, settings: Settings): Promise<never> {
  if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
  await (await holdWorkerRole(settings.ledger)).release()
  throw new UsageError(`another program listens on ${settings.web.listen}; end it, or set web.listen in firedrill.yaml to another address`)
}

/** Asked to end before it had begun, perhaps because a server that it waits for does not answer: nothing is left undone. */
export function wasStopped(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error === signal.reason
}

/**
 * Each part of an orderly end waits for its own server, and where several of them hang that adds up. What has not ended by then is left
 * as a crash would leave it: whoever starts next finds it in the ledger.
 */
export async function endingInTime(service: Promise<number>, io: Pick<Io, 'signal' | 'stderr'>, within = endWithin): Promise<number> {
  try {
    return await orAborted(service, io.signal)
  } catch (error) {
    if (!wasStopped(error, io.signal)) throw error
  }
  if (await settledWithin(service, within, systemClock())) return service
  writeSentence(io.stderr, `firedrill: did not end in order within ${within / 1000} s; what is open goes on at the next start`)
  return 0
}

/** Until the signal is aborted; the queue is closed then. */
export async function work({ engine, log }: Installation, queue: Queue, signal: AbortSignal): Promise<void> {
  await runService(engine, queue, signal)
  log.info('stopped', {})
}

/** Everybody may ask, so why it is not goes into the log, once. */
export function readinessOf({ ledger, log }: Installation): () => Promise<string | null> {
  let isTold = false
  return async () => {
    try {
      await ledger.now()
      isTold = false
      return null
    } catch (error) {
      if (!isTold) log.error('the ledger does not answer', { why: reasonOf(error) })
      isTold = true
      return 'the ledger does not answer; the log says why'
    }
  }
}
