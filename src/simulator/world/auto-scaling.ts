import { causeTime, endActivity, REFRESH, REPLACE, startActivity, type TerminationReason, terminationCause } from './activities.ts'
import { createInstance, editByHand, endInstance, resolveLaunch } from './launch.ts'
import type { Activity, Group, Instance, Member, Region } from './model.ts'
import type { Loss } from './truth.ts'
import { groupId, type World } from './world.ts'

/** One group of one region of the world: what every function here works on. */
export interface Place {
  readonly world: World
  readonly region: Region
  readonly group: Group
}

/** Members that stand for capacity: not those that are leaving, on standby or detached. */
function countedMembers(group: Group): Member[] {
  return group.members.filter(member => !/^(Terminating|Terminated|Standby|EnteringStandby|Detach)/.test(member.state))
}

export function capacity(group: Group): number {
  return countedMembers(group).reduce((sum, member) => sum + (member.weight ?? 1), 0)
}

/** What the loss of each member would leave of the group's capacity; a group of one has nothing to leave. */
export function lossesOf(group: Group): ReadonlyMap<string, Loss> {
  const members = countedMembers(group)
  const all = capacity(group)
  if (members.length < 2) return new Map()
  return new Map(
    members.map(({ instance, weight }) => {
      const own = weight ?? 1
      return [instance, all - own >= group.desired ? 'spare' : own > all / 2 ? 'too-much' : 'fair']
    }),
  )
}

/** Brings the group nearer to its desired capacity, as far as its processes are not suspended. */
export function reconcile(place: Place, because = ''): void {
  const { world, group } = place
  if (group.status !== null) return
  while (capacity(group) < group.desired) {
    if (group.suspended.has('Launch') || group.behaviour.silent || world.time < group.retryAt) break
    if (!launchMember(place, because)) break
    because = ''
  }
  while (!group.suspended.has('Terminate')) {
    const surplus = surplusMember(group)
    if (surplus === null) return
    const from = capacity(group)
    terminateMember(place, surplus, 'scale-in', { because, from, to: from - (surplus.weight ?? 1) })
    because = ''
  }
}

export function reconcileSoon(place: Place, because = ''): void {
  place.world.after(place.region, place.group.timing.detect, () => reconcile(place, because))
}

/** Whom a scale-in takes: the zone with the most members, then the oldest; never a protected one. */
function surplusMember(group: Group): Member | null {
  const excess = capacity(group) - group.desired
  const candidates = countedMembers(group).filter(member => !member.protected && (member.weight ?? 1) <= excess)
  if (excess <= 0 || candidates.length === 0) return null
  const perZone = (zone: string) => countedMembers(group).filter(member => member.zone === zone).length
  return candidates.toSorted((a, b) => perZone(b.zone) - perZone(a.zone) || (a.inServiceAt ?? 0) - (b.inServiceAt ?? 0))[0] ?? null
}

function emptiestSubnet(place: Place): string {
  const members = countedMembers(place.group)
  const load = (id: string) => members.filter(member => member.zone === place.region.subnets.get(id)?.zone).length
  const subnet = place.group.subnets.toSorted((a, b) => load(a) - load(b))[0]
  if (subnet === undefined) throw new Error(`group ${place.group.name} has no subnet`)
  return subnet
}

/** Starts one launch; false where it failed at once. */
function launchMember(place: Place, because: string): boolean {
  const { world, region, group } = place
  if (launchFromWarmPool(place)) return true
  const subnet = emptiestSubnet(place)
  const zone = region.subnets.get(subnet)?.zone ?? ''
  const cause = launchCause(place, because)
  const launch = resolveLaunch(region, group, Math.floor(world.random.next() * 100))
  const error = group.behaviour.launchError
  const failure = error?.phase === 'request' ? error.message.replaceAll('{zone}', zone) : launch.ok ? null : launch.message
  if (failure !== null || !launch.ok) {
    failLaunch(place, cause, `${failure ?? ''}. Launching EC2 instance failed.`.replace('..', '.'))
    return false
  }
  const override = group.behaviour.imageInstead
  const image = override === null ? launch.launch.image : (region.images.get(override) ?? launch.launch.image)
  const instance = createInstance(world, { ...launch.launch, image }, { region, group, subnet, at: world.time })
  const member: Member = {
    instance: instance.id,
    type: instance.type,
    zone: instance.zone,
    state: 'Pending',
    health: 'Healthy',
    template: launch.launch.template === null ? null : { id: launch.launch.template.id, version: launch.launch.template.version },
    configuration: launch.launch.configuration,
    protected: group.newInstancesProtected,
    weight: launch.launch.weight,
    inServiceAt: null,
    image: launch.launch.overrideImage,
  }
  group.members = [...group.members, member]
  const activity = startActivity(world, group, {
    description: `Launching a new EC2 instance: ${instance.id}`,
    cause,
    status: 'PreInService',
    progress: 30,
    zone,
    subnet,
  })
  world.after(region, group.behaviour.boot ?? group.timing.boot, () => booted(place, instance, member, activity))
  return true
}

