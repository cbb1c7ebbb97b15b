import type { Manager, Operation as StoredOperation } from '../world/gcp/model.ts'
import { notFound } from './api-error.ts'
import { type Call, type Operation, reads } from './call.ts'
import { filtered, page } from './pages.ts'
import {
  link,
  placeOf,
  placeOfDisk,
  showAutoscaler,
  showDisk,
  showError,
  showFamily,
  showImage,
  showMachine,
  showManaged,
  showManager,
  showMembers,
  showOperation,
  showTemplate,
} from './resources.ts'

export function managerNamed(call: Call): Manager {
  const manager = call.project.groups.get(`${call.location}/${call.name}`)
  if (manager !== undefined && manager.regional === call.regional) return manager
  throw notFound(`projects/${call.project.name}/${call.regional ? 'regions' : 'zones'}/${call.location}/instanceGroupManagers/${call.name}`)
}

/** Answers with one page of a plain list. */
function listing<Item>(kind: string, all: (call: Call) => readonly Item[], show: (call: Call, item: Item) => unknown): Operation {
  return reads(call => {
    const named = (item: Item) => (item as { name: string }).name
    const { items, nextPageToken } = page(call, filtered(call, all(call), named), named)
    return {
      kind: `compute#${kind}`,
      id: `projects/${call.project.name}/${kind}`,
      items: items.map(item => show(call, item)),
      nextPageToken,
    }
  })
}

function emptyPlace(place: string) {
  const message = `There are no results for scope '${place}' on this page.`
  return { warning: { code: 'NO_RESULTS_ON_PAGE', message, data: [{ key: 'scope', value: place }] } }
}

/** Answers with one page over all zones and regions; a place that cannot be reached says so and lists nothing. */
function aggregated<Item extends { readonly name: string }>(
  noun: string,
  all: (call: Call) => readonly (readonly [place: string, item: Item])[],
  show: (call: Call, item: Item) => unknown,
): Operation {
  return reads(call => {
    const gone = (place: string) => call.unreachable.some(one => place.endsWith(`/${one.place}`))
    const reachable = all(call).filter(([place]) => !gone(place))
    const kept = filtered(call, reachable, ([, item]) => item.name)
    const { items, nextPageToken } = page(call, kept, ([place, item]) => `${place}/${item.name}`)
    const byPlace = Map.groupBy(items, ([place]) => place)
    const scoped = [...byPlace].map(([place, members]) => [place, { [noun]: members.map(([, item]) => show(call, item)) }] as const)
    const lost = call.unreachable.map(({ place: one, told }) => ({ place: /-[a-z]$/.test(one) ? `zones/${one}` : `regions/${one}`, told }))
    const warnings = lost.flatMap(({ place, told }) => {
      if (told === 'list') return []
      const message = `'${place}' is unreachable.`
      return [[place, { warning: { code: 'UNREACHABLE', message, data: [{ key: 'scope', value: place }] } }] as const]
    })
    // Every place is named, those with nothing on this page with a warning.
    const places = [...regions(call).map(name => `regions/${name}`), ...zones(call).map(name => `zones/${name}`)]
    const empty = places.filter(place => !byPlace.has(place) && !gone(place)).map(place => [place, emptyPlace(place)] as const)
    const listed = lost.filter(({ told }) => told !== 'warning')
    return {
      kind: `compute#${noun}AggregatedList`,
      id: `projects/${call.project.name}/aggregated/${noun}`,
      items: Object.fromEntries([...empty, ...scoped, ...warnings]),
      nextPageToken,
      ...(listed.length === 0 ? {} : { unreachables: listed.map(({ place }) => link(call.project, place)) }),
    }
  })
}

const managers = (call: Call) => [...call.project.groups.values()]
const here = (call: Call) => managers(call).filter(manager => manager.location === call.location && manager.regional === call.regional)
const scaled = (call: Call) => here(call).filter(manager => manager.autoscaler !== null)

