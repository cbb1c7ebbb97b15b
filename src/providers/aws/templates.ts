import type { LaunchConfiguration } from '@aws-sdk/client-auto-scaling'
import type { LaunchTemplateVersion } from '@aws-sdk/client-ec2'
import { ProviderError } from '../provider-error.ts'
import { batches, distinct, mapLimited } from '../shared/batches.ts'
import { collect } from '../shared/paging.ts'
import type { AwsApi } from './api.ts'
import { awsCode } from './errors.ts'
import { fromConfiguration, fromTemplate, type LaunchData } from './launch-data.ts'
import { WIDTH } from './reads.ts'
import type { Aliases, LaunchSource } from './sources.ts'

/** What became of one launch source: read, missing (a launch from it must fail), or not readable. */
export type Launch = { readonly kind: 'read'; readonly data: LaunchData; readonly version: string } | Missing

interface Missing {
  readonly kind: 'missing' | 'unread'
  readonly why: string
}

export interface Launches {
  get(source: LaunchSource): Launch
  readonly aliases: Aliases
}

/** From this many templates on, one listing of all newest and default versions is cheaper than a call for each. */
const LISTED_FROM = 20
export type Template = LaunchSource & { kind: 'template' }

/** What has been read of template versions before; their content never changes. */
export interface KnownVersions {
  /** The number behind an alias, just resolved, or the number itself; with what it holds. Null: it must be asked. */
  of(source: Template): { readonly number: string; readonly data: LaunchData } | null
  note(version: { readonly id: string; readonly number: string; readonly data: LaunchData }): void
}

/** Reads every template version and launch configuration named, in as few calls as the APIs allow. */
export async function readLaunches(
  api: AwsApi,
  sources: readonly LaunchSource[],
  { known, signal }: { known: KnownVersions; signal: AbortSignal },
): Promise<Launches> {
  const found = new Map<string, Launch>()
  const templates = sources.filter(source => source.kind === 'template')
  for (const template of templates) recall(template, { found, known, signal })
  const aliased = Map.groupBy(
    templates.filter(source => source.version.startsWith('$') && !found.has(nameOf(source))),
    source => source.key,
  )
  const configurations = distinct(sources.map(source => (source.kind === 'configuration' ? source.name : null)))
  await Promise.all([readConfigurations(api, configurations, { found, signal }), readAliased(api, aliased, { found, known, signal })])
  const numbered = Map.groupBy(
    templates.filter(source => !found.has(nameOf(source))),
    source => source.key,
  )
  await mapLimited([...numbered.values()], WIDTH, part => readNumbered(api, part, { found, known, signal }))
  const keys = distinct(templates.map(source => (source.version.startsWith('$') ? source.key : null)))
  const aliases = new Map(keys.map(key => [key, { latest: versionOf(found, key, '$Latest'), default: versionOf(found, key, '$Default') }]))
  return { get: source => found.get(nameOf(source)) ?? { kind: 'unread', why: `${nameOf(source)} was not read` }, aliases }
}

interface Into {
  readonly found: Map<string, Launch>
  readonly known: KnownVersions
  readonly signal: AbortSignal
}

function recall(template: Template, { found, known }: Into): void {
  const held = known.of(template)
  if (held === null) return
  const launch = (source: string): Launch => ({ kind: 'read', data: { ...held.data, source }, version: held.number })
  found.set(`${template.key}:${held.number}`, launch(held.data.source))
  if (template.version.startsWith('$')) found.set(nameOf(template), launch(`${held.data.source} (${template.version})`))
}

function nameOf(source: LaunchSource): string {
  return source.kind === 'configuration' ? `lc:${source.name}` : `${source.key}:${source.version}`
}

function versionOf(found: ReadonlyMap<string, Launch>, key: string, alias: string): string {
  const launch = found.get(`${key}:${alias}`)
  return launch?.kind === 'read' ? launch.version : alias
}