function launchCause({ world, group }: Place, because: string): string {
  const time = causeTime(world.time)
  const reason = group.launchReasons.shift()
  if (reason !== undefined) return `At ${time} ${reason}`
  const from = capacity(group)
  return `${because}At ${time} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${from} to ${group.desired}.`
}

function failLaunch(place: Place, cause: string, message: string): void {
  const { world, region, group } = place
  const activity = startActivity(world, group, { description: `Launching a new EC2 instance.  Status Reason: ${message}`, cause })
  endActivity(activity, 'Failed', world.time, message)
  // The reason stays in force until a launch for it succeeds.
  if (cause.endsWith(REPLACE)) group.launchReasons.unshift(REPLACE)
  scheduleRetry(place)
  world.after(region, group.retryAt - world.time, () => reconcile(place))
}

function scheduleRetry({ world, group }: Place): void {
  group.retryAt = world.time + group.timing.retry * 2 ** Math.min(group.failedLaunches, 3)
  group.failedLaunches++
}

function launchFromWarmPool(place: Place): boolean {
  const { world, region, group } = place
  const pooled = group.warmPool?.members.find(member => member.state.startsWith('Warmed:') && region.instances.has(member.instance))
  if (group.warmPool === null || pooled === undefined) return false
  const instance = region.instances.get(pooled.instance) as Instance
  const cause = `${launchCause(place, '')}`
  group.warmPool.members = group.warmPool.members.filter(member => member !== pooled)
  pooled.state = 'Pending'
  group.members = [...group.members, pooled]
  instance.state = 'pending'
  const activity = startActivity(world, group, {
    description: `Launching a new EC2 instance from warm pool: ${instance.id}`,
    cause,
    status: 'PreInService',
    progress: 30,
    zone: instance.zone,
    subnet: instance.subnet,
  })
  world.after(region, Math.ceil((group.behaviour.boot ?? group.timing.boot) / 4), () => booted(place, instance, pooled, activity))
  return true
}

function booted(place: Place, instance: Instance, member: Member, activity: Activity): void {
  const { world, region, group } = place
  if (!group.members.includes(member) || member.state !== 'Pending' || instance.state !== 'pending') {
    giveUp(activity, world.time)
    return
  }
  const error = group.behaviour.launchError
  if (error?.phase === 'boot') {
    failBoot(place, instance, member, activity, error)
    return
  }
  instance.state = 'running'
  for (const edit of group.behaviour.edits) editByHand(world, region, instance, edit)
  world.after(region, group.timing.health, () => {
    if (instance.state === 'running' && instance.statusCheck === 'initializing') instance.statusCheck = 'ok'
  })
  const hook = group.hooks.find(each => each.transition === 'autoscaling:EC2_INSTANCE_LAUNCHING')
  if (hook === undefined) {
    enterService(place, instance, member, activity)
    return
  }
  member.state = 'Pending:Wait'
  activity.status = 'MidLifecycleAction'
  world.after(region, Math.min(hook.takes, hook.timeout), () => {
    if (group.members.includes(member) && member.state === 'Pending:Wait') enterService(place, instance, member, activity)
    else giveUp(activity, world.time)
  })
}

/** A member that was taken out before it came into service ends its launch. */
function giveUp(activity: Activity, at: number): void {
  endActivity(activity, 'Cancelled', at, 'Instance became unhealthy while waiting for instance to be in InService state.')
}

