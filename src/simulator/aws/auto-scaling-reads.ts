import type { Activity, Group, LaunchData, LaunchSource, Member, Refresh, Region, TemplateReference } from '../world/model.ts'
import { ApiError, validationError } from './api-error.ts'
import { type Call, type Operations, reads } from './call.ts'
import { type Paging, paginate } from './pages.ts'
import type { Parameters } from './parameters.ts'
import type { Result } from './render.ts'

export const autoScalingReads: Operations = {
  DescribeAutoScalingGroups: reads(describeGroups),
  DescribeAutoScalingInstances: reads(describeInstances),
  DescribeScalingActivities: reads(describeActivities),
  DescribeInstanceRefreshes: reads(describeRefreshes),
  DescribeWarmPool: reads(describeWarmPool),
  DescribeLaunchConfigurations: reads(describeLaunchConfigurations),
  DescribeTags: reads(describeTags),
  DescribePolicies: reads(({ region, input }) => {
    const name = input.text('AutoScalingGroupName')
    if (name !== undefined) findGroup(region, name)
    return { ScalingPolicies: [] }
  }),
  DescribeLifecycleHooks: reads(({ region, input }) => {
    const group = findGroup(region, input.required('AutoScalingGroupName'))
    return {
      LifecycleHooks: group.hooks.map(hook => ({
        LifecycleHookName: hook.name,
        AutoScalingGroupName: group.name,
        LifecycleTransition: hook.transition,
        HeartbeatTimeout: Math.round(hook.timeout / 1000),
        GlobalTimeout: Math.round((hook.timeout * 100) / 1000),
        DefaultResult: 'CONTINUE',
      })),
    }
  }),
  DescribeTrafficSources: reads(({ region, input }) => ({
    TrafficSources: findGroup(region, input.required('AutoScalingGroupName')).targetGroups.map(arn => ({
      TrafficSource: arn,
      Identifier: arn,
      Type: 'elbv2',
      State: 'InService',
    })),
  })),
  DescribeLoadBalancerTargetGroups: reads(({ region, input }) => ({
    LoadBalancerTargetGroups: findGroup(region, input.required('AutoScalingGroupName')).targetGroups.map(arn => ({
      LoadBalancerTargetGroupARN: arn,
      State: 'InService',
    })),
  })),
  DescribeAccountLimits: reads(({ region }) => ({
    MaxNumberOfAutoScalingGroups: 500,
    MaxNumberOfLaunchConfigurations: 200,
    NumberOfAutoScalingGroups: region.groups.size,
    NumberOfLaunchConfigurations: region.launchConfigurations.size,
  })),
}

export function findGroup(region: Region, name: string): Group {
  const group = region.groups.get(name)
  if (group === undefined) throw validationError('AutoScalingGroup name not found - null')
  return group
}

const invalidToken = () => new ApiError('InvalidNextToken', 'The token is invalid')

function paging<T>(key: (item: T) => string, defaultSize: number, maximum: number): Paging<T> {
  return { key, defaultSize, maximum, sizeParameter: 'MaxRecords', invalidToken }
}

function describeGroups(call: Call): Result {
  const { region, input } = call
  const names = new Set(input.list('AutoScalingGroupNames'))
  const matches = groupFilter(input)
  // The world keeps its groups in the order of their names.
  const chosen = names.size === 0 ? [...region.groups.values()] : [...names].toSorted().flatMap(name => region.groups.get(name) ?? [])
  const found = chosen.filter(matches)
  const { items, token } = paginate(
    call,
    found,
    paging<Group>(group => group.name, 50, 100),
  )
  const withInstances = input.boolean('IncludeInstances') ?? true
  return { AutoScalingGroups: items.map(group => renderGroup(region, group, withInstances)), NextToken: token }
}

