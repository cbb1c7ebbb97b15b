import { killInstance, terminateBehindBack } from '../world/auto-scaling.ts'
import { endInstance } from '../world/launch.ts'
import type { Group, Instance, Region } from '../world/model.ts'
import { ApiError } from './api-error.ts'
import { type Call, type Operations, reads, writes } from './call.ts'
import { ec2Filter, type Filterable, requireAll, tagSet } from './ec2-filters.ts'
import { type Paging, paginate } from './pages.ts'
import type { Result } from './render.ts'

export const ec2Instances: Operations = {
  DescribeInstances: reads(describeInstances),
  DescribeInstanceStatus: reads(describeInstanceStatus),
  DescribeInstanceAttribute: reads(describeInstanceAttribute),
  DescribeInstanceCreditSpecifications: reads(describeCredits),
  TerminateInstances: writes(terminateInstances),
  ModifyInstanceAttribute: writes(modifyInstanceAttribute),
}

const INSTANCE = { prefix: 'i', code: 'InvalidInstanceID', noun: 'instance' }
const STATE_CODES = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48, stopping: 64, stopped: 80 } as const

export function ec2Paging<T>(key: (item: T) => string, maximum = 1000): Paging<T> {
  return {
    key,
    defaultSize: maximum,
    maximum,
    sizeParameter: 'MaxResults',
    invalidToken: () => new ApiError('InvalidParameterValue', 'Unable to parse pagination token.'),
  }
}

function chosen(call: Call): Instance[] {
  const { region, input } = call
  const ids = [...new Set(input.list('InstanceId'))]
  if (ids.length > 0 && input.has('MaxResults'))
    throw new ApiError('InvalidParameterCombination', 'The parameter instancesSet cannot be used with the parameter maxResults')
  requireAll(ids, id => region.instances.has(id), INSTANCE)
  return ids.length === 0 ? byInstanceFilter(call) : ids.flatMap(id => region.instances.get(id) ?? [])
}

/** A filter on ids is answered from the index: fleets are large, and this is how members are asked for. */
function byInstanceFilter({ region, input }: Call): Instance[] {
  const byId = input.structures('Filter').find(filter => filter.text('Name') === 'instance-id')
  const ids = byId?.list('Value') ?? []
  if (byId === undefined || ids.some(id => /[*?]/.test(id))) return [...region.instances.values()]
  return ids.flatMap(id => region.instances.get(id) ?? [])
}

const FIELDS: Filterable<Instance> = {
  'instance-id': instance => instance.id,
  'instance-state-name': instance => instance.state,
  'instance-state-code': instance => String(STATE_CODES[instance.state]),
  'image-id': instance => instance.image,
  'instance-type': instance => instance.type,
  'availability-zone': instance => instance.zone,
  'subnet-id': instance => instance.subnet,
  'vpc-id': instance => instance.vpc,
  'key-name': instance => instance.keyName,
  'instance.group-id': instance => instance.securityGroups,
  'private-ip-address': instance => instance.address,
  'client-token': instance => instance.clientToken,
  'instance-lifecycle': instance => (instance.spot ? 'spot' : null),
}

function describeInstances(call: Call): Result {
  const { region, input } = call
  const filter = ec2Filter(input, FIELDS, instance => instance.tags)
  const { items, token } = paginate(
    call,
    chosen(call).filter(filter),
    ec2Paging<Instance>(instance => instance.id),
  )
  return {
    reservationSet: items.map(instance => ({
      reservationId: instance.reservation,
      ownerId: region.account,
      groupSet: [],
      instancesSet: [renderInstance(region, instance)],
    })),
    nextToken: token,
  }
}

export function groupSet(region: Region, ids: readonly string[]): Result[] {
  return ids.map(id => ({ groupId: id, groupName: region.securityGroups.get(id)?.name ?? id }))
}