function newestFirst(call: Call, operations: readonly StoredOperation[]): readonly StoredOperation[] {
  return call.query.get('orderBy') === 'creationTimestamp desc' ? operations.toReversed() : operations
}

function operationsHere(call: Call): readonly StoredOperation[] {
  return call.project.operations.filter(operation => (call.regional ? operation.region : operation.zone) === call.location)
}

function operationNamed(call: Call): StoredOperation {
  const found = operationsHere(call).find(operation => operation.name === call.name)
  if (found !== undefined) return found
  throw notFound(`projects/${call.project.name}/${call.regional ? 'regions' : 'zones'}/${call.location}/operations/${call.name}`)
}

const managedInstances: Operation = reads(call => {
  const manager = managerNamed(call)
  return { managedInstances: manager.slots.map(slot => showManaged(call.project, manager, slot)) }
})

const errors: Operation = reads(call => {
  const manager = managerNamed(call)
  const { items, nextPageToken } = page(call, manager.errors, error => `${error.at}/${error.instance}`)
  return { items: items.map(error => showError(call.project, error)), nextPageToken }
})

const template: Operation = reads(call => {
  const key = call.regional ? `regions/${call.location}/instanceTemplates/${call.name}` : `global/instanceTemplates/${call.name}`
  const found = call.project.templates.get(key)
  if (found === undefined) throw notFound(`projects/${call.project.name}/${key}`)
  return showTemplate(call.project, found)
})

const autoscaler: Operation = reads(call => {
  const manager = scaled(call).find(each => each.name === call.name)
  if (manager === undefined) throw notFound(`projects/${call.project.name}/autoscalers/${call.name}`)
  return showAutoscaler(call.project, manager)
})

function familyNamed(call: Call): Record<string, unknown> {
  const image = showFamily(call.project, call.name)
  if (image === null) throw notFound(`projects/${call.project.name}/global/images/family/${call.name}`)
  return image
}

const wait: Operation = {
  ...reads(call => showOperation(call.project, operationNamed(call))),
  settled: call => operationNamed(call).status === 'DONE',
}

