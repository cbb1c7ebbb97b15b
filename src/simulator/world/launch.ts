import type {
  Attachment,
  BlockDevice,
  Group,
  HandEdit,
  Image,
  Instance,
  LaunchData,
  Metadata,
  Override,
  Region,
  Template,
} from './model.ts'
import type { World } from './world.ts'

/** What a launch would be made from now, or EC2's sentence on why it cannot be. */
export type ResolvedLaunch =
  | { readonly ok: true; readonly launch: Launch }
  | { readonly ok: false; readonly code: string; readonly message: string }

export interface Launch {
  readonly data: LaunchData
  readonly image: Image
  readonly type: string
  readonly weight: number | null
  readonly spot: boolean
  readonly template: { readonly id: string; readonly name: string; readonly version: number } | null
  readonly configuration: string | null
  /** Set where a mixed policy's override names the image. */
  readonly overrideImage: string | null
}

/** The version that `$Latest`, `$Default` or a number names, or null where there is none. */
export function templateVersion(template: Template, version: string): number | null {
  if (version === '$Latest') return Math.max(...template.versions.keys())
  if (version === '$Default' || version === '') return template.defaultVersion
  const number = Number(version)
  return template.versions.has(number) ? number : null
}

/** The AMI that an image reference names: itself, or what an SSM parameter says now (`resolve:ssm:name[:version]`). */
export function resolveImage(region: Region, reference: string): string | null {
  if (!reference.startsWith('resolve:ssm:')) return reference
  const [name = '', version] = reference.slice('resolve:ssm:'.length).split(':')
  const values = region.parameters.get(name)?.values
  return (version === undefined ? values?.at(-1) : values?.[Number(version) - 1])?.value ?? null
}

