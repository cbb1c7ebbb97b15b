import type { GroupId, Observation, PlatformEvent } from '../../domain/group.ts'
import type { ObserveOptions } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { distinct, mapLimited } from '../shared/batches.ts'
import type { ScopeContext } from './context.ts'
import { eventsOfErrors, eventsOfOperations, eventsOfRows, eventsSince, namesGiven, remember } from './events.ts'
import { lastPart } from './ids.ts'
import { learnInstances, orWhy, templatesOf } from './learn.ts'
import { snapshotOf } from './map.ts'
import { isRolling, membersOf, nameOf, phaseOf, zonesOf } from './members.ts'
import type { Watched } from './memory.ts'
import { errorsOf, everyManager, groupPlace, managedOf, operationsSince } from './reads.ts'
import { versionsOf, WIDTH } from './templates.ts'
import type { Autoscaler, ManagedInstance, Manager, Operation, Template } from './wire.ts'

/** Up to so many groups are asked for one by one; more of them by one listing of the project. */
const ONE_BY_ONE = 4
/** Groups that scale have new names each day: the oldest are forgotten. */
const NAMES_KEPT = 2_000
/** How long a group that lacks a member is not asked again for its errors. */
const ERRORS_EVERY = 10_000
/** The same for its operations, where somebody new went and they do not say why yet. */
const OPERATIONS_EVERY = 10_000

interface Look {
  readonly id: GroupId
  readonly manager: Manager
  readonly managed: readonly ManagedInstance[]
  readonly now: Temporal.Instant
}

/** The contract's observe(): one reading of several groups; what cannot be read is `unreadable` and says why. */
export async function observe(
  context: ScopeContext,
  groups: readonly GroupId[],
  options: ObserveOptions,
  signal: AbortSignal,
): Promise<Map<GroupId, Observation>> {
  const answer = new Map<GroupId, Observation>()
  const listed = await list(context, distinct(groups), signal)
  const looks: Look[] = []
  await mapLimited([...listed], WIDTH, async ([id, found]) => {
    if (found.manager === null) {
      answer.set(id, found.instead)
      return
    }
    const place = groupPlace(context.api, id)
    // Also for a brief look: the listing of groups counts members, and shows none.
    const managed = place === null ? [] : await orWhy(managedOf(context.api, place, signal), signal)
    if (typeof managed === 'string') answer.set(id, unreadable(managed))
    else looks.push({ id, manager: found.manager, managed, now: context.clock.now() })
  })
  const read = options.depth === 'brief' ? await briefly(context, looks, signal) : await inDepth(context, looks, { ...options, signal })
  for (const [id, observation] of read) answer.set(id, observation)
  return new Map(groups.map(id => [id, answer.get(id) ?? unreadable('it was not read')]))
}

function unreadable(why: string): Observation {
  return { kind: 'unreadable', why }
}

/** A group, or what there is to say in its place. */
type Found = { readonly manager: Manager } | { readonly manager: null; readonly instead: Observation }

function instead(observation: Observation): Found {
  return { manager: null, instead: observation }
}

/** Each asked group itself, `gone`, or why it could not be read. */
async function list(context: ScopeContext, groups: readonly GroupId[], signal: AbortSignal): Promise<Map<GroupId, Found>> {
  if (groups.length <= ONE_BY_ONE) {
    const read = await mapLimited(groups, ONE_BY_ONE, async id => [id, await single(context, id, signal)] as const)
    return new Map(read)
  }
  const everywhere = await orWhy(everyManager(context.api, signal), signal)
  return new Map(
    groups.map(id => {
      const place = groupPlace(context.api, id)
      if (place === null) return [id, instead(unreadable(`${id} is not in ${context.scope}`))]
      if (typeof everywhere === 'string') return [id, instead(unreadable(everywhere))]
      const lost = everywhere.unreachable.get(place.location.name)
      // A place that cannot be reached lists nothing: its groups are not gone.
      const missing: Observation = lost === undefined ? { kind: 'gone' } : unreadable(`${place.location.name} could not be listed: ${lost}`)
      const manager = everywhere.groups.get(id)
      return [id, manager === undefined ? instead(missing) : { manager }]
    }),
  )
}

async function single({ api, scope }: ScopeContext, id: GroupId, signal: AbortSignal): Promise<Found> {
  const place = groupPlace(api, id)
  if (place === null) return instead(unreadable(`${id} is not in ${scope}`))
  try {
    return { manager: await api.manager(place, signal) }
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return instead(error.code === 'not-found' ? { kind: 'gone' } : unreadable(error.message))
  }
}

/** Groups and their rows, and what the templates say: enough to see whether a group is whole. */
async function briefly(context: ScopeContext, looks: readonly Look[], signal: AbortSignal): Promise<Map<GroupId, Observation>> {
  const templates = await templatesFor(context, looks, signal)
  return new Map(
    looks.map(look => {
      const own = templates.get(look.id)
      if (own === undefined || typeof own === 'string') return [look.id, unreadable(own ?? 'its templates were not read')]
      const snapshot = snapshotOf(look.manager, { ...facts(context, look), templates: own, autoscaler: null, events: [], changedAt: null })
      return [look.id, { kind: 'snapshot', snapshot }]
    }),
  )
}

