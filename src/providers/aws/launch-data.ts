import { createHash } from 'node:crypto'
import type { LaunchConfiguration } from '@aws-sdk/client-auto-scaling'
import type { LaunchTemplateVersion, ResponseLaunchTemplateData } from '@aws-sdk/client-ec2'
import type { NotCompared } from '../../domain/declaration.ts'

/** What a launch template version or a launch configuration says, in one shape. Null: it does not say. */
export interface LaunchData {
  /** "launch template lt-0a1 version 7". */
  readonly source: string
  readonly createdAt: Temporal.Instant | null
  /** `ami-…`; `resolve:ssm:…` where the alias could not be resolved. */
  readonly image: string | null
  /** The image came out of a parameter: nobody says since when. */
  readonly imageFromParameter: boolean
  readonly type: string | null
  readonly anyType: boolean
  readonly keyName: string | null
  /** The instance profile's name, which is unique in an account. */
  readonly profile: string | null
  /** A digest, see userDataDigest. */
  readonly userData: string | null
  readonly monitoring: boolean | null
  readonly ebsOptimized: boolean | null
  readonly metadata: Readonly<Record<string, string | number>>
  readonly disks: readonly DeclaredDisk[]
  /** Ids or names; null: the VPC's default group. */
  readonly securityGroups: readonly string[] | null
  /** Besides the first. */
  readonly interfaces: readonly { readonly name: string; readonly groups: readonly string[] | null; readonly type: string }[]
  readonly interfaceSubnets: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  readonly tenancy: string | null
  readonly placementGroup: string | null
  readonly hibernation: boolean
  readonly enclave: boolean
  readonly terminationProtection: boolean
  /** `standard` or `unlimited`. */
  readonly credits: string | null
  /** Declared, and not compared by this adapter. */
  readonly notCompared: readonly NotCompared[]
}

export interface DeclaredDisk {
  readonly device: string
  readonly removed: boolean
  /** Null: an instance store, which is not part of what is compared. */
  readonly ebs: DiskSettings | null
}

export interface DiskSettings {
  readonly size: number | null
  readonly type: string | null
  readonly iops: number | null
  readonly throughput: number | null
  readonly encrypted: boolean | null
  readonly deleteOnTermination: boolean | null
  readonly snapshot: string | null
}

export function fromTemplate(version: LaunchTemplateVersion, asked: { key: string; imageFromParameter: boolean }): LaunchData {
  const data = version.LaunchTemplateData ?? {}
  const interfaces = [...(data.NetworkInterfaces ?? [])]
  const first = interfaces.find(one => (one.DeviceIndex ?? 0) === 0 && (one.NetworkCardIndex ?? 0) === 0)
  const groups = nonEmpty(first?.Groups) ?? nonEmpty(data.SecurityGroupIds) ?? nonEmpty(data.SecurityGroups)
  const id = version.LaunchTemplateId ?? asked.key
  return {
    source: `launch template ${id} version ${version.VersionNumber ?? 'unknown'}`,
    createdAt: version.CreateTime === undefined ? null : Temporal.Instant.fromEpochMilliseconds(version.CreateTime.getTime()),
    image: data.ImageId || null,
    imageFromParameter: asked.imageFromParameter,
    type: data.InstanceType ?? null,
    anyType: data.InstanceRequirements !== undefined,
    keyName: data.KeyName || null,
    profile: profileName(data.IamInstanceProfile?.Name || data.IamInstanceProfile?.Arn),
    userData: data.UserData ? userDataDigest(data.UserData) : null,
    monitoring: data.Monitoring?.Enabled ?? false,
    ebsOptimized: data.EbsOptimized ?? null,
    metadata: metadataValues(data.MetadataOptions),
    disks: (data.BlockDeviceMappings ?? []).flatMap(mapping => disk(mapping)),
    securityGroups: groups,
    interfaces: interfaces
      .filter(one => one !== first)
      .map(one => ({ name: interfaceName(one), groups: nonEmpty(one.Groups), type: one.InterfaceType ?? 'interface' })),
    interfaceSubnets: interfaces.flatMap(one => one.SubnetId ?? []),
    tags: templateTags(data),
    tenancy: data.Placement?.Tenancy ?? null,
    placementGroup: data.Placement?.GroupName || data.Placement?.GroupId || null,
    hibernation: data.HibernationOptions?.Configured ?? false,
    enclave: data.EnclaveOptions?.Enabled ?? false,
    terminationProtection: data.DisableApiTermination ?? false,
    credits: data.CreditSpecification?.CpuCredits || null,
    notCompared: notComparedOf(data),
  }
}

