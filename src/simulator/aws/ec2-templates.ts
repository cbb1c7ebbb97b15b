import { resolveImage, templateVersion } from '../world/launch.ts'
import type { BlockDevice, LaunchData, Metadata, Region, Tags, Template, TemplateVersion } from '../world/model.ts'
import { ApiError } from './api-error.ts'
import { type Call, type Operations, reads, writes } from './call.ts'
import { ec2Filter, tagSet } from './ec2-filters.ts'
import { ec2Paging } from './ec2-instances.ts'
import { paginate } from './pages.ts'
import type { Parameters } from './parameters.ts'
import type { Result } from './render.ts'

export const ec2Templates: Operations = {
  DescribeLaunchTemplates: reads(describeTemplates),
  DescribeLaunchTemplateVersions: reads(describeVersions),
  CreateLaunchTemplateVersion: writes(createVersion),
  ModifyLaunchTemplate: writes(modifyTemplate),
}

function notFound(id: string): ApiError {
  return id.startsWith('lt-')
    ? new ApiError('InvalidLaunchTemplateId.NotFound', `The specified launch template, with template ID ${id}, does not exist.`)
    : new ApiError(
        'InvalidLaunchTemplateName.NotFoundException',
        `The specified launch template, with template name ${id}, does not exist.`,
      )
}

function findTemplate(region: Region, idOrName: string): Template {
  if (idOrName.startsWith('lt-') && !/^lt-[0-9a-f]{8}([0-9a-f]{9})?$/.test(idOrName))
    throw new ApiError('InvalidLaunchTemplateId.Malformed', `The launch template ID '${idOrName}' is malformed`)
  const template = region.templates.get(idOrName) ?? [...region.templates.values()].find(each => each.name === idOrName)
  if (template === undefined) throw notFound(idOrName)
  return template
}

function askedTemplate({ region, input }: Call): Template {
  const idOrName = input.text('LaunchTemplateId') ?? input.text('LaunchTemplateName')
  if (idOrName === undefined)
    throw new ApiError('MissingParameter', 'Either a launch template ID or a launch template name must be specified')
  return findTemplate(region, idOrName)
}

function describeTemplates(call: Call): Result {
  const { region, input } = call
  const asked = [...input.list('LaunchTemplateId'), ...input.list('LaunchTemplateName')]
  const found = asked.length === 0 ? [...region.templates.values()] : asked.map(each => findTemplate(region, each))
  const filter = ec2Filter<Template>(input, { 'launch-template-name': template => template.name }, template => template.tags)
  const { items, token } = paginate(
    call,
    found.filter(filter),
    ec2Paging<Template>(template => template.id, 200),
  )
  return { launchTemplates: items.map(template => renderTemplate(region, template)), nextToken: token }
}

function renderTemplate(region: Region, template: Template): Result {
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    createTime: new Date(template.createdAt),
    createdBy: `arn:aws:iam::${region.account}:user/operator`,
    defaultVersionNumber: template.defaultVersion,
    latestVersionNumber: Math.max(...template.versions.keys()),
    tagSet: tagSet(template.tags),
  }
}

interface NamedVersion {
  readonly template: Template
  readonly version: TemplateVersion
}

function describeVersions(call: Call): Result {
  const { region, input } = call
  const wanted = input.list('LaunchTemplateVersion')
  const named = input.has('LaunchTemplateId') || input.has('LaunchTemplateName')
  const found = named ? versionsOf(askedTemplate(call), wanted) : acrossTemplates(region, wanted)
  const { items, token } = paginate(
    call,
    found,
    ec2Paging<NamedVersion>(({ template, version }) => `${template.id} ${version.number}`, 200),
  )
  const resolve = input.boolean('ResolveAlias') ?? false
  return { launchTemplateVersionSet: items.map(each => renderVersion(region, each, resolve)), nextToken: token }
}