async function readAliased(api: AwsApi, aliased: ReadonlyMap<string, readonly Template[]>, into: Into): Promise<void> {
  const listed = byTemplate(aliased.size >= LISTED_FROM ? await listAliased(api, aliased.size, into.signal) : null)
  await mapLimited([...aliased.values()], WIDTH, async templates => {
    const [template] = templates
    if (template === undefined) return
    const known = listed.get(template.key)?.some(version => isParameter(version)) === false ? listed.get(template.key) : undefined
    const aliases = distinct(templates.map(one => one.version)).sort()
    const read =
      known === undefined ? await ask(api, template, { versions: aliases, signal: into.signal }) : { versions: known, parameters: none }
    for (const alias of aliases) {
      const version = 'why' in read ? undefined : aliasOf(read.versions, alias)
      if ('why' in read) into.found.set(`${template.key}:${alias}`, read)
      else if (version === undefined) into.found.set(`${template.key}:${alias}`, missing(template, alias))
      else keep(into, { template, version, alias, parameters: read.parameters })
    }
  })
}

/** Of what was answered for `$Latest`, `$Default` or both: the default one says so, the latest has the highest number. */
function aliasOf(versions: readonly LaunchTemplateVersion[], alias: string): LaunchTemplateVersion | undefined {
  const byNumber = [...versions].sort((a, b) => (b.VersionNumber ?? 0) - (a.VersionNumber ?? 0))
  if (alias === '$Latest') return byNumber[0]
  return byNumber.find(version => version.DefaultVersion === true) ?? (byNumber.length === 1 ? byNumber[0] : undefined)
}

/** All newest and default versions of the region, in at most so many pages; null where it has more. */
export async function listAliased(api: AwsApi, pages: number, signal: AbortSignal): Promise<LaunchTemplateVersion[] | null> {
  const found: LaunchTemplateVersion[] = []
  let token: string | undefined
  for (let page = 0; page < pages; page++) {
    const answer = await api.describeLaunchTemplateVersions(
      { Versions: ['$Latest', '$Default'], MaxResults: 200, NextToken: token },
      signal,
    )
    found.push(...(answer.LaunchTemplateVersions ?? []))
    token = answer.NextToken
    if (!token) return found
  }
  return null
}

function byTemplate(versions: readonly LaunchTemplateVersion[] | null): Map<string, LaunchTemplateVersion[]> {
  const byKey = new Map<string, LaunchTemplateVersion[]>()
  for (const version of versions ?? []) {
    for (const key of distinct([version.LaunchTemplateId, version.LaunchTemplateName])) byKey.set(key, [...(byKey.get(key) ?? []), version])
  }
  return byKey
}

/** Numbered versions of one template. Their content never changes, but that they are still there is asked each time. */
async function readNumbered(api: AwsApi, templates: readonly Template[], into: Into): Promise<void> {
  const [template] = templates
  if (template === undefined) return
  const numbers = distinct(templates.map(one => one.version)).sort()
  const all = await ask(api, template, { versions: numbers, signal: into.signal })
  for (const number of numbers) {
    // One version that is missing fails the whole call, so then each is asked alone.
    const read =
      'why' in all && all.kind === 'missing' && numbers.length > 1
        ? await ask(api, template, { versions: [number], signal: into.signal })
        : all
    const version = 'why' in read ? undefined : read.versions.find(one => String(one.VersionNumber) === number)
    if ('why' in read) into.found.set(`${template.key}:${number}`, read)
    else if (version === undefined) into.found.set(`${template.key}:${number}`, missing(template, number))
    else keep(into, { template, version, alias: null, parameters: read.parameters })
  }
}

