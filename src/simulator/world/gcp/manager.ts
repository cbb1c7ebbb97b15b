import { editByHand, makeMachine, removeMachine, resolve } from './machines.ts'
import type { LaunchError, Machine, Manager, Project, Slot } from './model.ts'
import { endOperation, note, numericId, type Place, serviceAgent, startOperation } from './operations.ts'

/** The id by which Firedrill and the world call a group. */
export function managerId(project: Project, manager: Manager): string {
  return `${project.id}/${manager.location}/mig/${manager.name}`
}

export function machineOf(project: Project, slot: Slot): Machine | null {
  const machine = project.instances.get(`${slot.zone}/${slot.name}`)
  return machine === undefined || machine.id !== slot.machine ? null : machine
}

/** Brings the group to its target size: new slots are filled, the newest go first. */
export function reconcile(place: Place): void {
  const { manager } = place
  const staying = () => manager.slots.filter(slot => slot.action !== 'DELETING' && !slot.stopped)
  while (staying().length < manager.targetSize) fill(place, newSlot(place), 'CREATING')
  for (const slot of staying().slice(manager.targetSize)) leave(place, slot)
}

/** A name with four characters that chance draws, in the zone with the fewest. */
export function newSlot({ world, manager }: Place): Slot {
  const count = (zone: string) => manager.slots.filter(slot => slot.zone === zone).length
  const zone = [...manager.zones].sort((a, b) => count(a) - count(b))[0] as string
  const slot: Slot = {
    name: `${manager.name}-${world.random.hex(4)}`,
    zone,
    machine: null,
    action: 'NONE',
    template: defaultTemplate(manager),
    health: 'UNKNOWN',
    lastErrors: [],
    stopped: false,
  }
  manager.slots = [...manager.slots, slot]
  return slot
}

/** The version that takes the rest. */
export function defaultTemplate(manager: Manager): string {
  return (manager.versions.find(version => version.fixed === null) ?? manager.versions[0])?.template ?? ''
}

/** Makes a machine in the slot's name; where that fails, tries again for ever. */
function fill(place: Place, slot: Slot, action: 'CREATING' | 'RECREATING'): void {
  const { world, project, manager } = place
  const { behaviour, timing } = manager
  if (!manager.slots.includes(slot) || slot.machine !== null) return
  slot.action = action
  if (behaviour.silent) return
  const made = resolve(project, slot.template)
  const error = behaviour.launchError ?? ('error' in made ? made.error : null)
  if (error !== null || 'error' in made) {
    fail(place, slot, error ?? { code: 'INTERNAL_ERROR', message: 'Internal error' })
    world.after(project, timing.retry, () => fill(place, slot, action))
    return
  }
  const instead = behaviour.imageInstead === null ? undefined : project.images.get(behaviour.imageInstead)
  const machine = makeMachine(world, project, { ...made, image: instead ?? made.image, slot, manager, at: world.time })
  slot.machine = machine.id
  slot.lastErrors = []
  slot.health = 'UNKNOWN'
  const operation = note(place, slot, { type: 'insert', machine: machine.id })
  world.after(project, timing.detect, () => {
    operation.status = 'RUNNING'
    if (machine.status === 'PROVISIONING') machine.status = 'STAGING'
  })
  world.after(project, timing.detect + (behaviour.boot ?? timing.boot), () => {
    endOperation(world, operation)
    if (slot.machine === machine.id && machine.status === 'STAGING') booted(place, slot, machine)
  })
}

function fail(place: Place, slot: Slot, error: LaunchError): void {
  const { world, manager, project } = place
  slot.lastErrors = [error]
  note(place, slot, { type: 'insert', machine: numericId(world), errors: [error] })
  manager.errors = [
    ...manager.errors.slice(-200),
    {
      ...error,
      at: world.time,
      action: slot.action,
      instance: `projects/${project.name}/zones/${slot.zone}/instances/${slot.name}`,
      template: slot.template,
    },
  ]
}

function booted(place: Place, slot: Slot, machine: Machine): void {
  const { world, project, manager } = place
  machine.status = 'RUNNING'
  for (const edit of manager.behaviour.edits) editByHand(world, project, machine, edit)
  if (manager.healthCheck === null) {
    inService(place, slot, machine)
    return
  }
  slot.action = 'VERIFYING'
  world.after(project, manager.timing.health, () => {
    if (slot.machine !== machine.id || machine.status !== 'RUNNING') return
    slot.health = manager.behaviour.health
    if (slot.health === 'HEALTHY') inService(place, slot, machine)
    else healLater(place, slot, machine)
  })
}