function versionsOf(template: Template, wanted: readonly string[]): NamedVersion[] {
  if (wanted.length === 0) return [...template.versions.values()].toReversed().map(version => ({ template, version }))
  return wanted.map(name => {
    if (!/^(\d+|\$Latest|\$Default)$/.test(name))
      throw new ApiError('InvalidLaunchTemplateId.VersionMalformed', `The launch template version '${name}' is malformed`)
    const number = templateVersion(template, name)
    const version = number === null ? undefined : template.versions.get(number)
    if (version === undefined)
      throw new ApiError(
        'InvalidLaunchTemplateId.VersionNotFound',
        `Could not find launch template version ${name} for launch template ${template.id}.`,
      )
    return { template, version }
  })
}

/** Without a template only `$Latest` and `$Default` mean something, for all of the account's. */
function acrossTemplates(region: Region, wanted: readonly string[]): NamedVersion[] {
  if (wanted.length === 0 || wanted.some(name => name !== '$Latest' && name !== '$Default'))
    throw new ApiError('MissingParameter', 'Specify a launch template, or the versions $Latest and $Default only')
  return [...region.templates.values()].flatMap(template => versionsOf(template, wanted))
}

function renderVersion(region: Region, { template, version }: NamedVersion, resolve: boolean): Result {
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    versionNumber: version.number,
    versionDescription: version.description,
    createTime: new Date(version.createdAt),
    createdBy: `arn:aws:iam::${region.account}:user/operator`,
    defaultVersion: template.defaultVersion === version.number,
    launchTemplateData: renderData(region, version.data, resolve),
  }
}

function renderData(region: Region, data: LaunchData, resolve: boolean): Result {
  const image = resolve && data.image !== undefined ? resolveImage(region, data.image) : data.image
  if (resolve && image === null)
    throw new ApiError('InvalidParameterValue', `The Systems Manager parameter ${data.image} could not be resolved.`)
  const tags = [
    ...(data.tags === undefined ? [] : [{ resourceType: 'instance', tagSet: tagSet(data.tags) }]),
    ...(data.volumeTags === undefined ? [] : [{ resourceType: 'volume', tagSet: tagSet(data.volumeTags) }]),
  ]
  return {
    ebsOptimized: data.ebsOptimized,
    iamInstanceProfile: data.profile === undefined ? null : { name: data.profile },
    blockDeviceMappingSet: data.devices?.map(device => ({
      deviceName: device.device,
      ebs: {
        encrypted: device.encrypted,
        deleteOnTermination: device.deleteOnTermination,
        iops: device.iops,
        kmsKeyId: device.kmsKey,
        snapshotId: device.snapshot,
        volumeSize: device.size,
        volumeType: device.type,
        throughput: device.throughput,
      },
    })),
    networkInterfaceSet:
      data.interfaceGroups === undefined ? null : [{ deviceIndex: 0, deleteOnTermination: true, groupSet: [...data.interfaceGroups] }],
    imageId: image,
    instanceType: data.type,
    keyName: data.keyName,
    monitoring: data.monitoring === undefined ? null : { enabled: data.monitoring },
    disableApiTermination: data.disableApiTermination,
    instanceInitiatedShutdownBehavior: data.shutdownBehavior,
    userData: data.userData,
    tagSpecificationSet: tags.length === 0 ? null : tags,
    securityGroupIdSet: data.securityGroups === undefined ? null : [...data.securityGroups],
    creditSpecification: data.credits === undefined ? null : { cpuCredits: data.credits },
    metadataOptions:
      data.metadata === undefined
        ? null
        : {
            state: 'applied',
            httpTokens: data.metadata.tokens,
            httpPutResponseHopLimit: data.metadata.hopLimit,
            httpEndpoint: data.metadata.endpoint,
            instanceMetadataTags: data.metadata.instanceTags,
          },
  }
}

function createVersion(call: Call): Result {
  const { world, region, input } = call
  const template = askedTemplate(call)
  const sourceName = input.text('SourceVersion')
  const source = sourceName === undefined ? {} : (versionsOf(template, [sourceName])[0]?.version.data ?? {})
  const number = Math.max(...template.versions.keys()) + 1
  const data: LaunchData = { ...source, ...readData(input.structure('LaunchTemplateData')) }
  const version: TemplateVersion = { number, createdAt: world.time, description: input.text('VersionDescription') ?? null, data }
  template.versions.set(number, version)
  return { launchTemplateVersion: renderVersion(region, { template, version }, false) }
}

