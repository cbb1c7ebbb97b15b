import type { LaunchData } from './launch-data.ts'
import { type Learner, readAliases } from './learn.ts'
import type { LaunchSource } from './sources.ts'
import type { KnownVersions, Template } from './templates.ts'

/*
 * What a numbered version of a launch template says never changes, so it is read once; what `$Latest` and `$Default` mean
 * does, and is asked each time, many in a call. Kept under the template's id: a name may be given again. An image that is
 * named by a parameter may move without a new version, so such versions are not kept.
 */

/** Resolves the aliases of templates that are known already, and answers for their versions from memory. */
export async function knownVersions(context: Learner, sources: readonly LaunchSource[], signal: AbortSignal): Promise<KnownVersions> {
  const { memory } = context
  const seen = sources.filter(source => source.kind === 'template').filter(({ id }) => id !== null && memory.readTemplates.get(id) === true)
  await readAliases(context, seen, signal)
  return {
    note({ id, number, data }: { id: string; number: string; data: LaunchData }) {
      memory.versions.set(`${id}:${number}`, data)
      memory.readTemplates.set(id, true)
    },
    of(source) {
      const number = numberOf(context, source)
      const data = number === null ? undefined : memory.versions.get(`${source.id}:${number}`)
      return number === null || data === undefined ? null : { number, data }
    },
  }
}

/**
 * As above, for a forecast: a numbered version may have been deleted and is asked for again, while the one that an alias
 * was just resolved to is there.
 */
export async function knownByAlias(context: Learner, sources: readonly LaunchSource[], signal: AbortSignal): Promise<KnownVersions> {
  const known = await knownVersions(context, sources, signal)
  return { ...known, of: source => (source.version.startsWith('$') ? known.of(source) : null) }
}

function numberOf({ memory }: Learner, source: Template): string | null {
  if (source.id === null) return null
  if (!source.version.startsWith('$')) return source.version
  const known = memory.readTemplates.get(source.id) === true ? memory.aliases.get(source.key)?.value : undefined
  return (source.version === '$Latest' ? known?.latest : known?.default) ?? null
}
