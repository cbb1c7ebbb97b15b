import type { Configuration, NotCompared, Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import type { InstanceId } from '../../domain/group.ts'
import { isControllersDisk } from './controllers.ts'
import { lastPart } from './ids.ts'
import { cardOf, cardSettings, commonSettings, deviceOf, keyOf } from './settings-of.ts'
import { type AttachedDisk, type Disk, idOf, type Machine } from './wire.ts'

/** What was read of an instance's disks, by name; a string is why they could not be. */
export type ReadDisks = ReadonlyMap<string, Disk> | string

/** The image that the boot disk was made from: its id, for names are given again. */
export function imageOf(machine: Machine, disks: ReadDisks): string | null {
  const boot = (machine.disks ?? []).find(disk => disk.boot === true)
  return typeof disks === 'string' || boot === undefined ? null : idOf(disks.get(zonalName(boot) ?? '')?.sourceImageId)
}

/** A regional disk is of another API, and a zonal one of the same name is another disk. Null: a local disk, or one of a region. */
export function zonalName({ source }: AttachedDisk): string | null {
  return isRegional(source) ? null : lastPart(source) || null
}

function isRegional(source: AttachedDisk['source']): boolean {
  return /\/regions\//.test(source ?? '')
}

const PROTECTED = 'deletion protection is on: Compute Engine would refuse a crash, and a retire would go over the head of whoever set it'

/** What was read of one instance as flat paths. What every real answer holds and this one lacks is unread, never absent. */
export function configurationOf(id: InstanceId, machine: Machine, read: { project: string; disks: ReadDisks }): Configuration {
  const values = commonSettings(machine)
  const unread: NotCompared[] = []
  if (machine.machineType) values.set('machineType', lastPart(machine.machineType))
  else unread.push({ what: 'machineType', why: 'Compute Engine did not show it' })
  if ((machine.networkInterfaces ?? []).length === 0) unread.push({ what: 'interfaces', why: 'Compute Engine did not show them' })
  for (const card of machine.networkInterfaces ?? [])
    for (const [name, value] of cardSettings(card, read.project))
      values.set(`interfaces/${cardOf(card, machine.networkInterfaces ?? [])}/${name}`, value)
  if (machine.deletionProtection === true) values.set('deletionProtection', true)
  for (const disk of machine.disks ?? []) addDisk({ values, unread }, disk, { machine, disks: read.disks })
  return {
    instance: id,
    image: imageOf(machine, read.disks),
    address: machine.networkInterfaces?.[0]?.networkIP || null,
    values: Object.fromEntries(values),
    protection: machine.deletionProtection === true ? PROTECTED : null,
    unread,
  }
}

function missing({ source }: AttachedDisk): string {
  return isRegional(source)
    ? `disk ${lastPart(source)} is a regional disk, which Firedrill does not read`
    : `disk ${lastPart(source)} was not shown`
}

function addDisk(
  into: { values: Map<Path, Value>; unread: NotCompared[] },
  disk: AttachedDisk,
  { machine, disks }: { machine: Machine; disks: ReadDisks },
): void {
  const path = `disks/${deviceOf(disk, machine.disks ?? [])}`
  const set = (name: string, value: Value | undefined) => {
    if (value === undefined || value === null) into.unread.push({ what: `${path}/${name}`, why: 'Compute Engine did not show it' })
    else into.values.set(`${path}/${name}`, value)
  }
  const scratch = disk.type === 'SCRATCH'
  const resource = typeof disks === 'string' ? undefined : disks.get(zonalName(disk) ?? '')
  if (resource === undefined && !scratch) {
    into.unread.push({ what: path, why: typeof disks === 'string' ? disks : missing(disk) })
    return
  }
  if (resource !== undefined && isControllersDisk(resource)) return
  const size = Number(disk.diskSizeGb ?? resource?.sizeGb ?? 0)
  set('sizeGb', size > 0 ? size : undefined)
  set('type', scratch ? 'local-ssd' : resource?.type ? lastPart(resource.type) : undefined)
  set('autoDelete', disk.autoDelete ?? undefined)
  set('mode', String(disk.mode || 'READ_WRITE'))
  const key = keyOf(resource?.diskEncryptionKey)
  if (key !== undefined) set('kmsKey', key)
  if (resource?.provisionedIops) set('iops', Number(resource.provisionedIops))
  if (resource?.provisionedThroughput) set('throughput', Number(resource.provisionedThroughput))
}
