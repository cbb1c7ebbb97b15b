import type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { Filter, Image, Instance, InstanceStatus, SecurityGroup, Subnet, Volume } from '@aws-sdk/client-ec2'
import type { InstanceId } from '../../domain/group.ts'
import { ProviderError } from '../provider-error.ts'
import { batches, distinct, mapLimited } from '../shared/batches.ts'
import { collect, everyItem } from '../shared/paging.ts'
import type { AwsApi } from './api.ts'

/** The most names or records that one call of the Auto Scaling API takes. */
export const GROUPS_PER_CALL = 100
/** EC2 takes at most 200 values in one filter. */
const FILTER_VALUES = 200
const STATUSES_PER_CALL = 100
const CREDITS_PER_CALL = 1_000
/** Calls of one kind at work at a time: enough to be quick, too few to empty an account's token bucket. */
export const WIDTH = 6

/** Every group that carries one of these tag keys, in their exact spelling. */
export function groupsTagged(api: AwsApi, keys: readonly string[], signal: AbortSignal): AsyncGenerator<AutoScalingGroup> {
  return everyItem(async token => {
    const page = await api.describeAutoScalingGroups(
      { Filters: [{ Name: 'tag-key', Values: [...keys] }], MaxRecords: GROUPS_PER_CALL, NextToken: token },
      signal,
    )
    return { items: page.AutoScalingGroups ?? [], next: page.NextToken }
  })
}

/** At most 100 groups by name, in one call and its pages; a name that is missing from the answer does not exist. */
export async function groupsNamed(api: AwsApi, names: readonly string[], signal: AbortSignal): Promise<Map<string, AutoScalingGroup>> {
  const groups = await collect(async token => {
    const page = await api.describeAutoScalingGroups(
      { AutoScalingGroupNames: [...names], MaxRecords: GROUPS_PER_CALL, NextToken: token },
      signal,
    )
    return { items: page.AutoScalingGroups ?? [], next: page.NextToken }
  })
  return new Map(groups.flatMap(group => (group.AutoScalingGroupName === undefined ? [] : [[group.AutoScalingGroupName, group]])))
}

/**
 * A group's activities, newest first: the newest page, and as many more as reach back to `since`. The first
 * page goes further back than `since`, which tells when the group changed last.
 */
export async function activitiesOf(
  api: AwsApi,
  name: string,
  options: { since: Temporal.Instant; signal: AbortSignal },
): Promise<Activity[]> {
  const found: Activity[] = []
  const activities = everyItem(async token => {
    const page = await api.describeScalingActivities({ AutoScalingGroupName: name, MaxRecords: 100, NextToken: token }, options.signal)
    return { items: markLast(page.Activities ?? []), next: page.NextToken }
  })
  for await (const { activity, last } of activities) {
    found.push(activity)
    if (last && (activity.StartTime?.getTime() ?? 0) < options.since.epochMilliseconds) break
  }
  return found
}

function markLast(activities: readonly Activity[]): { activity: Activity; last: boolean }[] {
  return activities.map((activity, index) => ({ activity, last: index === activities.length - 1 }))
}

/**
 * The activities of a whole region since a moment, in at most `pages` pages; null when there are more. AWS
 * warns that this listing may be slow, so it is only worth it where many groups are asked about at once.
 */
export async function regionalActivities(
  api: AwsApi,
  options: { since: Temporal.Instant; pages: number; signal: AbortSignal },
): Promise<Activity[] | null> {
  const filter = { Name: 'StartTimeLowerBound', Values: [options.since.toString({ smallestUnit: 'second' })] }
  const found: Activity[] = []
  let token: string | undefined
  for (let page = 0; page < options.pages; page++) {
    const answer = await api.describeScalingActivities({ MaxRecords: 100, Filters: [filter], NextToken: token }, options.signal)
    found.push(...(answer.Activities ?? []))
    token = answer.NextToken
    if (token === undefined || token === '') return found
  }
  return null
}

/** By filter, because one id that is not known (yet, or any more) would fail a call that names ids. */
export async function instancesById(api: AwsApi, ids: readonly InstanceId[], signal: AbortSignal): Promise<Map<InstanceId, Instance>> {
  const instances = await filtered(ids, 'instance-id', async (filters, token) => {
    const page = await api.describeInstances({ Filters: filters, MaxResults: 1000, NextToken: token }, signal)
    return { items: (page.Reservations ?? []).flatMap(reservation => reservation.Instances ?? []), next: page.NextToken }
  })
  return byId(instances, instance => instance.InstanceId)
}

export async function volumesById(api: AwsApi, ids: readonly string[], signal: AbortSignal): Promise<Map<string, Volume>> {
  const volumes = await filtered(ids, 'volume-id', async (filters, token) => {
    const page = await api.describeVolumes({ Filters: filters, MaxResults: 500, NextToken: token }, signal)
    return { items: page.Volumes ?? [], next: page.NextToken }
  })
  return byId(volumes, volume => volume.VolumeId)
}

/** A deregistered image is simply missing; disabled and deprecated ones are shown. */
export async function imagesById(api: AwsApi, ids: readonly string[], signal: AbortSignal): Promise<Map<string, Image>> {
  const images = await filtered(ids, 'image-id', async (filters, token) => {
    const page = await api.describeImages({ Filters: filters, IncludeDeprecated: true, IncludeDisabled: true, NextToken: token }, signal)
    return { items: page.Images ?? [], next: page.NextToken }
  })
  return byId(images, image => image.ImageId)
}

