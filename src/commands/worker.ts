import { type Installation, openInstallation } from '../compose.ts'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { isOpenToAll, listenSchema, openToAll, openToAllAdvice } from '../config/web-schema.ts'
import { readTokens, type WebToken } from '../config/web-tokens.ts'
import { watchLag } from '../engine/watch-lag.ts'
import { orAborted } from '../providers/shared/deadline.ts'
import { type ApiCalls, countApiCalls } from '../telemetry/api-calls.ts'
import { type Listener, startServer, type WebServer } from '../web/server.ts'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import { openDrills } from './open-drills.ts'
import type { WorkerOptions } from './options.ts'
import { endingInTime, readinessOf, wasStopped, work } from './serve.ts'

/** A further worker for the same queue and ledger. An embedded one has room for one process only. */
export function worker(options: WorkerOptions, io: Io): Promise<number> {
  return endingInTime(workUntilAsked(options, io), io)
}

async function workUntilAsked(options: WorkerOptions, io: Io): Promise<number> {
  const settings = await loadSettings({ file: options.config, env: io.env, cwd: io.cwd })
  if (settings.ledger.kind === 'embedded' || settings.queue.kind === 'embedded') {
    throw new UsageError(
      'a further worker needs a shared ledger and queue: set ledger: postgres://… and queue: redis://… or postgres://… in firedrill.yaml',
    )
  }
  const tokens = options.listen === undefined ? [] : await readTokens(settings)
  const apiCalls = countApiCalls()
  let installation: Installation | null = null
  let working: Installation | null = null
  let server: WebServer | null = null
  try {
    server = options.listen === undefined ? null : await listen(options.listen, settings, () => working)
    const open = openDrills()
    const needs = { worker: true, patient: true, onCall: apiCalls.count, changed: open.changed }
    installation = await orAborted(openInstallation(options, io, needs), io.signal)
    await open.learn(installation.ledger)
    open.tellWhenCutOff(io)
    const queue = await orAborted(installation.openQueue(), io.signal)
    const opened = installation
    working = opened
    server?.serve(() => openMetricsPage(opened, { apiCalls, tokens }))
    opened.log.info('working', { schedules: settings.schedules.map(one => one.name) })
    await work(opened, queue, io.signal)
    return 0
  } catch (error) {
    if (wasStopped(error, io.signal)) return 0
    throw error
  } finally {
    await server?.close()
    await installation?.close()
  }
}

async function listen(address: string, { web }: Settings, working: () => Installation | null): Promise<WebServer> {
  if (!listenSchema.safeParse(address).success) throw new UsageError(`--listen ${address} is no address and port: write 127.0.0.1:9090`)
  if (isOpenToAll(address, web)) throw new UsageError(`${openToAll(address)}. ${openToAllAdvice}`)
  let ready: (() => Promise<string | null>) | null = null
  const isReady = async () => {
    const installation = working()
    if (installation === null) return 'starting'
    ready ??= readinessOf(installation)
    return ready()
  }
  return startServer(address, isReady).catch(error => {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new UsageError(`another program listens on ${address}; end it, or give --listen another address`)
    throw error
  })
}

/** Loaded when somebody asks for the first time: idle, it costs no memory. */
async function openMetricsPage(
  { settings, clock, log, engine }: Installation,
  { apiCalls, tokens }: { readonly apiCalls: ApiCalls; readonly tokens: readonly WebToken[] },
): Promise<Listener> {
  const [{ openMetricsListener }, { openProcessMetrics }] = await Promise.all([import('../web/open.ts'), import('../telemetry/metrics.ts')])
  const metrics = openProcessMetrics({ apiCalls, watchLag: () => watchLag(engine) })
  return openMetricsListener({ settings, tokens, clock, log, metrics })
}
