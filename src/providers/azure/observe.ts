import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { GroupId, Observation, ScopeId, Unsteady } from '../../domain/group.ts'
import type { Log } from '../../domain/log.ts'
import type { Clock } from '../../domain/time.ts'
import type { ObserveOptions } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { distinct, mapLimited } from '../shared/batches.ts'
import type { AzureApi, Machine } from './api.ts'
import { eventsOf, lastChangeOf, noteGone } from './events.ts'
import { groupId, type ScaleSetRef, scaleSetRef } from './ids.ts'
import { type Lock, lockOf, lockOn, lockSentence } from './locks.ts'
import { refOf, snapshotOf } from './map.ts'
import { isFlexible } from './members.ts'
import type { ScopeMemory } from './memory.ts'

export interface ScopeContext {
  readonly scope: ScopeId
  readonly api: AzureApi
  readonly memory: ScopeMemory
  readonly clock: Clock
  readonly log: Log
  readonly optInById: (group: GroupId) => 'in' | 'out' | null
}

/** How long a reading may lag behind the truth, milliseconds (Resource Graph's is a minute at most). */
export const STALENESS = 60_000
/** Calls at a time: each set has a small allowance of its own, a subscription a large one. */
const WIDTH = 8
/** From so many groups on, one listing of the subscription is cheaper than a question for each. */
const LISTING_FROM = 6

interface Found {
  readonly id: GroupId
  readonly ref: ScaleSetRef
  readonly set: VirtualMachineScaleSet
}

/** The contract's observe(): one reading of several groups; what cannot be read is `unreadable` and says why. */
export async function observe(
  context: ScopeContext,
  groups: readonly GroupId[],
  options: ObserveOptions,
  signal: AbortSignal,
): Promise<Map<GroupId, Observation>> {
  const answer = new Map<GroupId, Observation>()
  const named = distinct(groups).flatMap(id => {
    const ref = scaleSetRef(context.scope, id)
    if (ref === null) answer.set(id, { kind: 'unreadable', why: `${id} is not in ${context.scope}` })
    return ref === null ? [] : [{ id, ref }]
  })
  const found = await findSets(context, named, { options, signal, answer })
  const locks = options.depth === 'full' && found.length > 0 ? await readLocks(context, signal) : []
  await mapLimited(found, WIDTH, async one => {
    try {
      answer.set(one.id, await look(context, one, { options, locks, signal }))
    } catch (error) {
      answer.set(one.id, { kind: 'unreadable', why: reasonUnlessAborted(error, signal) })
    }
  })
  return answer
}

interface Finding {
  readonly options: ObserveOptions
  readonly signal: AbortSignal
  readonly answer: Map<GroupId, Observation>
}

/** A look before a strike reads each set anew; one that watches or counts may take the listing where that is cheaper. */
async function findSets(context: ScopeContext, named: readonly Pick<Found, 'id' | 'ref'>[], how: Finding): Promise<Found[]> {
  const { options, signal, answer } = how
  const gone = (id: GroupId): [] => {
    answer.set(id, { kind: 'gone' })
    return []
  }
  if (named.length >= LISTING_FROM && options.depth !== 'full') {
    const listed = await listSets(context, { named, how })
    if (listed === null) return []
    return named.flatMap(one => {
      const set = listed.get(one.id.toLowerCase())
      return set === undefined ? gone(one.id) : [{ ...one, set }]
    })
  }
  const read = await mapLimited(named, WIDTH, async one => {
    try {
      return [{ ...one, set: await context.api.getScaleSet(one.ref, { userData: false }, signal) }]
    } catch (error) {
      if (error instanceof ProviderError && error.code === 'not-found') return gone(one.id)
      answer.set(one.id, { kind: 'unreadable', why: reasonUnlessAborted(error, signal) })
      return []
    }
  })
  return read.flat()
}

async function listSets(
  context: ScopeContext,
  { named, how }: { named: readonly Pick<Found, 'id'>[]; how: Finding },
): Promise<Map<string, VirtualMachineScaleSet> | null> {
  try {
    const sets = await context.api.listScaleSets(how.signal)
    return new Map(
      sets.flatMap(set => {
        const ref = refOf(set)
        return ref === null ? [] : [[groupId(context.scope, ref).toLowerCase(), set] as const]
      }),
    )
  } catch (error) {
    const why = reasonUnlessAborted(error, how.signal)
    for (const { id } of named) how.answer.set(id, { kind: 'unreadable', why })
    return null
  }
}

/** A string: locks could not be read, so nobody knows whether a deletion is forbidden (S10). */
async function readLocks({ api }: ScopeContext, signal: AbortSignal): Promise<readonly Lock[] | string> {
  try {
    return (await api.listLocks(signal)).flatMap(lock => lockOf(lock) ?? [])
  } catch (error) {
    return reasonUnlessAborted(error, signal)
  }
}

