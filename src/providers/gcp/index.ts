import type { GroupId, GroupSummary, Scope, ScopeId } from '../../domain/group.ts'
import type { Capabilities, Provider } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { ProviderDeps } from '../registry.ts'
import { GcpClients } from './client.ts'
import type { ScopeContext } from './context.ts'
import { DRIFT_IGNORE } from './controllers.ts'
import { declare } from './declare.ts'
import { describe } from './describe.ts'
import { discover } from './discover.ts'
import { forecast } from './forecast.ts'
import { scopeId } from './ids.ts'
import { ProjectMemory } from './memory.ts'
import { observe } from './observe.ts'
import { type GcpSettings, gcpSettingsSchema } from './settings.ts'
import { strike } from './strike.ts'

const CAPABILITIES: Capabilities = {
  methods: ['retire', 'crash'],
  replacesItself: true,
  // Both calls name the instance by its name, which its successor is given again.
  namesInstance: [],
  staleness: 60_000,
  driftIgnore: DRIFT_IGNORE,
  healthCheck: 'give the group an autohealing health check',
}

/**
 * Opens Google Cloud with the Application Default Credentials, one scope for each project. Throws ProviderError: `denied` without
 * credentials that work, `invalid` without any project.
 */
export async function openProvider(settings: unknown, deps: ProviderDeps): Promise<Provider> {
  const checked = gcpSettingsSchema.parse(settings)
  const projects = projectsOf(checked, deps.env)
  const clients = new GcpClients({ env: deps.env, endpoint: checked.endpoint, clock: deps.clock, onCall: deps.onCall ?? (() => {}) })
  await clients.ready(deps.signal ?? new AbortController().signal)
  const optIn = new Set(checked.optIn)
  const optOut = new Set(checked.optOut)
  const optInById = (group: GroupId): 'in' | 'out' | null => (optOut.has(group) ? 'out' : optIn.has(group) ? 'in' : null)
  const contexts = projects.map((project): [ScopeId, ScopeContext] => {
    const { clock, log } = deps
    return [scopeId(project), { scope: scopeId(project), api: clients.api(project), memory: new ProjectMemory(), clock, log, optInById }]
  })
  return new GcpProvider(new Map(contexts))
}

function projectsOf(settings: GcpSettings, env: ProviderDeps['env']): string[] {
  const projects = settings.projects.length > 0 ? settings.projects : [env.GOOGLE_CLOUD_PROJECT || env.GCLOUD_PROJECT || '']
  if (!projects.includes('')) return [...new Set(projects)]
  throw new ProviderError(
    'Google Cloud: no project is configured. Write providers.gcp.projects into firedrill.yaml, or set GOOGLE_CLOUD_PROJECT.',
    {
      code: 'invalid',
      operation: 'open',
      mayHaveActed: false,
    },
  )
}

class GcpProvider implements Provider {
  readonly name = 'gcp'
  readonly capabilities = CAPABILITIES
  readonly #contexts: ReadonlyMap<ScopeId, ScopeContext>
  readonly #scopes: readonly Scope[]

  constructor(contexts: ReadonlyMap<ScopeId, ScopeContext>) {
    this.#contexts = contexts
    this.#scopes = [...contexts.keys()].map(id => ({ id, provider: 'gcp' }))
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

  /** The SDK's clients for REST hold nothing open but idle connections, which end by themselves. */
  async close(): Promise<void> {}
}

function contextOf(contexts: ReadonlyMap<ScopeId, ScopeContext>, scope: ScopeId): ScopeContext {
  const context = contexts.get(scope)
  if (context !== undefined) return context
  throw new ProviderError(`${scope} is none of the configured Google Cloud projects. Add it to providers.gcp in firedrill.yaml.`, {
    code: 'invalid',
    operation: 'open',
    mayHaveActed: false,
  })
}