function failBoot(place: Place, instance: Instance, member: Member, activity: Activity, error: { message: string; code: string }): void {
  const { world, region, group } = place
  endInstance(region, instance, world.time)
  instance.stateReason = { code: error.code, message: error.message }
  group.members = group.members.filter(each => each !== member)
  const message = `Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: ${error.message}`
  activity.description = `Launching a new EC2 instance: ${instance.id}.  Status Reason: ${message}`
  endActivity(activity, 'Cancelled', world.time, message)
  forgetLater(world, region, instance)
  if (activity.cause.endsWith(REPLACE)) group.launchReasons.unshift(REPLACE)
  scheduleRetry(place)
  world.after(region, group.retryAt - world.time, () => reconcile(place))
}

export function enterService(place: Place, instance: Instance, member: Member, activity: Activity | null): void {
  const { world, group } = place
  member.state = 'InService'
  member.inServiceAt = world.time
  group.failedLaunches = 0
  if (activity !== null) endActivity(activity, 'Successful', world.time)
  if (!group.suspended.has('AddToLoadBalancer')) registerTargets(place, instance, member)
  const fate = group.behaviour.fate
  if (fate !== null) {
    group.behaviour.fate = null
    meetFate(place, instance, member, fate)
  }
  refillWarmPool(place)
  refreshOn(place)
}

function registerTargets(place: Place, instance: Instance, member: Member): void {
  const { world, region, group } = place
  for (const arn of group.targetGroups)
    region.targetGroups.get(arn)?.targets.set(instance.id, { id: instance.id, port: 80, state: 'initial' })
  world.after(region, group.behaviour.health ?? group.timing.health, () =>
    judgeTargets(place, instance, member, group.behaviour.targetHealth),
  )
}

/** Gives the instance's targets their health, and lets the group act on it where it heeds load balancers. */
function judgeTargets(place: Place, instance: Instance, member: Member, health: 'healthy' | 'unhealthy'): void {
  const { world, region, group } = place
  let registered = false
  for (const arn of group.targetGroups) {
    const target = region.targetGroups.get(arn)?.targets.get(instance.id)
    if (target === undefined || target.state === 'draining') continue
    target.state = health
    registered = true
  }
  refreshOn(place)
  if (health === 'healthy' || !registered || !group.healthChecks.includes('ELB')) return
  const afterGrace = Math.max(0, (member.inServiceAt ?? world.time) + group.gracePeriod - world.time)
  world.after(region, afterGrace + group.timing.detect, () => {
    const unhealthy = group.targetGroups.some(arn => region.targetGroups.get(arn)?.targets.get(instance.id)?.state === 'unhealthy')
    if (unhealthy && member.state === 'InService') replaceUnhealthy(place, member, 'elb-health')
  })
}

function meetFate(place: Place, instance: Instance, member: Member, fate: NonNullable<Group['behaviour']['fate']>): void {
  const { world, region, group } = place
  world.after(region, fate.after, () => {
    if (!group.members.includes(member) || member.state !== 'InService') return
    switch (fate.how) {
      case 'crash':
        instance.stateReason = {
          code: 'Client.InstanceInitiatedShutdown',
          message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
        }
        return killInstance(place, instance)
      case 'unhealthy':
        return judgeTargets(place, instance, member, 'unhealthy')
      case 'spot':
        instance.stateReason = {
          code: 'Server.SpotInstanceTermination',
          message: 'Server.SpotInstanceTermination: Spot instance termination',
        }
        terminateMember(place, member, 'spot')
        group.launchReasons.push(REPLACE)
        return reconcileSoon(place)
      case 'scale-in': {
        const from = group.desired
        group.desired = Math.max(group.minimum, from - 1)
        const because = `At ${causeTime(world.time)} a monitor alarm ${group.name}-low in state ALARM triggered policy ${group.name}-in changing the desired capacity from ${from} to ${group.desired}.  `
        terminateMember(place, member, 'scale-in', { because, from, to: group.desired })
        return
      }
      case 'rebalance':
        terminateMember(place, member, 'rebalance')
        group.launchReasons.push('an instance was launched in response to an EC2 instance rebalance recommendation.')
        return reconcileSoon(place)
    }
  })
}

/** A real failure: the instance ends without anybody asking the group, which finds out later. */
export function killInstance(place: Place, instance: Instance): void {
  const { world, region, group } = place
  instance.state = 'shutting-down'
  for (const arn of group.targetGroups) {
    const target = region.targetGroups.get(arn)?.targets.get(instance.id)
    if (target !== undefined) target.state = 'unhealthy'
  }
  world.after(region, group.timing.terminate, () => {
    endInstance(region, instance, world.time)
    forgetLater(world, region, instance)
  })
  world.after(region, group.timing.detect, () => checkHealth(place))
}

