import { randomUUID } from 'node:crypto'
import type { Io } from './commands/io.ts'
import type { CommonOptions } from './commands/options.ts'
import { writeSentence } from './commands/terminal.ts'
import { isHaltedByFile } from './config/halt-file.ts'
import { loadSettings } from './config/load.ts'
import { readLogLevel } from './config/log-level.ts'
import type { Settings } from './config/settings.ts'
import { readTraceSettings } from './config/trace-settings.ts'
import type { Drill } from './domain/drill.ts'
import type { Log } from './domain/log.ts'
import type { Clock } from './domain/time.ts'
import type { Engine } from './engine/context.ts'
import { failPoints } from './fail-points.ts'
import { openFingerprinter } from './fingerprints/registry.ts'
import { openGuard } from './guards/registry.ts'
import type { NewEvent } from './ledger/ledger.ts'
import { outlastOutages } from './ledger/outlast.ts'
import { holdWorkerRole } from './ledger/worker-role.ts'
import { openNotifier } from './notify/open.ts'
import type { Surroundings } from './outside/secrets.ts'
import { openPlatforms, throttledOnScreen } from './platforms.ts'
import { openProbe } from './probes/registry.ts'
import { openQueue } from './queue/open.ts'
import type { Queue } from './queue/queue.ts'
import { openLedgerFor, type Stored, sayingSo } from './stored.ts'
import { openLog } from './telemetry/log.ts'
import { systemClock } from './telemetry/system-clock.ts'
import { openTraces } from './telemetry/traces.ts'
import { tellOfWaits } from './telemetry/waits.ts'

/** Everything: what looks at groups, and what drills them. */
export interface Installation extends Stored {
  readonly engine: Engine
  readonly log: Log
  /** Opened once, closed with the rest. Throws QueueError where its server cannot be used. */
  openQueue(): Promise<Queue>
}

export interface InstallationNeeds {
  /** Holds the worker role: of an embedded ledger only one process may strike and watch. */
  readonly worker: boolean
  /** Told of every change of a drill. */
  readonly changed?: (drill: Drill) => void
  /** Told of every plan that a limit leaves waiting. */
  readonly waits?: Engine['waits']
  /** Only errors are logged: somebody draws on the same screen. */
  readonly quiet?: boolean
  /**
   * A platform that cannot be reached yet is tried again until the signal, and of several those that answer do not wait for it: a service
   * outlives outages, also at its start.
   */
  readonly patient?: boolean
  /** A ledger whose server goes away is waited for; told why when that begins, and null when it is back. Left out: each call fails at once. */
  readonly outage?: (problem: string | null) => void
  /** Told why a platform's looks take long, and null when they do not any more. Left out: it is written once in a while, or logged. */
  readonly throttled?: (provider: string, problem: string | null) => void
  /** The machine's own time by default. */
  readonly clock?: Clock
  /** Told of every request to a platform. */
  readonly onCall?: (provider: string, operation: string, outcome: string) => void
}

/** Opens ledger, providers and engine; what was opened is closed again where a later part fails. Throws ConfigError, LedgerError, ProviderError. */
export async function openInstallation(options: CommonOptions, io: Io, needs: InstallationNeeds): Promise<Installation> {
  const settings = await loadSettings({ file: options.config, env: io.env, cwd: io.cwd })
  const log = openLog({ level: needs.quiet === true ? 'error' : readLogLevel(io.env), stream: io.stderr, pretty: io.isTTY })
  const tracing = readTraceSettings(io.env)
  const clock = needs.clock ?? systemClock()
  const points = failPoints(io.env)
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const logged = (why: string) => log.warn('the ledger cannot be reached yet and will be tried again', { why })
    const patience = needs.quiet === true ? sayingSo(io) : { retrying: logged, signal: io.signal }
    const opened = points.ledger(await openLedgerFor(settings, { clock, ...patience }))
    closers.push(() => opened.close())
    const ledger = needs.outage === undefined ? opened : outlastOutages(opened, { clock, log, signal: io.signal, told: needs.outage })
    if (needs.worker) {
      const role = await holdWorkerRole(settings.ledger)
      closers.push(() => role.release())
    }
    let queue: Promise<Queue> | null = null
    const open = () => (queue ??= openQueue(settings.queue, { clock, log }).then(points.queue))
    closers.push(async () => {
      await (await queue?.catch(() => null))?.close()
    })
    // A service waits for a platform for ever, and a wrong address of its queue must not hide behind that.
    if (needs.patient === true) await open()
    const platforms = await openPlatforms(settings, {
      clock,
      log,
      env: io.env,
      signal: io.signal,
      patient: needs.patient === true,
      slow(provider) {
        if (needs.quiet === true) writeSentence(io.stderr, `firedrill: ${provider} has not answered yet; waiting for it`)
        else log.warn('platform has not answered yet', { provider })
      },
      onCall: needs.onCall ?? (() => {}),
      throttled: needs.throttled ?? (needs.quiet === true ? throttledOnScreen(io, clock) : () => {}),
      wrapped: points.provider,
    })
    closers.push(() => platforms.close())
    const traces = tracing === null ? null : await openTraces({ settings: tracing, env: io.env, ledger, clock, log })
    if (traces !== null) closers.push(() => traces.close())
    const told = tellOfWaits(log, needs)
    const parts = {
      ledger,
      providers: platforms.providers,
      unreachable: platforms.unreachable,
      ...(traces !== null && { traced: traces.traced }),
      clock,
      log,
      ...told,
      changed(drill: Drill, events: readonly NewEvent[]) {
        told.changed(drill)
        traces?.changed(drill, events)
      },
    }
    return { settings, ledger, clock, log, engine: engineOf(settings, parts, io.env), openQueue: open, close }
  } catch (error) {
    await close()
    throw error
  }
}

function engineOf(
  settings: Settings,
  parts: Pick<Engine, 'ledger' | 'providers' | 'unreachable' | 'clock' | 'log' | 'changed' | 'waits' | 'traced'>,
  env: Io['env'],
): Engine {
  const { haltFile, folder } = settings
  const surroundings: Surroundings = { env, folder, now: () => parts.clock.now() }
  const notifier = openNotifier({ ...surroundings, settings, ledger: parts.ledger, log: parts.log })
  // Asked anew: a platform may come in later.
  const brought = () => Object.assign({}, ...parts.providers.map(provider => provider.guards ?? {}))
  return {
    ...parts,
    schedules: settings.schedules,
    never: settings.never,
    limits: settings.limits,
    openGuard: check => openGuard(check, { ...surroundings, brought: brought() }),
    openProbe: check => openProbe(check, surroundings),
    openFingerprinter: check => openFingerprinter(check, surroundings),
    haltFileExists: () => isHaltedByFile(haltFile),
    newId: randomUUID,
    nextLooks: new Map(),
    recoveries: new Map(),
    probed: new Map(),
    ...(notifier === null ? {} : { notifier }),
  }
}
