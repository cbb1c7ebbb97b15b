import type { Image, Region, Tags } from '../world/model.ts'
import { ApiError } from './api-error.ts'
import { type Call, type Operations, reads, writes } from './call.ts'
import { ec2Filter, type Filterable, type IdKind, requireAll, tagSet } from './ec2-filters.ts'
import { ec2Paging, groupSet } from './ec2-instances.ts'
import { paginate } from './pages.ts'
import type { Result } from './render.ts'

export const ec2Resources: Operations = {
  DescribeVolumes: reads(call =>
    describe(call, {
      all: call.region.volumes,
      ids: { parameter: 'VolumeId', prefix: 'vol', code: 'InvalidVolume', noun: 'volume' },
      fields: {
        'volume-id': volume => volume.id,
        'attachment.instance-id': volume => volume.instance,
        status: volume => (volume.instance === null ? 'available' : 'in-use'),
      },
      tags: volume => volume.tags,
      set: 'volumeSet',
      render: volume => ({
        volumeId: volume.id,
        size: volume.size,
        snapshotId: volume.snapshot,
        availabilityZone: volume.zone,
        status: volume.instance === null ? 'available' : 'in-use',
        createTime: new Date(volume.createdAt),
        attachmentSet:
          volume.instance === null
            ? []
            : [
                {
                  volumeId: volume.id,
                  instanceId: volume.instance,
                  device: volume.device,
                  status: 'attached',
                  attachTime: new Date(volume.createdAt),
                  deleteOnTermination: volume.deleteOnTermination,
                },
              ],
        tagSet: tagSet(volume.tags),
        volumeType: volume.type,
        iops: volume.iops,
        throughput: volume.throughput,
        encrypted: volume.encrypted,
        kmsKeyId: volume.kmsKey,
        multiAttachEnabled: false,
      }),
    }),
  ),
  DescribeNetworkInterfaces: reads(call =>
    describe(call, {
      all: call.region.interfaces,
      ids: { parameter: 'NetworkInterfaceId', prefix: 'eni', code: 'InvalidNetworkInterfaceID', noun: 'networkInterface' },
      fields: {
        'network-interface-id': each => each.id,
        'attachment.instance-id': each => each.instance,
        'group-id': each => each.securityGroups,
        'subnet-id': each => each.subnet,
        'vpc-id': each => each.vpc,
      },
      tags: each => each.tags,
      set: 'networkInterfaceSet',
      render: each => ({
        networkInterfaceId: each.id,
        subnetId: each.subnet,
        vpcId: each.vpc,
        availabilityZone: each.zone,
        description: each.description,
        ownerId: call.region.account,
        requesterManaged: false,
        status: 'in-use',
        macAddress: each.mac,
        privateIpAddress: each.address,
        sourceDestCheck: each.sourceDestCheck,
        groupSet: groupSet(call.region, each.securityGroups),
        attachment: {
          attachmentId: each.attachment,
          instanceId: each.instance,
          instanceOwnerId: call.region.account,
          deviceIndex: each.deviceIndex,
          networkCardIndex: 0,
          status: 'attached',
          attachTime: new Date(each.attachedAt),
          deleteOnTermination: true,
        },
        tagSet: tagSet(each.tags),
        interfaceType: 'interface',
        privateIpAddressesSet: [{ privateIpAddress: each.address, primary: true }],
        ipv6AddressesSet: [],
      }),
    }),
  ),
  DescribeSecurityGroups: reads(call =>
    describe(call, {
      all: call.region.securityGroups,
      ids: { parameter: 'GroupId', prefix: 'sg', code: 'InvalidGroup', noun: 'security group' },
      fields: { 'group-id': each => each.id, 'group-name': each => each.name, 'vpc-id': each => each.vpc },
      tags: () => ({}),
      set: 'securityGroupInfo',
      render: each => ({
        ownerId: call.region.account,
        groupId: each.id,
        groupName: each.name,
        groupDescription: each.description,
        vpcId: each.vpc,
        ipPermissions: [],
        ipPermissionsEgress: [],
        tagSet: [],
      }),
    }),
  ),
  DescribeSubnets: reads(call =>
    describe(call, {
      all: call.region.subnets,
      ids: { parameter: 'SubnetId', prefix: 'subnet', code: 'InvalidSubnetID', noun: 'subnet' },
      fields: { 'subnet-id': each => each.id, 'vpc-id': each => each.vpc, 'availability-zone': each => each.zone },
      tags: () => ({}),
      set: 'subnetSet',
      render: each => ({
        subnetId: each.id,
        subnetArn: `arn:aws:ec2:${call.region.name}:${call.region.account}:subnet/${each.id}`,
        state: 'available',
        ownerId: call.region.account,
        vpcId: each.vpc,
        cidrBlock: each.cidr,
        ipv6CidrBlockAssociationSet: [],
        availableIpAddressCount: 65000,
        availabilityZone: each.zone,
        defaultForAz: true,
        mapPublicIpOnLaunch: false,
        assignIpv6AddressOnCreation: false,
        tagSet: [],
      }),
    }),
  ),
  DescribeVpcs: reads(call =>
    describe(call, {
      all: call.region.vpcs,
      ids: { parameter: 'VpcId', prefix: 'vpc', code: 'InvalidVpcID', noun: 'vpc' },
      fields: { 'vpc-id': each => each.id, isDefault: each => String(each.isDefault) },
      tags: () => ({}),
      set: 'vpcSet',
      render: each => ({
        vpcId: each.id,
        ownerId: call.region.account,
        state: 'available',
        cidrBlock: each.cidr,
        dhcpOptionsId: 'default',
        instanceTenancy: 'default',
        isDefault: each.isDefault,
        tagSet: [],
      }),
    }),
  ),
  DescribeKeyPairs: reads(describeKeyPairs),
  DescribeImages: reads(describeImages),
  DeregisterImage: writes(({ region, input }) => {
    const id = input.required('ImageId')
    const image = region.images.get(id)
    if (image === undefined || image.gone) throw imageNotFound([id])
    image.gone = true
    return { return: true }
  }),
  DescribeInstanceTypes: reads(describeInstanceTypes),
  GetEbsEncryptionByDefault: reads(({ region }) => ({ ebsEncryptionByDefault: region.ebsEncryptionByDefault, sseType: 'sse-ebs' })),
  DescribeRegions: reads(({ world, region, input }) => {
    const wanted = new Set(input.list('RegionName'))
    const names = [...world.regions.values()].filter(each => each.account === region.account).map(each => each.name)
    return {
      regionInfo: names
        .filter(name => wanted.size === 0 || wanted.has(name))
        .map(name => ({ regionName: name, regionEndpoint: `ec2.${name}.amazonaws.com`, optInStatus: 'opt-in-not-required' })),
    }
  }),
  DescribeTags: reads(describeTags),
  CreateTags: writes(({ region, input }) => {
    const tags = Object.fromEntries(input.structures('Tag').map(tag => [tag.required('Key'), tag.text('Value') ?? '']))
    const reserved = Object.keys(tags).find(key => key.startsWith('aws:'))
    if (reserved !== undefined)
      throw new ApiError(
        'InvalidParameterValue',
        `Value ( ${reserved} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
      )
    for (const owner of input.list('ResourceId').map(id => tagOwner(region, id))) Object.assign(owner, tags)
    return { return: true }
  }),
  DeleteTags: writes(({ region, input }) => {
    const keys = input.structures('Tag').map(tag => tag.required('Key'))
    for (const owner of input.list('ResourceId').map(id => tagOwner(region, id))) for (const key of keys) delete owner[key]
    return { return: true }
  }),
}

interface Description<T> {
  readonly all: ReadonlyMap<string, T>
  readonly ids: IdKind & { readonly parameter: string }
  readonly fields: Filterable<T>
  readonly tags: (item: T) => Tags
  readonly set: string
  readonly render: (item: T) => Result
}

function describe<T extends { readonly id: string }>(call: Call, description: Description<T>): Result {
  const { all, ids, fields, tags, set, render } = description
  const asked = [...new Set(call.input.list(ids.parameter))]
  requireAll(asked, id => all.has(id), ids)
  const found = asked.length === 0 ? [...all.values()] : asked.flatMap(id => all.get(id) ?? [])
  const { items, token } = paginate(
    call,
    found.filter(ec2Filter(call.input, fields, tags)),
    ec2Paging<T>(item => item.id),
  )
  return { [set]: items.map(render), nextToken: token }
}

function describeKeyPairs({ region, input }: Call): Result {
  const names = input.list('KeyName')
  const missing = names.find(name => !region.keyPairs.has(name))
  if (missing !== undefined) throw new ApiError('InvalidKeyPair.NotFound', `The key pair '${missing}' does not exist`)
  const filter = ec2Filter<{ id: string; name: string }>(input, { 'key-name': each => each.name, 'key-pair-id': each => each.id })
  const found = [...region.keyPairs.values()].filter(each => (names.length === 0 || names.includes(each.name)) && filter(each))
  return { keySet: found.map(each => ({ keyPairId: each.id, keyName: each.name, keyType: 'ed25519', tagSet: [] })) }
}

function imageNotFound(ids: readonly string[]): ApiError {
  return new ApiError(
    'InvalidAMIID.NotFound',
    `The image id${ids.length > 1 ? 's' : ''} '[${ids.join(', ')}]' do${ids.length > 1 ? '' : 'es'} not exist`,
  )
}

/**
 * An image that was deregistered but is still referenced by an instance is left out without an error; one
 * that nobody knows is NotFound. Disabled images are told only when asked for, deprecated ones always by id.
 */
function describeImages(call: Call): Result {
  const { world, region, input } = call
  const asked = [...new Set(input.list('ImageId'))]
  const malformed = asked.find(id => !/^ami-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id))
  if (malformed !== undefined) throw new ApiError('InvalidAMIID.Malformed', `Invalid id: "${malformed}"`)
  const referenced = new Set([...region.instances.values()].map(instance => instance.image))
  const unknown = asked.filter(id => (region.images.get(id)?.gone ?? true) && !referenced.has(id))
  if (unknown.length > 0) throw imageNotFound(unknown)
  const withDisabled = input.boolean('IncludeDisabled') ?? false
  const withDeprecated = input.boolean('IncludeDeprecated') ?? false
  const filter = ec2Filter<Image>(
    input,
    { 'image-id': image => image.id, name: image => image.name, state: image => image.state },
    image => image.tags,
  )
  const chosen = asked.length === 0 ? [...region.images.values()] : asked.flatMap(id => region.images.get(id) ?? [])
  const deprecated = (image: Image) => image.deprecatedAt !== null && image.deprecatedAt <= world.time
  const found = chosen.filter(
    image =>
      !image.gone &&
      (withDisabled || image.state !== 'disabled') &&
      (withDeprecated || asked.length > 0 || !deprecated(image)) &&
      filter(image),
  )
  const { items, token } = paginate(
    call,
    found,
    ec2Paging<Image>(image => image.id),
  )
  return { imagesSet: items.map(image => renderImage(region, image)), nextToken: token }
}

function renderImage(region: Region, image: Image): Result {
  return {
    imageId: image.id,
    imageLocation: `${region.account}/${image.name}`,
    imageState: image.state,
    imageOwnerId: region.account,
    isPublic: false,
    architecture: 'x86_64',
    imageType: 'machine',
    name: image.name,
    description: image.name,
    rootDeviceType: 'ebs',
    rootDeviceName: image.rootDevice,
    blockDeviceMapping: image.devices.map(device => ({
      deviceName: device.device,
      ebs: {
        snapshotId: device.snapshot,
        volumeSize: device.size,
        volumeType: device.type,
        deleteOnTermination: device.deleteOnTermination ?? true,
        encrypted: device.encrypted ?? false,
      },
    })),
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    enaSupport: true,
    creationDate: new Date(image.createdAt).toISOString(),
    deprecationTime: image.deprecatedAt === null ? null : new Date(image.deprecatedAt).toISOString(),
    platformDetails: 'Linux/UNIX',
    usageOperation: 'RunInstances',
    tagSet: tagSet(image.tags),
  }
}

function describeInstanceTypes({ input }: Call): Result {
  const asked = input.list('InstanceType')
  const known = asked.length === 0 ? ['t3.micro', 't3.small', 't3a.micro', 'm7i.large'] : asked
  const unknown = known.filter(type => !/^[a-z]+\d[a-z0-9-]*\.(\d*(nano|micro|small|medium|large|xlarge)|metal)$/.test(type))
  if (unknown.length > 0)
    throw new ApiError('InvalidInstanceType', `The following supplied instance types do not exist: [${unknown.join(', ')}]`)
  return {
    instanceTypeSet: known.map(type => ({
      instanceType: type,
      currentGeneration: true,
      bareMetal: type.endsWith('metal'),
      hypervisor: 'nitro',
      burstablePerformanceSupported: type.startsWith('t'),
      vCpuInfo: { defaultVCpus: 2, defaultCores: 1, defaultThreadsPerCore: 2 },
      memoryInfo: { sizeInMiB: 1024 },
    })),
  }
}

function tagOwner(region: Region, id: string): Tags {
  const owner =
    region.instances.get(id) ?? region.volumes.get(id) ?? region.interfaces.get(id) ?? region.images.get(id) ?? region.templates.get(id)
  if (owner === undefined) throw new ApiError('InvalidID', `The ID '${id}' is not valid`)
  return owner.tags
}

function describeTags(call: Call): Result {
  const { region, input } = call
  const kinds = [
    ['instance', region.instances],
    ['volume', region.volumes],
    ['network-interface', region.interfaces],
    ['image', region.images],
    ['launch-template', region.templates],
  ] as const
  const rows = kinds.flatMap(([type, all]) =>
    [...all.values()].flatMap(owner => Object.entries(owner.tags).map(([key, value]) => ({ id: owner.id, type, key, value }))),
  )
  const filter = ec2Filter<(typeof rows)[number]>(input, {
    'resource-id': row => row.id,
    'resource-type': row => row.type,
    key: row => row.key,
    value: row => row.value,
  })
  const { items, token } = paginate(
    call,
    rows.filter(filter),
    ec2Paging<(typeof rows)[number]>(row => `${row.id} ${row.key}`),
  )
  return { tagSet: items.map(row => ({ resourceId: row.id, resourceType: row.type, key: row.key, value: row.value })), nextToken: token }
}
