import assert from 'node:assert/strict'
import {
  AutoScalingClient,
  CancelInstanceRefreshCommand,
  DeleteTagsCommand,
  DescribeAccountLimitsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  DescribeLoadBalancerTargetGroupsCommand,
  DescribePoliciesCommand,
  DescribeTrafficSourcesCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  SetInstanceHealthCommand,
  SetInstanceProtectionCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
import {
  DeleteTagsCommand as DeleteEc2TagsCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstanceCreditSpecificationsCommand,
  type DescribeInstanceCreditSpecificationsCommandInput,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeRegionsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { createWorld, SimulatedClock, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { START } from './simulated-world.ts'

describe('the simulated AWS, asked to change groups by hand', () => {
  let clock: SimulatedClock
  let simulator: Simulator
  let autoScaling: AutoScalingClient
  let ec2: EC2Client
  let elb: ElasticLoadBalancingV2Client
  const web = { AutoScalingGroupName: 'web' }

  beforeEach(async () => {
    clock = new SimulatedClock(START)
    const groups = [
      { name: 'web', hooks: [{ on: 'launch' as const, takes: 1000 }] },
      { name: 'search', traits: ['refreshing' as const] },
    ]
    simulator = await startSimulator({ world: createWorld({ groups, regions: ['eu-west-1', 'us-east-1'] }, { clock }) })
    const { endpoint, region, credentials } = simulator.aws
    const config = { endpoint, region, credentials, maxAttempts: 1 }
    autoScaling = new AutoScalingClient(config)
    ec2 = new EC2Client(config)
    elb = new ElasticLoadBalancingV2Client(config)
  })

  afterEach(async () => {
    for (const client of [autoScaling, ec2, elb]) client.destroy()
    await simulator.close()
  })

  const group = async () =>
    (await autoScaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['web'] }))).AutoScalingGroups?.[0]
  const ids = async () => (await group())?.Instances?.map(each => each.InstanceId ?? '') ?? []
  const failure = async (call: Promise<unknown>) =>
    call.then(
      () => 'no error',
      (error: Error) => `${error.name}: ${error.message}`,
    )

  it('puts a member on standby, out of the load balancer, and back', async () => {
    const [id = ''] = await ids()
    const order = { ...web, InstanceIds: [id] }
    await autoScaling.send(new EnterStandbyCommand({ ...order, ShouldDecrementDesiredCapacity: true }))
    clock.advance(10_000)
    const resting = await group()
    assert.equal(resting?.DesiredCapacity, 2)
    assert.equal(resting?.Instances?.find(each => each.InstanceId === id)?.LifecycleState, 'Standby')
    const health = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: resting?.TargetGroupARNs?.[0], Targets: [{ Id: id }] }))
    assert.equal(health.TargetHealthDescriptions?.[0]?.TargetHealth?.Reason, 'Target.NotRegistered')
    await autoScaling.send(new ExitStandbyCommand(order))
    clock.advance(10_000)
    assert.deepEqual([(await group())?.DesiredCapacity, (await ids()).length], [3, 3])
  })

  it('refuses to go below the minimum size', async () => {
    await autoScaling.send(new UpdateAutoScalingGroupCommand({ ...web, MinSize: 3, MaxSize: 3, DesiredCapacity: 3 }))
    const [id = ''] = await ids()
    const decrement = new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: id, ShouldDecrementDesiredCapacity: true })
    assert.match(await failure(autoScaling.send(decrement)), /^ValidationError: Currently, desiredSize equals minSize \(3\)/)
    const standby = new EnterStandbyCommand({ ...web, InstanceIds: [id], ShouldDecrementDesiredCapacity: true })
    assert.match(await failure(autoScaling.send(standby)), /^ValidationError: AutoScalingGroup web has min-size=3/)
  })

  it('replaces a member that was detached without a decrement; the detached one lives on', async () => {
    const [id = ''] = await ids()
    await autoScaling.send(new DetachInstancesCommand({ ...web, InstanceIds: [id], ShouldDecrementDesiredCapacity: false }))
    clock.advance(10_000)
    const now = await ids()
    assert.deepEqual([now.length, now.includes(id)], [3, false])
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    assert.equal(Reservations?.[0]?.Instances?.[0]?.State?.Name, 'running')
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    clock.advance(5000)
    assert.equal((await ids()).length, 3, 'its death is no matter of the group any more')
  })

  it('protects members from scale-in and shows it', async () => {
    const [id = ''] = await ids()
    await autoScaling.send(new SetInstanceProtectionCommand({ ...web, InstanceIds: [id], ProtectedFromScaleIn: true }))
    const { AutoScalingInstances } = await autoScaling.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [id] }))
    assert.deepEqual([AutoScalingInstances?.[0]?.ProtectedFromScaleIn, AutoScalingInstances?.[0]?.HealthStatus], [true, 'HEALTHY'])
    const foreign = new SetInstanceProtectionCommand({ ...web, InstanceIds: ['i-0'], ProtectedFromScaleIn: true })
    assert.match(await failure(autoScaling.send(foreign)), /is not part of Auto Scaling group web/)
  })

  it('replaces a member that somebody called unhealthy', async () => {
    const [id = ''] = await ids()
    await autoScaling.send(new SetInstanceHealthCommand({ InstanceId: id, HealthStatus: 'Unhealthy' }))
    clock.advance(10_000)
    const now = await ids()
    assert.deepEqual([now.length, now.includes(id)], [3, false])
  })

  it('cancels a refresh, once', async () => {
    const search = { AutoScalingGroupName: 'search' }
    await autoScaling.send(new CancelInstanceRefreshCommand(search))
    clock.advance(1000)
    assert.match(await failure(autoScaling.send(new CancelInstanceRefreshCommand(search))), /^ActiveInstanceRefreshNotFound/)
  })

  it('moves to another template version, and refuses one that is not there', async () => {
    const LaunchTemplateId = (await group())?.LaunchTemplate?.LaunchTemplateId
    await autoScaling.send(new UpdateAutoScalingGroupCommand({ ...web, LaunchTemplate: { LaunchTemplateId, Version: '1' } }))
    assert.equal((await group())?.LaunchTemplate?.Version, '1')
    const missing = new UpdateAutoScalingGroupCommand({ ...web, LaunchTemplate: { LaunchTemplateId, Version: '9' } })
    assert.match(await failure(autoScaling.send(missing)), /^ValidationError/)
  })

  it('answers the smaller questions about a group', async () => {
    const { LifecycleHooks } = await autoScaling.send(new DescribeLifecycleHooksCommand(web))
    assert.deepEqual(
      [LifecycleHooks?.[0]?.LifecycleTransition, LifecycleHooks?.[0]?.HeartbeatTimeout],
      ['autoscaling:EC2_INSTANCE_LAUNCHING', 3600],
    )
    const { TrafficSources } = await autoScaling.send(new DescribeTrafficSourcesCommand(web))
    const { LoadBalancerTargetGroups } = await autoScaling.send(new DescribeLoadBalancerTargetGroupsCommand(web))
    assert.equal(TrafficSources?.[0]?.Identifier, LoadBalancerTargetGroups?.[0]?.LoadBalancerTargetGroupARN)
    assert.deepEqual((await autoScaling.send(new DescribePoliciesCommand(web))).ScalingPolicies, [])
    assert.equal((await autoScaling.send(new DescribeAccountLimitsCommand({}))).NumberOfAutoScalingGroups, 2)
    await autoScaling.send(new DeleteTagsCommand({ Tags: [{ ResourceId: 'web', ResourceType: 'auto-scaling-group', Key: 'firedrill' }] }))
    assert.deepEqual((await group())?.Tags, [])
  })

  it('answers the smaller questions about EC2 and its network', async () => {
    const [id = ''] = await ids()
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: (await group())?.VPCZoneIdentifier?.split(',') }))
    assert.deepEqual(
      Subnets?.map(each => each.AvailabilityZone),
      ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
    )
    const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}))
    assert.equal(Vpcs?.[0]?.VpcId, Subnets?.[0]?.VpcId)
    const { Regions } = await ec2.send(new DescribeRegionsCommand({}))
    assert.deepEqual(
      Regions?.map(each => each.RegionName),
      ['eu-west-1', 'us-east-1'],
    )
    const { InstanceCreditSpecifications } = await ec2.send(new DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [id] }))
    assert.equal(InstanceCreditSpecifications?.[0]?.CpuCredits, 'standard')
    const { InstanceTypes } = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['t3.micro'] }))
    assert.equal(InstanceTypes?.[0]?.BurstablePerformanceSupported, true)
    const { LaunchTemplates } = await ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: ['web-template'] }))
    assert.equal(LaunchTemplates?.[0]?.LatestVersionNumber, 1)
    const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({}))
    assert.equal(LoadBalancers?.[0]?.State?.Code, 'active')
    const named = [
      { Name: 'resource-id', Values: [id] },
      { Name: 'key', Values: ['Name'] },
    ]
    assert.equal((await ec2.send(new DescribeTagsCommand({ Filters: named }))).Tags?.[0]?.Value, 'web')
    await ec2.send(new DeleteEc2TagsCommand({ Resources: [id], Tags: [{ Key: 'Name' }] }))
    assert.deepEqual((await ec2.send(new DescribeTagsCommand({ Filters: named }))).Tags, [])
  })

  it('tells credit options by ids, also of types that have none, and without ids only who is unlimited', async () => {
    const [first = '', second = '', third = ''] = await ids()
    const machine = (id: string) => simulator.world.region('123456789012', 'eu-west-1').instances.get(id) ?? assert.fail(id)
    machine(first).credits = 'unlimited'
    machine(second).credits = null
    const credits = async (input: DescribeInstanceCreditSpecificationsCommandInput) => {
      const { InstanceCreditSpecifications } = await ec2.send(new DescribeInstanceCreditSpecificationsCommand(input))
      return InstanceCreditSpecifications?.map(each => [each.InstanceId, each.CpuCredits])
    }
    assert.deepEqual(await credits({ InstanceIds: [first, second, third] }), [
      [first, 'unlimited'],
      [second, 'standard'],
      [third, 'standard'],
    ])
    assert.deepEqual(await credits({ MaxResults: 5 }), [[first, 'unlimited']])
    assert.deepEqual(await credits({ Filters: [{ Name: 'instance-id', Values: [third] }] }), [])
    const refused = async (input: DescribeInstanceCreditSpecificationsCommandInput) => failure(credits(input))
    assert.match(await refused({ InstanceIds: [first], MaxResults: 5 }), /^InvalidParameterCombination/)
    assert.match(await refused({ InstanceIds: ['i-00000000000000000'] }), /^InvalidInstanceID\.NotFound/)
    assert.match(await refused({ InstanceIds: ['web'] }), /^InvalidInstanceID\.Malformed/)
    assert.match(await refused({ Filters: [{ Name: 'instance-type', Values: ['t3.micro'] }] }), /^InvalidParameterValue/)
    assert.match(await refused({ InstanceIds: Array.from({ length: 1001 }, () => first) }), /^InvalidParameterValue/)
  })

  it('changes security groups of an instance and its interface, and deregisters images', async () => {
    const [id = ''] = await ids()
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}))
    const fallback = simulator.world.region('123456789012', 'eu-west-1').defaultSecurityGroup
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, Groups: [fallback] }))
    const instance = (await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances?.[0]
    assert.deepEqual([instance?.SecurityGroups?.[0]?.GroupId, instance?.NetworkInterfaces?.[0]?.Groups?.[0]?.GroupId], [fallback, fallback])
    assert.ok(Subnets?.some(each => each.SubnetId === instance?.SubnetId))
    const ImageId = instance?.ImageId ?? ''
    await ec2.send(new DeregisterImageCommand({ ImageId }))
    assert.deepEqual((await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }))).Images, [])
    assert.match(await failure(ec2.send(new DeregisterImageCommand({ ImageId }))), /^InvalidAMIID\.NotFound/)
    const type = new ModifyInstanceAttributeCommand({ InstanceId: id, InstanceType: { Value: 'm7i.large' } })
    assert.match(await failure(ec2.send(type)), /^IncorrectInstanceState/)
    const dry = new TerminateInstancesCommand({ InstanceIds: [id], DryRun: true })
    assert.match(await failure(ec2.send(dry)), /^DryRunOperation/)
  })
})
