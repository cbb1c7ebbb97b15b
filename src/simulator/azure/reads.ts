import { byNumber, galleryKey } from '../world/azure/images.ts'
import type { ImageVersion, Machine, ScaleSet, Subscription } from '../world/azure/model.ts'
import { scaleSetId, setKey } from '../world/azure/scale-sets.ts'
import { ArmError, notFound } from './arm-error.ts'
import type { Answer, Call, Operation } from './call.ts'
import { page } from './pages.ts'
import {
  galleryVersionJson,
  interfaceResources,
  machineJson,
  managedImageJson,
  marketplaceVersionJson,
  publishedVersionJson,
  scaleSetJson,
  setViewJson,
} from './render.ts'

const RESOURCES = '/subscriptions/{subscription}/resourceGroups/{group}/providers'
export const GROUP = `${RESOURCES}/Microsoft.Compute`
export const SET = `${GROUP}/virtualMachineScaleSets/{set}`
const LOCATION = '/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}'
const SKU = `${LOCATION}/publishers/{publisher}/artifacttypes/vmimage/offers/{offer}/skus/{sku}`

const ok = (body: unknown): Answer => ({ status: 200, body })
const reads = (name: string, path: string, run: (call: Call) => Answer): Operation => ({ name, method: 'GET', path, run })

export const readOperations: readonly Operation[] = [
  reads('virtualMachineScaleSets.listAll', '/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachineScaleSets', call =>
    page(call, listed(call, null)),
  ),
  reads('virtualMachineScaleSets.list', `${GROUP}/virtualMachineScaleSets`, call => page(call, listed(call, call.names.group ?? ''))),
  reads('virtualMachineScaleSets.get', SET, call => {
    return ok(scaleSetJson(call.subscription, setOf(call), { userData: asked(call, 'userData') }))
  }),
  reads('virtualMachineScaleSets.getInstanceView', `${SET}/instanceView`, call => ok(setViewJson(setOf(call)))),
  reads('virtualMachineScaleSetVMs.list', `${SET}/virtualMachines`, call => {
    const set = setOf(call)
    return page(
      call,
      [...set.machines.values()].map(machine => memberJson(call, set, machine)),
    )
  }),
  reads('virtualMachineScaleSetVMs.get', `${SET}/virtualMachines/{machine}`, call => {
    const set = setOf(call)
    return ok(memberJson(call, set, memberOf(call, set)))
  }),
  reads('virtualMachineScaleSetRollingUpgrades.getLatest', `${SET}/rollingUpgrades/latest`, call => ok(rollingJson(call, setOf(call)))),
  reads('virtualMachines.list', `${GROUP}/virtualMachines`, listMachines),
  reads('virtualMachines.get', `${GROUP}/virtualMachines/{machine}`, call => {
    const { set, machine } = machineNamed(call)
    return ok(memberJson(call, set, machine))
  }),
  reads('networkInterfaces.list', `${RESOURCES}/Microsoft.Network/networkInterfaces`, call => page(call, interfaces(call))),
  reads('galleryImageVersions.listByGalleryImage', `${GROUP}/galleries/{gallery}/images/{image}/versions`, call => {
    const versions = galleryVersions(call)
    return page(
      call,
      versions.map(version => galleryVersionJson(call.subscription, call.path.replace(/\/versions$/i, ''), version)),
    )
  }),
  reads('galleryImageVersions.get', `${GROUP}/galleries/{gallery}/images/{image}/versions/{version}`, call => {
    const version = galleryVersions(call).find(each => each.name === call.names.version)
    if (version === undefined)
      throw notFound(`Microsoft.Compute/galleries/${call.names.gallery}/images/${call.names.image}/versions/${call.names.version}`)
    return ok(galleryVersionJson(call.subscription, call.path.replace(/\/versions\/[^/]+$/i, ''), version))
  }),
  reads('images.get', `${GROUP}/images/{image}`, call => {
    const { subscription, names, path } = call
    const versions = subscription.managedImages.get(`${names.group}/${names.image}`.toLowerCase())
    const version = [...(versions?.values() ?? [])].find(each => !each.gone)
    if (version === undefined) throw notFound(`Microsoft.Compute/images/${names.image}`)
    return ok(managedImageJson(subscription, path, version))
  }),
  reads('communityGalleryImageVersions.list', `${LOCATION}/communityGalleries/{gallery}/images/{image}/versions`, call =>
    publishedVersions(call, 'community'),
  ),
  reads('sharedGalleryImageVersions.list', `${LOCATION}/sharedGalleries/{gallery}/images/{image}/versions`, call =>
    publishedVersions(call, 'shared'),
  ),
  reads('virtualMachineImages.list', `${SKU}/versions`, call => {
    return ok(marketplaceVersions(call).map(({ name }) => ({ location: call.subscription.location, name, id: `${call.path}/${name}` })))
  }),
  reads('virtualMachineImages.get', `${SKU}/versions/{version}`, call => {
    const version = marketplaceVersions(call).find(each => each.name === call.names.version)
    if (version === undefined) throw new ArmError(404, 'NotFound', 'Artifact: VMImage was not found.')
    return ok(marketplaceVersionJson(call.subscription, call.path.replace(/\/versions\/[^/]+$/i, ''), version))
  }),
  reads('managementLocks.listAtSubscriptionLevel', '/subscriptions/{subscription}/providers/Microsoft.Authorization/locks', call =>
    page(
      call,
      call.subscription.locks.map(lock => ({
        name: lock.name,
        id: `${lock.scope}/providers/Microsoft.Authorization/locks/${lock.name}`,
        type: 'Microsoft.Authorization/locks',
        properties: { level: lock.level },
      })),
    ),
  ),
  reads('operations.get', `${LOCATION}/operations/{operation}`, call => ok(operationJson(call))),
  reads('operations.result', `${LOCATION}/operationresults/{operation}`, operationResult),
]

