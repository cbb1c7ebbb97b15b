import type { Instance, Volume } from '@aws-sdk/client-ec2'
import type { Configuration, NotCompared, Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import type { InstanceId } from '../../domain/group.ts'
import type { InstanceRef } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { distinct, mapLimited } from '../shared/batches.ts'
import type { AwsApi } from './api.ts'
import { isControllersInterface, isControllersVolume } from './controllers.ts'
import { isProvisioned } from './declared-set.ts'
import { deviceName, interfaceName, isBurstable, metadataValues, profileName, userDataDigest } from './launch-data.ts'
import type { ScopeContext } from './observe.ts'
import { creditOptions, instancesById, volumesById, WIDTH } from './reads.ts'

/**
 * The contract's describe(): instances, volumes and credit options many in a call; user data and termination protection
 * one by one, because the API takes no more. An instance that EC2 does not show (any more) is missing from the answer.
 */
export async function describe(
  context: ScopeContext,
  refs: readonly InstanceRef[],
  signal: AbortSignal,
): Promise<Map<InstanceId, Configuration>> {
  const { api } = context
  const instances = await instancesById(
    api,
    refs.map(ref => ref.id),
    signal,
  )
  for (const [id, instance] of instances) if (instance.State?.Name === 'terminated') instances.delete(id)
  const volumeIds = distinct([...instances.values()].flatMap(volumeIdsOf))
  const credited = new Set(refs.filter(ref => mayNameCredits(context, ref, instances.get(ref.id))).map(ref => ref.id))
  const credits = orWhy(creditOptions(api, [...credited], signal), signal)
  const [volumes, attributes] = await Promise.all([
    orWhy(volumesById(api, volumeIds, signal), signal),
    mapLimited([...instances.keys()], WIDTH, async id => {
      const protection = refs.some(ref => ref.id === id && mayBeProtected(context, ref))
      return [id, await readAttributes(api, id, { protection, credits: credited.has(id) ? credits : null, signal })] as const
    }),
    credits,
  ])
  const byId = new Map(attributes)
  return new Map(
    [...instances].map(([id, instance]) => [id, configurationOf(id, instance, { volumes, attributes: byId.get(id) ?? {} })] as const),
  )
}

/** What DescribeInstances does not show of an instance itself. Values are what configurationOf needs; `why` is for those that could not be read. */
interface Attributes {
  readonly userData?: Value
  readonly terminationProtection?: Value
  /** Null: it was not asked for, or there is none. */
  readonly creditSpecification?: Value | undefined
  readonly why?: Readonly<Record<string, string>>
}

/**
 * Nobody is struck whose protection is on, and a successor has what is declared: it is asked only where its group was seen
 * to declare protection, or was not seen yet.
 */
function mayBeProtected({ memory }: ScopeContext, ref: InstanceRef): boolean {
  return ref.rebuilt !== true || memory.declaresProtection.get(ref.group) !== false
}

/** Asked of burstable types only, and where their group was seen to name a credit option, or was not seen yet. */
function mayNameCredits({ memory }: ScopeContext, ref: InstanceRef, instance: Instance | undefined): boolean {
  return isBurstable(instance?.InstanceType ?? '') && memory.declaresCredits.get(ref.group) !== false
}

interface Asked {
  readonly protection: boolean
  /** One reading for many instances, or why it failed; null: this one is not among them. */
  readonly credits: Promise<ReadonlyMap<InstanceId, string> | string> | null
  readonly signal: AbortSignal
}

async function readAttributes(api: AwsApi, id: InstanceId, options: Asked): Promise<Attributes> {
  const { signal } = options
  const [data, protection, credits] = await Promise.all([
    orWhy(api.describeInstanceAttribute({ InstanceId: id, Attribute: 'userData' }, signal), signal),
    options.protection
      ? orWhy(api.describeInstanceAttribute({ InstanceId: id, Attribute: 'disableApiTermination' }, signal), signal)
      : { DisableApiTermination: { Value: false } },
    options.credits,
  ])
  const why: Record<string, string> = {}
  if (typeof data === 'string') why.userData = data
  if (typeof protection === 'string') why.terminationProtection = protection
  if (typeof credits === 'string') why.creditSpecification = credits
  return {
    ...(typeof data === 'string' ? {} : { userData: data.UserData?.Value ? userDataDigest(data.UserData.Value) : null }),
    ...(typeof protection === 'string' ? {} : { terminationProtection: protection.DisableApiTermination?.Value ?? false }),
    ...(typeof credits === 'string' ? {} : { creditSpecification: credits === null ? null : credits.get(id) }),
    why,
  }
}

async function orWhy<Result>(reading: Promise<Result>, signal: AbortSignal): Promise<Result | string> {
  try {
    return await reading
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return error.message
  }
}

function volumeIdsOf(instance: Instance): string[] {
  return (instance.BlockDeviceMappings ?? []).flatMap(mapping => mapping.Ebs?.VolumeId ?? [])
}

/**
 * EC2 refuses to terminate such an instance directly (crash); the group would terminate it all the same (retire),
 * against the word of whoever protected it. So it is no victim of either method.
 */
const PROTECTED =
  'termination protection (DisableApiTermination) is on: EC2 would refuse a crash, and a retire would go over the head of whoever set it'

/** What cannot be read may be on (S10). */
function protectionOf({ terminationProtection: on, why }: Attributes): string | null {
  if (on === undefined) return `its termination protection could not be read: ${why?.terminationProtection ?? 'EC2 did not show it'}`
  return on === true ? PROTECTED : null
}

/** What was read of one instance as flat paths. What every real answer holds and this one lacks is unread, never absent. */
export function configurationOf(
  id: InstanceId,
  instance: Instance,
  read: { volumes: ReadonlyMap<string, Volume> | string; attributes: Attributes },
): Configuration {
  const values = new Map<Path, Value>()
  const unread: NotCompared[] = []
  const must = (path: Path, value: Value | undefined): void => {
    if (value === undefined) unread.push({ what: path, why: read.attributes.why?.[path] ?? 'EC2 did not show it' })
    else if (value !== null) values.set(path, value)
  }
  const may = (path: Path, value: Value | undefined): void => void (value ? values.set(path, value) : null)

  must('instanceType', instance.InstanceType)
  must('vpc', instance.VpcId)
  must('securityGroups', securityGroupsOf(instance))
  must('monitoring', monitoringOf(instance.Monitoring?.State))
  must('ebsOptimized', instance.EbsOptimized)
  must('sourceDestCheck', primaryInterface(instance)?.SourceDestCheck ?? instance.SourceDestCheck)
  must('userData', read.attributes.userData)
  must('terminationProtection', read.attributes.terminationProtection === false ? null : read.attributes.terminationProtection)
  // Of a type that is not known nobody knows whether it has one.
  must('creditSpecification', instance.InstanceType === undefined ? undefined : read.attributes.creditSpecification)
  must('tenancy', instance.Placement?.Tenancy)
  values.set('hibernation', instance.HibernationOptions?.Configured ?? false)
  values.set('enclave', instance.EnclaveOptions?.Enabled ?? false)
  may('keyName', instance.KeyName)
  may('instanceProfile', profileName(instance.IamInstanceProfile?.Arn))
  may('placementGroup', instance.Placement?.GroupName)
  if (instance.MetadataOptions === undefined) unread.push({ what: 'metadataOptions', why: 'EC2 did not show them' })
  for (const [name, value] of Object.entries(metadataValues(instance.MetadataOptions))) values.set(`metadataOptions/${name}`, value)
  for (const [path, value] of interfacesOf(instance)) values.set(path, value)
  for (const tag of instance.Tags ?? []) if (tag.Key && !tag.Key.startsWith('aws:')) values.set(`tags/${tag.Key}`, tag.Value ?? '')
  addVolumes(instance, read.volumes, { values, unread })
  return {
    instance: id,
    image: instance.ImageId ?? null,
    address: instance.PrivateIpAddress ?? null,
    values: Object.fromEntries(values),
    names: securityGroupNames(instance),
    protection: protectionOf(read.attributes),
    unread,
  }
}

function monitoringOf(state: string | undefined): boolean | undefined {
  return state === undefined ? undefined : state === 'enabled' || state === 'pending'
}

function primaryInterface(instance: Instance) {
  return (instance.NetworkInterfaces ?? []).find(
    one => (one.Attachment?.DeviceIndex ?? -1) === 0 && (one.Attachment?.NetworkCardIndex ?? 0) === 0,
  )
}

/** An instance's own list speaks of its first interface; with several interfaces only the interface itself is sure to. */
function securityGroupsOf(instance: Instance): Value | undefined {
  const groups = primaryInterface(instance)?.Groups ?? instance.SecurityGroups ?? []
  const ids = groups.flatMap(group => group.GroupId ?? []).sort()
  return ids.length === 0 ? undefined : ids
}

function securityGroupNames(instance: Instance): Record<string, string> {
  const groups = [instance, ...(instance.NetworkInterfaces ?? [])].flatMap(part =>
    'Groups' in part ? part.Groups : instance.SecurityGroups,
  )
  return Object.fromEntries(groups.flatMap(group => (group?.GroupId && group.GroupName ? [[group.GroupId, group.GroupName]] : [])))
}

/** Besides the first; what controllers attach to running instances is left out. */
function interfacesOf(instance: Instance): [Path, Value][] {
  const primary = primaryInterface(instance)
  return (instance.NetworkInterfaces ?? [])
    .filter(one => one !== primary && (primary !== undefined || instance.NetworkInterfaces?.length !== 1) && !isControllersInterface(one))
    .flatMap(one => {
      const name = interfaceName(one.Attachment ?? {})
      const groups = (one.Groups ?? []).flatMap(group => group.GroupId ?? []).sort()
      return [
        [`interfaces/${name}/type`, one.InterfaceType ?? 'interface'],
        [`interfaces/${name}/securityGroups`, groups],
      ] satisfies [Path, Value][]
    })
}

function addVolumes(
  instance: Instance,
  volumes: ReadonlyMap<string, Volume> | string,
  into: { values: Map<Path, Value>; unread: NotCompared[] },
): void {
  if (typeof volumes === 'string') {
    into.unread.push({ what: 'volumes', why: volumes })
    return
  }
  for (const { DeviceName: device, Ebs: ebs } of instance.BlockDeviceMappings ?? []) {
    if (device === undefined || ebs?.VolumeId === undefined) continue
    const path = `volumes/${deviceName(device)}`
    const volume = volumes.get(ebs.VolumeId)
    if (volume === undefined) {
      into.unread.push({ what: path, why: `volume ${ebs.VolumeId} was not shown` })
      continue
    }
    if (isControllersVolume(volume) || ebs.Operator?.Managed === true) continue
    const settings: Record<string, Value | undefined> = {
      size: volume.Size,
      type: volume.VolumeType,
      encrypted: volume.Encrypted,
      deleteOnTermination: ebs.DeleteOnTermination,
      ...(isProvisioned(volume.VolumeType ?? '') ? { iops: volume.Iops } : {}),
      ...(volume.VolumeType === 'gp3' ? { throughput: volume.Throughput } : {}),
    }
    for (const [name, value] of Object.entries(settings)) {
      if (value === undefined) into.unread.push({ what: `${path}/${name}`, why: 'EC2 did not show it' })
      else into.values.set(`${path}/${name}`, value)
    }
  }
}
