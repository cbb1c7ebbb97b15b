import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { GroupId, Observation, ScopeId } from '../../domain/group.ts'
import type { Log } from '../../domain/log.ts'
import type { Clock } from '../../domain/time.ts'
import type { ObserveOptions } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { batches, distinct, mapLimited } from '../shared/batches.ts'
import { fromWarmPool } from './activities.ts'
import type { AwsApi } from './api.ts'
import { eventsFrom, eventsSince, mergedEvents } from './events.ts'
import { type FullFacts, readFullFacts } from './full.ts'
import { targetGroupsOf, targetReading } from './health.ts'
import { groupId, groupName } from './ids.ts'
import { learnInstances, readAliases, readStatuses, readTargets } from './learn.ts'
import { snapshotOf } from './map.ts'
import { membersOf, phaseOf } from './members.ts'
import type { ScopeMemory, Watched } from './memory.ts'
import { activitiesOf, GROUPS_PER_CALL, groupsNamed, regionalActivities, WIDTH } from './reads.ts'
import { type LaunchSource, launchesOf } from './sources.ts'
import {
  type Elapsed,
  forgetRiddle,
  freshEnough,
  isChecked,
  isQuiet,
  type Look,
  mustAskActivities,
  mustAskTargets,
  noteLook,
  noteWarmth,
  targetLimit,
  WHILE_STARTING,
} from './watch.ts'

export interface ScopeContext {
  readonly scope: ScopeId
  readonly api: AwsApi
  /** The same reads, shared for a moment; see brief.ts. */
  readonly shared: AwsApi
  readonly memory: ScopeMemory
  readonly clock: Clock
  readonly log: Log
  readonly optInById: (group: GroupId) => 'in' | 'out' | null
  /** Groups that firedrill.yaml opts in or out by id. */
  readonly named: readonly GroupId[]
}

/** Where more groups than this have a riddle at once, one regional listing is cheaper than a question for each. */
const REGIONAL_FROM = 10

/** The contract's observe(): one reading of several groups; what cannot be read is `unreadable` and says why. */
export async function observe(
  context: ScopeContext,
  groups: readonly GroupId[],
  options: ObserveOptions,
  signal: AbortSignal,
): Promise<Map<GroupId, Observation>> {
  const listed = await list(context, groups, { justListed: options.depth === 'brief', signal })
  const looks: Look[] = []
  for (const [id, found] of listed.groups) {
    looks.push({ id, group: found, since: options.since, now: context.clock.now(), monotonic: context.clock.monotonic() })
  }
  const read = await readAs(context, looks, options, signal)
  const answer = new Map<GroupId, Observation>()
  for (const id of groups) answer.set(id, listed.failed.get(id) ?? read.get(id) ?? { kind: 'gone' })
  return answer
}

async function readAs(context: ScopeContext, looks: readonly Look[], options: ObserveOptions, signal: AbortSignal) {
  if (options.depth === 'brief') return new Map(looks.map((look): [GroupId, Observation] => [look.id, shown(context, look, null)]))
  if (options.depth === 'watch') return watching(context, looks, signal)
  return fully(context, looks, { explain: options.explain === true, signal })
}

interface Listed {
  readonly groups: Map<GroupId, AutoScalingGroup>
  readonly failed: Map<GroupId, Observation>
}

/** A call that fails makes its own hundred groups unreadable, not the whole scope. */
async function list(
  context: ScopeContext,
  ids: readonly GroupId[],
  { justListed, signal }: { readonly justListed: boolean; readonly signal: AbortSignal },
): Promise<Listed> {
  const groups = new Map<GroupId, AutoScalingGroup>()
  const failed = new Map<GroupId, Observation>()
  const names: string[] = []
  for (const id of distinct(ids)) {
    const name = groupName(context.scope, id)
    const known = name === null || !justListed ? undefined : takeJustListed(context, name)
    if (name === null) failed.set(id, { kind: 'unreadable', why: `${id} is not in ${context.scope}` })
    else if (known !== undefined) groups.set(id, known)
    else names.push(name)
  }
  await mapLimited(batches(names, GROUPS_PER_CALL), WIDTH, async part => {
    try {
      for (const [name, group] of await groupsNamed(context.api, part, signal)) groups.set(groupId(context.scope, name), group)
    } catch (error) {
      const why = reasonUnlessAborted(error, signal)
      for (const name of part) failed.set(groupId(context.scope, name), { kind: 'unreadable', why })
    }
  })
  return { groups, failed }
}