/** Autohealing waits for the initial delay, then recreates what is still unhealthy. */
function healLater(place: Place, slot: Slot, machine: Machine): void {
  const { world, project, manager } = place
  world.after(project, manager.initialDelay, () => {
    if (slot.machine === machine.id && slot.health === 'UNHEALTHY' && manager.repairs) recreate(place, slot, { repair: true })
  })
}

function inService(place: Place, slot: Slot, machine: Machine): void {
  const { manager } = place
  slot.action = 'NONE'
  const { fate } = manager.behaviour
  if (fate === null) return
  manager.behaviour.fate = null
  place.world.after(place.project, fate.after, () => meetFate(place, slot, machine, fate.how))
}

function meetFate(place: Place, slot: Slot, machine: Machine, how: 'crash' | 'unhealthy' | 'spot' | 'scale-in'): void {
  const { world, manager } = place
  if (slot.machine !== machine.id || machine.status !== 'RUNNING') return
  switch (how) {
    case 'unhealthy':
      slot.health = 'UNHEALTHY'
      healLater(place, slot, machine)
      return
    case 'crash':
      endMachine(place, slot, machine)
      return
    case 'spot':
      endOperation(world, note(place, slot, { type: 'compute.instances.preempted', machine: machine.id }))
      endMachine(place, slot, machine)
      return
    case 'scale-in':
      manager.targetSize--
      noteResize(place)
      leave(place, slot)
  }
}

export function noteResize(place: Place): void {
  const { world, project, manager } = place
  const where = manager.regional ? { region: manager.location } : { zone: manager.location }
  const target = `${manager.regional ? 'regions' : 'zones'}/${manager.location}/instanceGroupManagers/${manager.name}`
  const type = 'compute.instanceGroupManagers.resize'
  endOperation(world, startOperation(world, project, { type, target, targetId: manager.id, user: serviceAgent(project), ...where }))
}

/** What instances.delete does: the machine goes, and the group, which did not do it, makes it again in the same name. */
export function endMachine(place: Place, slot: Slot, machine: Machine, done: () => void = () => {}): void {
  const { world, project, manager } = place
  machine.status = 'STOPPING'
  world.after(project, manager.timing.terminate, () => {
    if (slot.machine === machine.id) slot.machine = null
    removeMachine(project, machine)
    slot.health = 'UNKNOWN'
    done()
  })
  world.after(project, manager.timing.terminate + manager.timing.detect, () => {
    if (slot.machine !== null || slot.action !== 'NONE' || !manager.repairs || manager.deleting) return
    endOperation(world, note(place, slot, { type: 'compute.instances.repair.recreateInstance', machine: machine.id }))
    if (manager.forceUpdateOnRepair) slot.template = defaultTemplate(manager)
    fill(place, slot, 'RECREATING')
  })
}

/** What recreateInstances does: drained, deleted and made again from what the group declares now. */
export function recreate(place: Place, slot: Slot, { repair }: { repair: boolean }): void {
  const { world, project, manager } = place
  const machine = machineOf(project, slot)
  slot.action = 'RECREATING'
  if (!repair || manager.forceUpdateOnRepair) slot.template = currentTemplate(manager, slot)
  if (machine === null) {
    fill(place, slot, 'RECREATING')
    return
  }
  if (repair) endOperation(world, note(place, slot, { type: 'compute.instances.repair.recreateInstance', machine: machine.id }))
  world.after(project, manager.timing.drain, () => {
    if (slot.machine !== machine.id) return
    machine.status = 'STOPPING'
    const operation = note(place, slot, { type: 'delete', machine: machine.id })
    world.after(project, manager.timing.terminate, () => {
      endOperation(world, operation)
      if (slot.machine === machine.id) slot.machine = null
      removeMachine(project, machine)
      fill(place, slot, 'RECREATING')
    })
  })
}

/** A member of a version that is still declared keeps it; others get the one that takes the rest. */
function currentTemplate(manager: Manager, slot: Slot): string {
  return manager.versions.some(version => version.template === slot.template) ? slot.template : defaultTemplate(manager)
}

/** Takes a member out of the group for good. */
export function leave(place: Place, slot: Slot): void {
  const { world, project, manager } = place
  slot.action = 'DELETING'
  const machine = machineOf(project, slot)
  const operation = machine === null ? null : note(place, slot, { type: 'delete', machine: machine.id })
  if (machine !== null) machine.status = 'STOPPING'
  world.after(project, manager.timing.drain + manager.timing.terminate, () => {
    if (operation !== null) endOperation(world, operation)
    if (machine !== null) removeMachine(project, machine)
    manager.slots = manager.slots.filter(each => each !== slot)
  })
}
