import type { Declaration, DeclaredSet } from '../../domain/declaration.ts'
import type { GroupId } from '../../domain/group.ts'
import { ProviderError } from '../provider-error.ts'
import { distinct, mapLimited } from '../shared/batches.ts'
import type { ScopeContext } from './context.ts'
import { declaredSet } from './declared-set.ts'
import { learnInstances, orWhy } from './learn.ts'
import { membersOf, zonesOf } from './members.ts'
import { everyManager, groupPlace, managedOf } from './reads.ts'
import {
  declarationVersion,
  declaredImage,
  type ReadImage,
  type ReadTemplate,
  readImages,
  readTemplates,
  templateKey,
  versionsOf,
  WIDTH,
} from './templates.ts'
import type { ManagedInstance, Manager } from './wire.ts'

/** The contract's declare(): templates and images of many groups, each read once and anew. */
export async function declare(context: ScopeContext, groups: readonly GroupId[], signal: AbortSignal): Promise<Map<GroupId, Declaration>> {
  const { api } = context
  const managers = await managersOf(context, groups, signal)
  const rows = await eachOrNone([...managers], signal, async ([id, manager]) => {
    const place = groupPlace(api, id)
    return { id, manager, managed: place === null ? [] : await managedOf(api, place, signal) }
  })
  // Without it the rows still say what each member is meant to be made from.
  await orWhy(learnInstances(context, rows, { again: false, signal }), signal)
  const keys = rows.flatMap(row => [...versionsOf(row.manager, api.project).map(({ key }) => key), ...birthsOf(context, row)])
  const templates = await readTemplates(api, keys, signal)
  const images = await readImages(api, imagesWanted(context, rows, templates), signal)
  return new Map(
    rows.flatMap(row => {
      const declaration = declarationOf(row.manager, { project: api.project, templates, images, births: birthsOf(context, row) })
      return declaration === null ? [] : [[row.id, declaration] as const]
    }),
  )
}

/** Groups that are gone or cannot be read are left out; where none can be, the call fails. */
export async function managersOf({ api }: ScopeContext, groups: readonly GroupId[], signal: AbortSignal): Promise<Map<GroupId, Manager>> {
  if (groups.length > 4) {
    const { groups: found } = await everyManager(api, signal)
    return new Map(groups.flatMap(id => (found.has(id) ? [[id, found.get(id) as Manager] as const] : [])))
  }
  const read = await eachOrNone(distinct(groups), signal, async id => {
    const place = groupPlace(api, id)
    try {
      return place === null ? null : ([id, await api.manager(place, signal)] as const)
    } catch (error) {
      if (error instanceof ProviderError && error.code === 'not-found') return null
      throw error
    }
  })
  return new Map(read.filter(one => one !== null))
}

/** What could be read; the first failure where nothing could. */
async function eachOrNone<Item, Result>(
  items: readonly Item[],
  signal: AbortSignal,
  read: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  let failure: unknown = null
  const results = await mapLimited(items, WIDTH, async (item): Promise<Result[]> => {
    try {
      return [await read(item)]
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderError)) throw error
      failure ??= error
      return []
    }
  })
  const found = results.flat()
  if (found.length === 0 && failure !== null) throw failure
  return found
}

interface Row {
  readonly manager: Manager
  readonly managed: readonly ManagedInstance[]
}

/** Every image that a group is made from or was, with the zones in which it might be taken. */
function imagesWanted(context: ScopeContext, rows: readonly Row[], templates: ReadonlyMap<string, ReadTemplate>): Map<string, string[]> {
  const { project } = context.api
  const wanted = rows.flatMap(row => {
    const keys = [...versionsOf(row.manager, project).map(({ key }) => key), ...birthsOf(context, row)]
    const zones = zonesOf(row.manager, row.managed)
    return distinct(keys).flatMap(key => {
      const one = templates.get(key)
      const path = one?.kind === 'read' ? declaredImage(one.template, project) : null
      return path === null ? [] : [{ path, zones }]
    })
  })
  const byPath = Map.groupBy(wanted, ({ path }) => path)
  return new Map([...byPath].map(([path, all]) => [path, distinct(all.flatMap(({ zones }) => zones))]))
}

/** The templates that the present members were made from. */
function birthsOf({ api, memory }: ScopeContext, { managed }: { managed: readonly ManagedInstance[] }): string[] {
  return distinct(
    membersOf(managed).map(member => {
      const intended = member.version?.instanceTemplate
      return memory.instances.get(member.identity)?.bornFrom ?? (intended ? templateKey(intended, api.project) : null)
    }),
  )
}

interface Read {
  readonly project: string
  readonly templates: ReadonlyMap<string, ReadTemplate>
  readonly images: ReadonlyMap<string, ReadImage>
  readonly births: readonly string[]
}

/** Null: what is in force now cannot be read in full, and half a declaration would call right things wrong. */
export function declarationOf(manager: Manager, read: Read): Declaration | null {
  const keys = versionsOf(manager, read.project).map(({ key }) => key)
  const version = declarationVersion(manager, read.project)
  const current = setOf(manager, keys, { read, version })
  if (current === null) return null
  const born: Record<string, DeclaredSet> = {}
  for (const key of read.births) {
    // A member of a version that is in force is not outdated for the others beside it.
    const set = setOf(manager, [key], { read, version: keys.includes(key) ? version : key })
    if (set !== null) Object.defineProperty(born, key, { value: set, enumerable: true })
  }
  return { current, born, promises: promisesOf(manager) }
}

/**
 * Recreating takes what the group declares now. A repair takes what the instance was made from, unless the group says otherwise
 * (instanceLifecyclePolicy.forceUpdateOnRepair).
 */
function promisesOf(manager: Manager): Declaration['promises'] {
  const updates = manager.instanceLifecyclePolicy?.forceUpdateOnRepair === 'YES'
  return { retire: 'current', crash: updates ? 'current' : 'born' }
}

function setOf(manager: Manager, keys: readonly string[], from: { read: Read; version: string }): DeclaredSet | null {
  const templates = keys.map(key => from.read.templates.get(key))
  const read = templates.flatMap(one => (one?.kind === 'read' ? [one.template] : []))
  if (read.length === 0 || read.length < keys.length) return null
  return declaredSet(manager, read, { project: from.read.project, version: from.version, images: from.read.images })
}
