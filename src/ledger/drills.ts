import { sql } from 'kysely'
import { decode, encode } from '../domain/codec.ts'
import type { After, Before, Drill, DrillEvent, DrillId, DrillState, PlannedDrill } from '../domain/drill.ts'
import type { ScopeId } from '../domain/group.ts'
import { fromBody, openStates, struckAt, toRow } from './drill-row.ts'
import { noteConclusion, noteForecast, noteStrike } from './groups.ts'
import type { Advance, DrillFilter, DueDrill, NewEvent, NewPlan } from './ledger.ts'
import { addMessages } from './messages.ts'
import type { Db } from './schema.ts'
import { putInQuarantine, record } from './stops.ts'
import { batches, moment, type Store, sortedBy } from './store.ts'

export async function addPlans({ dialect, newId }: Store, plans: readonly NewPlan[]): Promise<readonly PlannedDrill[]> {
  if (plans.length === 0) return []
  const drills = sortedBy(plans, plan => [plan.group, plan.schedule, plan.planKey].join('\n')).map(
    (plan): PlannedDrill => ({ ...plan, id: newId(), revision: 1, state: 'planned' }),
  )
  const schedules = [...new Set(drills.map(drill => drill.schedule))].sort()
  return dialect.inTransaction(async transaction => {
    for (const name of schedules) await knowSchedule(transaction, name)
    const added = new Set<DrillId>()
    for (const batch of batches(drills)) for (const id of await insertPlans(transaction, batch)) added.add(id)
    return drills.filter(drill => added.has(drill.id))
  })
}

async function insertPlans(transaction: Db, drills: readonly PlannedDrill[]): Promise<readonly DrillId[]> {
  const rows = await transaction
    .insertInto('drills')
    .values(drills.map(toRow))
    .onConflict(conflict => conflict.columns(['schedule', 'group_id', 'plan_key']).doNothing())
    .returning('id')
    .execute()
  return rows.map(row => row.id)
}

async function knowSchedule(transaction: Db, name: string): Promise<void> {
  await transaction
    .insertInto('schedules')
    .values({ name, breaker_reset_at: 0 })
    .onConflict(conflict => conflict.column('name').doNothing())
    .execute()
}

export async function drill({ dialect }: Store, id: DrillId): Promise<Drill | null> {
  const row = await dialect.db.selectFrom('drills').select('body').where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : fromBody(row)
}

/** `since` (inclusive) and `until` (exclusive) are about the moment that a drill was planned for. */
export async function drills({ dialect }: Store, filter: DrillFilter): Promise<readonly Drill[]> {
  const limit = filter.limit ?? Number.MAX_SAFE_INTEGER
  const parts = [openStates, closedStates]
    .map(among => ({ ...filter, limit, states: wanted(filter, among) }))
    .filter(({ states }) => states.length > 0)
    .map((part, index) => sql`select * from (${drillsQuery(dialect.db, part)}) as ${sql.id(`part_${index}`)}`)
  if (parts.length === 0 || limit <= 0) return []
  // One statement, so one moment: a drill that is struck between two of them would be in neither, or in both.
  const { rows } = await sql<{ body: string }>`${sql.join(parts, sql` union all `)}`.execute(dialect.db)
  return rows.map(fromBody).sort(openThenNewest).slice(0, limit)
}

function openThenNewest(a: Drill, b: Drill): number {
  const open = Number(openStates.includes(b.state)) - Number(openStates.includes(a.state))
  if (open !== 0) return open
  const newest = Temporal.Instant.compare(b.plannedFor, a.plannedFor)
  if (newest !== 0) return newest
  return a.id < b.id ? 1 : -1
}

const closedStates: readonly DrillState[] = ['planned', 'refused', 'leashed', 'concluded']

function wanted(filter: DrillFilter, among: readonly DrillState[]): readonly DrillState[] {
  return filter.states === undefined ? among : among.filter(state => filter.states?.includes(state))
}

interface ListFilter extends DrillFilter {
  readonly states: readonly DrillState[]
  readonly limit: number
}

export function drillsQuery(db: Db, filter: ListFilter) {
  let query = db
    .selectFrom('drills')
    .select('body')
    .where('state', 'in', [...filter.states])
  // Only this says to both databases that the small index will do.
  if (filter.states.every(state => openStates.includes(state))) query = query.where('busy', '=', 1)
  if (filter.group !== undefined) query = query.where('group_id', '=', filter.group)
  if (filter.service !== undefined) query = query.where('service', '=', filter.service)
  if (filter.rule !== undefined) query = query.where('rule', '=', filter.rule)
  if (filter.schedule !== undefined) query = query.where('schedule', '=', filter.schedule)
  if (filter.since !== undefined) query = query.where('planned_for', '>=', filter.since.epochMilliseconds)
  if (filter.until !== undefined) query = query.where('planned_for', '<', filter.until.epochMilliseconds)
  return query.orderBy('planned_for', 'desc').orderBy('id', 'desc').limit(filter.limit)
}

