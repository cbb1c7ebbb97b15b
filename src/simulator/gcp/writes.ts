import { endMachine, leave, machineOf, managerId, noteResize, reconcile, recreate } from '../world/gcp/manager.ts'
import type { Manager, Slot, Operation as StoredOperation } from '../world/gcp/model.ts'
import { endOperation, type Place, startOperation } from '../world/gcp/operations.ts'
import { ApiError, invalid, notFound } from './api-error.ts'
import { type Call, type Operation, writes } from './call.ts'
import { managerNamed } from './reads.ts'
import { placeOf, showOperation } from './resources.ts'

/** A request that was sent before with the same id is answered with its operation, and does nothing again. */
function once(start: (call: Call) => StoredOperation): Operation {
  return writes(call => {
    const requestId = call.query.get('requestId')
    const known = requestId === null ? undefined : call.project.operations.find(operation => operation.requestId === requestId)
    return showOperation(call.project, known ?? start(call))
  })
}

function operationOn(call: Call, manager: Manager, type: string): StoredOperation {
  const where = manager.regional ? { region: manager.location } : { zone: manager.location }
  const target = `${placeOf(manager)}/instanceGroupManagers/${manager.name}`
  const requestId = call.query.get('requestId')
  const operation = startOperation(call.world, call.project, { type, target, targetId: manager.id, user: call.user, requestId, ...where })
  call.world.after(call.project, 20, () => {
    operation.status = 'RUNNING'
  })
  // Done means only that the group has taken note of it.
  call.world.after(call.project, 60, () => endOperation(call.world, operation))
  return operation
}

function placed(call: Call, manager: Manager): Place {
  return { world: call.world, project: call.project, manager }
}

/** The slots that a request names by the URLs of their instances. */
function slotsNamed(call: Call, manager: Manager): Slot[] {
  const urls = call.body.instances
  if (!Array.isArray(urls) || urls.length === 0)
    throw invalid("Invalid value for field 'instances': ''. At least one instance must be given.")
  return urls.map(url => {
    const [, zone, name] = /zones\/([^/]+)\/instances\/([^/]+)$/.exec(String(url)) ?? []
    const slot = manager.slots.find(each => each.name === name && each.zone === zone)
    if (slot !== undefined) return slot
    throw invalid(`Instance '${url}' is not a member of instance group manager '${manager.name}'.`)
  })
}

interface Patch {
  readonly targetSize?: number
  readonly updatePolicy?: { readonly type?: Manager['updateType'] }
  readonly instanceLifecyclePolicy?: { readonly defaultActionOnFailure?: string; readonly forceUpdateOnRepair?: string }
  readonly allInstancesConfig?: { readonly properties?: { readonly labels?: Readonly<Record<string, string>> } }
}

/** What an owner may change here; a field that is not simulated is refused rather than forgotten. */
const CHANGEABLE = ['targetSize', 'updatePolicy', 'instanceLifecyclePolicy', 'allInstancesConfig', 'fingerprint', 'name']

function patch(place: Place, body: Patch): void {
  const { world, project, manager } = place
  const unknown = Object.keys(body).find(field => !CHANGEABLE.includes(field))
  if (unknown !== undefined) throw invalid(`The simulator does not change '${unknown}'.`)
  const { targetSize, updatePolicy, instanceLifecyclePolicy: policy, allInstancesConfig: config } = body
  if (policy?.defaultActionOnFailure !== undefined) manager.repairs = policy.defaultActionOnFailure !== 'DO_NOTHING'
  if (policy?.forceUpdateOnRepair !== undefined) manager.forceUpdateOnRepair = policy.forceUpdateOnRepair === 'YES'
  if (updatePolicy?.type !== undefined) manager.updateType = updatePolicy.type
  if (config?.properties?.labels !== undefined) {
    manager.allInstances = config.properties.labels
    manager.allInstancesRevision++
    // A proactive group brings them to its members; others get them when they are made anew.
    if (manager.updateType === 'PROACTIVE') world.after(project, manager.timing.detect, () => applyLabels(place))
  }
  if (targetSize === undefined || targetSize === manager.targetSize) return
  manager.targetSize = targetSize
  noteResize(place)
  reconcile(place)
}