/** Discovery reads how groups stand right after it listed them: the same listing says both. */
const JUST_LISTED = 10_000

function takeJustListed({ memory, clock }: ScopeContext, name: string): AutoScalingGroup | undefined {
  const known = memory.justListed.get(name)
  memory.justListed.delete(name)
  return known !== undefined && clock.monotonic() - known.at < JUST_LISTED ? known.value : undefined
}

async function fully(
  context: ScopeContext,
  looks: readonly Look[],
  options: { readonly explain: boolean; readonly signal: AbortSignal },
): Promise<Map<GroupId, Observation>> {
  const { memory } = context
  const { signal } = options
  const members = looks.flatMap(({ group }) => membersOf(group))
  const unread = new Map<string, string>()
  const note = (part: string) => (error: unknown) => void unread.set(part, reasonUnlessAborted(error, signal))
  const alive = members.filter(member => phaseOf(member) !== 'gone').map(member => member.InstanceId)
  const instances = learnInstances(context, alive, { again: true, signal }).catch(note('instances'))
  const [facts] = await Promise.all([
    readFullFacts(context, looks, options),
    instances.then(() => readStatuses(context, alive, signal)).catch(note('statuses')),
    readTargets(context, distinct(looks.flatMap(({ group }) => targetGroupsOf(group))), signal),
    readAliases(
      context,
      looks.flatMap(({ group }) => launchesOf(group)),
      signal,
    ).catch(note('templates')),
  ])
  const [first] = unread.values()
  return new Map(
    looks.map(look => {
      const mine = facts.get(look.id)
      if (mine === undefined || typeof mine === 'string') return [look.id, { kind: 'unreadable', why: mine ?? 'it was not read' }]
      if (first !== undefined) return [look.id, { kind: 'unreadable', why: first }]
      memory.events.set(look.id, mergedEvents(memory.events.get(look.id), mine.events))
      return [look.id, shown(context, look, mine)]
    }),
  )
}

async function watching(context: ScopeContext, looks: readonly Look[], signal: AbortSignal): Promise<Map<GroupId, Observation>> {
  const unread = new Map<string, string>()
  const note = (part: string) => (error: unknown) => {
    unread.set(part, reasonUnlessAborted(error, signal))
    context.log.warn('part of a look could not be read', { scope: context.scope, part, why: unread.get(part) })
  }
  const members = looks.flatMap(({ group }) => membersOf(group).filter(member => phaseOf(member) !== 'gone'))
  await learnInstances(
    context,
    members.map(member => member.InstanceId),
    { again: false, signal },
  ).catch(note('instances'))
  const watched = new Map(looks.map(look => [look.id, noteLook(context.memory, look)]))
  await Promise.all([
    // Statuses go first, a hundred in a call: they say whose load balancer is worth a call of its own.
    readStatuses(context, statusesDue(context, looks, watched), signal)
      .catch(note('statuses'))
      .then(() => readTargets(context, targetsDue(context, looks, watched), signal)),
    readAliases(context, aliasesDue(context, looks), signal).catch(note('templates')),
    readRiddles(context, looks, { watched, signal })
      .then(() => readEnds(context, looks, { watched, signal }))
      .catch(note('activities')),
  ])
  for (const look of looks) noteHealthyTargets(context, look, watched.get(look.id))
  return new Map(looks.map(look => [look.id, shown(context, look, null)]))
}

