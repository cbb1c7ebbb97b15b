import type { World } from '../world.ts'
import { resolveImage } from './images.ts'
import type { Edit, Machine, Model, Operation, ScaleSet, Subscription } from './model.ts'

/** Where something happens. */
export interface Site {
  readonly world: World
  readonly subscription: Subscription
  readonly set: ScaleSet
}

export function scaleSetId({ subscription }: Pick<Subscription, 'subscription'>, set: ScaleSet): string {
  return `/subscriptions/${subscription}/resourceGroups/${set.resourceGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/${set.name}`
}

/** As Firedrill names it. */
export function groupId(subscription: Subscription, set: ScaleSet): string {
  return `${subscription.id}/${set.resourceGroup}/vmss/${set.name}`
}

/** Never used twice, and so the name under which the truth about a member is kept: as Firedrill names it. */
export function identityOf(machine: Machine): string {
  return `${machine.vmId}@${new Date(machine.createdAt).toISOString()}`
}

export function setKey(resourceGroup: string, name: string): string {
  return `${resourceGroup}/${name}`.toLowerCase()
}

export function provisioningState(set: ScaleSet): 'Deleting' | 'Updating' | 'Failed' | 'Succeeded' {
  if (set.deleting) return 'Deleting'
  if (set.busy > 0) return 'Updating'
  return set.failure === null ? 'Succeeded' : 'Failed'
}

function startOperation({ world, subscription }: Site): Operation {
  const operation: Operation = { id: world.random.uuid(), start: world.time, end: null, status: 'InProgress', error: null }
  subscription.operations.set(operation.id, operation)
  if (subscription.operations.size > 500) subscription.operations.delete([...subscription.operations.keys()][0] as string)
  return operation
}

function begin({ world, set }: Site): void {
  set.busy++
  set.etag = world.random.hex(8)
}

function finish({ world, set }: Site, operation: Operation, error: Operation['error'] = null): void {
  set.busy--
  set.etag = world.random.hex(8)
  operation.end = world.time
  set.changedAt = world.time
  operation.status = error === null ? 'Succeeded' : 'Failed'
  operation.error = error
  set.failure = error === null ? null : { ...error, at: world.time }
}

/** Takes machines out of the set. `way` is the API that was asked: the set's own, or the machine's. */
export function deleteMachines(site: Site, machines: readonly Machine[], how: { way: 'set' | 'machine'; forced: boolean }): Operation {
  const { world, subscription, set } = site
  const operation = startOperation(site)
  begin(site)
  for (const machine of machines) machine.provisioning = 'Deleting'
  if (machines.length > 0) world.struck(groupId(subscription, set), machines.map(identityOf))
  const takes = how.forced ? set.timing.terminate : set.timing.drain + set.timing.terminate
  world.after(subscription, takes, () => {
    for (const machine of machines) remove(set, machine)
    if (set.ways.capacityOnDelete[how.way] === 'falls') set.capacity = Math.max(0, set.capacity - machines.length)
    finish(site, operation)
  })
  return operation
}

function remove(set: ScaleSet, machine: Machine): void {
  if (set.machines.get(machine.instanceId) === machine) set.machines.delete(machine.instanceId)
}

/** A new capacity: what it makes of the machines depends on the set's ways. */
export function setCapacity(site: Site, capacity: number): Operation {
  const { set } = site
  const present = [...set.machines.values()].filter(machine => machine.provisioning !== 'Deleting')
  const more = capacity - (set.ways.scaling === 'absolute' ? present.length : set.capacity)
  set.capacity = capacity
  if (more < 0) return scaleIn(site, present.slice(more))
  return scaleOut(site, more)
}

function scaleIn(site: Site, machines: readonly Machine[]): Operation {
  const operation = startOperation(site)
  begin(site)
  for (const machine of machines) machine.provisioning = 'Deleting'
  site.world.after(site.subscription, site.set.timing.terminate, () => {
    for (const machine of machines) remove(site.set, machine)
    finish(site, operation)
  })
  return operation
}

function scaleOut(site: Site, count: number): Operation {
  const { world, subscription, set } = site
  const operation = startOperation(site)
  begin(site)
  world.after(subscription, set.timing.detect, () => {
    if (set.behaviour.silent || count <= 0) return finish(site, operation)
    const model = set.model
    const image = model === null ? null : resolveImage(subscription, model.image)
    const refused =
      model === null
        ? {
            code: 'InvalidParameter',
            message: 'The virtual machine scale set has no virtual machine profile, so no instance can be created.',
          }
        : image?.ok === false
          ? { code: image.code, message: image.message }
          : null
    if (refused !== null) return finish(site, operation, refused)
    const made = Array.from({ length: count }, () => addMachine(site, {}))
    world.after(subscription, set.behaviour.boot ?? set.timing.boot, () => created(site, made, operation))
  })
  return operation
}

