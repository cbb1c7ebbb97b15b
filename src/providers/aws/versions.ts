import { fromTemplate, type LaunchData } from './launch-data.ts'
import { type Learner, readAliases } from './learn.ts'
import type { ScopeMemory } from './memory.ts'
import type { ScopeContext } from './observe.ts'
import type { LaunchSource } from './sources.ts'
import { isParameter, type KnownVersions, listAliased, type Template } from './templates.ts'

/*
 * What a numbered version of a launch template says never changes, so it is read once; what `$Latest` and `$Default` mean
 * does, and is asked each time, many in a call. Kept under the template's id: a name may be given again. An image that is
 * named by a parameter may move without a new version, so such versions are not kept.
 */

/** Resolves the aliases of templates that are known already, and answers for their versions from memory. */
export async function knownVersions(context: ScopeContext, sources: readonly LaunchSource[], signal: AbortSignal): Promise<KnownVersions> {
  const { memory } = context
  await listVersions(context, sources, signal)
  const seen = sources.filter(source => source.kind === 'template').filter(({ id }) => id !== null && memory.readTemplates.get(id) === true)
  await readAliases({ ...context, api: context.shared }, seen, signal)
  return {
    note: version => note(memory, version),
    of(source) {
      const number = numberOf(context, source)
      const data = number === null ? undefined : memory.versions.get(`${source.id}:${number}`)
      return number === null || data === undefined ? null : { number, data }
    },
  }
}

/** From so many templates on that are not known yet, one listing of the region's newest and default versions is cheaper. */
const LISTED_FROM = 20
/** More would not be kept (memory.ts). */
const LISTED_AT_MOST = 900
const LISTED_AGAIN_AFTER = 600_000

/**
 * Reads the versions that aliases mean for all groups of the latest discovery at once, a hundred templates in a call, given up
 * where a region holds so many other templates that asking for each is cheaper. Without it each is asked for on its own later.
 */
async function listVersions(context: Learner, sources: readonly LaunchSource[], signal: AbortSignal): Promise<void> {
  const { memory, clock } = context
  const isUnread = (id: string | null): boolean => id !== null && memory.readTemplates.get(id) !== true
  if (!sources.some(source => source.kind === 'template' && source.version.startsWith('$') && isUnread(source.id))) return
  const unread = [...memory.aliased].filter(isUnread)
  const begun = memory.versionsListed
  const isDue = begun === null || clock.monotonic() - begun.at >= LISTED_AGAIN_AFTER
  if (isDue && unread.length >= LISTED_FROM && unread.length <= LISTED_AT_MOST) {
    const listing = noteListed(context, new Set(unread), signal)
    memory.versionsListed = { value: listing.catch(() => {}), at: clock.monotonic() }
  }
  await memory.versionsListed?.value
}

async function noteListed({ api, memory }: Learner, wanted: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
  const versions = await listAliased(api, Math.ceil(wanted.size / 4), signal)
  for (const version of versions ?? []) {
    const { LaunchTemplateId: id, VersionNumber: number } = version
    if (id === undefined || number === undefined || !wanted.has(id) || isParameter(version)) continue
    note(memory, { id, number: String(number), data: fromTemplate(version, { key: id, imageFromParameter: false }) })
  }
}

function note(memory: ScopeMemory, { id, number, data }: { id: string; number: string; data: LaunchData }): void {
  memory.versions.set(`${id}:${number}`, data)
  memory.readTemplates.set(id, true)
}

/**
 * As above, for a forecast: a numbered version may have been deleted and is asked for again, while the one that an alias
 * was just resolved to is there.
 */
export async function knownByAlias(context: ScopeContext, sources: readonly LaunchSource[], signal: AbortSignal): Promise<KnownVersions> {
  const known = await knownVersions(context, sources, signal)
  return { ...known, of: source => (source.version.startsWith('$') ? known.of(source) : null) }
}

function numberOf({ memory }: Learner, source: Template): string | null {
  if (source.id === null) return null
  if (!source.version.startsWith('$')) return source.version
  const known = memory.readTemplates.get(source.id) === true ? memory.aliases.get(source.key)?.value : undefined
  return (source.version === '$Latest' ? known?.latest : known?.default) ?? null
}