function shown(context: ScopeContext, look: Look, facts: FullFacts | null): Observation {
  const { memory, api } = context
  const known = memory.events.get(look.id)
  for (const event of known?.events ?? []) {
    if (event.instance === null || !fromWarmPool(event)) continue
    memory.warmPools.set(look.id, new Set([...(memory.warmPools.get(look.id) ?? []), event.instance]))
  }
  const snapshot = snapshotOf(look, {
    id: look.id,
    scope: context.scope,
    optInById: context.optInById(look.id),
    memory,
    clockSkew: api.clockSkew(),
    events: eventsSince(known?.events ?? [], look.since).map(event =>
      event.cause === 'unhealthy' && event.instance !== null && memory.instances.get(event.instance)?.interrupted === true
        ? { ...event, cause: 'interruption' as const }
        : event,
    ),
    changedAt: known?.changedAt ?? null,
    full: facts,
  })
  return { kind: 'snapshot', snapshot }
}

/** A new member that a health check is said to have taken may have been an interruption: EC2 says so itself. */
async function readEnds(
  context: ScopeContext,
  looks: readonly Look[],
  options: { watched: ReadonlyMap<GroupId, Watched>; signal: AbortSignal },
) {
  const { memory } = context
  const ended = looks.flatMap(look => {
    const fresh = options.watched.get(look.id)?.fresh
    const events = memory.events.get(look.id)?.events ?? []
    return events.flatMap(({ kind, cause, instance }) =>
      kind === 'terminate' && cause === 'unhealthy' && instance !== null && fresh?.has(instance) && memory.ends.get(instance) === undefined
        ? [instance]
        : [],
    )
  })
  await learnInstances(context, ended, { again: true, signal: options.signal })
  for (const id of ended) memory.ends.set(id, true)
}

function noteHealthyTargets(context: ScopeContext, look: Look, watched: Watched | undefined): void {
  const arns = targetGroupsOf(look.group)
  if (watched === undefined || arns.length === 0) return
  for (const id of watched.warming.keys()) {
    const healthy = arns.every(arn => {
      const targets = context.memory.targets.get(arn)?.value
      return Array.isArray(targets) && targetReading(arn, targets, { id, pending: false }).state === 'healthy'
    })
    noteWarmth(context.memory, watched, { id, look, healthy })
  }
}

function elapsedOf(looks: readonly Look[]): Elapsed {
  const elapsed = Math.max(0, ...looks.map(look => look.now.epochMilliseconds - look.since.epochMilliseconds))
  return { elapsed, now: looks[0]?.monotonic ?? 0 }
}

function elapsedIn(look: Look, watched: Watched | undefined): Elapsed {
  const since = watched?.since ?? look.since
  return { elapsed: Math.max(0, look.now.epochMilliseconds - since.epochMilliseconds), now: look.monotonic }
}

/**
 * Where one template is due, all are read: a call takes a hundred. A deployment is seen before the verdict anyway, by declaring
 * anew, so what was read right before the strike is enough for the first minute.
 */
function aliasesDue({ memory }: ScopeContext, looks: readonly Look[]): LaunchSource[] {
  const launches = looks.flatMap(({ group }) => launchesOf(group))
  const limit = { cap: 60_000, share: 2 }
  const isOld = (launch: LaunchSource) =>
    launch.kind === 'template' && launch.version.startsWith('$') && !freshEnough(memory.aliases.get(launch.key), elapsedOf(looks), limit)
  return launches.some(isOld) ? launches : []
}

/** New members in service until their checks are ok, then now and then; old members whose checks nobody has seen ok. */
function statusesDue(context: ScopeContext, looks: readonly Look[], watched: ReadonlyMap<GroupId, Watched>): string[] {
  return looks.flatMap(look => {
    const mine = watched.get(look.id)
    return membersOf(look.group)
      .filter(member => phaseOf(member) === 'in-service' && !/^unhealthy$/i.test(member.HealthStatus ?? ''))
      .map(member => member.InstanceId)
      .filter(id => {
        const known = context.memory.statuses.get(id)
        const ok = known?.value?.InstanceStatus?.Status === 'ok' && known.value.SystemStatus?.Status === 'ok'
        if (!ok) return true
        return mine?.fresh.has(id) === true && !freshEnough(known, elapsedIn(look, mine), { cap: 60_000 })
      })
  })
}

