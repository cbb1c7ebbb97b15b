import { causeTime, endActivity, startActivity } from './activities.ts'
import type { GroupDescription } from './description.ts'
import { createInstance, ensureProfile, ensureSecurityGroup, resolveLaunch } from './launch.ts'
import type { BlockDevice, Group, Image, LaunchData, LaunchSource, Member, Region, Template } from './model.ts'
import type { World } from './world.ts'

const DAY = 86_400_000

/** An account's region before anybody put a group there: a network, a key, a role, a load balancer. */
export function buildRegion(world: World, account: string, name: string): Region {
  const { random } = world
  const vpc = random.id('vpc')
  const zones = ['a', 'b', 'c'].map(letter => `${name}${letter}`)
  const subnets = zones.map((zone, index) => ({ id: random.id('subnet'), vpc, zone, cidr: `10.${index}.0.0/16` }))
  const defaultSecurityGroup = random.id('sg')
  const region: Region = {
    id: `aws:${account}/${name}`,
    account,
    name,
    zones,
    version: 0,
    changedAt: world.time,
    groups: new Map(),
    instances: new Map(),
    volumes: new Map(),
    interfaces: new Map(),
    images: new Map(),
    templates: new Map(),
    deletedTemplates: new Map(),
    launchConfigurations: new Map(),
    securityGroups: new Map(),
    subnets: new Map(subnets.map(subnet => [subnet.id, subnet])),
    vpcs: new Map([[vpc, { id: vpc, cidr: '10.0.0.0/8', isDefault: true }]]),
    keyPairs: new Map([['operators', { id: random.id('key'), name: 'operators' }]]),
    profiles: new Map(),
    parameters: new Map(),
    targetGroups: new Map(),
    loadBalancers: new Map(),
    alarms: new Map(),
    ebsEncryptionByDefault: false,
    defaultSecurityGroup,
  }
  region.securityGroups.set(defaultSecurityGroup, {
    id: defaultSecurityGroup,
    name: 'default',
    description: 'default VPC security group',
    vpc,
  })
  const arn = `arn:aws:elasticloadbalancing:${name}:${account}:loadbalancer/app/front/${random.hex(16)}`
  region.loadBalancers.set(arn, {
    arn,
    name: 'front',
    vpc,
    zones: subnets.map(subnet => ({ zone: subnet.zone, subnet: subnet.id })),
    createdAt: world.time - 90 * DAY,
  })
  world.regions.set(`${account}/${name}`, region)
  return region
}

export function addImage(world: World, region: Region, name: string, ageDays: number): Image {
  const id = world.random.id('ami')
  const image: Image = {
    id,
    name,
    createdAt: world.time - ageDays * DAY,
    state: 'available',
    deprecatedAt: null,
    gone: false,
    rootDevice: '/dev/xvda',
    devices: [{ device: '/dev/xvda', size: 8, type: 'gp3', snapshot: world.random.id('snap'), deleteOnTermination: true }],
    // A group's images differ in number, not in what they hold: only what hands did makes a difference in state.
    content: { 'os:name': 'Linux', 'package:openssl': '3.0.15', 'package:app': '1.4.2', 'file:/etc/app.conf': 'baked' },
    tags: { Name: name },
  }
  region.images.set(id, image)
  return image
}

/** A new version on top of the latest. It does not become the default. */
export function addTemplateVersion(template: Template, data: LaunchData, at: number, description: string | null = null): number {
  const number = Math.max(0, ...template.versions.keys()) + 1
  template.versions.set(number, { number, createdAt: at, description, data })
  return number
}

/** Builds a group as it stands after a quiet month: whole, healthy, in service. Traits come on top. */
export function buildGroup(world: World, region: Region, description: GroupDescription): Group {
  const { random } = world
  const { name } = description
  const image = addImage(world, region, `${name}-1`, 60)
  const data = launchData(world, region, description, image)
  const source = launchSource(world, region, description, data)
  const group: Group = {
    name,
    arn: `arn:aws:autoscaling:${region.name}:${region.account}:autoScalingGroup:${random.uuid()}:autoScalingGroupName/${name}`,
    createdAt: world.time - 60 * DAY,
    minimum: description.minimum ?? Math.min(1, description.size),
    maximum: description.maximum ?? description.size * 2,
    desired: description.size,
    zones: [...region.zones],
    subnets: [...region.subnets.keys()],
    source,
    healthChecks: description.healthChecks ?? (description.loadBalancer ? ['EC2', 'ELB'] : ['EC2']),
    gracePeriod: description.grace,
    targetGroups: description.loadBalancer ? [addTargetGroup(world, region, name)] : [],
    tags: groupTags(description),
    suspended: new Map(),
    members: [],
    activities: [],
    refreshes: [],
    warmPool: null,
    hooksOfTheDead: description.hooksOfTheDead,
    hooks: description.hooks.map(hook => ({
      name: `${name}-${hook.on}`,
      transition: hook.on === 'launch' ? 'autoscaling:EC2_INSTANCE_LAUNCHING' : 'autoscaling:EC2_INSTANCE_TERMINATING',
      timeout: hook.timeout,
      takes: hook.takes,
    })),
    policies: 0,
    status: null,
    newInstancesProtected: false,
    capacityRebalance: false,
    defaultInstanceWarmup: null,
    timing: description.times,
    behaviour: {
      launchError: null,
      silent: false,
      imageInstead: null,
      targetHealth: 'healthy',
      edits: [],
      fate: null,
      boot: null,
      health: null,
    },
    launchReasons: [],
    failedLaunches: 0,
    retryAt: 0,
  }
  region.groups.set(name, group)
  let weight = 0
  for (let turn = 0; weight < group.desired; turn++) weight += seedMember(world, region, group, { turn, age: description.age }).weight ?? 1
  return group
}

