import { UsageError } from './commands/exit.ts'
import type { Io } from './commands/io.ts'
import { writeSentence } from './commands/terminal.ts'
import type { ProviderSettings, Settings } from './config/settings.ts'
import type { Log } from './domain/log.ts'
import type { Clock, Milliseconds } from './domain/time.ts'
import { reasonOf } from './engine/context.ts'
import type { Provider } from './providers/provider.ts'
import { ProviderError } from './providers/provider-error.ts'
import { type RegisteredProvider, providers as registered } from './providers/registry.ts'
import { boundedLooks, isThrottling } from './providers/shared/bounded-looks.ts'

/** Between two tries to reach a platform at the start of a service. */
const retryEvery = 3_000
/** Between two tries where it refuses: somebody must change something first. */
const retryRefusedEvery = 30_000
/** A platform that takes longer is told of, and others do not wait for it. */
const answersWithin = 5_000
/** Between two lines that say the same. */
const tellAgainEvery = 60_000

/** The configured platforms. A service goes on with those that answer: what is open on one must not wait for an outage of another. */
export interface Platforms {
  /** In the order of firedrill.yaml. It grows as platforms come in. */
  readonly providers: readonly Provider[]
  /** Those that are not in yet, by name, and why. */
  readonly unreachable: ReadonlyMap<string, string>
  close(): Promise<void>
}

export interface PlatformNeeds {
  readonly clock: Clock
  readonly log: Log
  readonly env: Io['env']
  readonly signal: AbortSignal
  /** Whoever cannot be reached is tried again for ever. */
  readonly patient: boolean
  /** Told once of a platform that lets us wait: an SDK that retries may do so for minutes before it says why. */
  readonly slow: (provider: string) => void
  readonly onCall: (provider: string, operation: string, outcome: string) => void
  readonly throttled: (provider: string, problem: string | null) => void
  readonly wrapped: (provider: Provider) => Provider
}

/** How each provider is opened, by its name. */
export type Known = Readonly<Record<string, Pick<RegisteredProvider, 'load'>>>

/** For commands that say nothing until they are done. */
export function throttledOnScreen({ stderr }: Pick<Io, 'stderr'>, clock: Clock): PlatformNeeds['throttled'] {
  let latest = ''
  const tell = onceInAWhile(clock, () => writeSentence(stderr, `firedrill: ${latest}`))
  return (provider, problem) => {
    if (problem === null) return
    latest = problem
    tell(provider)
  }
}

/**
 * Opens every configured platform. One alone, or for a command that ends, must open; of several, a service waits for the first, and for
 * the others' first answer. Throws ProviderError where none of them can be used as things are.
 */
export async function openPlatforms(
  settings: Pick<Settings, 'providers'>,
  needs: PlatformNeeds,
  known: Known = registered,
): Promise<Platforms> {
  const names = Object.keys(settings.providers)
  if (names.length === 0) {
    throw new UsageError('no provider is configured: name one under `providers:` in firedrill.yaml (`firedrill init` makes a sample)')
  }
  const ending = new AbortController()
  const signal = AbortSignal.any([needs.signal, ending.signal])
  const providers: Provider[] = []
  const unreachable = new Map<string, string>()
  const goesOnWithout = needs.patient && names.length > 1
  let isServing = false

  async function open(name: string, stumbled: (error: Error) => void): Promise<void> {
    const onStumble = (error: Error) => {
      if (!goesOnWithout) return
      unreachable.set(name, error.message)
      stumbled(error)
    }
    const opened = await openOne(name, {
      ...needs,
      settings: settings.providers[name],
      known: known[name],
      signal,
      goesOnWithout,
      onStumble,
    })
    providers.push(needs.wrapped(opened))
    providers.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name))
    if (unreachable.delete(name)) needs.log.info('platform is reachable now', { provider: name })
  }

  const starts = names.map(name => {
    const { promise: stumble, resolve: stumbled } = Promise.withResolvers<Error>()
    const opening = open(name, stumbled)
    opening.catch(error => {
      if (signal.aborted || !goesOnWithout) return
      unreachable.set(name, reasonOf(error))
      if (isServing) needs.log.error('platform cannot be used, and is not tried again', { provider: name, why: reasonOf(error) })
    })
    return { opening, first: Promise.race([opening.then(() => null), stumble]) }
  })
  const openings = starts.map(({ opening }) => opening)
  async function close(): Promise<void> {
    ending.abort()
    await Promise.allSettled(openings)
    await Promise.all(providers.map(provider => provider.close()))
  }
  try {
    const problems = (await Promise.all(starts.map(({ first }) => first))).filter(error => error !== null)
    const [problem] = problems
    if (problem !== undefined && problems.length === names.length && problems.every(isRefusal)) throw problem
    if (providers.length === 0) await Promise.race(openings)
    isServing = true
    return { providers, unreachable, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface OneNeeds extends PlatformNeeds {
  readonly settings: ProviderSettings | undefined
  readonly known: Known[string] | undefined
  readonly goesOnWithout: boolean
  /** Told whenever a try has failed, or takes long. */
  readonly onStumble: (error: Error) => void
}

async function openOne(name: string, needs: OneNeeds): Promise<Provider> {
  const { settings, known, onCall, patient, slow, throttled, goesOnWithout, onStumble, wrapped: _wrapped, ...deps } = needs
  if (known === undefined || settings === undefined) throw new UsageError(`there is no provider ${name}`)
  const { openProvider } = await known.load()
  const tell = onceInAWhile(deps.clock, why =>
    deps.log.error('platform cannot be reached and will be tried again', { provider: name, why }),
  )
  const logThrottling = onceInAWhile(deps.clock, provider =>
    deps.log.warn('platform is throttling; looks and strikes may be late', { provider }),
  )
  const looks = boundedLooks(name, problem => throttled(name, problem))
  const heard = (operation: string, outcome: string) => {
    onCall(name, operation, outcome)
    looks.heard(operation, outcome)
    if (isThrottling(outcome)) logThrottling(name)
  }
  const answered = new AbortController()
  deps.clock.sleep(answersWithin, answered.signal).then(
    () => {
      slow(name)
      onStumble(new Error(`${name} has not answered yet`))
    },
    () => {},
  )
  for (;;) {
    try {
      const opening = looks.within(deps.signal, signal => openProvider(settings, { ...deps, signal, onCall: heard }))
      return looks.bounded(await opening.finally(() => answered.abort()))
    } catch (error) {
      if (deps.signal.aborted || !patient || !(error instanceof ProviderError) || error.code === 'invalid') throw error
      if (isRefusal(error) && !goesOnWithout) throw error
      tell(error.message)
      onStumble(error)
      await deps.clock.sleep(isRefusal(error) ? retryRefusedEvery : retryEvery, deps.signal)
    }
  }
}

/** It answered, and trying again gives the same until somebody changes something. */
function isRefusal(error: Error): boolean {
  return error instanceof ProviderError && !['unavailable', 'unknown', 'throttled'].includes(error.code)
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