export async function due({ dialect }: Store, now: Temporal.Instant, limit: number): Promise<readonly DueDrill[]> {
  const rows = await dueQuery(dialect.db, now.epochMilliseconds, limit).execute()
  return rows.map(row => ({ id: row.id, state: row.state as DrillState, scope: row.scope, wakeAt: moment(row.wake_at ?? 0) }))
}

export function dueQuery(db: Db, now: number, limit: number) {
  return db
    .selectFrom('drills')
    .select(['id', 'state', 'scope', 'wake_at'])
    .where('wake_at', '<=', now)
    .orderBy('wake_at')
    .orderBy('id')
    .limit(limit)
}

export async function watched({ dialect, decoded }: Store, scope: ScopeId): Promise<readonly Drill[]> {
  const rows = await watchedQuery(dialect.db, scope).execute()
  return rows.map(row => decoded(row.body))
}

export function watchedQuery(db: Db, scope: ScopeId) {
  return db.selectFrom('drills').select('body').where('busy', '=', 1).where('scope', '=', scope)
}

/**
 * Conclusions change what limits strikes (open, wounded, quarantined, the breaker), so they are written under the
 * ledger's lock: no intent may see half of one. What people do is too: a drill is struck or vetoed, never both.
 */
export function advance(store: Store, step: Advance): Promise<boolean> {
  const { dialect, newId } = store
  const mustLock = step.drill.state === 'concluded' || step.quarantine !== undefined || step.audit !== undefined
  const transact = mustLock ? dialect.underLock : dialect.inTransaction
  return transact(async transaction => {
    if (!(await replace(transaction, step.drill))) return false
    await appendEvents(transaction, step.drill.id, step.events)
    if (step.before !== undefined) await attach(transaction, { drill: step.drill.id, part: 'before', what: step.before })
    if (step.after !== undefined) await attach(transaction, { drill: step.drill.id, part: 'after', what: step.after })
    if (struckAt(step.drill) !== null) await noteStrike(transaction, step.drill)
    if (step.drill.state === 'concluded') await noteConclusion(transaction, step.drill)
    if (step.drill.state === 'refused' || step.drill.state === 'leashed') await noteForecast(transaction, step.drill)
    if (step.quarantine !== undefined)
      await putInQuarantine(transaction, { drill: step.drill, reason: step.quarantine, since: await dialect.now(transaction) })
    if (step.messages !== undefined && step.messages.length > 0)
      await addMessages(transaction, store, { messages: step.messages, now: await dialect.now(transaction) })
    if (step.audit !== undefined)
      await record(transaction, { id: newId(), at: (await dialect.now(transaction)).epochMilliseconds, ...step.audit })
    return true
  })
}

/** False: the stored revision is not the one before this drill's. */
export async function replace(transaction: Db, drill: Drill): Promise<boolean> {
  const { id, ...columns } = toRow(drill)
  const result = await transaction
    .updateTable('drills')
    .set(columns)
    .where('id', '=', id)
    .where('revision', '=', drill.revision - 1)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The drill's row has been written in this transaction before, so nobody else appends at the same time. */
export async function appendEvents(transaction: Db, id: DrillId, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  const last = await transaction
    .selectFrom('drill_events')
    .select(({ fn }) => fn.max('seq').as('seq'))
    .where('drill', '=', id)
    .executeTakeFirst()
  const first = (last?.seq ?? 0) + 1
  const rows = events.map((event, index) => ({
    drill: id,
    seq: first + index,
    at: event.at.epochMilliseconds,
    kind: event.kind,
    body: encode(event),
  }))
  await transaction.insertInto('drill_events').values(rows).execute()
}

export async function attach(transaction: Db, evidence: { drill: DrillId; part: 'before' | 'after'; what: Before | After }): Promise<void> {
  const body = encode(evidence.what)
  await transaction
    .insertInto('evidence')
    .values({ drill: evidence.drill, part: evidence.part, body })
    .onConflict(conflict => conflict.columns(['drill', 'part']).doUpdateSet({ body }))
    .execute()
}

export async function events({ dialect }: Store, id: DrillId): Promise<readonly DrillEvent[]> {
  const rows = await dialect.db.selectFrom('drill_events').select(['seq', 'body']).where('drill', '=', id).orderBy('seq').execute()
  return rows.map(row => ({ drill: id, seq: row.seq, ...decode<NewEvent>(row.body) }))
}

export async function before(store: Store, id: DrillId): Promise<Before | null> {
  const body = await evidenceBody(store, id, 'before')
  return body === null ? null : decode<Before>(body)
}

export async function after(store: Store, id: DrillId): Promise<After | null> {
  const body = await evidenceBody(store, id, 'after')
  return body === null ? null : decode<After>(body)
}

async function evidenceBody({ dialect }: Store, id: DrillId, part: 'before' | 'after'): Promise<string | null> {
  const row = await dialect.db.selectFrom('evidence').select('body').where('drill', '=', id).where('part', '=', part).executeTakeFirst()
  return row?.body ?? null
}
