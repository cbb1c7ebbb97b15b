import type { Region, Target, TargetGroup } from '../world/model.ts'
import { ApiError } from './api-error.ts'
import { type Call, type Operations, reads } from './call.ts'
import { paginate } from './pages.ts'
import type { Result } from './render.ts'

export const elb: Operations = {
  DescribeTargetGroups: reads(describeTargetGroups),
  DescribeTargetHealth: reads(describeTargetHealth),
  DescribeLoadBalancers: reads(describeLoadBalancers),
  DescribeTags: reads(({ region, input }) => ({
    TagDescriptions: input.list('ResourceArns').map(arn => {
      const tags = region.targetGroups.get(arn)?.tags ?? (region.loadBalancers.has(arn) ? {} : undefined)
      if (tags === undefined) throw new ApiError('TargetGroupNotFound', `Target groups '${arn}' not found`)
      return { ResourceArn: arn, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
    }),
  })),
}

const paging = {
  defaultSize: 400,
  maximum: 400,
  sizeParameter: 'PageSize',
  tokenParameter: 'Marker',
  invalidToken: () => new ApiError('ValidationError', 'The marker is invalid'),
} as const

function describeTargetGroups(call: Call): Result {
  const { region, input } = call
  const arns = input.list('TargetGroupArns')
  const names = input.list('Names')
  const balancer = input.text('LoadBalancerArn')
  for (const arn of arns) targetGroup(region, arn)
  const found = [...region.targetGroups.values()].filter(
    group =>
      (arns.length === 0 || arns.includes(group.arn)) &&
      (names.length === 0 || names.includes(group.name)) &&
      (balancer === undefined || group.loadBalancer === balancer),
  )
  if (names.length > 0 && found.length === 0) throw new ApiError('TargetGroupNotFound', `Target groups '[${names.join(', ')}]' not found`)
  const { items, token } = paginate(call, found, {
    key: group => group.arn,
    ...paging,
  })
  return {
    TargetGroups: items.map(group => ({
      TargetGroupArn: group.arn,
      TargetGroupName: group.name,
      Protocol: 'HTTP',
      Port: 80,
      VpcId: group.vpc,
      HealthCheckProtocol: 'HTTP',
      HealthCheckPort: 'traffic-port',
      HealthCheckEnabled: true,
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
      HealthCheckPath: '/',
      Matcher: { HttpCode: '200' },
      LoadBalancerArns: group.loadBalancer === null ? [] : [group.loadBalancer],
      TargetType: 'instance',
      ProtocolVersion: 'HTTP1',
      IpAddressType: 'ipv4',
    })),
    NextMarker: token,
  }
}

function targetGroup(region: Region, arn: string): TargetGroup {
  const group = region.targetGroups.get(arn)
  if (group === undefined) throw new ApiError('TargetGroupNotFound', `Target groups '${arn}' not found`)
  return group
}

function describeTargetHealth({ region, input }: Call): Result {
  const group = targetGroup(region, input.required('TargetGroupArn'))
  const asked = input.structures('Targets').map(target => target.required('Id'))
  if (asked.length === 0) return { TargetHealthDescriptions: [...group.targets.values()].map(targetHealth) }
  return {
    TargetHealthDescriptions: asked.map(id => {
      const target = group.targets.get(id)
      if (target !== undefined) return targetHealth(target)
      if (!region.instances.has(id))
        throw new ApiError('InvalidTarget', `The following targets are not in a running state and cannot be registered: '${id}'`)
      return {
        Target: { Id: id, Port: 80 },
        TargetHealth: { State: 'unused', Reason: 'Target.NotRegistered', Description: 'Target is not registered to the target group' },
      }
    }),
  }
}

const REASONS: Record<Target['state'], { reason: string; description: string } | null> = {
  healthy: null,
  initial: { reason: 'Elb.InitialHealthChecking', description: 'Initial health checks in progress' },
  unhealthy: { reason: 'Target.FailedHealthChecks', description: 'Health checks failed' },
  draining: { reason: 'Target.DeregistrationInProgress', description: 'Target deregistration is in progress' },
  unused: { reason: 'Target.NotInUse', description: 'Target group is not configured to receive traffic from the load balancer' },
  unavailable: { reason: 'Target.HealthCheckDisabled', description: 'Health checks are disabled for this target group' },
}

function targetHealth(target: Target): Result {
  const why = REASONS[target.state]
  return {
    Target: { Id: target.id, Port: target.port },
    HealthCheckPort: '80',
    TargetHealth: { State: target.state, Reason: why?.reason, Description: why?.description },
  }
}

function describeLoadBalancers(call: Call): Result {
  const { region, input } = call
  const arns = input.list('LoadBalancerArns')
  const names = input.list('Names')
  for (const arn of arns)
    if (!region.loadBalancers.has(arn)) throw new ApiError('LoadBalancerNotFound', `Load balancers '[${arn}]' not found`)
  const found = [...region.loadBalancers.values()].filter(
    each => (arns.length === 0 || arns.includes(each.arn)) && (names.length === 0 || names.includes(each.name)),
  )
  const { items, token } = paginate(call, found, {
    key: each => each.arn,
    ...paging,
  })
  return {
    LoadBalancers: items.map(each => ({
      LoadBalancerArn: each.arn,
      DNSName: `${each.name}.${region.name}.elb.amazonaws.com`,
      CreatedTime: new Date(each.createdAt),
      LoadBalancerName: each.name,
      Scheme: 'internet-facing',
      VpcId: each.vpc,
      State: { Code: 'active' },
      Type: 'application',
      AvailabilityZones: each.zones.map(({ zone, subnet }) => ({ ZoneName: zone, SubnetId: subnet })),
      SecurityGroups: [region.defaultSecurityGroup],
      IpAddressType: 'ipv4',
    })),
    NextMarker: token,
  }
}
