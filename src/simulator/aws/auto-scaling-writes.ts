import { causeTime, endActivity, startActivity } from '../world/activities.ts'
import {
  checkHealth,
  enterService,
  type Place,
  reconcileSoon,
  refreshOn,
  replaceUnhealthy,
  setDesired,
  startRefresh,
  terminateByRequest,
} from '../world/auto-scaling.ts'
import { templateVersion } from '../world/launch.ts'
import type { Activity, Group, LaunchSource, Member, Region } from '../world/model.ts'
import { ApiError, validationError } from './api-error.ts'
import { findGroup, renderActivity } from './auto-scaling-reads.ts'
import { type Call, type Operations, writes } from './call.ts'
import type { Parameters } from './parameters.ts'
import type { Result } from './render.ts'

export const autoScalingWrites: Operations = {
  TerminateInstanceInAutoScalingGroup: writes(terminateInstance),
  SetDesiredCapacity: writes(setDesiredCapacity),
  UpdateAutoScalingGroup: writes(updateGroup),
  SuspendProcesses: writes(suspendProcesses),
  ResumeProcesses: writes(resumeProcesses),
  SetInstanceProtection: writes(setInstanceProtection),
  SetInstanceHealth: writes(setInstanceHealth),
  EnterStandby: writes(enterStandby),
  ExitStandby: writes(exitStandby),
  DetachInstances: writes(detachInstances),
  CreateOrUpdateTags: writes(createOrUpdateTags),
  DeleteTags: writes(deleteTags),
  StartInstanceRefresh: writes(startInstanceRefresh),
  CancelInstanceRefresh: writes(cancelInstanceRefresh),
}

function placeOf({ world, region, input }: Call): Place {
  return { world, region, group: findGroup(region, input.required('AutoScalingGroupName')) }
}

function findMember(region: Region, id: string): { group: Group; member: Member } | null {
  const name = region.instances.get(id)?.group
  const group = name == null ? undefined : region.groups.get(name)
  const member = group?.members.find(each => each.instance === id)
  return group === undefined || member === undefined ? null : { group, member }
}

