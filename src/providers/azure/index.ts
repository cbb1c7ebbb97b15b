import { isLoopbackUrl } from '../../config/loopback.ts'
import type { GroupId, GroupSummary, Scope, ScopeId } from '../../domain/group.ts'
import type { Capabilities, Provider } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { ProviderDeps } from '../registry.ts'
import { AzureClients } from './client.ts'
import { DRIFT_IGNORE } from './controllers.ts'
import { declare } from './declare.ts'
import { describe } from './describe.ts'
import { discover } from './discover.ts'
import { OLDEST_VIEW_MS } from './events.ts'
import { forecast } from './forecast.ts'
import { scopeId } from './ids.ts'
import { ScopeMemory } from './memory.ts'
import { observe, type ScopeContext } from './observe.ts'
import { openQuestions } from './open-questions.ts'
import { restore } from './restore.ts'
import { type AzureSettings, azureSettingsSchema } from './settings.ts'
import { strike } from './strike.ts'

const CAPABILITIES: Capabilities = {
  methods: ['retire', 'crash'],
  // A deletion takes the place along with the machine: the size must be brought back.
  replacesItself: false,
  // Numbers of uniform members and names of flexible ones may mean another machine by the time that a call is repeated.
  namesInstance: [],
  staleness: OLDEST_VIEW_MS,
  driftIgnore: DRIFT_IGNORE,
  healthCheck: "put the application health extension or a load balancer's health probe into the set's model",
}

/**
 * Opens Azure: one scope for each subscription. Whether they can be read is found out by the first listing. Throws
 * ProviderError `invalid` without any subscription, or for plain http that leaves this machine.
 */
export async function openProvider(settings: unknown, deps: ProviderDeps): Promise<Provider> {
  const checked = azureSettingsSchema.parse(settings)
  if (checked.endpoint?.startsWith('http:') && !isLoopbackUrl(checked.endpoint))
    throw invalid(`Azure: the endpoint ${checked.endpoint} is plain http, which is allowed on loopback only`)
  const clients = await AzureClients.open({
    endpoint: checked.endpoint,
    now: () => deps.clock.now(),
    onCall: deps.onCall ?? (() => {}),
  })
  const contexts = subscriptionsOf(checked, deps.env).map(subscription => contextOf(clients, { subscription, settings: checked, deps }))
  return new AzureProvider(new Map(contexts.map(context => [context.scope, context])))
}

function subscriptionsOf(settings: AzureSettings, env: ProviderDeps['env']): string[] {
  const own = env.AZURE_SUBSCRIPTION_ID ?? ''
  const subscriptions = settings.subscriptions.length > 0 ? settings.subscriptions : own === '' ? [] : [own]
  if (subscriptions.length > 0) return [...new Set(subscriptions.map(subscription => subscription.toLowerCase()))]
  throw invalid(
    'Azure: no subscription is configured. Write providers.azure.subscriptions into firedrill.yaml, or set AZURE_SUBSCRIPTION_ID',
  )
}

function contextOf(clients: AzureClients, from: { subscription: string; settings: AzureSettings; deps: ProviderDeps }): ScopeContext {
  const { clock, log } = from.deps
  const [optIn, optOut] = [from.settings.optIn, from.settings.optOut].map(ids => new Set(ids.map(plain)))
  return {
    scope: scopeId(from.subscription),
    api: clients.api(from.subscription),
    memory: new ScopeMemory(),
    clock,
    log,
    optInById: group => (optOut?.has(plain(group)) ? 'out' : optIn?.has(plain(group)) ? 'in' : null),
  }
}

/** Azure does not mind the case of names, and people write them as they like. */
function plain(group: GroupId): string {
  return group.toLowerCase()
}

class AzureProvider implements Provider {
  readonly name = 'azure'
  readonly capabilities = CAPABILITIES
  readonly #contexts: ReadonlyMap<ScopeId, ScopeContext>

  constructor(contexts: ReadonlyMap<ScopeId, ScopeContext>) {
    this.#contexts = contexts
  }

  scopes(): readonly Scope[] {
    return [...this.#contexts.keys()].map(id => ({ id, provider: 'azure' }))
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

  async strike(...[order, signal, mayStillSend]: Parameters<Provider['strike']>) {
    return strike(this.#context(order.scope), order, { signal, mayStillSend })
  }

  async restore(...[order, signal, asking]: Parameters<NonNullable<Provider['restore']>>) {
    return restore(this.#context(order.scope), order, { signal, asking })
  }

  async forecast(...[scope, groups, signal]: Parameters<Provider['forecast']>) {
    return forecast(this.#context(scope.id), groups, signal)
  }

  readonly openQuestions = openQuestions(scope => this.#context(scope.id))

  async close(): Promise<void> {}

  #context(scope: ScopeId): ScopeContext {
    const context = this.#contexts.get(scope)
    if (context !== undefined) return context
    throw invalid(`${scope} is no scope of the configured subscriptions. Add it to providers.azure in firedrill.yaml`)
  }
}

function invalid(message: string): ProviderError {
  return new ProviderError(`${message}.`, { code: 'invalid', operation: 'open', mayHaveActed: false })
}
