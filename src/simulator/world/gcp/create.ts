import type { z } from 'zod'
import type { FaultInput, TraitDescription, WorldMistake } from '../description.ts'
import { type TraitTruth, type TruthQuestion, tellTruth } from '../truth.ts'
import type { World } from '../world.ts'
import { type gcpSchema, zonesOf } from './description.ts'
import { buildManager, buildProject, type ManagerDescription } from './fleet.ts'
import { managerId } from './manager.ts'
import type { Project } from './model.ts'
import { applyTrait, prepare, senseless } from './traits.ts'

type GcpDescription = z.infer<ReturnType<typeof gcpSchema>>

/** Builds the projects of a world; returns the faults that it starts with. */
export function createProjects(world: World, gcp: GcpDescription): FaultInput[] {
  for (const { id } of gcp.projects) world.projects.set(id, buildProject(world, id))
  world.knowInside(id => {
    for (const project of world.projects.values())
      for (const machine of project.instances.values())
        if (machine.id === id) return { state: machine.status === 'RUNNING' ? 'running' : machine.status, content: machine.content }
    return null
  })
  return gcp.groups.flatMap(each => addGroup(world, gcp, each as unknown as ManagerDescription))
}

function addGroup(world: World, gcp: GcpDescription, each: ManagerDescription): FaultInput[] {
  const project = world.projects.get(each.project ?? (gcp.projects[0]?.id as string)) as Project
  const prepared = prepare(each)
  const manager = buildManager(world, project, prepared)
  const place = { world, project, manager }
  const traits = prepared.traits.map(trait => ({ trait, edited: applyTrait(place, trait) }))
  world.knowTruth(managerId(project, manager), question => tellTruth(inForce(traits, question), question))
  if (!prepared.traits.some(trait => trait.trait === 'unreadable')) return []
  const operation = `${manager.regional ? 'regionInstanceGroupManagers' : 'instanceGroupManagers'}.listManagedInstances`
  return [{ kind: 'denied', service: 'compute', operation, mentions: manager.name }]
}

/** Repairs that are off keep nobody from making a member again who asks for it: only a member that was lost stays away. */
function inForce(traits: readonly TraitTruth[], { method }: TruthQuestion): readonly TraitTruth[] {
  if (method !== 'retire') return traits
  return traits.filter(({ trait }) => trait.trait !== 'not-replaced' || trait.cause !== 'launch-suspended')
}

/** One line for each mistake that a schema cannot see. */
export function gcpMistakes(gcp: GcpDescription): WorldMistake[] {
  const seen = new Set<string>()
  return gcp.groups.flatMap((each, index) => {
    const place = ['gcp', 'groups', index]
    const project = each.project ?? (gcp.projects[0]?.id as string)
    const id = `${project}/${each.region ?? zonesOf(each)[0]}/${each.name}`
    const traits = (each.traits as readonly TraitDescription[]).flatMap((trait, at) => {
      const why = senseless(trait)
      return why === null ? [] : [{ path: [...place, 'traits', at], message: `${trait.trait} makes no sense here: ${why}` }]
    })
    const unknown = gcp.projects.some(known => known.id === project)
      ? []
      : [{ path: [...place, 'project'], message: `${project} is not under gcp.projects` }]
    const twice = seen.has(id) ? [{ path: [...place, 'name'], message: `there is already a group ${each.name} in this place` }] : []
    seen.add(id)
    return [...traits, ...unknown, ...twice]
  })
}