/** What a request says, and nothing else: absent members keep the source version's values. */
function readData(input: Parameters): LaunchData {
  const devices = input.structures('BlockDeviceMapping').map(readDevice)
  const groups = input.list('SecurityGroupId')
  const interfaceGroups = input.structures('NetworkInterface').flatMap(each => each.list('SecurityGroupId'))
  const specifications = input.structures('TagSpecification')
  const tagsOf = (type: string): Tags | undefined => {
    const found = specifications.find(each => each.text('ResourceType') === type)
    return found === undefined
      ? undefined
      : Object.fromEntries(found.structures('Tag').map(tag => [tag.required('Key'), tag.text('Value') ?? '']))
  }
  const shutdown = input.text('InstanceInitiatedShutdownBehavior')
  const credits = input.structure('CreditSpecification').text('CpuCredits')
  return defined({
    image: input.text('ImageId'),
    type: input.text('InstanceType'),
    keyName: input.text('KeyName'),
    securityGroups: groups.length === 0 ? undefined : groups,
    interfaceGroups: interfaceGroups.length === 0 ? undefined : interfaceGroups,
    profile: input.structure('IamInstanceProfile').text('Name') ?? input.structure('IamInstanceProfile').text('Arn')?.split('/').at(-1),
    userData: input.text('UserData'),
    ebsOptimized: input.boolean('EbsOptimized'),
    monitoring: input.structure('Monitoring').boolean('Enabled'),
    metadata: input.has('MetadataOptions') ? readMetadata(input.structure('MetadataOptions')) : undefined,
    devices: devices.length === 0 ? undefined : devices,
    tags: tagsOf('instance'),
    volumeTags: tagsOf('volume'),
    disableApiTermination: input.boolean('DisableApiTermination'),
    shutdownBehavior: shutdown === 'stop' || shutdown === 'terminate' ? shutdown : undefined,
    credits: credits === 'standard' || credits === 'unlimited' ? credits : undefined,
  })
}

function defined(data: LaunchData): LaunchData {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
}

function readMetadata(input: Parameters): Partial<Metadata> {
  const tokens = input.text('HttpTokens')
  const endpoint = input.text('HttpEndpoint')
  const instanceTags = input.text('InstanceMetadataTags')
  const hopLimit = input.integer('HttpPutResponseHopLimit')
  return {
    ...(tokens === 'optional' || tokens === 'required' ? { tokens } : {}),
    ...(endpoint === 'enabled' || endpoint === 'disabled' ? { endpoint } : {}),
    ...(instanceTags === 'enabled' || instanceTags === 'disabled' ? { instanceTags } : {}),
    ...(hopLimit === undefined ? {} : { hopLimit }),
  }
}

function readDevice(input: Parameters): BlockDevice {
  const ebs = input.structure('Ebs')
  return {
    device: input.required('DeviceName'),
    size: ebs.integer('VolumeSize'),
    type: ebs.text('VolumeType'),
    iops: ebs.integer('Iops'),
    throughput: ebs.integer('Throughput'),
    encrypted: ebs.boolean('Encrypted'),
    kmsKey: ebs.text('KmsKeyId'),
    snapshot: ebs.text('SnapshotId'),
    deleteOnTermination: ebs.boolean('DeleteOnTermination'),
  }
}

function modifyTemplate(call: Call): Result {
  const template = askedTemplate(call)
  // The member is called DefaultVersion; on the wire it is SetDefaultVersion.
  const wanted = call.input.text('SetDefaultVersion')
  if (wanted !== undefined) template.defaultVersion = versionsOf(template, [wanted])[0]?.version.number ?? template.defaultVersion
  return { launchTemplate: renderTemplate(call.region, template) }
}