export function fromConfiguration(configuration: LaunchConfiguration): LaunchData {
  return {
    source: `launch configuration ${configuration.LaunchConfigurationName}`,
    createdAt: configuration.CreatedTime === undefined ? null : Temporal.Instant.fromEpochMilliseconds(configuration.CreatedTime.getTime()),
    image: configuration.ImageId || null,
    imageFromParameter: false,
    type: configuration.InstanceType || null,
    anyType: false,
    keyName: configuration.KeyName || null,
    profile: profileName(configuration.IamInstanceProfile),
    userData: configuration.UserData ? userDataDigest(configuration.UserData) : null,
    // Detailed monitoring is on by default here, other than in a template; the API always says.
    monitoring: configuration.InstanceMonitoring?.Enabled ?? null,
    ebsOptimized: configuration.EbsOptimized ?? null,
    metadata: metadataValues(configuration.MetadataOptions),
    disks: (configuration.BlockDeviceMappings ?? []).flatMap(({ NoDevice: removed, ...mapping }) =>
      disk({ ...mapping, ...(removed === true ? { NoDevice: '' } : {}) }),
    ),
    securityGroups: nonEmpty(configuration.SecurityGroups),
    interfaces: [],
    interfaceSubnets: [],
    tags: {},
    tenancy: configuration.PlacementTenancy || null,
    placementGroup: null,
    hibernation: false,
    enclave: false,
    terminationProtection: false,
    credits: null,
    notCompared: [],
  }
}

/** `sha256:…` of the bytes that an instance is handed; the text itself may hold secrets and goes nowhere. */
export function userDataDigest(base64: string): string {
  return `sha256:${createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex')}`
}

interface Mapping {
  readonly DeviceName?: string | undefined
  readonly VirtualName?: string | undefined
  readonly NoDevice?: string | undefined
  readonly Ebs?:
    | {
        readonly VolumeSize?: number | undefined
        readonly VolumeType?: string | undefined
        readonly Iops?: number | undefined
        readonly Throughput?: number | undefined
        readonly Encrypted?: boolean | undefined
        readonly DeleteOnTermination?: boolean | undefined
        readonly SnapshotId?: string | undefined
      }
    | undefined
}

/** One block device of a template, a launch configuration or an image. */
export function disk(mapping: Mapping): DeclaredDisk[] {
  if (!mapping.DeviceName) return []
  const { Ebs: ebs } = mapping
  const settings: DiskSettings | null =
    ebs === undefined
      ? null
      : {
          size: ebs.VolumeSize ?? null,
          type: ebs.VolumeType ?? null,
          iops: ebs.Iops ?? null,
          throughput: ebs.Throughput ?? null,
          encrypted: ebs.Encrypted ?? null,
          deleteOnTermination: ebs.DeleteOnTermination ?? null,
          snapshot: ebs.SnapshotId ?? null,
        }
  return [{ device: deviceName(mapping.DeviceName), removed: mapping.NoDevice !== undefined, ebs: settings }]
}

/** `/dev/xvda` → `xvda`, so that a path has one part per name. */
export function deviceName(device: string): string {
  return device.replace(/^\/dev\//, '').replaceAll('/', '-')
}

/** `1` for the second interface of the first card, `1.0` for the first of the second. */
export function interfaceName(one: { DeviceIndex?: number | undefined; NetworkCardIndex?: number | undefined }): string {
  const card = one.NetworkCardIndex ?? 0
  return card === 0 ? String(one.DeviceIndex ?? 0) : `${card}.${one.DeviceIndex ?? 0}`
}

/** `arn:…:instance-profile/path/web` and `web` are the same profile. */
export function profileName(profile: string | undefined): string | null {
  return profile?.split('/').at(-1) || null
}

const METADATA = {
  HttpTokens: 'httpTokens',
  HttpEndpoint: 'httpEndpoint',
  HttpPutResponseHopLimit: 'httpPutResponseHopLimit',
  HttpProtocolIpv6: 'httpProtocolIpv6',
  InstanceMetadataTags: 'instanceMetadataTags',
} as const

/** Types that have a credit option for CPU at all (burstable performance instances, Amazon EC2 User Guide). */
export function isBurstable(type: string): boolean {
  return /^t(2|3|3a|4g)\./.test(type)
}

/** The settings of the metadata service that are said, by the last part of their path. */
export function metadataValues(
  options: { readonly [Name in keyof typeof METADATA]?: string | number | undefined } | undefined,
): Record<string, string | number> {
  const values: Record<string, string | number> = {}
  for (const name of Object.keys(METADATA) as (keyof typeof METADATA)[]) {
    const value = options?.[name]
    if (value !== undefined) values[METADATA[name]] = value
  }
  return values
}

function templateTags(data: ResponseLaunchTemplateData): Record<string, string> {
  const tags = (data.TagSpecifications ?? []).filter(one => one.ResourceType === 'instance').flatMap(one => one.Tags ?? [])
  return Object.fromEntries(tags.flatMap(tag => (tag.Key === undefined ? [] : [[tag.Key, tag.Value ?? '']])))
}

function notComparedOf(data: ResponseLaunchTemplateData): NotCompared[] {
  const why = 'this adapter does not read it from instances'
  const parts = { cpuOptions: data.CpuOptions, licenses: data.LicenseSpecifications?.[0] }
  return Object.entries(parts).flatMap(([what, value]) => (value === undefined ? [] : [{ what, why }]))
}

function nonEmpty(list: readonly string[] | undefined): readonly string[] | null {
  return list === undefined || list.length === 0 ? null : list
}