/** Values within a filter are alternatives, filters are conditions; all case-sensitive. */
function groupFilter(input: Parameters): (group: Group) => boolean {
  const filters = input.structures('Filters').map(filter => {
    const name = filter.required('Name')
    const values = new Set(filter.list('Values'))
    if (name === 'tag-key') return (group: Group) => group.tags.some(tag => values.has(tag.key))
    if (name === 'tag-value') return (group: Group) => group.tags.some(tag => values.has(tag.value))
    if (name.startsWith('tag:')) {
      const key = name.slice('tag:'.length)
      return (group: Group) => group.tags.some(tag => tag.key === key && values.has(tag.value))
    }
    throw validationError(`Filter type ${name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>`)
  })
  return group => filters.every(filter => filter(group))
}

function renderGroup(region: Region, group: Group, withInstances: boolean): Result {
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...renderSource(region, group.source),
    MinSize: group.minimum,
    MaxSize: group.maximum,
    DesiredCapacity: group.desired,
    DefaultCooldown: 300,
    AvailabilityZones: group.zones,
    LoadBalancerNames: [],
    TargetGroupARNs: group.targetGroups,
    HealthCheckType: group.healthChecks.join(','),
    HealthCheckGracePeriod: Math.round(group.gracePeriod / 1000),
    Instances: withInstances ? group.members.map(member => renderMember(region, member)) : [],
    CreatedTime: new Date(group.createdAt),
    SuspendedProcesses: [...group.suspended].map(([ProcessName, SuspensionReason]) => ({ ProcessName, SuspensionReason })),
    VPCZoneIdentifier: group.subnets.join(','),
    EnabledMetrics: [],
    Status: group.status,
    Tags: group.tags.map(tag => renderTag(group, tag)),
    TerminationPolicies: ['Default'],
    NewInstancesProtectedFromScaleIn: group.newInstancesProtected,
    ServiceLinkedRoleARN: `arn:aws:iam::${region.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    CapacityRebalance: group.capacityRebalance,
    ...(group.warmPool === null
      ? {}
      : {
          WarmPoolConfiguration: { MinSize: group.warmPool.size, PoolState: group.warmPool.state },
          WarmPoolSize: group.warmPool.members.length,
        }),
    DefaultInstanceWarmup: group.defaultInstanceWarmup,
    TrafficSources: group.targetGroups.map(arn => ({ Identifier: arn, Type: 'elbv2' })),
  }
}

function renderTag(group: Group, tag: Group['tags'][number]): Result {
  return { ResourceId: group.name, ResourceType: 'auto-scaling-group', Key: tag.key, Value: tag.value, PropagateAtLaunch: tag.propagate }
}

function renderSource(region: Region, source: LaunchSource): Result {
  if (source.kind === 'configuration') return { LaunchConfigurationName: source.name }
  const template = renderTemplate(region, source.template)
  if (source.kind === 'template') return { LaunchTemplate: template }
  return {
    MixedInstancesPolicy: {
      LaunchTemplate: {
        LaunchTemplateSpecification: template,
        Overrides: source.overrides.map(override => ({
          InstanceType: override.type,
          WeightedCapacity: override.weight === null ? null : String(override.weight),
          LaunchTemplateSpecification: override.template === null ? null : renderTemplate(region, override.template),
          ImageId: override.image,
        })),
      },
      InstancesDistribution: {
        OnDemandAllocationStrategy: 'prioritized',
        OnDemandBaseCapacity: 0,
        OnDemandPercentageAboveBaseCapacity: 100 - source.spotPercentage,
        SpotAllocationStrategy: 'price-capacity-optimized',
      },
    },
  }
}

function renderTemplate(region: Region, { id, version }: TemplateReference): Result {
  return { LaunchTemplateId: id, LaunchTemplateName: region.templates.get(id)?.name ?? region.deletedTemplates.get(id), Version: version }
}

function renderMember(region: Region, member: Member): Result {
  return {
    InstanceId: member.instance,
    InstanceType: member.type,
    AvailabilityZone: member.zone,
    LifecycleState: member.state,
    HealthStatus: member.health,
    LaunchConfigurationName: member.configuration,
    LaunchTemplate:
      member.template === null ? null : renderTemplate(region, { id: member.template.id, version: String(member.template.version) }),
    ImageId: member.image,
    ProtectedFromScaleIn: member.protected,
    WeightedCapacity: member.weight === null ? null : String(member.weight),
  }
}

function describeInstances(call: Call): Result {
  const { region, input } = call
  const asked = new Set(input.list('InstanceIds'))
  if (asked.size > 50) throw validationError('The number of instance IDs must not exceed 50')
  const found = [...region.groups.values()].flatMap(group => group.members.map(member => ({ group, member })))
  const chosen = found.filter(({ member }) => asked.size === 0 || asked.has(member.instance))
  const { items, token } = paginate(
    call,
    chosen,
    paging<(typeof chosen)[number]>(({ member }) => member.instance, 50, 50),
  )
  return {
    AutoScalingInstances: items.map(({ group, member }) => ({
      ...renderMember(region, member),
      AutoScalingGroupName: group.name,
      HealthStatus: member.health.toUpperCase(),
    })),
    NextToken: token,
  }
}

function describeActivities(call: Call): Result {
  const { region, input } = call
  const name = input.text('AutoScalingGroupName')
  const ids = new Set(input.list('ActivityIds'))
  const groups = name === undefined ? [...region.groups.values()] : [findGroup(region, name)]
  const filter = activityFilter(input)
  const found = groups
    .flatMap(group => group.activities.map(activity => ({ group, activity })))
    .filter(({ activity }) => (ids.size === 0 || ids.has(activity.id)) && filter(activity))
    // Those under way come first, then the newest.
    .sort((a, b) => Number(a.activity.end !== null) - Number(b.activity.end !== null) || b.activity.start - a.activity.start)
  const { items, token } = paginate(
    call,
    found,
    paging<(typeof found)[number]>(({ activity }) => activity.id, 100, 100),
  )
  return { Activities: items.map(({ group, activity }) => renderActivity(group, activity)), NextToken: token }
}

function activityFilter(input: Parameters): (activity: Activity) => boolean {
  const filters = input.structures('Filters').map(filter => {
    const name = filter.required('Name')
    const values = filter.list('Values')
    if (name === 'Status') return (activity: Activity) => values.includes(activity.status)
    const bound = Date.parse(values[0] ?? '')
    if (name === 'StartTimeLowerBound' && !Number.isNaN(bound)) return (activity: Activity) => activity.start >= bound
    if (name === 'StartTimeUpperBound' && !Number.isNaN(bound)) return (activity: Activity) => activity.start <= bound
    throw validationError(`Filter ${name} is invalid. Allowed filters are: StartTimeLowerBound, StartTimeUpperBound, Status`)
  })
  return activity => filters.every(filter => filter(activity))
}

export function renderActivity(group: Group, activity: Activity): Result {
  return {
    ActivityId: activity.id,
    AutoScalingGroupName: group.name,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.start),
    EndTime: activity.end === null ? null : new Date(activity.end),
    StatusCode: activity.status,
    StatusMessage: activity.message,
    Progress: activity.progress,
    Details: activity.details,
    AutoScalingGroupARN: group.arn,
  }
}

function describeRefreshes(call: Call): Result {
  const { region, input } = call
  const group = findGroup(region, input.required('AutoScalingGroupName'))
  const ids = new Set(input.list('InstanceRefreshIds'))
  const found = group.refreshes.filter(refresh => ids.size === 0 || ids.has(refresh.id)).toReversed()
  const { items, token } = paginate(
    call,
    found,
    paging<Refresh>(refresh => refresh.id, 50, 100),
  )
  return {
    InstanceRefreshes: items.map(refresh => ({
      InstanceRefreshId: refresh.id,
      AutoScalingGroupName: group.name,
      Status: refresh.status,
      StatusReason: refresh.reason,
      StartTime: new Date(refresh.start),
      EndTime: refresh.end === null ? null : new Date(refresh.end),
      PercentageComplete: refresh.percentage,
      InstancesToUpdate: refresh.pending.length,
      Preferences: { MinHealthyPercentage: 90, SkipMatching: false, AutoRollback: false },
      Strategy: 'Rolling',
    })),
    NextToken: token,
  }
}

function describeWarmPool(call: Call): Result {
  const { region, input } = call
  const { warmPool } = findGroup(region, input.required('AutoScalingGroupName'))
  if (warmPool === null) return { Instances: [] }
  const { items, token } = paginate(
    call,
    warmPool.members,
    paging<Member>(member => member.instance, 50, 50),
  )
  return {
    WarmPoolConfiguration: { MinSize: warmPool.size, PoolState: warmPool.state },
    Instances: items.map(member => renderMember(region, member)),
    NextToken: token,
  }
}

function describeLaunchConfigurations(call: Call): Result {
  const { region, input } = call
  const names = new Set(input.list('LaunchConfigurationNames'))
  const found = [...region.launchConfigurations.values()].filter(each => names.size === 0 || names.has(each.name))
  const { items, token } = paginate(
    call,
    found,
    paging<(typeof found)[number]>(each => each.name, 50, 100),
  )
  return {
    LaunchConfigurations: items.map(each => ({
      LaunchConfigurationName: each.name,
      LaunchConfigurationARN: each.arn,
      CreatedTime: new Date(each.createdAt),
      ...renderLaunchData(each.data),
    })),
    NextToken: token,
  }
}

function renderLaunchData(data: LaunchData): Result {
  return {
    ImageId: data.image,
    KeyName: data.keyName,
    SecurityGroups: data.securityGroups ?? [],
    ClassicLinkVPCSecurityGroups: [],
    UserData: data.userData ?? '',
    InstanceType: data.type,
    KernelId: '',
    RamdiskId: '',
    BlockDeviceMappings: (data.devices ?? []).map(device => ({
      DeviceName: device.device,
      Ebs: {
        SnapshotId: device.snapshot,
        VolumeSize: device.size,
        VolumeType: device.type,
        DeleteOnTermination: device.deleteOnTermination,
        Iops: device.iops,
        Encrypted: device.encrypted,
        Throughput: device.throughput,
      },
    })),
    InstanceMonitoring: { Enabled: data.monitoring ?? true },
    IamInstanceProfile: data.profile,
    EbsOptimized: data.ebsOptimized ?? false,
    MetadataOptions:
      data.metadata === undefined
        ? null
        : { HttpTokens: data.metadata.tokens, HttpPutResponseHopLimit: data.metadata.hopLimit, HttpEndpoint: data.metadata.endpoint },
  }
}

function describeTags(call: Call): Result {
  const { region, input } = call
  const filters = input.structures('Filters').map(filter => ({ name: filter.required('Name'), values: new Set(filter.list('Values')) }))
  const fields = { 'auto-scaling-group': 0, key: 1, value: 2, 'propagate-at-launch': 3 } as const
  const rows = [...region.groups.values()].flatMap(group => group.tags.map(tag => ({ group, tag })))
  const found = rows.filter(({ group, tag }) =>
    filters.every(({ name, values }) => {
      if (!(name in fields))
        throw validationError(`Filter type ${name} is not correct. Allowed Filter types are: ${Object.keys(fields).join(', ')}`)
      return values.has([group.name, tag.key, tag.value, String(tag.propagate)][fields[name as keyof typeof fields]] as string)
    }),
  )
  const { items, token } = paginate(
    call,
    found,
    paging<(typeof found)[number]>(({ group, tag }) => `${group.name}\n${tag.key}`, 50, 100),
  )
  return { Tags: items.map(({ group, tag }) => renderTag(group, tag)), NextToken: token }
}