function renderInstance(region: Region, instance: Instance): Result {
  // A terminated instance has lost its place in the network.
  const placed = instance.state !== 'terminated'
  const hostName = `ip-${instance.address.replaceAll('.', '-')}.${region.name}.compute.internal`
  return {
    instanceId: instance.id,
    imageId: instance.image,
    instanceState: { code: STATE_CODES[instance.state], name: instance.state },
    privateDnsName: placed ? hostName : '',
    dnsName: '',
    reason: instance.transitionReason,
    keyName: instance.keyName,
    amiLaunchIndex: 0,
    productCodes: [],
    instanceType: instance.type,
    launchTime: new Date(instance.launchedAt),
    placement: { availabilityZone: instance.zone, groupName: '', tenancy: 'default' },
    monitoring: { state: instance.monitoring ? 'enabled' : 'disabled' },
    subnetId: placed ? instance.subnet : null,
    vpcId: placed ? instance.vpc : null,
    privateIpAddress: placed ? instance.address : null,
    sourceDestCheck: placed ? instance.sourceDestCheck : null,
    groupSet: groupSet(region, instance.securityGroups),
    stateReason: instance.stateReason === null ? null : { code: instance.stateReason.code, message: instance.stateReason.message },
    architecture: 'x86_64',
    rootDeviceType: 'ebs',
    rootDeviceName: instance.rootDevice,
    blockDeviceMapping: instance.volumes.map(attachment => ({
      deviceName: attachment.device,
      ebs: {
        volumeId: attachment.volume,
        status: 'attached',
        attachTime: new Date(attachment.attachedAt),
        deleteOnTermination: attachment.deleteOnTermination,
      },
    })),
    virtualizationType: 'hvm',
    clientToken: instance.clientToken,
    tagSet: tagSet(instance.tags),
    hypervisor: 'xen',
    instanceLifecycle: instance.spot ? 'spot' : null,
    networkInterfaceSet: instance.interfaces.flatMap(id => {
      const found = region.interfaces.get(id)
      if (found === undefined) return []
      return {
        networkInterfaceId: found.id,
        subnetId: found.subnet,
        vpcId: found.vpc,
        description: found.description,
        ownerId: region.account,
        status: 'in-use',
        macAddress: found.mac,
        privateIpAddress: found.address,
        sourceDestCheck: found.sourceDestCheck,
        groupSet: groupSet(region, found.securityGroups),
        attachment: {
          attachmentId: found.attachment,
          deviceIndex: found.deviceIndex,
          status: 'attached',
          attachTime: new Date(found.attachedAt),
          deleteOnTermination: true,
          networkCardIndex: 0,
        },
        privateIpAddressesSet: [{ privateIpAddress: found.address, primary: true }],
        ipv6AddressesSet: [],
        interfaceType: 'interface',
      }
    }),
    iamInstanceProfile:
      instance.profile === null
        ? null
        : {
            arn: region.profiles.get(instance.profile)?.arn ?? `arn:aws:iam::${region.account}:instance-profile/${instance.profile}`,
            id: region.profiles.get(instance.profile)?.id ?? 'AIPAGONE',
          },
    ebsOptimized: instance.ebsOptimized,
    enaSupport: true,
    cpuOptions: { coreCount: 1, threadsPerCore: 2 },
    capacityReservationSpecification: { capacityReservationPreference: 'open' },
    hibernationOptions: { configured: false },
    enclaveOptions: { enabled: false },
    metadataOptions: {
      state: instance.state === 'pending' ? 'pending' : 'applied',
      httpTokens: instance.metadata.tokens,
      httpPutResponseHopLimit: instance.metadata.hopLimit,
      httpEndpoint: instance.metadata.endpoint,
      httpProtocolIpv6: 'disabled',
      instanceMetadataTags: instance.metadata.instanceTags,
    },
    platformDetails: 'Linux/UNIX',
    usageOperation: 'RunInstances',
    maintenanceOptions: { autoRecovery: 'default' },
  }
}

const DETAILS = { ok: 'passed', impaired: 'failed', initializing: 'initializing', 'not-applicable': undefined } as const

function describeInstanceStatus(call: Call): Result {
  const { input } = call
  if (input.list('InstanceId').length > 100) throw new ApiError('InvalidParameterValue', 'At most 100 instance IDs can be asked for')
  const all = input.boolean('IncludeAllInstances') ?? false
  const filter = ec2Filter<Instance>(input, {
    ...FIELDS,
    'instance-status.status': statusOf,
    'system-status.status': statusOf,
    'instance-status.reachability': instance => (statusOf(instance) === 'ok' ? 'passed' : 'failed'),
  })
  const found = chosen(call).filter(instance => (all || instance.state === 'running') && filter(instance))
  const { items, token } = paginate(
    call,
    found,
    ec2Paging<Instance>(instance => instance.id),
  )
  return {
    instanceStatusSet: items.map(instance => {
      const status = statusOf(instance)
      const detail = DETAILS[status]
      const summary = { status, details: detail === undefined ? [] : [{ name: 'reachability', status: detail }] }
      return {
        instanceId: instance.id,
        availabilityZone: instance.zone,
        instanceState: { code: STATE_CODES[instance.state], name: instance.state },
        systemStatus: summary,
        instanceStatus: summary,
        attachedEbsStatus: summary,
      }
    }),
    nextToken: token,
  }
}

function statusOf(instance: Instance): 'ok' | 'impaired' | 'initializing' | 'not-applicable' {
  return instance.state === 'running' ? instance.statusCheck : 'not-applicable'
}

function oneInstance({ region, input }: Call): Instance {
  const id = input.required('InstanceId')
  requireAll([id], each => region.instances.has(each), INSTANCE)
  return region.instances.get(id) as Instance
}

