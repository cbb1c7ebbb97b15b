import { near } from '../domain/spelling.ts'
import { providers as shipped } from '../providers/registry.ts'
import type { Problem } from './config-error.ts'
import type { Path, SourceDocument } from './document.ts'
import type { Environment } from './environment.ts'
import { explainIssues } from './explain.ts'
import { wrongEndpoint } from './installation-schema.ts'
import { isLoopbackUrl } from './loopback.ts'
import { PROVIDER_NAMES } from './schedule-schema.ts'
import type { ProviderSettings, Settings } from './settings.ts'

/** Variables by which the official SDKs are sent elsewhere; the first holds for everything. All of them count for S14. */
const endpointVariables: Readonly<Record<string, (env: Environment) => readonly string[]>> = {
  aws: env => [
    'AWS_ENDPOINT_URL',
    ...Object.keys(env)
      .filter(name => name.startsWith('AWS_ENDPOINT_URL_'))
      .sort(),
  ],
}

const HTTPS = 'Use https, or http to 127.0.0.1 or localhost.'

interface Context {
  readonly doc: SourceDocument
  readonly env: Environment
  readonly isUnfilled: (path: Path) => boolean
}

export interface CheckedProviders {
  readonly providers: Settings['providers']
  readonly onlyLoopback: boolean
  readonly problems: readonly Problem[]
}

/** Checks what stands under `providers:` against each provider's own schema, and finds out where all calls will go. */
export async function checkProviders(written: Readonly<Record<string, unknown>>, context: Context): Promise<CheckedProviders> {
  const checked = await Promise.all(Object.keys(written).map(name => checkProvider(name, written[name], context)))
  const providers = Object.fromEntries(checked.flatMap(({ name, settings }) => (settings === null ? [] : [[name, settings]])))
  // A file without providers can still be meant for a simulator, where the environment says so.
  const elsewhere = Object.keys(shipped).flatMap(name => variablesSet(name, context.env).map(({ url }) => url))
  const endpoints = [
    ...Object.entries(providers).map(([name, { endpoint }]) => endpoint ?? generalEndpoint(name, context.env)),
    ...elsewhere,
  ]
  return {
    providers,
    onlyLoopback: endpoints.length > 0 && endpoints.every(endpoint => endpoint !== null && isLoopbackUrl(endpoint)),
    problems: checked.flatMap(({ problems }) => problems),
  }
}

interface CheckedProvider {
  readonly name: string
  readonly settings: ProviderSettings | null
  readonly problems: readonly Problem[]
}

async function checkProvider(name: string, value: unknown, { doc, env, isUnfilled }: Context): Promise<CheckedProvider> {
  const load = Object.hasOwn(shipped, name) ? shipped[name]?.loadSettings : undefined
  if (load === undefined) return { name, settings: null, problems: [unknownProvider(name, doc)] }
  const schema = await load()
  const result = schema.safeParse(value ?? {})
  const base: Path = ['providers', name]
  const problems = [...wrongInFile(value, { base, doc }), ...wrongInEnvironment(name, env)]
  if (!result.success) {
    const issues = result.error.issues.filter(issue => !isUnfilled([...base, ...issue.path]))
    return { name, settings: null, problems: [...problems, ...explainIssues(issues, { doc, schema, base })] }
  }
  return { name, settings: result.data, problems }
}

/** Where a provider's calls go that has no endpoint of its own in the file; it reads the same variable itself. */
function generalEndpoint(name: string, env: Environment): string | null {
  const [general] = endpointVariables[name]?.(env) ?? []
  return (general === undefined ? undefined : env[general]) || null
}

function wrongInFile(value: unknown, { base, doc }: { base: Path; doc: SourceDocument }): Problem[] {
  const endpoint = typeof value === 'object' && value !== null && 'endpoint' in value ? value.endpoint : null
  const wrong = typeof endpoint === 'string' ? wrongEndpoint(endpoint) : null
  return wrong === null ? [] : [doc.problem([...base, 'endpoint'], { message: `${base.join('.')}.endpoint ${wrong}`, suggestion: HTTPS })]
}

function wrongInEnvironment(name: string, env: Environment): Problem[] {
  return variablesSet(name, env).flatMap(({ variable, url }) => {
    const wrong = wrongEndpoint(url)
    const file = `environment variable ${variable}`
    return wrong === null ? [] : [{ file, line: null, column: null, message: `this endpoint ${wrong}`, suggestion: HTTPS }]
  })
}

function variablesSet(name: string, env: Environment): { readonly variable: string; readonly url: string }[] {
  const variables = endpointVariables[name]?.(env) ?? []
  return variables.flatMap(variable => {
    const url = env[variable]
    return url === undefined || url === '' ? [] : [{ variable, url }]
  })
}

function unknownProvider(name: string, doc: SourceDocument): Problem {
  const known = Object.keys(shipped)
  const planned: readonly string[] = PROVIDER_NAMES
  const meant = near(name, known)[0]
  const message = planned.includes(name) ? `this version cannot drill ${name} yet` : `there is no provider "${name}"`
  const suggestion = meant === undefined ? `There is ${known.join(', ')}.` : `Did you mean "${meant}"?`
  return doc.problem(['providers', name], { message, suggestion, at: 'key' })
}
