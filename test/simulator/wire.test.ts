import assert from 'node:assert/strict'
import {
  AutoScalingClient,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeLaunchConfigurationsCommand,
  DescribeScalingActivitiesCommand,
  DescribeWarmPoolCommand,
  paginateDescribeAutoScalingGroups,
  SetDesiredCapacityCommand,
  StartInstanceRefreshCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
import { CloudWatchClient, DescribeAlarmsCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import {
  CreateLaunchTemplateVersionCommand,
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  EC2Client,
  GetEbsEncryptionByDefaultCommand,
  ModifyInstanceAttributeCommand,
  ModifyLaunchTemplateCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import {
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { GetInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { createWorld, SimulatedClock, type Simulator, startSimulator, type WorldInput } from '../../src/simulator/index.ts'
import { START } from './simulated-world.ts'

/** The error's name, as the SDK tells it. */
async function errorOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )
}

describe('the simulated AWS, asked by the real SDK', () => {
  const clock = new SimulatedClock(START)
  let simulator: Simulator
  let autoScaling: AutoScalingClient
  let ec2: EC2Client
  let elb: ElasticLoadBalancingV2Client
  let cloudwatch: CloudWatchClient
  let sts: STSClient
  let iam: IAMClient

  const groups: NonNullable<WorldInput['groups']> = [
    { name: 'web', image: 'ssm' },
    {
      name: 'api',
      source: 'mixed',
      overrides: [
        { type: 't3.micro', weight: 1 },
        { type: 't3.small', weight: 2 },
      ],
      size: 4,
    },
    { name: 'old', source: 'configuration' },
    { name: 'pool', traits: ['pre-built'] },
    { name: 'guarded', traits: [{ trait: 'config-drift', edits: [{ kind: 'termination-protection', enabled: true }] }] },
    { name: 'gone', traits: [{ trait: 'cannot-rebuild', cause: 'image-deregistered' }] },
    { name: 'off', traits: [{ trait: 'cannot-rebuild', cause: 'image-disabled' }] },
    ...Array.from({ length: 120 }, (_, index) => ({ name: `many-${String(index).padStart(3, '0')}`, size: 1, optIn: 'no' })),
  ]

  before(async () => {
    const world = createWorld(
      {
        accounts: [{ id: '123456789012' }, { id: '111122223333', roles: ['firedrill'] }],
        groups,
        alarms: [
          { name: 'errors', state: 'ALARM' },
          { name: 'all', composite: true },
        ],
      },
      { clock },
    )
    simulator = await startSimulator({ world })
    const { endpoint, region, credentials } = simulator.aws
    const config = { endpoint, region, credentials, maxAttempts: 1 }
    autoScaling = new AutoScalingClient(config)
    ec2 = new EC2Client(config)
    elb = new ElasticLoadBalancingV2Client(config)
    cloudwatch = new CloudWatchClient(config)
    sts = new STSClient(config)
    iam = new IAMClient(config)
  })

  after(async () => {
    for (const client of [autoScaling, ec2, elb, cloudwatch, sts, iam]) client.destroy()
    await simulator.close()
  })

  const group = async (name: string) => {
    const found = await autoScaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }))
    return found.AutoScalingGroups?.[0]
  }

  it('describes a group with everything that safety needs', async () => {
    const web = await group('web')
    assert.match(
      web?.AutoScalingGroupARN ?? '',
      /^arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName\/web$/,
    )
    assert.deepEqual([web?.MinSize, web?.MaxSize, web?.DesiredCapacity, web?.Instances?.length], [1, 6, 3, 3])
    assert.equal(web?.HealthCheckType, 'EC2,ELB')
    assert.equal(web?.LaunchTemplate?.Version, '$Latest')
    assert.deepEqual(web?.SuspendedProcesses, [])
    assert.deepEqual(
      web?.Tags?.map(tag => [tag.Key, tag.Value]),
      [['firedrill', 'enabled']],
    )
    assert.equal(web?.Instances?.[0]?.LaunchTemplate?.Version, '1')
    assert.ok(web?.CreatedTime instanceof Date)
  })

  it('turns pages of groups, filtered by tag, without losing or doubling any', async () => {
    const names: string[] = []
    const filters = [{ Name: 'tag:firedrill', Values: ['no', 'other'] }]
    let pages = 0
    for await (const page of paginateDescribeAutoScalingGroups({ client: autoScaling, pageSize: 50 }, { Filters: filters })) {
      names.push(...(page.AutoScalingGroups ?? []).map(each => each.AutoScalingGroupName ?? ''))
      pages++
    }
    assert.deepEqual([names.length, new Set(names).size, pages], [120, 120, 3])
    const byKey = await autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: 'tag-key', Values: ['firedrill'] }], MaxRecords: 100 }),
    )
    assert.equal(byKey.AutoScalingGroups?.length, 100)
    const cased = await autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: 'tag:firedrill', Values: ['ENABLED'] }] }),
    )
    assert.equal(cased.AutoScalingGroups?.length, 0)
  })

  it('refuses a page token that it never gave', async () => {
    assert.equal(await errorOf(autoScaling.send(new DescribeAutoScalingGroupsCommand({ NextToken: 'made up' }))), 'InvalidNextToken')
    assert.equal(await errorOf(ec2.send(new DescribeInstancesCommand({ NextToken: 'made up' }))), 'InvalidParameterValue')
  })

  it('leaves out groups that do not exist, and says ValidationError where the API does', async () => {
    assert.equal(await group('nobody'), undefined)
    assert.equal(
      await errorOf(autoScaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'nobody' }))),
      'ValidationError',
    )
  })

  it('tells weights, overrides, launch configurations and warm pools', async () => {
    const api = await group('api')
    assert.deepEqual(
      api?.MixedInstancesPolicy?.LaunchTemplate?.Overrides?.map(each => each.WeightedCapacity),
      ['1', '2'],
    )
    assert.ok(api?.Instances?.every(each => each.WeightedCapacity === '1' || each.WeightedCapacity === '2'))
    const old = await group('old')
    const name = old?.LaunchConfigurationName ?? ''
    assert.equal(old?.Instances?.[0]?.LaunchConfigurationName, name)
    const { LaunchConfigurations } = await autoScaling.send(new DescribeLaunchConfigurationsCommand({ LaunchConfigurationNames: [name] }))
    assert.match(LaunchConfigurations?.[0]?.ImageId ?? '', /^ami-/)
    const pool = await autoScaling.send(new DescribeWarmPoolCommand({ AutoScalingGroupName: 'pool' }))
    assert.equal(pool.Instances?.[0]?.LifecycleState, 'Warmed:Stopped')
    assert.equal((await group('pool'))?.WarmPoolSize, 1)
  })

  it('terminates a member and shows its replacement in all services, while time passes', async () => {
    const before = await group('web')
    const victim = before?.Instances?.[0]?.InstanceId ?? ''
    const order = { InstanceId: victim, ShouldDecrementDesiredCapacity: false }
    const { Activity } = await autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(order))
    assert.equal(Activity?.StatusCode, 'WaitingForELBConnectionDraining')
    clock.advance(4000)
    const after = await group('web')
    const old = new Set(before?.Instances?.map(each => each.InstanceId))
    const successor = after?.Instances?.find(each => !old.has(each.InstanceId))
    assert.equal(successor?.LifecycleState, 'InService')
    const arn = after?.TargetGroupARNs?.[0]
    const { TargetHealthDescriptions } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: arn }))
    const states = new Map(TargetHealthDescriptions?.map(each => [each.Target?.Id, each.TargetHealth?.State]))
    assert.equal(states.get(successor?.InstanceId), 'healthy')
    assert.equal(states.has(victim), false)
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [victim, successor?.InstanceId ?? ''] }))
    const [gone, risen] = Reservations?.map(each => each.Instances?.[0]) ?? []
    assert.equal(gone?.State?.Name, 'terminated')
    assert.deepEqual([gone?.VpcId, gone?.BlockDeviceMappings, gone?.SecurityGroups], [undefined, [], []])
    assert.equal(risen?.ImageId, gone?.ImageId)
    assert.equal(risen?.Tags?.find(tag => tag.Key === 'aws:autoscaling:groupName')?.Value, 'web')
    const { Activities } = await autoScaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'web', MaxRecords: 1 }))
    assert.equal(Activities?.[0]?.Description, `Launching a new EC2 instance: ${successor?.InstanceId}`)
    const since = [{ Name: 'StartTimeLowerBound', Values: [new Date(START).toISOString()] }]
    const recent = await autoScaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'web', Filters: since }))
    assert.equal(recent.Activities?.length, 2)
  })

  it('tells status checks of running instances only, unless asked for all', async () => {
    const id = (await group('web'))?.Instances?.[0]?.InstanceId ?? ''
    const { InstanceStatuses } = await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [id] }))
    assert.deepEqual([InstanceStatuses?.[0]?.InstanceStatus?.Status, InstanceStatuses?.[0]?.SystemStatus?.Status], ['ok', 'ok'])
    const filters = [{ Name: 'instance-state-name', Values: ['terminated'] }]
    const dead = await ec2.send(new DescribeInstanceStatusCommand({ Filters: filters }))
    assert.equal(dead.InstanceStatuses?.length, 0)
    const all = await ec2.send(new DescribeInstanceStatusCommand({ Filters: filters, IncludeAllInstances: true }))
    assert.equal(all.InstanceStatuses?.[0]?.InstanceStatus?.Status, 'not-applicable')
  })

  it('answers wrong instances with the errors of EC2 and Auto Scaling', async () => {
    const unknown = 'i-00000000000000000'
    assert.equal(await errorOf(ec2.send(new DescribeInstancesCommand({ InstanceIds: [unknown] }))), 'InvalidInstanceID.NotFound')
    assert.equal(await errorOf(ec2.send(new DescribeInstancesCommand({ InstanceIds: ['web'] }))), 'InvalidInstanceID.Malformed')
    const both = { InstanceIds: [unknown], MaxResults: 5 }
    assert.equal(await errorOf(ec2.send(new DescribeInstancesCommand(both))), 'InvalidParameterCombination')
    const filtered = await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [unknown] }] }))
    assert.deepEqual(filtered.Reservations, [])
    const order = { InstanceId: unknown, ShouldDecrementDesiredCapacity: false }
    assert.equal(await errorOf(autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(order))), 'ValidationError')
    const beyond = { AutoScalingGroupName: 'web', DesiredCapacity: 99 }
    assert.equal(await errorOf(autoScaling.send(new SetDesiredCapacityCommand(beyond))), 'ValidationError')
  })

  it('TerminateInstances is stopped by termination protection, for the whole zone; the group call is not', async () => {
    const members = (await group('guarded'))?.Instances ?? []
    const free = members[1]?.InstanceId ?? ''
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: free, DisableApiTermination: { Value: false } }))
    const attribute = await ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: free, Attribute: 'disableApiTermination' }))
    assert.equal(attribute.DisableApiTermination?.Value, false)
    const ids = [members[0]?.InstanceId ?? '', free]
    assert.equal(await errorOf(ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }))), 'OperationNotPermitted')
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }))
    const states = Reservations?.map(each => each.Instances?.[0]?.State?.Name)
    assert.deepEqual(states, ['running', 'shutting-down'], 'another zone is another matter')
    const order = { InstanceId: ids[0], ShouldDecrementDesiredCapacity: false }
    await autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(order))
  })

  it('describes what an instance is made of', async () => {
    const id = (await group('web'))?.Instances?.[1]?.InstanceId ?? ''
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    const instance = Reservations?.[0]?.Instances?.[0]
    assert.equal(instance?.MetadataOptions?.HttpTokens, 'required')
    assert.match(instance?.IamInstanceProfile?.Arn ?? '', /:instance-profile\/web-role$/)
    const volume = instance?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? ''
    const { Volumes } = await ec2.send(new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }))
    assert.deepEqual(
      [Volumes?.[0]?.VolumeId, Volumes?.[0]?.Size, Volumes?.[0]?.Encrypted, Volumes?.[0]?.VolumeType],
      [volume, 20, true, 'gp3'],
    )
    const { NetworkInterfaces } = await ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }),
    )
    assert.equal(NetworkInterfaces?.[0]?.Groups?.[0]?.GroupName, 'web-sg')
    const userData = await ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'userData' }))
    assert.match(Buffer.from(userData.UserData?.Value ?? '', 'base64').toString(), /exec \/opt\/web\/start/)
    const profile = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: 'web-role' }))
    assert.equal(profile.InstanceProfile?.Roles?.[0]?.RoleName, 'web-role')
    assert.equal(await errorOf(iam.send(new GetInstanceProfileCommand({ InstanceProfileName: 'none' }))), 'NoSuchEntityException')
    assert.equal((await ec2.send(new GetEbsEncryptionByDefaultCommand({}))).EbsEncryptionByDefault, false)
  })

  it('resolves SSM aliases of a template version only when asked', async () => {
    const id = (await group('web'))?.LaunchTemplate?.LaunchTemplateId
    const ask = { LaunchTemplateId: id, Versions: ['$Latest', '$Default'] }
    const plain = await ec2.send(new DescribeLaunchTemplateVersionsCommand(ask))
    assert.equal(plain.LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId, 'resolve:ssm:/images/web')
    const resolved = await ec2.send(new DescribeLaunchTemplateVersionsCommand({ ...ask, ResolveAlias: true }))
    assert.match(resolved.LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId ?? '', /^ami-/)
    assert.equal(resolved.LaunchTemplateVersions?.length, 2)
    const missing = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ['7'] })
    assert.equal(await errorOf(ec2.send(missing)), 'InvalidLaunchTemplateId.VersionNotFound')
    const unknown = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: 'lt-00000000000000000' })
    assert.equal(await errorOf(ec2.send(unknown)), 'InvalidLaunchTemplateId.NotFound')
  })

  it('takes a new template version, from a source version, and makes it the default', async () => {
    const id = (await group('pool'))?.LaunchTemplate?.LaunchTemplateId
    const made = await ec2.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: id,
        SourceVersion: '1',
        LaunchTemplateData: {
          MetadataOptions: { HttpTokens: 'optional', HttpPutResponseHopLimit: 5 },
          BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 30, Encrypted: true } }],
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Release', Value: '2' }] }],
        },
      }),
    )
    const data = made.LaunchTemplateVersion?.LaunchTemplateData
    assert.equal(made.LaunchTemplateVersion?.VersionNumber, 2)
    assert.match(data?.ImageId ?? '', /^ami-/, 'what is not said comes from the source version')
    assert.deepEqual([data?.MetadataOptions?.HttpPutResponseHopLimit, data?.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize], [5, 30])
    assert.deepEqual(data?.TagSpecifications?.[0]?.Tags, [{ Key: 'Release', Value: '2' }])
    const changed = await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: '2' }))
    assert.deepEqual([changed.LaunchTemplate?.DefaultVersionNumber, changed.LaunchTemplate?.LatestVersionNumber], [2, 2])
  })

  it('leaves out deregistered images that are still in use, hides disabled ones, and knows no others', async () => {
    const imageOf = async (name: string) => {
      const id = (await group(name))?.Instances?.[0]?.InstanceId ?? ''
      return (await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances?.[0]?.ImageId ?? ''
    }
    const [gone, off] = [await imageOf('gone'), await imageOf('off')]
    assert.deepEqual((await ec2.send(new DescribeImagesCommand({ ImageIds: [gone] }))).Images, [])
    assert.deepEqual((await ec2.send(new DescribeImagesCommand({ ImageIds: [off] }))).Images, [])
    const disabled = await ec2.send(new DescribeImagesCommand({ ImageIds: [off], IncludeDisabled: true }))
    assert.equal(disabled.Images?.[0]?.State, 'disabled')
    assert.equal(await errorOf(ec2.send(new DescribeImagesCommand({ ImageIds: ['ami-00000000000000000'] }))), 'InvalidAMIID.NotFound')
  })

  it('knows what is missing in the network', async () => {
    assert.equal(
      await errorOf(ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ['sg-00000000000000000'] }))),
      'InvalidGroup.NotFound',
    )
    assert.equal(await errorOf(ec2.send(new DescribeKeyPairsCommand({ KeyNames: ['nobody'] }))), 'InvalidKeyPair.NotFound')
    const none = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-id', Values: ['sg-00000000000000000'] }] }))
    assert.deepEqual(none.SecurityGroups, [])
    assert.equal(await errorOf(elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: 'arn:none' }))), 'TargetGroupNotFoundException')
  })

  it('tags groups and instances', async () => {
    const tag = {
      ResourceId: 'old',
      ResourceType: 'auto-scaling-group',
      Key: 'firedrill',
      Value: 'a "b" <c> & d',
      PropagateAtLaunch: false,
    }
    await autoScaling.send(new CreateOrUpdateTagsCommand({ Tags: [tag] }))
    assert.equal((await group('old'))?.Tags?.[0]?.Value, tag.Value)
    const id = (await group('old'))?.Instances?.[0]?.InstanceId ?? ''
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'keep', Value: 'yes' }] }))
    const found = await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'tag:keep', Values: ['y*'] }] }))
    assert.equal(found.Reservations?.[0]?.Instances?.[0]?.InstanceId, id)
    const reserved = new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'aws:x', Value: 'y' }] })
    assert.equal(await errorOf(ec2.send(reserved)), 'InvalidParameterValue')
  })

  it('runs one instance refresh at a time', async () => {
    const { InstanceRefreshId } = await autoScaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: 'many-000' }))
    assert.equal(
      await errorOf(autoScaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: 'many-000' }))),
      'InstanceRefreshInProgressFault',
    )
    clock.advance(60_000)
    const { InstanceRefreshes } = await autoScaling.send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'many-000' }))
    assert.deepEqual([InstanceRefreshes?.[0]?.InstanceRefreshId, InstanceRefreshes?.[0]?.Status], [InstanceRefreshId, 'Successful'])
  })

  it('describes target groups and their tags', async () => {
    const arn = (await group('web'))?.TargetGroupARNs?.[0] ?? ''
    const { TargetGroups } = await elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }))
    assert.deepEqual([TargetGroups?.[0]?.TargetGroupName, TargetGroups?.[0]?.TargetType], ['web', 'instance'])
    assert.deepEqual((await elb.send(new DescribeTagsCommand({ ResourceArns: [arn] }))).TagDescriptions?.[0]?.Tags, [])
  })

  it('tells alarms; composite ones only when asked', async () => {
    const plain = await cloudwatch.send(new DescribeAlarmsCommand({}))
    assert.deepEqual(
      plain.MetricAlarms?.map(each => [each.AlarmName, each.StateValue]),
      [['errors', 'ALARM']],
    )
    assert.ok(plain.MetricAlarms?.[0]?.StateUpdatedTimestamp instanceof Date)
    assert.deepEqual(plain.CompositeAlarms, [])
    const composite = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmTypes: ['CompositeAlarm'], AlarmNames: ['all'] }))
    assert.equal(composite.CompositeAlarms?.[0]?.AlarmName, 'all')
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'errors', StateValue: 'OK', StateReason: 'over' }))
    assert.deepEqual((await cloudwatch.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }))).MetricAlarms, [])
    const unknown = new SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'OK', StateReason: 'x' })
    assert.equal(await errorOf(cloudwatch.send(unknown)), 'ResourceNotFound')
  })

  it('knows callers, lends roles of other accounts, and remembers who did what', async () => {
    assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Account, '123456789012')
    const RoleArn = 'arn:aws:iam::111122223333:role/firedrill'
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'firedrill-drill-1' }))
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    const other = new AutoScalingClient({ endpoint: simulator.aws.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 })
    const { AutoScalingGroups } = await other.send(new DescribeAutoScalingGroupsCommand({}))
    other.destroy()
    assert.deepEqual(AutoScalingGroups, [], 'the other account has no groups')
    const entry = simulator.audit().at(-1)
    assert.deepEqual(
      [entry?.account, entry?.sessionName, entry?.operation, entry?.outcome],
      ['111122223333', 'firedrill-drill-1', 'DescribeAutoScalingGroups', 'ok'],
    )
    assert.match(entry?.userAgent ?? '', /aws-sdk-js/)
    const foreign = new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::111122223333:role/admin', RoleSessionName: 'nosy' })
    assert.equal(await errorOf(sts.send(foreign)), 'AccessDenied')
  })

  it('refuses unknown keys in each service’s own words, unknown regions and unsigned requests', async () => {
    const stranger = { ...simulator.aws, credentials: { accessKeyId: 'stranger', secretAccessKey: 'x' }, maxAttempts: 1 }
    const strangers = [new AutoScalingClient(stranger), new EC2Client(stranger)] as const
    assert.equal(await errorOf(strangers[0].send(new DescribeAutoScalingGroupsCommand({}))), 'InvalidClientTokenId')
    assert.equal(await errorOf(strangers[1].send(new DescribeInstancesCommand({}))), 'AuthFailure')
    const elsewhere = new EC2Client({ ...simulator.aws, region: 'ap-south-1', maxAttempts: 1 })
    assert.equal(await errorOf(elsewhere.send(new DescribeInstancesCommand({}))), 'OptInRequired')
    for (const client of [...strangers, elsewhere]) client.destroy()
    const unsigned = await fetch(simulator.aws.endpoint, { method: 'POST', body: 'Action=DescribeInstances' })
    assert.equal(unsigned.status, 403)
    assert.match(await unsigned.text(), /MissingAuthenticationToken/)
  })

  it('names an operation that it does not know', async () => {
    const authorization = `AWS4-HMAC-SHA256 Credential=simulator-123456789012/20260302/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
    const answer = await fetch(simulator.aws.endpoint, { method: 'POST', body: 'Action=RunInstances', headers: { authorization } })
    assert.equal(answer.status, 400)
    assert.match(await answer.text(), /<Code>InvalidAction<\/Code><Message>The action RunInstances /)
    assert.match(answer.headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/)
    assert.equal(Math.abs(Date.parse(answer.headers.get('date') ?? '') - clock.now()) < 1000, true, 'Date is the time of the world')
  })

  it('counts requests by operation', async () => {
    simulator.resetCounts()
    await group('web')
    await group('api')
    assert.deepEqual(simulator.counts(), { 'autoscaling:DescribeAutoScalingGroups': 2 })
  })
})