function applyLabels({ project, manager }: Place): void {
  for (const slot of manager.slots) {
    const machine = machineOf(project, slot)
    if (machine !== null) machine.labels = { ...machine.labels, ...manager.allInstances }
  }
}

export const writeOperations: Readonly<Record<string, Operation>> = {
  'instances.delete': once(call => {
    const { world, project } = call
    const machine = project.instances.get(`${call.location}/${call.name}`)
    if (machine === undefined) throw notFound(`projects/${project.name}/zones/${call.location}/instances/${call.name}`)
    if (machine.deletionProtection)
      throw new ApiError(400, 'invalidUsage', `Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion.'.`)
    const manager = [...project.groups.values()].find(each => each.slots.some(slot => slot.machine === machine.id))
    const slot = manager?.slots.find(each => each.machine === machine.id)
    if (manager === undefined || slot === undefined) throw invalid(`The instance ${machine.name} is being deleted already.`)
    const operation = startOperation(world, project, {
      type: 'delete',
      target: `zones/${machine.zone}/instances/${machine.name}`,
      targetId: machine.id,
      zone: machine.zone,
      user: call.user,
      requestId: call.query.get('requestId'),
    })
    world.struck(managerId(project, manager), [machine.id])
    world.after(project, 20, () => {
      if (operation.status === 'PENDING') operation.status = 'RUNNING'
    })
    endMachine(placed(call, manager), slot, machine, () => endOperation(world, operation))
    return operation
  }),
  'instanceGroupManagers.recreateInstances': once(call => {
    const manager = managerNamed(call)
    const slots = slotsNamed(call, manager)
    const operation = operationOn(call, manager, 'recreateInstancesInInstanceGroupManager')
    const victims = slots.flatMap(slot => slot.machine ?? [])
    call.world.struck(managerId(call.project, manager), victims)
    for (const slot of slots) recreate(placed(call, manager), slot, { repair: false })
    return operation
  }),
  'instanceGroupManagers.deleteInstances': once(call => {
    const manager = managerNamed(call)
    const slots = slotsNamed(call, manager)
    const operation = operationOn(call, manager, 'compute.instanceGroupManagers.deleteInstances')
    manager.targetSize = Math.max(0, manager.targetSize - slots.length)
    for (const slot of slots) leave(placed(call, manager), slot)
    return operation
  }),
  'instanceGroupManagers.resize': once(call => {
    const manager = managerNamed(call)
    const size = Number(call.query.get('size') ?? Number.NaN)
    if (!Number.isInteger(size) || size < 0) throw invalid(`Invalid value for field 'size': '${call.query.get('size')}'.`)
    const operation = operationOn(call, manager, 'compute.instanceGroupManagers.resize')
    manager.targetSize = size
    noteResize(placed(call, manager))
    reconcile(placed(call, manager))
    return operation
  }),
  'instanceGroupManagers.patch': once(call => {
    const manager = managerNamed(call)
    const operation = operationOn(call, manager, 'compute.instanceGroupManagers.patch')
    patch(placed(call, manager), call.body as Patch)
    return operation
  }),
  'instances.stop': once(call => {
    const { world, project } = call
    const machine = project.instances.get(`${call.location}/${call.name}`)
    if (machine === undefined) throw notFound(`projects/${project.name}/zones/${call.location}/instances/${call.name}`)
    const manager = [...project.groups.values()].find(each => each.slots.some(slot => machineOf(project, slot) === machine))
    const target = `zones/${machine.zone}/instances/${machine.name}`
    const operation = startOperation(world, project, { type: 'stop', target, targetId: machine.id, zone: machine.zone, user: call.user })
    machine.status = 'STOPPING'
    world.after(project, manager?.timing.terminate ?? 300, () => {
      machine.status = 'TERMINATED'
      endOperation(world, operation)
    })
    return operation
  }),
}
