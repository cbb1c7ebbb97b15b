import type { Configuration, Declaration } from '../domain/declaration.ts'
import type { PlannedDrill } from '../domain/drill.ts'
import type { Finding } from '../domain/finding.ts'
import type { GroupId, GroupSnapshot, InstanceId, InstanceSnapshot, Observation } from '../domain/group.ts'
import type { Schedule } from '../domain/schedule.ts'
import { type Engine, reasonOf, type ScopeHandle } from './context.ts'

/*
 * What is asked of a platform before a strike, for several groups of one scope together. Nothing here throws: what could not be read is
 * missing, or says why.
 */

interface Wish {
  readonly plan: PlannedDrill
  readonly schedule: Schedule
}

export interface Declared {
  readonly declarations: ReadonlyMap<GroupId, Declaration>
  readonly forecasts: ReadonlyMap<GroupId, readonly Finding[]>
  /** When that was read, on the monotonic clock. */
  readonly declaredAt: number
}

export interface Observed {
  readonly observations: ReadonlyMap<GroupId, Observation>
  readonly at: Temporal.Instant
  readonly monotonic: number
}

export type Reading = Declared & Observed

/** The members last, so that they are fresh. */
export async function read(engine: Engine, handle: ScopeHandle, wanted: readonly Wish[], signal: AbortSignal): Promise<Reading> {
  const groups = wanted.map(want => want.plan.group)
  return { ...(await readDeclared(engine, handle, groups, signal)), ...(await observeFully(engine, handle, wanted, signal)) }
}

/** What a rebuild is made from, and what stands in its way. */
export async function readDeclared(
  engine: Engine,
  { provider, scope }: ScopeHandle,
  groups: readonly GroupId[],
  signal: AbortSignal,
): Promise<Declared> {
  const [declarations, forecasts] = await Promise.all([
    orNothing(engine, 'declare', provider.declare(scope, groups, signal)),
    orNothing(engine, 'forecast', provider.forecast(scope, groups, signal)),
  ])
  return { declarations, forecasts, declaredAt: engine.clock.monotonic() }
}

export async function observeFully(engine: Engine, handle: ScopeHandle, wanted: readonly Wish[], signal: AbortSignal): Promise<Observed> {
  const at = engine.clock.now()
  const monotonic = engine.clock.monotonic()
  const since = at.subtract({ milliseconds: Math.max(0, ...wanted.map(want => want.schedule.settle)) })
  const groups = wanted.map(want => want.plan.group)
  try {
    return { observations: await handle.provider.observe(handle.scope, groups, { since, depth: 'full' }, signal), at, monotonic }
  } catch (error) {
    const why = reasonOf(error)
    engine.log.warn('platform could not be read before a strike', { what: 'observe', why })
    return { observations: new Map<GroupId, Observation>(groups.map(group => [group, { kind: 'unreadable', why }])), at, monotonic }
  }
}

export async function describeVictims(
  engine: Engine,
  handle: ScopeHandle,
  picked: readonly { readonly snapshot: GroupSnapshot; readonly victim: InstanceSnapshot }[],
  signal: AbortSignal,
): Promise<ReadonlyMap<InstanceId, Configuration>> {
  const victims = picked.map(({ snapshot, victim }) => ({ group: snapshot.summary.id, id: victim.id }))
  if (victims.length === 0) return new Map()
  return orNothing(engine, 'describe', handle.provider.describe(handle.scope, victims, signal))
}

/** A read that fails leaves nothing, and nothing is a refusal (S10). */
async function orNothing<K, V>(engine: Engine, what: string, reading: Promise<ReadonlyMap<K, V>>): Promise<ReadonlyMap<K, V>> {
  try {
    return await reading
  } catch (error) {
    engine.log.warn('platform could not be read before a strike', { what, why: reasonOf(error) })
    return new Map()
  }
}