function listed({ subscription }: Call, group: string | null) {
  return [...subscription.scaleSets.values()]
    .filter(set => group === null || set.resourceGroup.toLowerCase() === group.toLowerCase())
    .map(set => scaleSetJson(subscription, set, { userData: false }))
}

/** Those of uniform machines are no resources of their own, and are not among them. */
function interfaces({ subscription, names }: Call) {
  return [...subscription.scaleSets.values()]
    .filter(set => set.mode === 'flexible' && set.resourceGroup.toLowerCase() === (names.group ?? '').toLowerCase())
    .flatMap(set => [...set.machines.values()].flatMap(machine => interfaceResources(subscription, set, machine)))
}

function asked(call: Call, what: string): boolean {
  return (call.query.get('$expand') ?? '').toLowerCase().split(',').includes(what.toLowerCase())
}

/** Throws ArmError 404 where there is none. */
export function setOf({ subscription, names }: Pick<Call, 'subscription' | 'names'>): ScaleSet {
  const set = subscription.scaleSets.get(setKey(names.group ?? '', names.set ?? ''))
  if (set !== undefined) return set
  throw notFound(`Microsoft.Compute/virtualMachineScaleSets/${names.set}' under resource group '${names.group}`)
}

export function memberOf({ names }: Pick<Call, 'names'>, set: ScaleSet): Machine {
  const machine = set.machines.get(names.machine ?? '')
  if (machine !== undefined) return machine
  const message = `The entity ${names.machine} was not found in virtual machine scale set ${set.name}.`
  throw new ArmError(404, 'InstanceIdNotFound', message)
}

/** Members of flexible sets are virtual machines of their own. */
export function machineNamed({ subscription, names }: Pick<Call, 'subscription' | 'names'>): { set: ScaleSet; machine: Machine } {
  for (const set of subscription.scaleSets.values()) {
    if (set.mode !== 'flexible' || set.resourceGroup.toLowerCase() !== (names.group ?? '').toLowerCase()) continue
    const machine = [...set.machines.values()].find(each => each.name.toLowerCase() === (names.machine ?? '').toLowerCase())
    if (machine !== undefined) return { set, machine }
  }
  throw notFound(`Microsoft.Compute/virtualMachines/${names.machine}' under resource group '${names.group}`)
}