async function inDepth(
  context: ScopeContext,
  looks: readonly Look[],
  options: ObserveOptions & { readonly signal: AbortSignal },
): Promise<Map<GroupId, Observation>> {
  const { memory } = context
  const { signal } = options
  const full = options.depth === 'full'
  const watched = new Map(looks.map(look => [look.id, noteLook(context, look, { anew: full })]))
  const [instances, templates, autoscalers, operations] = await Promise.all([
    orWhy(learnInstances(context, looks, { again: full, signal }), signal),
    templatesFor(context, looks, signal),
    full ? autoscalersOf(context, looks, signal) : new Map<GroupId, Autoscaler | string>(),
    full
      ? orWhy(readOperations(context, looks, { since: options.since, signal, unseen: true }), signal)
      : readRiddles(context, looks, { watched, since: options.since, signal }),
  ])
  await readErrors(context, looks, { watched, full, signal })
  return new Map(
    looks.map(look => {
      const own = templates.get(look.id)
      const autoscaler = autoscalers.get(look.id) ?? null
      const failed = [instances, own, autoscaler, full ? operations : null].find(one => typeof one === 'string')
      if (typeof failed === 'string' && full) return [look.id, unreadable(failed)]
      remember(memory, look.id, eventsOfRows(look.managed, look.now))
      const events = memory.events.get(look.id) ?? []
      const snapshot = snapshotOf(look.manager, {
        ...facts(context, look),
        templates: Array.isArray(own) ? own : [],
        autoscaler: typeof autoscaler === 'string' ? null : autoscaler,
        events: eventsSince(events, options.since),
        changedAt: changedAt(events),
      })
      return [look.id, { kind: 'snapshot', snapshot }]
    }),
  )
}

function facts({ api, scope, memory, optInById }: ScopeContext, { id, managed, now }: Look) {
  return { id, scope, optInById: optInById(id), project: api.project, memory, managed, clockSkew: api.clockSkew(), now }
}

/** The templates of each group; a string is why one of them could not be read. */
async function templatesFor(
  context: ScopeContext,
  looks: readonly Look[],
  signal: AbortSignal,
): Promise<Map<GroupId, Template[] | string>> {
  const managers = looks.map(look => look.manager)
  const read = await templatesOf(context, managers, signal)
  return new Map(
    looks.map(({ id, manager }) => {
      const own = versionsOf(manager, context.api.project).map(({ key }) => read.get(key) ?? 'its template was not read')
      const failed = own.find(template => typeof template === 'string')
      return [id, typeof failed === 'string' ? failed : own.filter(template => typeof template === 'object')]
    }),
  )
}

async function autoscalersOf(
  context: ScopeContext,
  looks: readonly Look[],
  signal: AbortSignal,
): Promise<Map<GroupId, Autoscaler | string>> {
  const scaled = looks.filter(({ manager }) => manager.status?.autoscaler)
  const read = await mapLimited(scaled, WIDTH, async ({ id, manager }) => {
    const place = groupPlace(context.api, id)
    const name = lastPart(manager.status?.autoscaler)
    return [id, place === null ? 'it is not in this project' : await orWhy(context.api.autoscaler(place, name, signal), signal)] as const
  })
  return new Map(read)
}

/**
 * Who was there first and who came since, and every name that the group has used. The look before a strike begins anew: what the
 * group was like when this process first saw it says nothing about a drill of today.
 */
function noteLook({ memory }: ScopeContext, { id, manager, managed, now }: Look, { anew }: { anew: boolean }): Watched {
  const names = memory.names.get(id) ?? new Set()
  for (const member of managed) names.add(nameOf(member))
  memory.names.set(id, new Set([...names].slice(-NAMES_KEPT)))
  const present = membersOf(managed).map(member => member.identity)
  const known = (anew ? undefined : memory.watched.get(id)) ?? {
    desired: manager.targetSize ?? 0,
    size: manager.targetSize ?? 0,
    fellAt: null,
    old: new Set(present),
    fresh: new Set<string>(),
    explained: '',
    errorsAskedAt: Number.NEGATIVE_INFINITY,
    operationsAskedAt: Number.NEGATIVE_INFINITY,
  }
  for (const identity of present) if (!known.old.has(identity)) known.fresh.add(identity)
  const size = manager.targetSize ?? 0
  if (size < known.size) known.fellAt = now
  known.size = size
  memory.watched.set(id, known)
  return known
}