/** What the HealthCheck process does: a member that EC2 no longer runs is unhealthy, even in its grace period. */
export function checkHealth(place: Place): void {
  const { region, group } = place
  if (group.suspended.has('HealthCheck')) return
  for (const member of group.members) {
    const state = region.instances.get(member.instance)?.state
    const watched = member.state === 'InService' || member.state.startsWith('Pending')
    if (watched && state !== 'running' && state !== 'pending') replaceUnhealthy(place, member, 'ec2-health')
  }
}

/** Marks a member unhealthy, and replaces it unless that is suspended. */
export function replaceUnhealthy(place: Place, member: Member, reason: TerminationReason): void {
  const { group } = place
  member.health = 'Unhealthy'
  if (group.suspended.has('ReplaceUnhealthy') || group.suspended.has('Terminate')) return
  terminateMember(place, member, reason)
  group.launchReasons.push(REPLACE)
  reconcileSoon(place)
}

interface TerminationDetail {
  readonly because?: string
  readonly from?: number
  readonly to?: number
}

/** Takes a member out: drains it, waits for a hook, ends the instance. What comes after is for `reconcile`. */
function terminateMember(place: Place, member: Member, reason: TerminationReason, detail: TerminationDetail = {}): Activity {
  const { world, region, group } = place
  const instance = region.instances.get(member.instance)
  const from = detail.from ?? group.desired
  const cause = terminationCause(reason, {
    at: world.time,
    instance: member.instance,
    from,
    to: detail.to ?? from,
    because: detail.because ?? '',
  })
  const targets = group.targetGroups.flatMap(arn => region.targetGroups.get(arn)?.targets.get(member.instance) ?? [])
  const alive = instance?.state === 'running'
  const drain = targets.length > 0 && alive ? group.timing.drain : 0
  const activity = startActivity(world, group, {
    description: `Terminating EC2 instance: ${member.instance}`,
    cause,
    status: drain > 0 ? 'WaitingForELBConnectionDraining' : 'InProgress',
    progress: drain > 0 ? 50 : 0,
    zone: member.zone,
    ...(instance === undefined ? {} : { subnet: instance.subnet }),
  })
  member.state = 'Terminating'
  for (const target of targets) target.state = 'draining'
  world.after(region, drain, () => afterDraining(place, member, activity))
  return activity
}

function afterDraining(place: Place, member: Member, activity: Activity): void {
  const { world, region, group } = place
  for (const arn of group.targetGroups) region.targetGroups.get(arn)?.targets.delete(member.instance)
  const hook = group.hooks.find(each => each.transition === 'autoscaling:EC2_INSTANCE_TERMINATING')
  const isDead = region.instances.get(member.instance)?.state !== 'running'
  if (hook === undefined || (isDead && !group.hooksOfTheDead)) {
    endMember(place, member, activity)
    return
  }
  member.state = 'Terminating:Wait'
  activity.status = 'MidLifecycleAction'
  world.after(region, Math.min(hook.takes, hook.timeout), () => endMember(place, member, activity))
}

function endMember(place: Place, member: Member, activity: Activity): void {
  const { world, region, group } = place
  const instance = region.instances.get(member.instance)
  member.state = 'Terminating:Proceed'
  const ended = instance === undefined || instance.state === 'terminated'
  if (instance !== undefined && !ended) {
    instance.state = 'shutting-down'
    instance.transitionReason ||= userInitiated(world.time)
  }
  world.after(region, ended ? 0 : group.timing.terminate, () => {
    if (instance !== undefined && instance.state !== 'terminated') {
      endInstance(region, instance, world.time)
      forgetLater(world, region, instance)
    }
    group.members = group.members.filter(each => each !== member)
    endActivity(activity, 'Successful', world.time)
    refreshOn(place)
  })
}

function userInitiated(at: number): string {
  return `User initiated (${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} GMT)`
}

/** EC2 goes on showing a terminated instance for up to an hour. */
const LINGER = 3_600_000

function forgetLater(world: World, region: Region, instance: Instance): void {
  world.after(region, LINGER, () => region.instances.delete(instance.id))
}