function terminateInstance({ world, region, input }: Call): Result {
  const id = input.required('InstanceId')
  const decrement = input.boolean('ShouldDecrementDesiredCapacity')
  if (decrement === undefined)
    throw validationError(
      "1 validation error detected: Value null at 'shouldDecrementDesiredCapacity' failed to satisfy constraint: Member must not be null",
    )
  const found = findMember(region, id)
  if (found === null) throw validationError(`Instance Id not found - No managed instance found for instance ID: ${id}`)
  const { group, member } = found
  if (group.status !== null) throw new ApiError('ScalingActivityInProgress', `AutoScalingGroup ${group.name} is being deleted`)
  if (decrement && group.desired - (member.weight ?? 1) < group.minimum)
    throw validationError(
      `Currently, desiredSize equals minSize (${group.minimum}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
    )
  const place: Place = { world, region, group }
  const under = member.state.startsWith('Terminating')
    ? group.activities.findLast(activity => activity.description.startsWith(`Terminating EC2 instance: ${id}`))
    : undefined
  return { Activity: renderActivity(group, under ?? terminateByRequest(place, member, decrement)) }
}

function setDesiredCapacity(call: Call): Result {
  const place = placeOf(call)
  const { group } = place
  const desired = call.input.integer('DesiredCapacity')
  if (desired === undefined) throw new ApiError('MissingParameter', 'The request must contain the parameter DesiredCapacity')
  if (desired > group.maximum)
    throw validationError(`New SetDesiredCapacity value ${desired} is above max value ${group.maximum} for the AutoScalingGroup.`)
  if (desired < group.minimum)
    throw validationError(`New SetDesiredCapacity value ${desired} is below min value ${group.minimum} for the AutoScalingGroup.`)
  setDesired(
    place,
    desired,
    `At ${causeTime(call.world.time)} a user request explicitly set group desired capacity changing the desired capacity from {from} to {to}.  `,
  )
  return {}
}

function updateGroup(call: Call): Result {
  const place = placeOf(call)
  const { group, region } = place
  const { input } = call
  const minimum = input.integer('MinSize') ?? group.minimum
  const maximum = input.integer('MaxSize') ?? group.maximum
  if (minimum > maximum) throw validationError(`Max bound, ${maximum}, must be greater than or equal to min bound, ${minimum}`)
  const source = newSource(region, group, input)
  const desired = input.integer('DesiredCapacity') ?? Math.min(Math.max(group.desired, minimum), maximum)
  if (desired < minimum || desired > maximum)
    throw validationError(`Desired capacity:${desired} must be between the specified min size:${minimum} and max size:${maximum}`)
  group.source = source
  group.minimum = minimum
  group.maximum = maximum
  const health = input.text('HealthCheckType')
  if (health !== undefined) group.healthChecks = health.split(',')
  const grace = input.integer('HealthCheckGracePeriod')
  if (grace !== undefined) group.gracePeriod = grace * 1000
  group.newInstancesProtected = input.boolean('NewInstancesProtectedFromScaleIn') ?? group.newInstancesProtected
  setDesired(
    place,
    desired,
    `At ${causeTime(call.world.time)} a user request update of AutoScalingGroup constraints to min: ${minimum}, max: ${maximum}, desired: ${desired} changing the desired capacity from {from} to {to}.  `,
  )
  return {}
}

function newSource(region: Region, group: Group, input: Parameters): LaunchSource {
  const configuration = input.text('LaunchConfigurationName')
  if (configuration !== undefined) {
    if (!region.launchConfigurations.has(configuration))
      throw validationError(`Launch configuration name not found - Launch configuration ${configuration} not found`)
    return { kind: 'configuration', name: configuration }
  }
  if (input.has('MixedInstancesPolicy'))
    throw validationError('The simulator cannot change a mixed instances policy; change its launch template instead')
  if (!input.has('LaunchTemplate')) return group.source
  const asked = input.structure('LaunchTemplate')
  const id = asked.text('LaunchTemplateId')
  const name = asked.text('LaunchTemplateName')
  const template = [...region.templates.values()].find(each => each.id === id || each.name === name)
  const version = asked.text('Version') ?? '$Default'
  if (template === undefined || templateVersion(template, version) === null)
    throw validationError('You must use a valid fully-formed launch template. The specified launch template or version does not exist.')
  return { kind: 'template', template: { id: template.id, version } }
}

const PROCESSES = [
  'Launch',
  'Terminate',
  'HealthCheck',
  'ReplaceUnhealthy',
  'AZRebalance',
  'AlarmNotification',
  'ScheduledActions',
  'AddToLoadBalancer',
  'InstanceRefresh',
]

function processes(input: Parameters): string[] {
  const asked = input.list('ScalingProcesses')
  const unknown = asked.find(each => !PROCESSES.includes(each))
  if (unknown !== undefined) throw validationError(`The process type ${unknown} is not valid`)
  return asked.length === 0 ? PROCESSES : asked
}

function suspendProcesses(call: Call): Result {
  const { group, world } = placeOf(call)
  for (const name of processes(call.input))
    if (!group.suspended.has(name)) group.suspended.set(name, `User suspended at ${causeTime(world.time)}`)
  return {}
}

function resumeProcesses(call: Call): Result {
  const place = placeOf(call)
  for (const name of processes(call.input)) place.group.suspended.delete(name)
  call.world.after(place.region, place.group.timing.detect, () => checkHealth(place))
  // What was found unhealthy while nothing could replace it is replaced now.
  for (const member of place.group.members)
    if (member.health === 'Unhealthy' && member.state === 'InService') replaceUnhealthy(place, member, 'ec2-health')
  reconcileSoon(place)
  return {}
}

function membersNamed({ group }: Place, input: Parameters): Member[] {
  return input.list('InstanceIds').map(id => {
    const member = group.members.find(each => each.instance === id)
    if (member === undefined) throw validationError(`The instance ${id} is not part of Auto Scaling group ${group.name}.`)
    return member
  })
}

function setInstanceProtection(call: Call): Result {
  const place = placeOf(call)
  const on = call.input.boolean('ProtectedFromScaleIn')
  if (on === undefined) throw new ApiError('MissingParameter', 'The request must contain the parameter ProtectedFromScaleIn')
  for (const member of membersNamed(place, call.input)) {
    if (member.state !== 'InService')
      throw validationError(`The instance ${member.instance} is not in InService or EnteringStandby or Standby.`)
    member.protected = on
  }
  return {}
}

function setInstanceHealth({ world, region, input }: Call): Result {
  const id = input.required('InstanceId')
  const found = findMember(region, id)
  if (found === null) throw validationError(`Instance Id not found - No managed instance found for instance ID: ${id}`)
  if (input.required('HealthStatus') === 'Healthy') found.member.health = 'Healthy'
  else replaceUnhealthy({ world, region, group: found.group }, found.member, 'ec2-health')
  return {}
}

function userActivity(place: Place, member: Member, description: string): Activity {
  const { world, group } = place
  const cause = `At ${causeTime(world.time)} instance ${member.instance} was moved to standby or out of the group in response to a user request.`
  const activity = startActivity(world, group, { description, cause, zone: member.zone })
  endActivity(activity, 'Successful', world.time)
  return activity
}

/** Takes members out of what counts. The desired capacity goes down with them, or others are launched for them. */
function takeOut(call: Call, act: (place: Place, member: Member) => Activity): Result {
  const place = placeOf(call)
  const { group } = place
  const decrement = call.input.boolean('ShouldDecrementDesiredCapacity')
  if (decrement === undefined)
    throw new ApiError('MissingParameter', 'The request must contain the parameter ShouldDecrementDesiredCapacity')
  const members = membersNamed(place, call.input)
  const weight = members.reduce((sum, member) => sum + (member.weight ?? 1), 0)
  if (decrement && group.desired - weight < group.minimum)
    throw validationError(
      `AutoScalingGroup ${group.name} has min-size=${group.minimum}, max-size=${group.maximum}, and desired-size=${group.desired}. To place into standby or detach ${weight} instance(s), please update the AutoScalingGroup sizes appropriately.`,
    )
  for (const member of members)
    if (member.state !== 'InService') throw validationError(`The instance ${member.instance} is not in InService.`)
  const activities = members.map(member => act(place, member))
  for (const member of members) for (const arn of group.targetGroups) place.region.targetGroups.get(arn)?.targets.delete(member.instance)
  if (decrement) group.desired -= weight
  reconcileSoon(place)
  return { Activities: activities.map(activity => renderActivity(group, activity)) }
}

function enterStandby(call: Call): Result {
  return takeOut(call, (place, member) => {
    member.state = 'Standby'
    return userActivity(place, member, `Moving EC2 instance to Standby: ${member.instance}`)
  })
}

function detachInstances(call: Call): Result {
  return takeOut(call, (place, member) => {
    place.group.members = place.group.members.filter(each => each !== member)
    const instance = place.region.instances.get(member.instance)
    if (instance !== undefined) instance.group = null
    return userActivity(place, member, `Detaching EC2 instance: ${member.instance}`)
  })
}

function exitStandby(call: Call): Result {
  const place = placeOf(call)
  const members = membersNamed(place, call.input)
  for (const member of members) if (member.state !== 'Standby') throw validationError(`The instance ${member.instance} is not in Standby.`)
  const activities = members.map(member => {
    const instance = place.region.instances.get(member.instance)
    place.group.desired += member.weight ?? 1
    if (instance !== undefined) enterService(place, instance, member, null)
    return userActivity(place, member, `Moving EC2 instance out of Standby: ${member.instance}`)
  })
  return { Activities: activities.map(activity => renderActivity(place.group, activity)) }
}

function createOrUpdateTags({ region, input }: Call): Result {
  const orders = input.structures('Tags').map(tag => {
    const name = tag.required('ResourceId')
    const group = region.groups.get(name)
    if (group === undefined) throw validationError(`The specified resource ${name} does not exist`)
    return { group, key: tag.required('Key'), value: tag.text('Value') ?? '', propagate: tag.boolean('PropagateAtLaunch') ?? false }
  })
  for (const { group, key, value, propagate } of orders) {
    const known = group.tags.find(tag => tag.key === key)
    if (known === undefined) group.tags.push({ key, value, propagate })
    else Object.assign(known, { value, propagate })
  }
  return {}
}

function deleteTags({ region, input }: Call): Result {
  for (const tag of input.structures('Tags')) {
    const group = region.groups.get(tag.required('ResourceId'))
    const index = group?.tags.findIndex(each => each.key === tag.required('Key')) ?? -1
    if (group !== undefined && index >= 0) group.tags.splice(index, 1)
  }
  return {}
}

const ACTIVE_REFRESH = ['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress', 'Baking']

function startInstanceRefresh(call: Call): Result {
  const place = placeOf(call)
  const { group } = place
  if (group.refreshes.some(refresh => ACTIVE_REFRESH.includes(refresh.status)))
    throw new ApiError(
      'InstanceRefreshInProgress',
      `An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.`,
    )
  return { InstanceRefreshId: startRefresh(place) }
}

function cancelInstanceRefresh(call: Call): Result {
  const place = placeOf(call)
  const { world, region, group } = place
  const refresh = group.refreshes.find(each => ['Pending', 'InProgress', 'Baking'].includes(each.status))
  if (refresh === undefined)
    throw new ApiError(
      'ActiveInstanceRefreshNotFound',
      `No in progress or pending Instance Refresh found for Auto Scaling group ${group.name}`,
    )
  refresh.reason = 'Cancelled by user.'
  refresh.status = 'Cancelling'
  world.after(region, group.timing.detect, () => {
    if (refresh.frozen && refresh.status === 'Cancelling') {
      refresh.status = 'Cancelled'
      refresh.end = world.time
    } else refreshOn(place)
  })
  return { InstanceRefreshId: refresh.id }
}