function keep(
  { found, known }: Into,
  one: { template: Template; version: LaunchTemplateVersion; alias: string | null; parameters: Parameters },
): void {
  const { template, version, alias } = one
  const number = String(version.VersionNumber ?? 'unknown')
  const data = fromTemplate(version, { key: template.key, imageFromParameter: one.parameters.has(version.VersionNumber) })
  const launch = (source: string): Launch => ({ kind: 'read', data: { ...data, source }, version: number })
  const { LaunchTemplateId: id, VersionNumber: numbered } = version
  if (id !== undefined && numbered !== undefined && !data.imageFromParameter) known.note({ id, number, data })
  // A group may name its template while its members carry the id.
  for (const key of distinct([template.key, version.LaunchTemplateId, version.LaunchTemplateName]))
    found.set(`${key}:${number}`, launch(data.source))
  if (alias !== null) found.set(`${template.key}:${alias}`, launch(`${data.source} (${alias})`))
}

export function isParameter(version: LaunchTemplateVersion): boolean {
  return version.LaunchTemplateData?.ImageId?.startsWith('resolve:') === true
}

function missing(template: Template, version: string): Missing {
  return {
    kind: 'missing',
    why: `launch template ${template.key} has no version ${version} (any more): point the group at a version that exists`,
  }
}

/** The numbers of the versions whose image is named by a parameter. */
type Parameters = ReadonlySet<number | undefined>
const none: Parameters = new Set()

type Asked = { readonly versions: readonly LaunchTemplateVersion[]; readonly parameters: Parameters } | Missing

/**
 * The versions as they are written, and only where an image is named by a parameter once more with the parameter
 * resolved, which needs ssm:GetParameters. So it is known which images may move without a new version.
 */
async function ask(api: AwsApi, template: Template, options: { versions: readonly string[]; signal: AbortSignal }): Promise<Asked> {
  const { signal } = options
  const named = template.id === null ? { LaunchTemplateName: template.key } : { LaunchTemplateId: template.id }
  const read = (resolve: boolean): Promise<LaunchTemplateVersion[]> =>
    collect(async token => {
      const input = { ...named, Versions: [...options.versions], ...(resolve ? { ResolveAlias: true } : {}), NextToken: token }
      const page = await api.describeLaunchTemplateVersions(input, signal)
      return { items: page.LaunchTemplateVersions ?? [], next: page.NextToken }
    })
  try {
    const written = await read(false)
    if (!written.some(isParameter)) return { versions: written, parameters: none }
    return {
      versions: await read(true).catch(error => orWritten(error, written, signal)),
      parameters: new Set(written.filter(isParameter).map(version => version.VersionNumber)),
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    if (error.code !== 'not-found') return { kind: 'unread', why: error.message }
    if (/VersionNotFound/.test(awsCode(error))) return missing(template, options.versions.join(' or '))
    return { kind: 'missing', why: `launch template ${template.key} does not exist (any more): create one, and point the group at it` }
  }
}

/** A parameter that is gone or may not be read leaves the image unresolved, which the declaration then says. */
function orWritten(error: unknown, written: LaunchTemplateVersion[], signal: AbortSignal): LaunchTemplateVersion[] {
  if (signal.aborted || !(error instanceof ProviderError)) throw error
  return written
}

async function readConfigurations(api: AwsApi, names: readonly string[], { found, signal }: Pick<Into, 'found' | 'signal'>): Promise<void> {
  await mapLimited(batches(names, 50), WIDTH, async part => {
    try {
      const configurations = await collect<LaunchConfiguration>(async token => {
        const page = await api.describeLaunchConfigurations({ LaunchConfigurationNames: part, NextToken: token }, signal)
        return { items: page.LaunchConfigurations ?? [], next: page.NextToken }
      })
      for (const name of part) {
        const configuration = configurations.find(one => one.LaunchConfigurationName === name)
        const why = `launch configuration ${name} does not exist: point the group at a launch template`
        found.set(
          `lc:${name}`,
          configuration === undefined ? { kind: 'missing', why } : { kind: 'read', data: fromConfiguration(configuration), version: name },
        )
      }
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderError)) throw error
      for (const name of part) found.set(`lc:${name}`, { kind: 'unread', why: error.message })
    }
  })
}
