import type { GroupId } from '../../domain/group.ts'
import { batches, distinct, mapLimited } from '../shared/batches.ts'
import { collect, everyItem } from '../shared/paging.ts'
import type { GcpApi } from './api.ts'
import { type GroupPlace, groupId, lastPart, placeOf } from './ids.ts'
import { WIDTH } from './templates.ts'
import type { Disk, Machine, ManagedInstance, Manager, ManagerError, Operation } from './wire.ts'

/** Names that fit into one filter. */
const NAMES_PER_CALL = 40

export interface Everywhere {
  readonly groups: ReadonlyMap<GroupId, Manager>
  /** Zones and regions that could not be asked, and why. */
  readonly unreachable: ReadonlyMap<string, string>
}

/** Every managed instance group of a project. */
export async function everyManager(api: GcpApi, signal: AbortSignal): Promise<Everywhere> {
  const unreachable = new Map<string, string>()
  const groups = new Map<GroupId, Manager>()
  const pages = everyItem<Manager>(async token => {
    const page = await api.managersEverywhere(token, signal)
    for (const [place, why] of page.unreachable) unreachable.set(place, why)
    return page
  })
  for await (const manager of pages) {
    const id = idOfManager(api, manager)
    if (id !== null) groups.set(id, manager)
  }
  return { groups, unreachable }
}

function idOfManager(api: GcpApi, manager: Manager): GroupId | null {
  const location = lastPart(manager.zone) || lastPart(manager.region)
  return location === '' || !manager.name ? null : groupId(api.scope, location, manager.name)
}

export function groupPlace(api: GcpApi, group: GroupId): GroupPlace | null {
  return placeOf(api.scope, group)
}

export function managedOf(api: GcpApi, place: GroupPlace, signal: AbortSignal): Promise<ManagedInstance[]> {
  return collect(token => api.managedInstances(place, token, signal))
}

export function errorsOf(api: GcpApi, place: GroupPlace, signal: AbortSignal): Promise<ManagerError[]> {
  return collect(token => api.errors(place, token, signal))
}

/** By name, many in a call. */
export function machinesNamed(api: GcpApi, zone: string, names: readonly string[], signal: AbortSignal): Promise<Map<string, Machine>> {
  return named(names, filter => collect(token => api.instances(zone, { filter, token }, signal)))
}

/** By the paths that attachments name them by: `zones/<zone>/disks/<name>` or `regions/<region>/disks/<name>`, many in a call. */
export async function disksAt(api: GcpApi, paths: readonly string[], signal: AbortSignal): Promise<Map<string, Disk>> {
  const byPlace = Map.groupBy(paths, path => path.split('/').slice(0, 2).join('/'))
  const read = await mapLimited([...byPlace], WIDTH, async ([place, mine]) => {
    const list = place.startsWith('regions/') ? api.regionDisks : api.disks
    const found = await named(mine.map(lastPart), filter => collect(token => list(lastPart(place), { filter, token }, signal)))
    return [...found].map(([name, disk]) => [`${place}/disks/${name}`, disk] as const)
  })
  return new Map(read.flat())
}

async function named<Item extends { name?: string | null }>(
  names: readonly string[],
  list: (filter: string) => Promise<Item[]>,
): Promise<Map<string, Item>> {
  const parts = await mapLimited(batches(distinct(names), NAMES_PER_CALL), WIDTH, part =>
    list(part.map(name => `(name = "${name}")`).join(' OR ')),
  )
  const wanted = new Set(names)
  return new Map(parts.flat().flatMap(item => (item.name && wanted.has(item.name) ? [[item.name, item] as const] : [])))
}

/** Pages of operations that are read at most to find those since a moment. */
const OPERATION_PAGES = 4

/** A zone's operations since a moment, newest first as Google lists them, as far back as a few pages reach. */
export async function operationsSince(api: GcpApi, zone: string, since: Temporal.Instant, signal: AbortSignal): Promise<Operation[]> {
  const found: Operation[] = []
  let token: string | undefined
  for (let page = 0; page < OPERATION_PAGES; page++) {
    const { items, next } = await api.operations(zone, token, signal)
    const recent = items.filter(({ insertTime }) => !insertTime || Date.parse(insertTime) >= since.epochMilliseconds)
    found.push(...recent)
    // A page without items is not the end; one with an old item is far enough.
    if (!next || recent.length < items.length) break
    token = next
  }
  return found
}
