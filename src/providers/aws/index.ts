import type { GroupId, GroupSummary, Scope, ScopeId } from '../../domain/group.ts'
import type { Capabilities, Provider } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { ProviderDeps } from '../registry.ts'
import { briefly } from './brief.ts'
import { AwsClients, type AwsRole } from './client.ts'
import { cloudwatchAlarmGuard } from './cloudwatch-alarm.ts'
import { DRIFT_IGNORE } from './controllers.ts'
import { declare } from './declare.ts'
import { describe } from './describe.ts'
import { discover } from './discover.ts'
import { forecast } from './forecast.ts'
import { type AwsScope, scopeId } from './ids.ts'
import { ScopeMemory } from './memory.ts'
import { observe, type ScopeContext } from './observe.ts'
import { type AwsSettings, awsSettingsSchema } from './settings.ts'
import { strike } from './strike.ts'

const CAPABILITIES: Capabilities = {
  methods: ['retire', 'crash'],
  replacesItself: true,
  namesInstance: ['retire', 'crash'],
  staleness: 60_000,
  driftIgnore: DRIFT_IGNORE,
  healthCheck: 'attach a target group with a health check',
}

/** How long declaring and forecasting share their reads of templates and surroundings. */
const SHARED_FOR = 2_000

/**
 * Opens AWS: asks STS whose the own credentials are (unless `self: false`) and makes one scope of each account and
 * region. Throws ProviderError: `denied` for wrong or expired credentials, `invalid` without any region.
 */
export async function openProvider(settings: unknown, deps: ProviderDeps): Promise<Provider> {
  const checked = awsSettingsSchema.parse(settings)
  const regions = regionsOf(checked, deps.env)
  const clients = new AwsClients({
    env: deps.env,
    endpoint: checked.endpoint,
    homeRegion: regions[0] ?? '',
    now: () => deps.clock.now(),
    onCall: deps.onCall ?? (() => {}),
  })
  const signal = deps.signal ?? new AbortController().signal
  try {
    const own = checked.self ? await clients.ownAccount(signal) : null
    return new AwsProvider(clients, contextsOf(clients, { own, regions, settings: checked, deps }))
  } catch (error) {
    clients.close()
    throw error
  }
}

function regionsOf(settings: AwsSettings, env: ProviderDeps['env']): string[] {
  const regions = settings.regions.length > 0 ? settings.regions : [env.AWS_REGION || env.AWS_DEFAULT_REGION || '']
  if (!regions.includes('')) return [...new Set(regions)]
  throw new ProviderError('AWS: no region is configured. Write providers.aws.regions into firedrill.yaml, or set AWS_REGION.', {
    code: 'invalid',
    operation: 'open',
    mayHaveActed: false,
  })
}

function contextsOf(
  clients: AwsClients,
  from: { own: string | null; regions: readonly string[]; settings: AwsSettings; deps: ProviderDeps },
): Map<ScopeId, ScopeContext> {
  const { clock, log } = from.deps
  const optIn = new Set(from.settings.optIn)
  const optOut = new Set(from.settings.optOut)
  const optInById = (group: GroupId): 'in' | 'out' | null => (optOut.has(group) ? 'out' : optIn.has(group) ? 'in' : null)
  const named = [...optIn, ...optOut]
  const contexts = new Map<ScopeId, ScopeContext>()
  const add = (scope: AwsScope, role: AwsRole | null): void => {
    const id = scopeId(scope)
    // Own credentials go before a role into the same account: they need nothing assumed.
    if (contexts.has(id)) return
    const api = clients.api(scope, role)
    const shared = briefly(api, { keep: SHARED_FOR, monotonic: () => clock.monotonic() })
    contexts.set(id, { scope: id, api, shared, memory: new ScopeMemory(), clock, log, optInById, named })
  }
  for (const region of from.regions) {
    if (from.own !== null) add({ account: from.own, region }, null)
    for (const role of from.settings.accounts) add(clients.roleScope(role, region), role)
  }
  return contexts
}

class AwsProvider implements Provider {
  readonly name = 'aws'
  readonly capabilities = CAPABILITIES
  readonly guards: NonNullable<Provider['guards']> = {
    'cloudwatch-alarm': settings => cloudwatchAlarmGuard(settings, scope => this.#contexts.get(scope)?.api ?? null),
  }
  readonly #clients: AwsClients
  readonly #contexts: ReadonlyMap<ScopeId, ScopeContext>
  readonly #scopes: readonly Scope[]

  constructor(clients: AwsClients, contexts: ReadonlyMap<ScopeId, ScopeContext>) {
    this.#clients = clients
    this.#contexts = contexts
    this.#scopes = [...contexts.keys()].map(id => ({ id, provider: 'aws' }))
  }

  scopes(): readonly Scope[] {
    return this.#scopes
  }

  async *discover(scope: Scope, signal: AbortSignal): AsyncIterable<GroupSummary> {
    yield* discover(contextOf(this.#contexts, scope.id), signal)
  }

  async observe(...[scope, groups, options, signal]: Parameters<Provider['observe']>) {
    return observe(contextOf(this.#contexts, scope.id), groups, options, signal)
  }

  async declare(...[scope, groups, signal]: Parameters<Provider['declare']>) {
    return declare(contextOf(this.#contexts, scope.id), groups, signal)
  }

  async describe(...[scope, instances, signal]: Parameters<Provider['describe']>) {
    return describe(contextOf(this.#contexts, scope.id), instances, signal)
  }

  async strike(...[order, signal, mayStillSend]: Parameters<Provider['strike']>) {
    return strike(contextOf(this.#contexts, order.scope), order, { signal, mayStillSend })
  }

  async forecast(...[scope, groups, signal]: Parameters<Provider['forecast']>) {
    return forecast(contextOf(this.#contexts, scope.id), groups, signal)
  }

  async close(): Promise<void> {
    this.#clients.close()
  }
}

function contextOf(contexts: ReadonlyMap<ScopeId, ScopeContext>, scope: ScopeId): ScopeContext {
  const context = contexts.get(scope)
  if (context !== undefined) return context
  throw new ProviderError(`${scope} is no scope of the configured AWS accounts and regions. Add it to providers.aws in firedrill.yaml.`, {
    code: 'invalid',
    operation: 'open',
    mayHaveActed: false,
  })
}