/** Looks are this close only where a member is expected to be well any moment; else checks of a load balancer are farther apart. */
const SOONEST_AGAIN = { cap: 900, share: 0.1 }
/** While every old member is still there, all were healthy and nobody new is, nothing can have been rebuilt yet: any reading will do for a while. */
const WHILE_QUIET = { cap: 15_000, share: Number.POSITIVE_INFINITY }

/** A target group is asked again soon while any target is not healthy, and now and then while all are. */
function targetsDue(context: ScopeContext, looks: readonly Look[], watched: ReadonlyMap<GroupId, Watched>): string[] {
  return distinct(
    looks.flatMap(look => {
      const mine = watched.get(look.id)
      if (mine === undefined || !mustAskTargets(look, mine, context.memory)) return []
      const inService = membersOf(look.group).filter(member => phaseOf(member) === 'in-service')
      const allStarting = mine.fresh.size > 0 && [...mine.fresh].every(id => !isChecked(context.memory, id))
      const soonest = allStarting ? WHILE_STARTING : SOONEST_AGAIN
      return targetGroupsOf(look.group).filter(arn => {
        const known = context.memory.targets.get(arn)
        const targets = known?.value
        const healthy = new Set(
          typeof targets === 'string'
            ? []
            : targets?.flatMap(({ Target, TargetHealth }) => (TargetHealth?.State === 'healthy' ? [Target?.Id] : [])),
        )
        const allHealthy = inService.every(member => healthy.has(member.InstanceId))
        const elapsed = elapsedIn(look, mine)
        if (freshEnough(known, elapsed, allHealthy && isQuiet(look, mine) ? WHILE_QUIET : soonest)) return false
        return typeof targets === 'string' || !allHealthy || !freshEnough(known, elapsed, targetLimit(look.group))
      })
    }),
  )
}

/** Activities, for the groups whose listing cannot be explained without them. */
async function readRiddles(
  context: ScopeContext,
  looks: readonly Look[],
  options: { watched: ReadonlyMap<GroupId, Watched>; signal: AbortSignal },
): Promise<void> {
  const { api, memory } = context
  const asked = looks.filter(look => {
    const mine = options.watched.get(look.id)
    return mine !== undefined && mustAskActivities(look, mine, memory.events.get(look.id)?.events ?? [])
  })
  const solved = asked.length >= REGIONAL_FROM ? await readRegion(context, asked, options.signal) : false
  if (solved) return
  await mapLimited(asked, WIDTH, async look => {
    const since = options.watched.get(look.id)?.since ?? look.since
    const name = look.group.AutoScalingGroupName ?? ''
    const activities = await activitiesOf(api, name, { since, signal: options.signal }).catch(error => {
      for (const each of asked) forgetRiddle(options.watched.get(each.id))
      throw error
    })
    memory.events.set(look.id, mergedEvents(memory.events.get(look.id), eventsFrom(activities)))
  })
}

async function readRegion(context: ScopeContext, asked: readonly Look[], signal: AbortSignal): Promise<boolean> {
  const since = asked.map(look => look.since).sort(Temporal.Instant.compare)[0]
  if (since === undefined) return false
  try {
    const pages = Math.ceil(asked.length / 3)
    const activities = await regionalActivities(context.api, { since: since.subtract({ seconds: 5 }), pages, signal })
    if (activities === null) return false
    const byName = Map.groupBy(activities, activity => activity.AutoScalingGroupName)
    for (const look of asked) {
      const mine = byName.get(look.group.AutoScalingGroupName) ?? []
      context.memory.events.set(look.id, mergedEvents(context.memory.events.get(look.id), eventsFrom(mine)))
    }
    return true
  } catch (error) {
    const why = reasonUnlessAborted(error, signal)
    context.log.debug('the regional list of activities could not be read', { scope: context.scope, why })
    return false
  }
}

/** A sentence for what failed; an abort is no failure to be noted but the end of the call. */
function reasonUnlessAborted(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) throw signal.reason
  if (error instanceof ProviderError) return error.message
  throw error
}