interface Looking {
  readonly options: ObserveOptions
  readonly locks: readonly Lock[] | string
  readonly signal: AbortSignal
}

async function look(context: ScopeContext, one: Found, { options, locks, signal }: Looking): Promise<Observation> {
  if (typeof locks === 'string') return { kind: 'unreadable', why: locks }
  const { api, memory, clock } = context
  const { id, ref, set } = one
  const failed = /^failed$/i.test(set.provisioningState ?? '')
  const full = options.depth === 'full'
  const [machines, view, upgrades] = await Promise.all([
    listMachines(api, { ref, set, view: options.depth !== 'brief' }, signal),
    full || (failed && options.depth === 'watch') ? api.getSetView(ref, signal) : null,
    full ? upgradesUnderWay(api, ref, signal) : [],
  ])
  const facts = { set, machines, view, since: options.since, now: clock.now() }
  const gone = options.depth === 'watch' ? noteGone(memory, id, facts) : []
  const snapshot = snapshotOf(set, machines, {
    id,
    scope: context.scope,
    optInById: context.optInById(id),
    now: facts.now,
    clockSkew: api.clockSkew(),
    events: [...eventsOf(facts), ...gone],
    locks,
    changedAt: full ? lastChangeOf(view) : null,
    unsteady: [...upgrades, ...services(view?.orchestrationServices)],
    replacementOff: full ? replacementOff(set, { locks, services: view?.orchestrationServices }) : null,
  })
  return { kind: 'snapshot', snapshot }
}

export function listMachines(
  api: AzureApi,
  { ref, set, view }: { ref: ScaleSetRef; set: VirtualMachineScaleSet; view: boolean },
  signal: AbortSignal,
): Promise<Machine[]> {
  if (!isFlexible(set)) return api.listUniformMachines(ref, { view }, signal)
  return api.listFlexibleMachines(ref, { id: set.id ?? '', view }, signal)
}

/** A set that was never upgraded in this way has no such status. Whatever has not ended is a deployment. */
async function upgradesUnderWay(api: AzureApi, ref: ScaleSetRef, signal: AbortSignal): Promise<Unsteady[]> {
  try {
    const { runningStatus } = await api.getRollingUpgrade(ref, signal)
    const code = runningStatus?.code
    if (code === undefined || /^(Completed|Cancelled|Faulted)$/i.test(code)) return []
    return [{ reason: 'refreshing', detail: `a rolling upgrade is in progress (${code})` }]
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    if (error.code === 'not-found' || (error.code === 'conflict' && !error.mayHaveActed)) return []
    throw error
  }
}

type Services = NonNullable<Awaited<ReturnType<AzureApi['getSetView']>>['orchestrationServices']> | undefined

/** Repairs and rebalancing at work take and make members of their own. */
function services(running: Services): Unsteady[] {
  return (running ?? [])
    .filter(service => /^inprogress$/i.test(service.latestOperationStatus ?? ''))
    .map(service => ({ reason: 'scaling', detail: `${service.serviceName ?? 'an orchestration service'} is at work on the scale set` }))
}

/** What would keep a strike from being made good again. */
function replacementOff(
  set: VirtualMachineScaleSet,
  { locks, services: running }: { locks: readonly Lock[]; services: Services },
): string | null {
  const readOnly = lockOn(locks, set.id, ['ReadOnly'])
  if (readOnly !== null) return `${lockSentence(readOnly)}: the size could not be restored`
  const lock = lockOn(locks, set.id, ['CanNotDelete'])
  if (lock !== null) return `${lockSentence(lock)}: it says that nothing here is to be deleted`
  const repairs = (running ?? []).find(service => /^automaticrepairs$/i.test(service.serviceName ?? ''))
  if (/^suspended$/i.test(repairs?.serviceState ?? '')) return 'automatic repairs are suspended, by hand or because they did not help'
  if (set.etag === undefined || set.etag === '')
    return 'Azure shows no etag for the scale set, so its size could not be restored without the danger of undoing a change by somebody else'
  if (set.sku?.capacity === undefined) return 'Azure shows no size for the scale set, so it could not be restored'
  return null
}

/**
 * Works on each group by itself: one that cannot be read must not hide the others, and is left out. Where none can be read
 * at all, it is the subscription that cannot, and the first error says why.
 */
export async function forEachGroup<Group, Result>(
  groups: readonly Group[],
  work: (group: Group) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result[]> {
  const errors: ProviderError[] = []
  const results = await mapLimited(groups, WIDTH, async group => {
    try {
      return [await work(group)]
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderError)) throw error
      errors.push(error)
      return []
    }
  })
  const [first] = errors
  if (first !== undefined && errors.length === groups.length) throw first
  return results.flat()
}

/** A sentence for what failed; an abort is no failure to be noted but the end of the call. */
function reasonUnlessAborted(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) throw signal.reason
  if (error instanceof ProviderError) return error.message
  throw error
}