function memberJson(call: Call, set: ScaleSet, machine: Machine) {
  return machineJson(call.subscription, set, { machine, view: asked(call, 'instanceView'), userData: asked(call, 'userData') })
}

function listMachines(call: Call): Answer {
  const { subscription, names, query } = call
  const filter = query.get('$filter')
  const wanted = filter === null ? null : /^'virtualMachineScaleSet\/id' eq '?([^']+)'?$/.exec(filter)?.[1]
  if (wanted === undefined) throw new ArmError(400, 'InvalidParameter', `The $filter ${filter} is not supported.`)
  if (wanted === null && asked(call, 'instanceView'))
    throw new ArmError(400, 'InvalidParameter', "$expand=instanceView needs a $filter by 'virtualMachineScaleSet/id'.")
  const sets = [...subscription.scaleSets.values()].filter(
    set =>
      set.mode === 'flexible' &&
      set.resourceGroup.toLowerCase() === (names.group ?? '').toLowerCase() &&
      (wanted === null || scaleSetId(subscription, set).toLowerCase() === wanted.toLowerCase()),
  )
  return page(
    call,
    sets.flatMap(set => [...set.machines.values()].map(machine => memberJson(call, set, machine))),
  )
}

function rollingJson(call: Call, set: ScaleSet) {
  if (set.rollingUpgrade === null)
    throw new ArmError(404, 'NotFound', `The rolling upgrade status of ${set.name} was not found: no upgrade has been run.`)
  return {
    name: 'latest',
    location: call.subscription.location,
    properties: {
      policy: { maxBatchInstancePercent: 20 },
      runningStatus: { code: set.rollingUpgrade, startTime: new Date(call.world.time - 300_000).toISOString(), lastAction: 'Start' },
      progress: { successfulInstanceCount: 1, failedInstanceCount: 0, inProgressInstanceCount: 1, pendingInstanceCount: 1 },
    },
  }
}

function galleryVersions({ subscription, names }: Call): ImageVersion[] {
  const { group = '', gallery = '', image = '' } = names
  const versions = subscription.galleryImages.get(galleryKey({ ...subscription, resourceGroup: group, gallery, image }))
  if (versions === undefined) throw notFound(`Microsoft.Compute/galleries/${names.gallery}/images/${names.image}`)
  return [...versions.values()].filter(version => !version.gone).toSorted(byNumber)
}

function publishedVersions(call: Call, kind: 'community' | 'shared'): Answer {
  const { subscription, names } = call
  const versions = subscription.published.get(`${kind}/${names.gallery}/${names.image}`.toLowerCase())
  if (versions === undefined) throw notFound(`Microsoft.Compute/locations/${kind}Galleries/${names.gallery}/images/${names.image}`)
  const uniqueId = `/${kind}Galleries/${names.gallery}/images/${names.image}`
  const shown = [...versions.values()].filter(version => !version.gone).toSorted(byNumber)
  return page(
    call,
    shown.map(version => publishedVersionJson(subscription, uniqueId, version)),
  )
}

function marketplaceVersions({ subscription, names }: Call): ImageVersion[] {
  const versions = subscription.marketplace.get(`${names.publisher}/${names.offer}/${names.sku}`.toLowerCase())
  if (versions === undefined) throw new ArmError(404, 'NotFound', 'Artifact: VMImage was not found.')
  return [...versions.values()].filter(version => !version.gone).toSorted(byNumber)
}

function operationOf({ subscription, names }: Call) {
  const operation = (subscription as Subscription).operations.get(names.operation ?? '')
  if (operation === undefined) throw notFound(`operations/${names.operation}`)
  return operation
}

function operationJson(call: Call) {
  const { id, start, end, status, error } = operationOf(call)
  return {
    name: id,
    startTime: new Date(start).toISOString(),
    ...(end === null ? {} : { endTime: new Date(end).toISOString() }),
    status,
    ...(error === null ? {} : { error }),
  }
}

/** The `Location` of a deletion: 202 until it has ended. */
function operationResult(call: Call): Answer {
  return operationOf(call).status === 'InProgress'
    ? { status: 202, headers: { location: `${call.origin}${call.path}?${call.query}` } }
    : { status: 200 }
}