/** `TerminateInstanceInAutoScalingGroup`. Scale-in protection does not stop it. */
export function terminateByRequest(place: Place, member: Member, decrement: boolean): Activity {
  const { world, region, group } = place
  const from = group.desired
  if (decrement) group.desired -= member.weight ?? 1
  const activity = terminateMember(place, member, 'user', { from, to: group.desired })
  if (!decrement) group.launchReasons.push(REPLACE)
  reconcileSoon(place)
  world.struck(groupId(region, group), [member.instance])
  return activity
}

/** `TerminateInstances` on a member: the group is not asked and finds out. */
export function terminateBehindBack(place: Place, instance: Instance): void {
  if (instance.state === 'shutting-down' || instance.state === 'terminated') return
  instance.stateReason = { code: 'Client.UserInitiatedShutdown', message: 'Client.UserInitiatedShutdown: User initiated shutdown' }
  instance.transitionReason = userInitiated(place.world.time)
  killInstance(place, instance)
  place.world.struck(groupId(place.region, place.group), [instance.id])
}

/** Sets the desired capacity; the caller has checked the bounds. */
export function setDesired(place: Place, desired: number, because: string): void {
  const { group } = place
  if (group.desired === desired) return
  const sentence = because.replace('{from}', String(group.desired)).replace('{to}', String(desired))
  group.desired = desired
  group.launchReasons.length = 0
  reconcileSoon(place, sentence)
}

function refillWarmPool(place: Place): void {
  const { world, region, group } = place
  const pool = group.warmPool
  if (pool === null || pool.members.length >= pool.size) return
  const launch = resolveLaunch(region, group, 0)
  if (!launch.ok) return
  const instance = createInstance(world, launch.launch, { region, group, subnet: emptiestSubnet(place), at: world.time })
  const member: Member = {
    instance: instance.id,
    type: instance.type,
    zone: instance.zone,
    state: 'Warmed:Pending',
    health: 'Healthy',
    template: launch.launch.template === null ? null : { id: launch.launch.template.id, version: launch.launch.template.version },
    configuration: launch.launch.configuration,
    protected: false,
    weight: null,
    inServiceAt: null,
    image: null,
  }
  pool.members = [...pool.members, member]
  world.after(region, group.timing.boot, () => {
    if (member.state !== 'Warmed:Pending') return
    member.state = `Warmed:${pool.state}`
    instance.state = pool.state === 'Stopped' ? 'stopped' : 'running'
  })
}

/** Begins to replace every member; returns the refresh's id. */
export function startRefresh(place: Place): string {
  const { world, region, group } = place
  const id = world.random.uuid()
  group.refreshes.push({
    id,
    status: 'Pending',
    reason: null,
    start: world.time,
    end: null,
    percentage: 0,
    total: group.members.length,
    pending: group.members.map(member => member.instance),
    replacing: null,
    frozen: false,
  })
  world.after(region, group.timing.detect, () => refreshOn(place))
  return id
}

/** Takes the next step of an instance refresh, if one is under way and the group is whole. */
export function refreshOn(place: Place): void {
  const { world, region, group } = place
  const refresh = group.refreshes.find(each => ['Pending', 'InProgress', 'Cancelling'].includes(each.status))
  if (refresh === undefined || refresh.frozen) return
  const whole = capacity(group) >= group.desired && group.members.every(member => member.state === 'InService')
  const healthy = group.targetGroups.every(arn =>
    group.members.every(member => region.targetGroups.get(arn)?.targets.get(member.instance)?.state === 'healthy'),
  )
  if (!whole || !healthy) return
  if (refresh.status === 'Cancelling') {
    refresh.status = 'Cancelled'
    refresh.end = world.time
    return
  }
  refresh.status = 'InProgress'
  refresh.percentage = refresh.total === 0 ? 100 : Math.floor(((refresh.total - refresh.pending.length) * 100) / refresh.total)
  const next = refresh.pending.shift()
  if (next === undefined) {
    refresh.status = 'Successful'
    refresh.end = world.time
    return
  }
  const member = group.members.find(each => each.instance === next)
  if (member === undefined) {
    refreshOn(place)
    return
  }
  terminateMember(place, member, 'refresh')
  group.launchReasons.push(REFRESH)
  reconcileSoon(place)
}