function created(site: Site, machines: readonly Machine[], operation: Operation): void {
  const { world, subscription, set } = site
  const error = set.behaviour.createError
  if (error !== null) {
    for (const machine of machines) {
      machine.provisioning = 'Failed'
      machine.failure = error
      machine.power = null
      if (!set.ways.failedStays) remove(set, machine)
    }
    finish(site, operation, error)
    return
  }
  for (const machine of machines) {
    if (machine.provisioning === 'Deleting') continue
    machine.provisioning = 'Succeeded'
    machine.power = 'running'
    machine.health = set.health === 'none' ? null : set.health === 'rich' ? 'initializing' : 'unknown'
    world.after(subscription, set.timing.health, () => {
      if (machine.health !== null) machine.health = set.behaviour.health
    })
    meetFate(site, machine)
  }
  finish(site, operation)
}

function meetFate(site: Site, machine: Machine): void {
  const { world, subscription, set } = site
  const { fate } = set.behaviour
  if (fate === null) return
  // Once: whoever comes after is left in peace.
  set.behaviour.fate = null
  world.after(subscription, fate.after, () => {
    switch (fate.how) {
      case 'unhealthy':
        if (machine.health !== null) machine.health = 'unhealthy'
        return
      case 'scale-in':
        set.capacity = Math.max(0, set.capacity - 1)
        scaleIn(site, [machine])
        return
      case 'crash':
        machine.power = 'deallocated'
        if (machine.health !== null) machine.health = 'unhealthy'
        return
      case 'spot':
        machine.provisioning = 'Deleting'
        world.after(subscription, set.timing.terminate, () => {
          remove(set, machine)
          set.etag = world.random.hex(8)
        })
    }
  })
}

/** A new member as the present model makes it. Names and numbers of uniform members are used again, as Azure may. */
export function addMachine(site: Site, from: { at?: number; model?: Model; modelVersion?: number }): Machine {
  const { world, subscription, set } = site
  const model = from.model ?? (set.model as Model)
  const instanceId = set.mode === 'uniform' ? lowestFree(set) : `${set.name}_${world.random.hex(8)}`
  const resolved = resolveImage(subscription, model.image)
  const exactVersion = set.behaviour.imageInstead ?? (resolved.ok ? resolved.version.name : '0.0.0')
  const identities = [`${subscription.subscription}/${set.resourceGroup}/${set.name}-identity`]
  const machine: Machine = {
    instanceId,
    name: set.mode === 'uniform' ? `${set.name}_${instanceId}` : instanceId,
    vmId: world.random.uuid(),
    createdAt: from.at ?? world.time,
    zone: set.zones.length === 0 ? null : (set.zones[set.machines.size % set.zones.length] as string),
    modelVersion: from.modelVersion ?? set.modelVersion,
    provisioning: 'Creating',
    failure: null,
    power: 'starting',
    health: null,
    image: model.image,
    exactVersion,
    size: set.size,
    osDisk: model.osDisk,
    dataDisks: [...model.dataDisks],
    interfaces: model.interfaces.map(each => ({ ...each })),
    extensions: [...model.extensions],
    securityType: model.securityType ?? (subscription.defaultSecurityType === 'TrustedLaunch' ? 'TrustedLaunch' : null),
    encryptionAtHost: model.encryptionAtHost,
    identities,
    tags: ownTags(set),
    userData: model.userData,
    priority: model.priority,
    adminUsername: model.adminUsername,
    protectFromScaleIn: false,
    protectFromScaleSetActions: false,
    content: resolved.ok ? { ...resolved.version.content, 'service:app': 'running' } : {},
  }
  set.machines.set(instanceId, machine)
  for (const edit of set.behaviour.edits) editByHand(machine, edit)
  return machine
}

function ownTags(set: ScaleSet): Record<string, string> {
  return Object.fromEntries(Object.entries(set.tags).filter(([key]) => !key.startsWith('firedrill')))
}

function lowestFree(set: ScaleSet): string {
  let number = 0
  while (set.machines.has(String(number))) number++
  return String(number)
}

/** Throws where this cloud has no such thing. */
export function editByHand(machine: Machine, edit: Edit): void {
  switch (edit.kind) {
    case 'volume':
      machine.dataDisks.push({ lun: Number(/\d+$/.exec(edit.device)?.[0] ?? 9), size: edit.size, type: 'Premium_LRS' })
      return
    case 'security-group':
      machine.interfaces = machine.interfaces.map(each => ({ ...each, securityGroup: edit.name }))
      return
    case 'role':
      machine.identities.push(edit.profile)
      return
    case 'tag':
      machine.tags[edit.key] = edit.value
      return
    case 'type':
      machine.size = edit.type
      return
    case 'user-data':
      machine.userData = Buffer.from(edit.text).toString('base64')
      return
    case 'content':
      machine.content[edit.path] = edit.value
  }
}