async function readOperations(
  context: ScopeContext,
  looks: readonly Look[],
  options: { since: Temporal.Instant; signal: AbortSignal; unseen?: boolean },
): Promise<void> {
  const { api, memory } = context
  const since = options.since.subtract({ seconds: 5 })
  const zones = distinct(looks.flatMap(({ manager, managed }) => zonesOf(manager, managed)))
  const read = await mapLimited(zones, WIDTH, zone => operationsSince(api, zone, since, options.signal))
  const operations: readonly Operation[] = read.flat()
  for (const { id, manager } of looks) {
    const seen = memory.names.get(id) ?? new Set()
    const names = options.unseen === true ? new Set([...seen, ...namesGiven(manager.baseInstanceName, operations)]) : seen
    const rolling = isRolling(manager)
    const fellAt = memory.watched.get(id)?.fellAt ?? null
    const scaledIn = fellAt !== null && Temporal.Instant.compare(fellAt, since) >= 0
    remember(memory, id, eventsOfOperations(operations, { names, scaledIn, rolling }))
  }
}

/** Operations, for the groups whose rows cannot be explained without them. Without the right to list them, ids alone must do. */
async function readRiddles(
  context: ScopeContext,
  looks: readonly Look[],
  options: { watched: ReadonlyMap<GroupId, Watched>; since: Temporal.Instant; signal: AbortSignal },
): Promise<void> {
  const monotonic = context.clock.monotonic()
  const asked = looks.filter(look => {
    const mine = options.watched.get(look.id)
    const riddle = mine === undefined ? '' : riddleOf(look, mine)
    if (mine === undefined || riddle === '') return false
    const isPatient = monotonic - mine.operationsAskedAt < OPERATIONS_EVERY || isExplained(context, look, mine)
    if (riddle === mine.explained && isPatient) return false
    mine.explained = riddle
    mine.operationsAskedAt = monotonic
    return true
  })
  if (asked.length === 0) return
  const failed = await orWhy(readOperations(context, asked, options), options.signal)
  if (typeof failed !== 'string') return
  for (const { id } of asked) {
    const mine = options.watched.get(id)
    if (mine !== undefined) mine.explained = ''
  }
  context.log.warn('part of a look could not be read', { scope: context.scope, part: 'operations', why: failed })
}

/** The listing of operations lags behind the rows: until it says why a new member went, it is asked again. */
function isExplained({ memory }: ScopeContext, { id, managed }: Look, { fresh }: Watched): boolean {
  const present = new Set(membersOf(managed).flatMap(member => (phaseOf(member) === 'terminating' ? [] : member.identity)))
  const told = new Set(
    (memory.events.get(id) ?? []).flatMap(({ kind, cause, instance }) =>
      kind === 'terminate' && cause !== 'unknown' ? (instance ?? []) : [],
    ),
  )
  return [...fresh].every(one => present.has(one) || told.has(one))
}

/** What a look shows that one lost and one new member do not explain; empty where nothing does not fit. */
function riddleOf({ manager, managed }: Look, { desired, old, fresh }: Watched): string {
  const present = new Map(membersOf(managed).map(member => [member.identity, member]))
  const well = (id: string): boolean => {
    const member = present.get(id)
    return member !== undefined && phaseOf(member) !== 'terminating'
  }
  const lost = [...old].filter(id => !well(id)).sort()
  const failed = [...fresh].filter(id => !well(id)).sort()
  const parts = [
    manager.targetSize === desired ? '' : `size ${manager.targetSize}`,
    lost.length > 1 ? `lost ${lost.join(',')}` : '',
    fresh.size > Math.max(1, lost.length) ? `new ${[...fresh].sort().join(',')}` : '',
    failed.length > 0 ? `failed ${failed.join(',')}` : '',
  ]
  return parts.filter(part => part !== '').join(' ')
}

/** A group's own list of errors, where a member is missing and the rows do not say why; always before a strike. */
async function readErrors(
  context: ScopeContext,
  looks: readonly Look[],
  options: { watched: ReadonlyMap<GroupId, Watched>; full: boolean; signal: AbortSignal },
): Promise<void> {
  const monotonic = context.clock.monotonic()
  const asked = looks.filter(look => {
    const mine = options.watched.get(look.id)
    const short = membersOf(look.managed).length < (look.manager.targetSize ?? 0)
    if (mine === undefined || !short || (!options.full && monotonic - mine.errorsAskedAt < ERRORS_EVERY)) return false
    mine.errorsAskedAt = monotonic
    return true
  })
  await mapLimited(asked, WIDTH, async ({ id }) => {
    const place = groupPlace(context.api, id)
    const errors = place === null ? [] : await orWhy(errorsOf(context.api, place, options.signal), options.signal)
    if (typeof errors !== 'string') remember(context.memory, id, eventsOfErrors(errors))
  })
}

function changedAt(events: readonly PlatformEvent[]): Temporal.Instant | null {
  const changes = events.filter(event => event.kind !== 'other' && event.outcome !== 'failed').map(event => event.at)
  return changes.sort(Temporal.Instant.compare).at(-1) ?? null
}