export async function subnetsById(api: AwsApi, ids: readonly string[], signal: AbortSignal): Promise<Map<string, Subnet>> {
  const subnets = await filtered(ids, 'subnet-id', async (filters, token) => {
    const page = await api.describeSubnets({ Filters: filters, NextToken: token }, signal)
    return { items: page.Subnets ?? [], next: page.NextToken }
  })
  return byId(subnets, subnet => subnet.SubnetId)
}

export async function securityGroups(
  api: AwsApi,
  by: { filter: string; values: readonly string[] },
  signal: AbortSignal,
): Promise<SecurityGroup[]> {
  return filtered(by.values, by.filter, async (filters, token) => {
    const page = await api.describeSecurityGroups({ Filters: filters, NextToken: token }, signal)
    return { items: page.SecurityGroups ?? [], next: page.NextToken }
  })
}

/** The default security group of each VPC. */
export async function defaultSecurityGroups(api: AwsApi, vpcs: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
  const found = await filtered(vpcs, 'vpc-id', async (filters, token) => {
    const named = [...filters, { Name: 'group-name', Values: ['default'] }]
    const page = await api.describeSecurityGroups({ Filters: named, NextToken: token }, signal)
    return { items: page.SecurityGroups ?? [], next: page.NextToken }
  })
  return new Map(found.flatMap(({ VpcId: vpc, GroupId: id }) => (vpc === undefined || id === undefined ? [] : [[vpc, id]])))
}

export async function keyPairsNamed(api: AwsApi, names: readonly string[], signal: AbortSignal): Promise<Set<string>> {
  const pairs = await filtered(names, 'key-name', async filters => {
    const answer = await api.describeKeyPairs({ Filters: filters }, signal)
    return { items: answer.KeyPairs ?? [], next: null }
  })
  return new Set(pairs.flatMap(pair => pair.KeyName ?? []))
}

/** The status checks of many instances, a hundred in a call. This call has no filter by id. */
export async function statusesById(api: AwsApi, ids: readonly InstanceId[], signal: AbortSignal): Promise<Map<InstanceId, InstanceStatus>> {
  const statuses = await named(ids, STATUSES_PER_CALL, async (part, token) => {
    const page = await api.describeInstanceStatus({ InstanceIds: part, IncludeAllInstances: true, NextToken: token }, signal)
    return { items: page.InstanceStatuses ?? [], next: page.NextToken }
  })
  return byId(statuses, status => status.InstanceId)
}

/**
 * The credit options of burstable instances, `standard` or `unlimited`. A filter would show only those that are unlimited. Ids of other
 * families do not belong here: the API reference has been of two minds whether they fail the whole call.
 */
export async function creditOptions(api: AwsApi, ids: readonly InstanceId[], signal: AbortSignal): Promise<Map<InstanceId, string>> {
  const options = await named(ids, CREDITS_PER_CALL, async (part, token) => {
    const page = await api.describeInstanceCreditSpecifications({ InstanceIds: part, NextToken: token }, signal)
    return { items: page.InstanceCreditSpecifications ?? [], next: page.NextToken }
  })
  return new Map(options.flatMap(({ InstanceId: id, CpuCredits: option }) => (id === undefined || !option ? [] : [[id, option]])))
}

type Fetch<Item> = (ids: InstanceId[], token: string | undefined) => Promise<{ items: readonly Item[]; next: string | null | undefined }>

/** Asks by id. One unknown id fails such a call, so what EC2 does not know is taken out and the rest asked again. */
async function named<Item>(ids: readonly InstanceId[], perCall: number, fetch: Fetch<Item>): Promise<Item[]> {
  const parts = await mapLimited(batches(distinct(ids).sort(), perCall), WIDTH, part => ofThoseKnown(part, fetch))
  return parts.flat()
}

async function ofThoseKnown<Item>(ids: readonly InstanceId[], fetch: Fetch<Item>): Promise<Item[]> {
  if (ids.length === 0) return []
  try {
    return await collect(token => fetch([...ids], token))
  } catch (error) {
    if (!(error instanceof ProviderError) || error.code !== 'not-found') throw error
    if (ids.length === 1) return []
    const known = ids.filter(id => !error.message.includes(id))
    if (known.length < ids.length) return ofThoseKnown(known, fetch)
    const middle = Math.ceil(ids.length / 2)
    return [...(await ofThoseKnown(ids.slice(0, middle), fetch)), ...(await ofThoseKnown(ids.slice(middle), fetch))]
  }
}

async function filtered<Item>(
  values: readonly string[],
  name: string,
  fetch: (filters: Filter[], token: string | undefined) => Promise<{ items: readonly Item[]; next: string | null | undefined }>,
): Promise<Item[]> {
  const parts = await mapLimited(batches(distinct(values).sort(), FILTER_VALUES), WIDTH, part =>
    collect(token => fetch([{ Name: name, Values: part }], token)),
  )
  return parts.flat()
}

function byId<Item>(items: readonly Item[], id: (item: Item) => string | undefined): Map<string, Item> {
  return new Map(
    items.flatMap(item => {
      const key = id(item)
      return key === undefined ? [] : [[key, item] as const]
    }),
  )
}