export const readOperations: Readonly<Record<string, Operation>> = {
  'instanceGroupManagers.aggregatedList': aggregated(
    'instanceGroupManagers',
    call => managers(call).map(manager => [placeOf(manager), manager] as const),
    ({ project }, manager) => showManager(project, manager),
  ),
  'instanceGroupManagers.list': listing('instanceGroupManagerList', here, ({ project }, each) => showManager(project, each)),
  'instanceGroupManagers.get': reads(call => showManager(call.project, managerNamed(call))),
  'instanceGroupManagers.listManagedInstances': managedInstances,
  'instanceGroupManagers.listErrors': errors,
  'instanceGroups.list': listing('instanceGroupList', here, ({ project }, each) => showMembers(project, each)),
  'instanceGroups.get': reads(call => showMembers(call.project, managerNamed(call))),
  'instances.aggregatedList': aggregated(
    'instances',
    call => [...call.project.instances.values()].map(machine => [`zones/${machine.zone}`, machine] as const),
    ({ project }, machine) => showMachine(project, machine),
  ),
  'instances.list': listing(
    'instanceList',
    call => [...call.project.instances.values()].filter(machine => machine.zone === call.location),
    ({ project }, machine) => showMachine(project, machine),
  ),
  'instances.get': reads(call => {
    const machine = call.project.instances.get(`${call.location}/${call.name}`)
    if (machine === undefined) throw notFound(`projects/${call.project.name}/zones/${call.location}/instances/${call.name}`)
    return showMachine(call.project, machine)
  }),
  'disks.aggregatedList': aggregated(
    'disks',
    call => [...call.project.disks.values()].map(disk => [placeOfDisk(disk), disk] as const),
    ({ project }, disk) => showDisk(project, disk),
  ),
  'disks.list': listing(
    'diskList',
    call => [...call.project.disks.values()].filter(disk => disk.place === call.location),
    ({ project }, disk) => showDisk(project, disk),
  ),
  'disks.get': reads(call => {
    const disk = call.project.disks.get(`${call.location}/${call.name}`)
    if (disk === undefined)
      throw notFound(`projects/${call.project.name}/${call.regional ? 'regions' : 'zones'}/${call.location}/disks/${call.name}`)
    return showDisk(call.project, disk)
  }),
  'images.list': listing(
    'imageList',
    call => [...call.project.images.values()].filter(image => !image.gone),
    ({ project }, image) => showImage(project, image),
  ),
  'images.get': reads(call => {
    const image = call.project.images.get(call.name)
    if (image === undefined || image.gone) throw notFound(`projects/${call.project.name}/global/images/${call.name}`)
    return showImage(call.project, image)
  }),
  'images.getFromFamily': reads(familyNamed),
  'imageFamilyViews.get': reads(call => ({ image: familyNamed(call) })),
  'instanceTemplates.get': template,
  'instanceTemplates.list': listing(
    'instanceTemplateList',
    call => [...call.project.templates.values()].filter(each => each.region === (call.regional ? call.location : null)),
    ({ project }, each) => showTemplate(project, each),
  ),
  'instanceTemplates.aggregatedList': aggregated(
    'instanceTemplates',
    call => [...call.project.templates.values()].map(each => [each.region === null ? 'global' : `regions/${each.region}`, each] as const),
    ({ project }, each) => showTemplate(project, each),
  ),
  'autoscalers.get': autoscaler,
  'autoscalers.list': listing('autoscalerList', scaled, ({ project }, each) => showAutoscaler(project, each)),
  'autoscalers.aggregatedList': aggregated(
    'autoscalers',
    call => managers(call).flatMap(each => (each.autoscaler === null ? [] : [[placeOf(each), each] as const])),
    ({ project }, each) => showAutoscaler(project, each),
  ),
  'operations.get': reads(call => showOperation(call.project, operationNamed(call))),
  'operations.wait': wait,
  'operations.aggregatedList': aggregated(
    'operations',
    call =>
      newestFirst(call, call.project.operations).map(each => [each.zone === null ? `regions/${each.region}` : `zones/${each.zone}`, each]),
    ({ project }, operation) => showOperation(project, operation),
  ),
  'operations.list': listing(
    'operationList',
    call => newestFirst(call, operationsHere(call)),
    ({ project }, operation) => showOperation(project, operation),
  ),
  'zones.list': listing(
    'zoneList',
    call => zones(call).map(name => ({ name })),
    (call, { name }) => zone(call, name),
  ),
  'zones.get': reads(call => zone(call, call.name)),
  'regions.list': listing(
    'regionList',
    call => regions(call).map(name => ({ name })),
    (call, { name }) => region(call, name),
  ),
  'regions.get': reads(call => region(call, call.name)),
  'projects.get': reads(({ project }) => ({
    kind: 'compute#project',
    id: project.number,
    name: project.name,
    defaultServiceAccount: project.defaultServiceAccount,
    commonInstanceMetadata: { kind: 'compute#metadata' },
  })),
  'healthChecks.get': reads(call => {
    if (!managers(call).some(manager => manager.healthCheck === call.name))
      throw notFound(`projects/${call.project.name}/global/healthChecks/${call.name}`)
    return { kind: 'compute#healthCheck', name: call.name, type: 'HTTP', selfLink: link(call.project, `global/healthChecks/${call.name}`) }
  }),
}

function regions(call: Call): string[] {
  return [...new Set(managers(call).map(manager => manager.location.replace(/-[a-z]$/, '')))].sort()
}

function zones(call: Call): string[] {
  return regions(call).flatMap(name => ['b', 'c', 'd'].map(letter => `${name}-${letter}`))
}

function zone({ project }: Call, name: string): unknown {
  const home = link(project, `regions/${name.replace(/-[a-z]$/, '')}`)
  return { kind: 'compute#zone', name, status: 'UP', region: home, selfLink: link(project, `zones/${name}`) }
}

function region({ project }: Call, name: string): unknown {
  return { kind: 'compute#region', name, status: 'UP', selfLink: link(project, `regions/${name}`) }
}