function describeInstanceAttribute(call: Call): Result {
  const instance = oneInstance(call)
  const attribute = call.input.required('Attribute')
  const values: Record<string, Result> = {
    userData: { userData: { value: instance.userData } },
    disableApiTermination: { disableApiTermination: { value: instance.disableApiTermination } },
    disableApiStop: { disableApiStop: { value: false } },
    instanceType: { instanceType: { value: instance.type } },
    instanceInitiatedShutdownBehavior: { instanceInitiatedShutdownBehavior: { value: instance.shutdownBehavior } },
    rootDeviceName: { rootDeviceName: { value: instance.rootDevice } },
    ebsOptimized: { ebsOptimized: { value: instance.ebsOptimized } },
    sourceDestCheck: { sourceDestCheck: { value: instance.sourceDestCheck } },
    groupSet: { groupSet: instance.securityGroups.map(groupId => ({ groupId })) },
    enaSupport: { enaSupport: { value: true } },
  }
  const found = values[attribute]
  if (found === undefined)
    throw new ApiError('InvalidParameterValue', `Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`)
  return { instanceId: instance.id, ...found }
}

/** By ids every one is shown, as `standard` where its type is not burstable; without ids only what is unlimited. */
function describeCredits(call: Call): Result {
  const { input } = call
  const ids = input.list('InstanceId')
  if (ids.length > 1000) throw new ApiError('InvalidParameterValue', 'At most 1000 instance IDs can be asked for')
  const filter = ec2Filter<Instance>(input, { 'instance-id': instance => instance.id })
  const found = chosen(call).filter(instance => (ids.length > 0 || instance.credits === 'unlimited') && filter(instance))
  const { items, token } = paginate(
    call,
    found,
    ec2Paging<Instance>(instance => instance.id),
  )
  return {
    instanceCreditSpecificationSet: items.map(({ id, credits }) => ({ instanceId: id, cpuCredits: credits ?? 'standard' })),
    nextToken: token,
  }
}

/** Protection of one instance saves all of its zone: the others of that zone are not terminated either. */
function terminateInstances(call: Call): Result {
  const { region, input } = call
  const ids = [...new Set(input.list('InstanceId'))]
  if (ids.length === 0) throw new ApiError('MissingParameter', 'The request must contain the parameter InstanceId')
  requireAll(ids, id => region.instances.has(id), INSTANCE)
  const instances = ids.flatMap(id => region.instances.get(id) ?? [])
  if (input.boolean('DryRun') === true) throw new ApiError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412)
  const saved = new Set(instances.filter(each => each.disableApiTermination && each.state !== 'terminated').map(each => each.zone))
  const doomed = instances.filter(each => !saved.has(each.zone))
  const changes = doomed.map(instance => {
    const previous = instance.state
    terminate(call, instance)
    return { instanceId: instance.id, currentState: state(instance.state), previousState: state(previous) }
  })
  const kept = instances.find(each => each.disableApiTermination && saved.has(each.zone))
  if (kept !== undefined)
    throw new ApiError(
      'OperationNotPermitted',
      `The instance '${kept.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    )
  return { instancesSet: changes }
}

function state(name: Instance['state']): Result {
  return { code: STATE_CODES[name], name }
}

function terminate({ world, region }: Call, instance: Instance): void {
  if (instance.state === 'terminated' || instance.state === 'shutting-down') return
  const group: Group | undefined = instance.group === null ? undefined : region.groups.get(instance.group)
  if (group === undefined) {
    instance.state = 'shutting-down'
    world.after(region, 1000, () => endInstance(region, instance, world.time))
  } else if (group.members.some(member => member.instance === instance.id)) terminateBehindBack({ world, region, group }, instance)
  else killInstance({ world, region, group }, instance)
}

function modifyInstanceAttribute(call: Call): Result {
  const { input, region } = call
  const instance = oneInstance(call)
  const value = (name: string) => input.structure(name).text('Value') ?? input.text(name)
  const protection = value('DisableApiTermination')
  if (protection !== undefined) instance.disableApiTermination = protection === 'true'
  const check = value('SourceDestCheck')
  if (check !== undefined) instance.sourceDestCheck = check === 'true'
  const groups = input.list('GroupId')
  if (groups.length > 0) {
    const missing = groups.find(id => !region.securityGroups.has(id))
    if (missing !== undefined) throw new ApiError('InvalidGroup.NotFound', `The security group '${missing}' does not exist`)
    instance.securityGroups = groups
    for (const id of instance.interfaces) {
      const found = region.interfaces.get(id)
      if (found !== undefined) found.securityGroups = [...groups]
    }
  }
  const type = value('InstanceType')
  if (type !== undefined) {
    if (instance.state !== 'stopped')
      throw new ApiError('IncorrectInstanceState', `The instance '${instance.id}' is not in the 'stopped' state.`)
    instance.type = type
  }
  return { return: true }
}
