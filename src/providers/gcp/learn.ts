import { ProviderError } from '../provider-error.ts'
import { distinct, mapLimited } from '../shared/batches.ts'
import type { GcpApi } from './api.ts'
import { diskPath, imageOf } from './configuration.ts'
import { lastPart } from './ids.ts'
import { membersOf, nameOf, zoneOf } from './members.ts'
import type { KnownInstance, ProjectMemory } from './memory.ts'
import { disksAt, machinesNamed } from './reads.ts'
import { templateInMetadata } from './settings-of.ts'
import { readTemplates, templateKey, versionsOf, WIDTH } from './templates.ts'
import { type Disk, idOf, instantOf, type Machine, type ManagedInstance, type Manager, type Template } from './wire.ts'

export interface Learner {
  readonly api: GcpApi
  readonly memory: ProjectMemory
}

/** A machine with the disks it is attached to, read together. */
export interface ReadMachine {
  readonly machine: Machine
  readonly disks: ReadonlyMap<string, Disk> | string
}

/** Machines by id, with all of their disks or only what they boot from; one whose name another has by now is missing. */
export async function readMachines(
  api: GcpApi,
  wanted: readonly { readonly id: string; readonly name: string; readonly zone: string }[],
  options: { readonly disks: 'all' | 'boot'; readonly signal: AbortSignal },
): Promise<Map<string, ReadMachine>> {
  const { signal } = options
  const byZone = Map.groupBy(wanted, one => one.zone)
  const found = new Map<string, ReadMachine>()
  await mapLimited([...byZone], WIDTH, async ([zone, members]) => {
    const names = members.map(one => one.name)
    const machines = await machinesNamed(api, zone, names, signal)
    const attached = [...machines.values()].flatMap(machine =>
      (machine.disks ?? []).filter(disk => options.disks === 'all' || disk.boot === true),
    )
    const disks = await orWhy(disksAt(api, distinct(attached.map(diskPath)), signal), signal)
    for (const { id, name } of members) {
      const machine = machines.get(name)
      if (machine !== undefined && idOf(machine.id) === id) found.set(id, { machine, disks })
    }
  })
  return found
}

/** Reads launch time, image and birth of the members that are not known yet; `again` asks for all of them. */
export async function learnInstances(
  { api, memory }: Learner,
  looks: readonly { readonly manager: Manager; readonly managed: readonly ManagedInstance[] }[],
  options: { again: boolean; signal: AbortSignal },
): Promise<void> {
  const members = looks.flatMap(({ manager, managed }) =>
    membersOf(managed).map(member => ({ id: member.identity, name: nameOf(member), zone: zoneOf(member, manager) })),
  )
  const asked = options.again ? members : members.filter(({ id }) => !isLearnt(memory.instances.get(id)))
  const read = await readMachines(api, asked, { disks: 'boot', signal: options.signal })
  for (const [id, { machine, disks }] of read) memory.instances.set(id, knownInstance(machine, { disks, project: api.project }))
}

/** A machine that has just been made may not show its disk yet. */
function isLearnt(known: KnownInstance | undefined): boolean {
  return known !== undefined && known.image !== null
}

function knownInstance(machine: Machine, read: { disks: ReadMachine['disks']; project: string }): KnownInstance {
  const written = templateInMetadata(machine)
  return {
    name: machine.name ?? '',
    zone: lastPart(machine.zone),
    launchedAt: instantOf(machine.creationTimestamp),
    image: imageOf(machine, read.disks),
    bornFrom: written === null ? null : templateKey(written, read.project),
    deletionProtection: machine.deletionProtection === true,
  }
}

/** The templates of a group's versions, from memory where they were read before; throws where one cannot be read. */
export async function templatesOf(
  { api, memory }: Learner,
  managers: Iterable<Manager>,
  signal: AbortSignal,
): Promise<Map<string, Template | string>> {
  const keys = distinct([...managers].flatMap(manager => versionsOf(manager, api.project).map(version => version.key)))
  const unknown = keys.filter(key => memory.templates.get(key) === undefined)
  const read = await readTemplates(api, unknown, signal)
  const found = new Map<string, Template | string>()
  for (const key of keys) {
    const fresh = read.get(key)
    if (fresh?.kind === 'read') memory.templates.set(key, fresh.template)
    found.set(key, memory.templates.get(key) ?? (fresh === undefined || fresh.kind === 'read' ? 'it was not read' : fresh.why))
  }
  return found
}

/** What is missing is told; an aborted signal and a defect are not. */
export async function orWhy<Result>(reading: Promise<Result>, signal: AbortSignal): Promise<Result | string> {
  try {
    return await reading
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return error.message
  }
}
