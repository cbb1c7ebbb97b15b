import { addTemplate } from '../../src/simulator/world/gcp/fleet.ts'
import {
  defaultTemplate,
  endMachine,
  machineOf,
  managerId,
  noteResize,
  reconcile,
  recreate,
} from '../../src/simulator/world/gcp/manager.ts'
import type { Slot } from '../../src/simulator/world/gcp/model.ts'
import type { Place } from '../../src/simulator/world/gcp/operations.ts'
import { changeGroup } from '../../src/simulator/world/gcp/traits.ts'
import type { World } from '../../src/simulator/world/world.ts'
import type { Hands } from './others.ts'

const DAY = 86_400_000

export function placeOf(world: World, name: string): Place {
  for (const project of world.projects.values())
    for (const manager of project.groups.values()) if (manager.name === name) return { world, project, manager }
  throw new Error(`there is no managed instance group ${name}`)
}

export function handsOnGcp(place: Place): Hands {
  const { world, project, manager } = place
  return {
    id: managerId(project, manager),
    part: project,
    resize: by => resize(place, by),
    deploy: () => changeGroup(place),
    refresh: () => {
      changeGroup(place)
      manager.updateType = 'PROACTIVE'
      manager.rolling = true
      rollOn(place, [...manager.slots])
    },
    crash: () => {
      // One that was there before: a crash of the successor itself is its own death.
      const isOld = (each: Slot) => (machineOf(project, each)?.createdAt ?? world.time) < world.time - DAY
      const slot = manager.slots.find(each => each.action === 'NONE' && isOld(each))
      const machine = slot === undefined ? null : machineOf(project, slot)
      if (slot !== undefined && machine?.status === 'RUNNING') endMachine(place, slot, machine)
    },
    optOut: () => optOut(place),
    unsteady: ({ from, to }) => {
      const isOurs = (target: string) => target.includes(`/instances/${manager.name}-`)
      const moved = project.operations.find(each => isOurs(each.target) && each.insertedAt < to && each.insertedAt > from)
      return moved === undefined ? null : `its members had changed: ${moved.type} ${moved.target}`
    },
  }
}

function resize(place: Place, by: 1 | -1): void {
  const { manager } = place
  manager.targetSize = Math.max(1, manager.targetSize + by)
  noteResize(place)
  reconcile(place)
}

/** One member after the other is made again from the new template. */
function rollOn(place: Place, left: readonly Slot[]): void {
  const { world, project, manager } = place
  const [slot, ...rest] = left
  if (slot === undefined) {
    manager.rolling = false
    return
  }
  if (manager.slots.includes(slot) && slot.action === 'NONE') recreate(place, slot, { repair: false })
  const { drain, terminate, detect, boot, health } = manager.timing
  world.after(project, drain + terminate + detect + boot + health + 1_000, () => rollOn(place, rest))
}

/** Where the label stands: in all instances' configuration, else in the template, which then is another. */
function optOut(place: Place): void {
  const { world, project, manager } = place
  if ('firedrill' in manager.allInstances) {
    manager.allInstances = {}
    return
  }
  const template = project.templates.get(defaultTemplate(manager))
  if (template === undefined) return
  const { firedrill: _label, ...labels } = template.properties.labels
  const name = `${manager.name}-template-${project.templates.size + 1}`
  const next = addTemplate(world, project, {
    name,
    region: template.region,
    at: world.time,
    properties: { ...template.properties, labels },
  })
  manager.versions = manager.versions.map(version => (version.fixed === null ? { ...version, template: next.key } : version))
  manager.updateType = 'OPPORTUNISTIC'
}
