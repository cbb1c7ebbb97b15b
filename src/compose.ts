import { randomUUID } from 'node:crypto'
import { UsageError } from './commands/exit.ts'
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
import type { Clock, Milliseconds } from './domain/time.ts'
import type { Engine } from './engine/context.ts'
import { failPoints } from './fail-points.ts'
import { openFingerprinter } from './fingerprints/registry.ts'
import { openGuard } from './guards/registry.ts'
import type { NewEvent } from './ledger/ledger.ts'
import { outlastOutages } from './ledger/outlast.ts'
import { holdWorkerRole } from './ledger/worker-role.ts'
import { openNotifier } from './notify/open.ts'
import type { Surroundings } from './outside/secrets.ts'
import { openProbe } from './probes/registry.ts'
import type { Provider } from './providers/provider.ts'
import { ProviderError } from './providers/provider-error.ts'
import { providers as registered } from './providers/registry.ts'
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
  /** A platform that cannot be reached yet is tried again until the signal: a service outlives outages, also at its start. */
  readonly patient?: boolean
  /** A ledger whose server goes away is waited for; told why when that begins, and null when it is back. Left out: each call fails at once. */
  readonly outage?: (problem: string | null) => void
  /** The machine's own time by default. */
  readonly clock?: Clock
  /** Told of every request to a platform. */
  readonly onCall?: (provider: string, operation: string, outcome: string) => void
}

/** Between two tries to reach a platform at the start of a service. */
const retryEvery = 3_000
/** A platform that takes longer is told of. */
const answersWithin = 5_000
/** What an SDK that tries again by itself says of it: the user sees nothing but slowness. */
const throttling = /throttl|RequestLimitExceeded|TooManyRequests/i
/** Between two lines that say the same. */
const tellAgainEvery = 60_000

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
    // A service waits for its platforms for ever, and a wrong address of its queue must not hide behind that.
    if (needs.patient === true) await open()
    const providers = await openProviders(settings, {
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
    })
    closers.push(...providers.map(provider => () => provider.close()))
    const traces = tracing === null ? null : await openTraces({ settings: tracing, env: io.env, ledger, clock, log })
    if (traces !== null) closers.push(() => traces.close())
    const told = tellOfWaits(log, needs)
    const parts = {
      ledger,
      providers: providers.map(points.provider),
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

interface ProviderNeeds {
  readonly clock: Clock
  readonly log: Log
  readonly env: Io['env']
  readonly signal: AbortSignal
  readonly patient: boolean
  /** Told once of a platform that lets us wait: an SDK that retries may do so for minutes before it says why. */
  readonly slow: (provider: string) => void
  readonly onCall: (provider: string, operation: string, outcome: string) => void
}

async function openProviders(settings: Settings, deps: ProviderNeeds): Promise<Provider[]> {
  const names = Object.keys(settings.providers)
  if (names.length === 0) {
    throw new UsageError('no provider is configured: name one under `providers:` in firedrill.yaml (`firedrill init` makes a sample)')
  }
  return Promise.all(names.map(name => openOne(name, settings, deps)))
}

async function openOne(name: string, settings: Settings, { onCall, patient, slow, ...deps }: ProviderNeeds): Promise<Provider> {
  const known = registered[name]
  const own = settings.providers[name]
  if (known === undefined || own === undefined) throw new UsageError(`there is no provider ${name}`)
  const { openProvider } = await known.load()
  const tell = onceInAWhile(deps.clock, why =>
    deps.log.error('platform cannot be reached and will be tried again', { provider: name, why }),
  )
  const throttled = onceInAWhile(deps.clock, provider =>
    deps.log.warn('platform is throttling; looks and strikes may be late', { provider }),
  )
  const heard = (operation: string, outcome: string) => {
    onCall(name, operation, outcome)
    if (throttling.test(outcome)) throttled(name)
  }
  const answered = new AbortController()
  deps.clock.sleep(answersWithin, answered.signal).then(
    () => slow(name),
    () => {},
  )
  for (;;) {
    try {
      return await openProvider(own, { ...deps, onCall: heard })
    } catch (error) {
      const passing = error instanceof ProviderError && ['unavailable', 'unknown', 'throttled'].includes(error.code)
      if (!passing || !patient || deps.signal.aborted) throw error
      tell(error.message)
      await deps.clock.sleep(retryEvery, deps.signal)
    } finally {
      answered.abort()
    }
  }
}

/** What goes on as it was is told again after a minute, and anything else at once. */
function onceInAWhile(clock: Clock, tell: (why: string) => void): (why: string) => void {
  let last: { readonly why: string; readonly at: Milliseconds } | null = null
  return why => {
    const now = clock.monotonic()
    if (last !== null && last.why === why && now - last.at < tellAgainEvery) return
    last = { why, at: now }
    tell(why)
  }
}

function engineOf(
  settings: Settings,
  parts: Pick<Engine, 'ledger' | 'providers' | 'clock' | 'log' | 'changed' | 'waits' | 'traced'>,
  env: Io['env'],
): Engine {
  const { haltFile, folder } = settings
  const surroundings: Surroundings = { env, folder, now: () => parts.clock.now() }
  const notifier = openNotifier({ ...surroundings, settings, ledger: parts.ledger, log: parts.log })
  const brought = Object.assign({}, ...parts.providers.map(provider => provider.guards ?? {}))
  return {
    ...parts,
    schedules: settings.schedules,
    never: settings.never,
    limits: settings.limits,
    openGuard: check => openGuard(check, { ...surroundings, brought }),
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