/** What the group's present configuration makes; `turn` picks the override and purchase option of a mixed policy. */
export function resolveLaunch(region: Region, group: Group, turn: number): ResolvedLaunch {
  const source = group.source
  if (source.kind === 'configuration') {
    const configuration = region.launchConfigurations.get(source.name)
    if (configuration === undefined)
      return refuse('ValidationError', `Launch configuration name not found - Launch configuration ${source.name} not found`)
    return checkLaunch(region, configuration.data, { configuration: source.name })
  }
  const override = source.kind === 'mixed' ? source.overrides[turn % source.overrides.length] : undefined
  const reference = override?.template ?? source.template
  const template = region.templates.get(reference.id)
  if (template === undefined)
    return refuse('InvalidLaunchTemplateId.NotFound', `The specified launch template, with template ID ${reference.id}, does not exist.`)
  const version = templateVersion(template, reference.version)
  const data = version === null ? undefined : template.versions.get(version)?.data
  if (version === null || data === undefined)
    return refuse(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find launch template version ${reference.version} for launch template ${reference.id}.`,
    )
  return checkLaunch(region, data, {
    template: { id: template.id, name: template.name, version },
    ...(override === undefined ? {} : { override }),
    spot: source.kind === 'mixed' && (turn * 37) % 100 < source.spotPercentage,
  })
}

interface LaunchContext {
  readonly template?: { readonly id: string; readonly name: string; readonly version: number }
  readonly configuration?: string
  readonly override?: Override
  readonly spot?: boolean
}

function checkLaunch(region: Region, data: LaunchData, context: LaunchContext): ResolvedLaunch {
  const reference = context.override?.image ?? data.image
  if (reference === undefined) return refuse('MissingParameter', 'The request must contain the parameter ImageId')
  const imageId = resolveImage(region, reference)
  if (imageId === null) return refuse('InvalidParameterValue', `Systems Manager parameter ${reference} does not exist.`)
  const image = region.images.get(imageId)
  if (image === undefined || image.gone) return refuse('InvalidAMIID.NotFound', `The image id '[${imageId}]' does not exist`)
  if (image.state !== 'available') return refuse('InvalidAMIID.Unavailable', `The image ID '${imageId}' is not available`)
  for (const id of [...(data.securityGroups ?? []), ...(data.interfaceGroups ?? [])]) {
    if (!region.securityGroups.has(id)) return refuse('InvalidGroup.NotFound', `The security group '${id}' does not exist`)
  }
  if (data.keyName !== undefined && !region.keyPairs.has(data.keyName))
    return refuse('InvalidKeyPair.NotFound', `The key pair '${data.keyName}' does not exist`)
  if (data.profile !== undefined && !region.profiles.has(data.profile))
    return refuse(
      'InvalidParameterValue',
      `Value (${data.profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    )
  const type = context.override?.type ?? data.type
  if (type === undefined) return refuse('MissingParameter', 'The request must contain the parameter InstanceType')
  return {
    ok: true,
    launch: {
      data,
      image,
      type,
      weight: context.override?.weight ?? null,
      spot: context.spot ?? false,
      template: context.template ?? null,
      configuration: context.configuration ?? null,
      overrideImage: context.override?.image ?? null,
    },
  }
}

function refuse(code: string, message: string): ResolvedLaunch {
  return { ok: false, code, message }
}

export interface Placement {
  readonly region: Region
  readonly group: Group
  readonly subnet: string
  readonly at: number
}

/** Makes the instance with its volumes and interface in `region`; it is `pending` until somebody says otherwise. */
export function createInstance(world: World, launch: Launch, { region, group, subnet: subnetId, at }: Placement): Instance {
  const { random } = world
  const { data, image } = launch
  const subnet = region.subnets.get(subnetId)
  if (subnet === undefined) throw new Error(`group ${group.name} names the subnet ${subnetId}, which does not exist`)
  const id = random.id('i')
  const number = region.instances.size + 1
  const declaredGroups = data.interfaceGroups ?? data.securityGroups
  const instance: Instance = {
    id,
    image: image.id,
    type: launch.type,
    state: 'pending',
    stateReason: null,
    transitionReason: '',
    launchedAt: at,
    terminatedAt: null,
    zone: subnet.zone,
    subnet: subnet.id,
    vpc: subnet.vpc,
    address: `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
    keyName: data.keyName ?? null,
    securityGroups: declaredGroups === undefined ? [region.defaultSecurityGroup] : [...declaredGroups],
    profile: data.profile ?? null,
    profileAssociation: random.id('iip-assoc'),
    userData: data.userData ?? null,
    ebsOptimized: data.ebsOptimized ?? false,
    monitoring: data.monitoring ?? launch.configuration !== null,
    sourceDestCheck: true,
    metadata: { ...defaultMetadata, ...withoutUndefined(data.metadata ?? {}) },
    disableApiTermination: data.disableApiTermination ?? false,
    shutdownBehavior: data.shutdownBehavior ?? 'stop',
    credits: data.credits ?? (launch.type.startsWith('t') ? (launch.type.startsWith('t2') ? 'standard' : 'unlimited') : null),
    rootDevice: image.rootDevice,
    volumes: [],
    interfaces: [],
    tags: instanceTags(group, launch),
    spot: launch.spot,
    statusCheck: 'initializing',
    reservation: random.id('r'),
    group: group.name,
    clientToken: random.uuid(),
    content: { ...image.content, 'file:/etc/user-data': data.userData ?? '', 'service:app': 'running' },
  }
  for (const device of mergeDevices(image.devices, data.devices ?? [])) attachVolume(world, region, instance, device, data.volumeTags ?? {})
  attachInterface(world, region, instance, at)
  region.instances.set(id, instance)
  return instance
}

const defaultMetadata: Metadata = { tokens: 'optional', hopLimit: 1, endpoint: 'enabled', instanceTags: 'disabled' }

function withoutUndefined<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** Group tags win over the template's, as EC2 Auto Scaling has it. */
function instanceTags(group: Group, launch: Launch): Record<string, string> {
  const tags: Record<string, string> = { ...launch.data.tags }
  for (const tag of group.tags) if (tag.propagate) tags[tag.key] = tag.value
  tags['aws:autoscaling:groupName'] = group.name
  if (launch.template !== null) {
    tags['aws:ec2launchtemplate:id'] = launch.template.id
    tags['aws:ec2launchtemplate:version'] = String(launch.template.version)
  }
  return tags
}

function mergeDevices(imageDevices: readonly BlockDevice[], declared: readonly BlockDevice[]): BlockDevice[] {
  const byName = new Map<string, BlockDevice>()
  for (const device of [...imageDevices, ...declared])
    byName.set(device.device, { ...byName.get(device.device), ...withoutUndefined(device), device: device.device })
  return [...byName.values()]
}

function attachVolume(world: World, region: Region, instance: Instance, device: BlockDevice, tags: Record<string, string> = {}): void {
  const id = world.random.id('vol')
  const type = device.type ?? 'gp3'
  const encrypted = device.encrypted ?? region.ebsEncryptionByDefault
  const deleteOnTermination = device.deleteOnTermination ?? true
  region.volumes.set(id, {
    id,
    size: device.size ?? 8,
    type,
    iops: device.iops ?? (type === 'gp3' ? 3000 : null),
    throughput: device.throughput ?? (type === 'gp3' ? 125 : null),
    encrypted,
    kmsKey: encrypted ? (device.kmsKey ?? `arn:aws:kms:${region.name}:${region.account}:key/aws-ebs`) : null,
    snapshot: device.snapshot ?? '',
    zone: instance.zone,
    createdAt: world.time,
    instance: instance.id,
    device: device.device,
    deleteOnTermination,
    tags: { ...tags },
  })
  const attachment: Attachment = { device: device.device, volume: id, attachedAt: instance.launchedAt, deleteOnTermination }
  instance.volumes = [...instance.volumes, attachment]
}

function attachInterface(world: World, region: Region, instance: Instance, at: number): void {
  const id = world.random.id('eni')
  const mac = `02:${world.random.hex(10).replace(/(..)(?=.)/g, '$1:')}`
  region.interfaces.set(id, {
    id,
    instance: instance.id,
    attachment: world.random.id('eni-attach'),
    deviceIndex: 0,
    subnet: instance.subnet,
    vpc: instance.vpc,
    zone: instance.zone,
    address: instance.address,
    mac,
    securityGroups: [...instance.securityGroups],
    attachedAt: at,
    description: '',
    sourceDestCheck: true,
    tags: {},
  })
  instance.interfaces = [id]
}

/** Ends an instance for EC2: what dies with it is gone, what EC2 goes on showing stays. */
export function endInstance(region: Region, instance: Instance, at: number): void {
  instance.state = 'terminated'
  instance.terminatedAt = at
  for (const attachment of instance.volumes) {
    const volume = region.volumes.get(attachment.volume)
    if (volume === undefined) continue
    if (attachment.deleteOnTermination) region.volumes.delete(volume.id)
    else volume.instance = null
  }
  for (const id of instance.interfaces) region.interfaces.delete(id)
  instance.volumes = []
  instance.interfaces = []
  instance.securityGroups = []
}

/** Does to an instance what nobody should do by hand. */
export function editByHand(world: World, region: Region, instance: Instance, edit: HandEdit): void {
  switch (edit.kind) {
    case 'security-group': {
      const id = ensureSecurityGroup(world, region, edit.name, instance.vpc)
      instance.securityGroups = [...instance.securityGroups, id]
      for (const name of instance.interfaces) region.interfaces.get(name)?.securityGroups.push(id)
      return
    }
    case 'volume':
      attachVolume(world, region, instance, { device: edit.device, size: edit.size, deleteOnTermination: false })
      return
    case 'role':
      ensureProfile(world, region, edit.profile)
      instance.profile = edit.profile
      return
    case 'metadata':
      instance.metadata = { ...instance.metadata, tokens: edit.tokens }
      return
    case 'tag':
      instance.tags[edit.key] = edit.value
      return
    case 'source-dest-check':
      instance.sourceDestCheck = edit.enabled
      for (const name of instance.interfaces) {
        const found = region.interfaces.get(name)
        if (found !== undefined) found.sourceDestCheck = edit.enabled
      }
      return
    case 'type':
      instance.type = edit.type
      return
    case 'user-data':
      instance.userData = Buffer.from(edit.text).toString('base64')
      return
    case 'termination-protection':
      instance.disableApiTermination = edit.enabled
      return
    case 'credits':
      instance.credits = edit.option
      return
    case 'content':
      instance.content[edit.path] = edit.value
  }
}

export function ensureSecurityGroup(world: World, region: Region, name: string, vpc: string): string {
  for (const group of region.securityGroups.values()) if (group.name === name && group.vpc === vpc) return group.id
  const id = world.random.id('sg')
  region.securityGroups.set(id, { id, name, description: name, vpc })
  return id
}

export function ensureProfile(world: World, region: Region, name: string): void {
  if (region.profiles.has(name)) return
  const arn = `arn:aws:iam::${region.account}:instance-profile/${name}`
  region.profiles.set(name, { id: `AIPA${world.random.hex(16).toUpperCase()}`, name, arn, role: name })
}
