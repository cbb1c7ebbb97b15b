import type { Configuration, NotCompared, Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import type { InstanceId } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { isControllersDisk } from './controllers.ts'
import { lastPart } from './ids.ts'
import { cardOf, cardSettings, commonSettings, deviceOf, keyOf } from './settings-of.ts'
import { type AttachedDisk, type Disk, idOf, instantOf, type Machine } from './wire.ts'

/** What was read of an instance's disks, by `diskPath`; a string is why they could not be. */
export type ReadDisks = ReadonlyMap<string, Disk> | string

/**
 * The image that the boot disk was made from: its id, for names are given again. A recreated instance has the name of the one before, and so
 * has its disk: an older view shows the disk that is gone, and its image is nobody's. Null: it could not be read.
 */
export function imageOf(machine: Machine, disks: ReadDisks): string | null {
  const boot = (machine.disks ?? []).find(disk => disk.boot === true)
  if (typeof disks === 'string' || boot === undefined) return null
  const path = diskPath(boot) ?? ''
  const disk = disks.get(path)
  // A regional disk may be attached again: addReplicas tells of that.
  if (disk !== undefined && path.startsWith('zones/') && isOlder(disk, machine)) return null
  return idOf(disk?.sourceImageId)
}

/** `zones/<zone>/disks/<name>` or `regions/<region>/disks/<name>`: one name may stand for both. Null: a local disk. */
export function diskPath({ source }: AttachedDisk): string | null {
  return /(?:zones|regions)\/[^/]+\/disks\/[^/]+$/.exec(source ?? '')?.[0] ?? null
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

/** Google stamps an instance and the disks that are made with it within one operation. */
const TOGETHER: Milliseconds = 60_000

/** False also where a moment is not told. */
function isOlder(disk: Disk, machine: Machine): boolean {
  const [made, launched] = [instantOf(disk.creationTimestamp), instantOf(machine.creationTimestamp)]
  return made !== null && launched !== null && launched.epochMilliseconds - made.epochMilliseconds > TOGETHER
}

/**
 * Nobody says what a group does with a regional disk when it repairs or recreates an instance: such disks are made to be attached
 * again elsewhere (Google's page on failures of regional disks). One that is older than its instance was not made with it, and
 * what it holds has survived: that is no rebuild, whatever image it once came from. Null: it was, or a moment is not told.
 */
function whyOld(disk: Disk, machine: Machine): string | null {
  const [made, launched] = [instantOf(disk.creationTimestamp), instantOf(machine.creationTimestamp)]
  if (made === null || launched === null) return `Compute Engine does not show when disk ${disk.name} and its instance were made`
  if (!isOlder(disk, machine)) return null
  return `regional disk ${disk.name} is older than its instance: it was not made with it, so nothing is known of what was rebuilt`
}

/** What a regional disk has besides. */
function addReplicas(path: Path, { disk, machine }: { disk: Disk; machine: Machine }, into: Into): void {
  const zones = (disk.replicaZones ?? []).map(lastPart).sort()
  if (zones.length > 0) into.values.set(`${path}/replicaZones`, zones)
  else into.unread.push({ what: `${path}/replicaZones`, why: 'Compute Engine did not show it' })
  const why = whyOld(disk, machine)
  if (why === null) into.values.set(`${path}/madeAnew`, true)
  else into.unread.push({ what: `${path}/madeAnew`, why })
}

interface Into {
  readonly values: Map<Path, Value>
  readonly unread: NotCompared[]
}

function addDisk(into: Into, disk: AttachedDisk, { machine, disks }: { machine: Machine; disks: ReadDisks }): void {
  const path = `disks/${deviceOf(disk, machine.disks ?? [])}`
  const set = (name: string, value: Value | undefined) => {
    if (value === undefined || value === null) into.unread.push({ what: `${path}/${name}`, why: 'Compute Engine did not show it' })
    else into.values.set(`${path}/${name}`, value)
  }
  const scratch = disk.type === 'SCRATCH'
  const resource = typeof disks === 'string' ? undefined : disks.get(diskPath(disk) ?? '')
  if (resource === undefined && !scratch) {
    into.unread.push({ what: path, why: typeof disks === 'string' ? disks : `disk ${lastPart(disk.source)} was not shown` })
    return
  }
  if (resource !== undefined && isControllersDisk(resource)) return
  const size = Number(disk.diskSizeGb ?? resource?.sizeGb ?? 0)
  set('sizeGb', size > 0 ? size : undefined)
  set('type', scratch ? 'local-ssd' : resource?.type ? lastPart(resource.type) : undefined)
  set('autoDelete', disk.autoDelete ?? undefined)
  set('mode', String(disk.mode || 'READ_WRITE'))
  if (resource !== undefined && diskPath(disk)?.startsWith('regions/')) addReplicas(path, { disk: resource, machine }, into)
  const key = keyOf(resource?.diskEncryptionKey)
  if (key !== undefined) set('kmsKey', key)
  if (resource?.provisionedIops) set('iops', Number(resource.provisionedIops))
  if (resource?.provisionedThroughput) set('throughput', Number(resource.provisionedThroughput))
}
