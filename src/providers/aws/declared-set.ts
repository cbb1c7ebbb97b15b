import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { Image } from '@aws-sdk/client-ec2'
import type { DeclaredSet, NotCompared, Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import { distinct } from '../shared/batches.ts'
import { type DeclaredDisk, type DiskSettings, disk, isBurstable, type LaunchData } from './launch-data.ts'

/** One way in which an instance may be launched: a launch source with the types and images that override its own. */
export interface DeclaredLaunch {
  readonly data: LaunchData
  readonly types: readonly string[]
  readonly anyType: boolean
  readonly images: readonly string[]
  readonly imageOverridden: boolean
}

/** What was read of the account around the templates. */
export interface Surroundings {
  readonly images: ReadonlyMap<string, Image>
  /** Of the group's subnets. Null: could not be read. */
  readonly vpcs: readonly string[] | null
  /** Default security groups of those VPCs. Null: could not be read. */
  readonly defaultGroups: readonly string[] | null
  /** Ids by the names that launch configurations may use. */
  readonly groupsByName: ReadonlyMap<string, string>
}

/** What one launch says, before several are put together. */
interface Part {
  readonly values: Map<Path, readonly Value[]>
  readonly open: string[]
  readonly environment: string[]
  readonly unread: NotCompared[]
}

/** The union over all ways in which the group may launch: what any of them would make is right. */
export function declaredSet(
  group: AutoScalingGroup,
  launches: readonly DeclaredLaunch[],
  options: { version: string; surroundings: Surroundings },
): DeclaredSet {
  const parts = launches.map(launch => partOf(group, launch, options.surroundings))
  const images = launches.flatMap(launch => launch.images)
  const resolved = images.filter(image => !image.startsWith('resolve:'))
  const unresolved = images
    .filter(image => image.startsWith('resolve:'))
    .map(image => ({ what: 'image', why: `${image} could not be resolved: allow ssm:GetParameters, or create the parameter` }))
  return {
    version: options.version,
    source: distinct(launches.map(launch => launch.data.source)).join(' and '),
    images: distinct(resolved).sort(),
    values: mergedValues(parts),
    open: distinct(parts.flatMap(part => part.open)),
    environment: distinct(parts.flatMap(part => part.environment)),
    unread: [...parts.flatMap(part => part.unread), ...unresolved],
    since: sinceOf(launches),
  }
}

/** The newest version decides; a parameter or an override may have moved at any time. */
function sinceOf(launches: readonly DeclaredLaunch[]): Temporal.Instant | null {
  if (launches.some(launch => launch.imageOverridden || launch.data.imageFromParameter)) return null
  const times = launches.map(launch => launch.data.createdAt)
  if (times.some(time => time === null)) return null
  return (
    times
      .filter(time => time !== null)
      .sort(Temporal.Instant.compare)
      .at(-1) ?? null
  )
}

/** A path that only some launches declare may also be absent (null); one that some leave open is open for all. */
function mergedValues(parts: readonly Part[]): Record<Path, readonly Value[]> {
  const merged: Record<Path, readonly Value[]> = {}
  const open = new Set(parts.flatMap(part => part.open))
  for (const path of distinct(parts.flatMap(part => [...part.values.keys()]))) {
    const everywhere = parts.every(part => part.values.has(path))
    if (open.has(path) || (!everywhere && path.startsWith('metadataOptions/'))) continue
    const values = parts.flatMap(part => part.values.get(path) ?? [null])
    const seen = new Map(values.map(value => [JSON.stringify(value), value]))
    Object.defineProperty(merged, path, { value: [...seen.values()], enumerable: true })
  }
  return merged
}

function partOf(group: AutoScalingGroup, launch: DeclaredLaunch, around: Surroundings): Part {
  const part: Part = { values: new Map(), open: [], environment: [], unread: [...launch.data.notCompared] }
  const { data } = launch
  addType(part, launch)
  addNetwork(part, data, around)
  addDisks(part, launch, around)
  addTags(part, group, data)
  addMetadata(part, data)
  addCredits(part, launch)
  for (const [path, value] of [
    ['keyName', data.keyName],
    ['instanceProfile', data.profile],
    ['userData', data.userData],
    ['placementGroup', data.placementGroup ?? (group.PlacementGroup || null)],
    ['sourceDestCheck', true],
    ['hibernation', data.hibernation],
    ['enclave', data.enclave],
    // Off is the same as not there, so that a successor need not be asked where nothing declares it.
    ['terminationProtection', data.terminationProtection || null],
  ] as const) {
    if (value !== null) part.values.set(path, [value])
  }
  addOrLeave(part, 'monitoring', data.monitoring)
  addOrLeave(part, 'tenancy', data.tenancy)
  return part
}

/** What the declaration does not say comes from a default of the account, the subnet, the image or the type. */
function addOrLeave(part: Part, path: Path, value: Value): void {
  if (value !== null) {
    part.values.set(path, [value])
    return
  }
  part.open.push(path)
  part.environment.push(path)
}

function addType(part: Part, { types, anyType, data }: DeclaredLaunch): void {
  if (anyType)
    part.unread.push({ what: 'instanceType', why: 'it is chosen by requirements at each launch, so any type that meets them is right' })
  else if (types.length === 0) part.unread.push({ what: 'instanceType', why: 'the declaration names no type' })
  else part.values.set('instanceType', types)
  const varies = anyType || types.length > 1
  if (data.ebsOptimized === true) part.values.set('ebsOptimized', [true])
  // Many types are optimised whatever is declared, so "false" or nothing means "as the type is".
  else if (varies) part.values.set('ebsOptimized', [true, false])
  else addOrLeave(part, 'ebsOptimized', null)
}

function addNetwork(part: Part, data: LaunchData, around: Surroundings): void {
  if (around.vpcs === null || around.vpcs.length === 0) addOrLeave(part, 'vpc', null)
  else part.values.set('vpc', around.vpcs)
  const declared = data.securityGroups === null ? null : groupIds(data.securityGroups, around)
  if (declared !== null) part.values.set('securityGroups', [declared])
  else if (data.securityGroups !== null)
    part.unread.push({ what: 'securityGroups', why: 'the declaration names groups that could not be found' })
  else if (around.defaultGroups !== null && around.defaultGroups.length > 0)
    part.values.set(
      'securityGroups',
      around.defaultGroups.map(id => [id]),
    )
  else addOrLeave(part, 'securityGroups', null)
  for (const one of data.interfaces) {
    part.values.set(`interfaces/${one.name}/type`, [one.type])
    const groups = one.groups === null ? null : groupIds(one.groups, around)
    addOrLeave(part, `interfaces/${one.name}/securityGroups`, groups)
  }
}

function groupIds(groups: readonly string[], around: Surroundings): string[] | null {
  const ids = groups.map(group => (group.startsWith('sg-') ? group : around.groupsByName.get(group)))
  return ids.every(id => id !== undefined) ? [...ids].sort() : null
}

function addMetadata(part: Part, data: LaunchData): void {
  for (const [name, value] of Object.entries(data.metadata)) part.values.set(`metadataOptions/${name}`, [value])
  part.open.push('metadataOptions/**')
  part.environment.push('metadataOptions/**')
}

/**
 * Where it is not named, whatever a default of the family or the account gives is right, and need not be asked for; null: types that
 * are not burstable have none.
 */
function addCredits(part: Part, { data, types, anyType }: DeclaredLaunch): void {
  const always = !anyType && types.length > 0 && types.every(isBurstable)
  if (data.credits === null) part.values.set('creditSpecification', ['standard', 'unlimited', null])
  else part.values.set('creditSpecification', always ? [data.credits] : [data.credits, null])
}

/** Tags of the group that propagate win over those of the template. */
function addTags(part: Part, group: AutoScalingGroup, data: LaunchData): void {
  const propagated = (group.Tags ?? []).filter(tag => tag.PropagateAtLaunch === true)
  const tags = new Map([...Object.entries(data.tags), ...propagated.map(tag => [tag.Key ?? '', tag.Value ?? ''] as const)])
  for (const [key, value] of tags) if (key !== '' && !key.startsWith('aws:')) part.values.set(`tags/${key}`, [value])
}

/** The image's disks, with what the template changes in them and adds to them. */
function addDisks(part: Part, launch: DeclaredLaunch, around: Surroundings): void {
  const images = launch.images.map(id => around.images.get(id))
  const missing = launch.images.find(id => !around.images.has(id))
  if (missing !== undefined || images.length === 0) {
    part.unread.push({ what: 'volumes', why: `the disks of image ${missing ?? 'unknown'} could not be read` })
    return
  }
  const perImage = images.map(image => {
    const own: Part = { values: new Map(), open: [], environment: [], unread: [] }
    const disks = new Map((image?.BlockDeviceMappings ?? []).flatMap(mapping => disk(mapping)).map(one => [one.device, one]))
    for (const change of launch.data.disks) disks.set(change.device, changed(disks.get(change.device), change))
    for (const one of disks.values()) if (!one.removed && one.ebs !== null) addDisk(own, one.device, one.ebs)
    return own
  })
  for (const [path, values] of Object.entries(mergedValues(perImage))) part.values.set(path, values)
  part.open.push(...perImage.flatMap(one => one.open))
  part.environment.push(...perImage.flatMap(one => one.environment))
}

function changed(base: DeclaredDisk | undefined, change: DeclaredDisk): DeclaredDisk {
  if (base?.ebs == null || change.ebs === null) return change
  const said = Object.fromEntries(Object.entries(change.ebs).filter(([, value]) => value !== null))
  const size = change.ebs.size ?? (change.ebs.snapshot === null ? base.ebs.size : null)
  // Speed that the image declares belongs to the image's own type of volume.
  const other = change.ebs.type !== null && change.ebs.type !== base.ebs.type
  const kept = other ? { ...base.ebs, iops: null, throughput: null } : base.ebs
  return { ...change, ebs: { ...kept, ...said, size } }
}

const GP3 = { iops: 3000, throughput: 125 }

function addDisk(part: Part, device: string, settings: DiskSettings): void {
  const path = (name: string): Path => `volumes/${device}/${name}`
  addOrLeave(part, path('size'), settings.size)
  addOrLeave(part, path('type'), settings.type)
  addOrLeave(part, path('deleteOnTermination'), settings.deleteOnTermination)
  // "Not encrypted" can be overruled by the account's default at any time.
  addOrLeave(part, path('encrypted'), settings.encrypted === true ? true : null)
  if (settings.type === null || isProvisioned(settings.type))
    addOrLeave(part, path('iops'), settings.iops ?? (settings.type === 'gp3' ? GP3.iops : null))
  if (settings.type === null || settings.type === 'gp3')
    addOrLeave(part, path('throughput'), settings.type === 'gp3' ? (settings.throughput ?? GP3.throughput) : null)
}

/** Of other types the speed follows from the size, and says nothing of its own. */
export function isProvisioned(type: string): boolean {
  return type === 'gp3' || type === 'io1' || type === 'io2'
}
