import type { Configuration } from '../../domain/declaration.ts'
import type { InstanceId } from '../../domain/group.ts'
import type { InstanceRef } from '../provider.ts'
import { distinct, mapLimited } from '../shared/batches.ts'
import { configurationOf } from './configuration.ts'
import type { ScopeContext } from './context.ts'
import { managersOf } from './declare.ts'
import { readMachines } from './learn.ts'
import { membersOf, nameOf, zoneOf } from './members.ts'
import { groupPlace, managedOf } from './reads.ts'
import { WIDTH } from './templates.ts'

/** The contract's describe(): the API finds instances by name, so each answer is held against the id that was asked for. */
export async function describe(
  context: ScopeContext,
  refs: readonly InstanceRef[],
  signal: AbortSignal,
): Promise<Map<InstanceId, Configuration>> {
  const { api } = context
  const wanted = await placesOf(context, refs, signal)
  const read = await readMachines(api, wanted, { disks: 'all', signal })
  return new Map(
    [...read]
      .filter(([, { machine }]) => !/^(STOPPING|TERMINATED|DEPROVISIONING)$/.test(String(machine.status ?? '')))
      .map(([id, { machine, disks }]) => [id, configurationOf(id, machine, { project: api.project, disks })]),
  )
}

interface Placed {
  readonly id: InstanceId
  readonly name: string
  readonly zone: string
}

/** Names and zones, from memory or, in a process that has not seen the group yet, from its rows. */
async function placesOf(context: ScopeContext, refs: readonly InstanceRef[], signal: AbortSignal): Promise<Placed[]> {
  const { api, memory } = context
  const known = refs.flatMap(({ id }) => {
    const one = memory.instances.get(id)
    return one === undefined ? [] : [{ id, name: one.name, zone: one.zone }]
  })
  const unknown = refs.filter(ref => memory.instances.get(ref.id) === undefined)
  const groups = distinct(unknown.map(ref => ref.group))
  const managers = await managersOf(context, groups, signal)
  const rows = await mapLimited([...managers], WIDTH, async ([id, manager]) => {
    const place = groupPlace(api, id)
    const managed = place === null ? [] : await managedOf(api, place, signal)
    return membersOf(managed).map(member => ({ id: member.identity, name: nameOf(member), zone: zoneOf(member, manager) }))
  })
  const wanted = new Set(unknown.map(ref => ref.id))
  return [...known, ...rows.flat().filter(({ id }) => wanted.has(id))]
}