function launchData(world: World, region: Region, description: GroupDescription, image: Image): LaunchData {
  const { name } = description
  const vpc = [...region.vpcs.keys()][0] as string
  ensureProfile(world, region, `${name}-role`)
  const parameter = `/images/${name}`
  if (description.image === 'ssm') region.parameters.set(parameter, { name: parameter, values: [{ value: image.id, at: image.createdAt }] })
  const unencrypted = description.traits.some(trait => trait.trait === 'environment-changed')
  const root: BlockDevice = {
    device: '/dev/xvda',
    size: 20,
    type: 'gp3',
    deleteOnTermination: true,
    // A group whose template leaves encryption open follows the account's default.
    ...(unencrypted ? {} : { encrypted: true }),
  }
  return {
    image: description.image === 'ssm' ? `resolve:ssm:${parameter}` : image.id,
    type: description.type,
    keyName: 'operators',
    securityGroups: [ensureSecurityGroup(world, region, `${name}-sg`, vpc)],
    profile: `${name}-role`,
    userData: Buffer.from(`#!/bin/sh\nexec /opt/${name}/start\n`).toString('base64'),
    ebsOptimized: true,
    monitoring: false,
    metadata: { tokens: 'required', hopLimit: 2, endpoint: 'enabled', instanceTags: 'disabled' },
    devices: [root],
    ...(description.source === 'configuration' ? {} : { tags: { Name: name }, credits: 'standard' as const }),
  }
}

function launchSource(world: World, region: Region, description: GroupDescription, data: LaunchData): LaunchSource {
  const { name } = description
  const createdAt = world.time - 60 * DAY
  if (description.source === 'configuration') {
    const arn = `arn:aws:autoscaling:${region.name}:${region.account}:launchConfiguration:${world.random.uuid()}:launchConfigurationName/${name}-1`
    region.launchConfigurations.set(`${name}-1`, { name: `${name}-1`, arn, createdAt, data })
    return { kind: 'configuration', name: `${name}-1` }
  }
  const id = world.random.id('lt')
  const template: Template = { id, name: `${name}-template`, createdAt, defaultVersion: 1, versions: new Map(), tags: {} }
  addTemplateVersion(template, data, createdAt)
  region.templates.set(id, template)
  const reference = { id, version: description.version }
  if (description.source === 'template') return { kind: 'template', template: reference }
  const overrides = description.overrides ?? [{ type: description.type }, { type: 't3a.micro' }]
  return {
    kind: 'mixed',
    template: reference,
    overrides: overrides.map(each => ({ type: each.type, weight: each.weight ?? null, template: null, image: null })),
    spotPercentage: description.spotPercentage,
  }
}

function addTargetGroup(world: World, region: Region, name: string): string {
  const short = name.replace(/[^A-Za-z0-9-]/g, '-').slice(0, 32)
  const arn = `arn:aws:elasticloadbalancing:${region.name}:${region.account}:targetgroup/${short}/${world.random.hex(16)}`
  const vpc = [...region.vpcs.keys()][0] as string
  const loadBalancer = [...region.loadBalancers.keys()][0] ?? null
  region.targetGroups.set(arn, { arn, name: short, vpc, loadBalancer, targets: new Map(), tags: {} })
  return arn
}

function groupTags(description: GroupDescription): Group['tags'] {
  const optIn = description.optIn === true ? { firedrill: 'enabled' } : description.optIn === false ? {} : { firedrill: description.optIn }
  return Object.entries({ ...optIn, ...description.tags }).map(([key, value]) => ({ key, value, propagate: !key.startsWith('firedrill') }))
}

/** A member that has long been there. */
export function seedMember(world: World, region: Region, group: Group, { turn, age }: { turn: number; age: number }): Member {
  const launch = resolveLaunch(region, group, turn)
  if (!launch.ok) throw new Error(`group ${group.name} cannot be built: ${launch.message}`)
  const subnet = group.subnets[turn % group.subnets.length] as string
  const at = world.time - age
  const instance = createInstance(world, launch.launch, { region, group, subnet, at })
  instance.state = 'running'
  instance.statusCheck = 'ok'
  const { template, configuration, weight, overrideImage } = launch.launch
  const member: Member = {
    instance: instance.id,
    type: instance.type,
    zone: instance.zone,
    state: 'InService',
    health: 'Healthy',
    template: template === null ? null : { id: template.id, version: template.version },
    configuration,
    protected: group.newInstancesProtected,
    weight,
    inServiceAt: at,
    image: overrideImage,
  }
  group.members = [...group.members, member]
  const activity = startActivity(world, group, {
    description: `Launching a new EC2 instance: ${instance.id}`,
    cause: `At ${causeTime(at)} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${turn} to ${turn + 1}.`,
    zone: instance.zone,
    subnet,
    at,
  })
  endActivity(activity, 'Successful', at + 60_000 < world.time ? at + 60_000 : at)
  for (const arn of group.targetGroups)
    region.targetGroups.get(arn)?.targets.set(instance.id, { id: instance.id, port: 80, state: 'healthy' })
  return member
}
