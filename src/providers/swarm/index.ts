import { parseDuration } from '../../domain/duration.ts'
import type { GroupId, GroupSummary, Scope, ScopeId } from '../../domain/group.ts'
import type { Capabilities, Provider } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { ProviderDeps } from '../registry.ts'
import type { EngineApi } from './api.ts'
import { openEngine } from './client.ts'
import type { SwarmContext } from './context.ts'
import { declare } from './declare.ts'
import { describe } from './describe.ts'
import { discover } from './discover.ts'
import { Engines } from './engines.ts'
import { forecast } from './forecast.ts'
import { scopeId } from './ids.ts'
import { fingerprint } from './inside.ts'
import { observe } from './observe.ts'
import { enginesOf, type SwarmSettings, swarmSettingsSchema } from './settings.ts'
import { strike } from './strike.ts'

const CAPABILITIES: Capabilities = {
  methods: ['retire', 'crash'],
  replacesItself: true,
  // Both calls name the victim's container, and no other task ever has it.
  namesInstance: ['retire', 'crash'],
  // An engine reports what became of a task to the managers with its next heartbeat at the latest, which is five seconds.
  staleness: 10_000,
  looksInside: true,
  driftIgnore: [],
  healthCheck: 'give the image or the service a healthcheck',
}

/**
 * Opens Swarm: asks each engine which node it is, and makes one scope of each Swarm that a configured engine manages. An engine that
 * does not answer is tolerated while a manager does. Throws ProviderError: `unavailable` where none answers, `invalid` where none is
 * a manager.
 */
export async function openProvider(settings: unknown, deps: ProviderDeps): Promise<Provider> {
  const checked = swarmSettingsSchema.parse(settings)
  const signal = deps.signal ?? new AbortController().signal
  const onCall = deps.onCall ?? (() => {})
  const apis: EngineApi[] = await Promise.all(enginesOf(checked).map(address => openEngine(address, { onCall })))
  const engines = new Engines(apis, deps)
  try {
    const identities = await engines.identities(signal)
    const clusters = [...new Set(identities.flatMap(({ isManager, cluster }) => (isManager && cluster !== null ? [cluster] : [])))]
    if (clusters.length === 0) throw noManager(engines, identities.length)
    return new SwarmProvider(engines, contextsOf(clusters, { engines, settings: checked, deps }))
  } catch (error) {
    engines.close()
    throw error
  }
}

function contextsOf(
  clusters: readonly string[],
  from: { engines: Engines; settings: SwarmSettings; deps: ProviderDeps },
): Map<ScopeId, SwarmContext> {
  const { engines, settings, deps } = from
  const { clock, log } = deps
  const optIn = new Set(settings.optIn)
  const optOut = new Set(settings.optOut)
  const optInById = (group: GroupId): 'in' | 'out' | null => (optOut.has(group) ? 'out' : optIn.has(group) ? 'in' : null)
  const common = { engines, clock, log, optInById, startUp: parseDuration(settings.startUp) ?? 0 }
  return new Map(clusters.map(cluster => [scopeId(cluster), { scope: scopeId(cluster), cluster, ...common }]))
}

function noManager(engines: Engines, answering: number): ProviderError {
  const [silent] = engines.silences()
  if (answering === 0 && silent !== undefined)
    return new ProviderError(`No Docker engine answers. ${silent.why}`, { code: 'unavailable', operation: 'open', mayHaveActed: false })
  const message = `None of the configured Docker engines manages a Swarm. Name a manager under providers.swarm.engines, or run docker swarm init there.${silent === undefined ? '' : ` ${silent.why}`}`
  return new ProviderError(message, { code: silent === undefined ? 'invalid' : 'unavailable', operation: 'open', mayHaveActed: false })
}

class SwarmProvider implements Provider {
  readonly name = 'swarm'
  readonly capabilities = CAPABILITIES
  readonly #engines: Engines
  readonly #contexts: ReadonlyMap<ScopeId, SwarmContext>
  readonly #scopes: readonly Scope[]

  constructor(engines: Engines, contexts: ReadonlyMap<ScopeId, SwarmContext>) {
    this.#engines = engines
    this.#contexts = contexts
    this.#scopes = [...contexts.keys()].map(id => ({ id, provider: 'swarm' }))
  }

  scopes(): readonly Scope[] {
    return this.#scopes
  }

  async *discover(scope: Scope, signal: AbortSignal): AsyncIterable<GroupSummary> {
    yield* discover(this.#context(scope.id), signal)
  }

  async observe(...[scope, groups, options, signal]: Parameters<Provider['observe']>) {
    return observe(this.#context(scope.id), groups, options, signal)
  }

  async declare(...[scope, groups, signal]: Parameters<Provider['declare']>) {
    return declare(this.#context(scope.id), groups, signal)
  }

  async describe(...[scope, instances, signal]: Parameters<Provider['describe']>) {
    return describe(this.#context(scope.id), instances, signal)
  }

  async fingerprint(...[scope, instance, options, signal]: Parameters<NonNullable<Provider['fingerprint']>>) {
    return fingerprint(this.#context(scope.id), instance, options, signal)
  }

  async strike(...[order, signal, mayStillSend]: Parameters<Provider['strike']>) {
    return strike(this.#context(order.scope), order, { signal, mayStillSend })
  }

  async forecast(...[scope, groups, signal]: Parameters<Provider['forecast']>) {
    return forecast(this.#context(scope.id), groups, signal)
  }

  async close(): Promise<void> {
    this.#engines.close()
  }

  #context(scope: ScopeId): SwarmContext {
    const context = this.#contexts.get(scope)
    if (context !== undefined) return context
    throw new ProviderError(`${scope} is no Swarm that a configured engine manages. Name a manager of it under providers.swarm.engines.`, {
      code: 'invalid',
      operation: 'open',
      mayHaveActed: false,
    })
  }
}
