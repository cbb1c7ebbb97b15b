import type { Drill, DrillId, Refusal } from '../domain/drill.ts'
import type { LedgerState } from '../domain/ledger-state.ts'
import { transition } from '../domain/transition.ts'
import type { LedgerDialect, Violation } from './dialect.ts'
import { fromBody, isOpen, isPlanned } from './drill-row.ts'
import { appendEvents, attach, replace } from './drills.ts'
import { type InFlight, type Intent, type IntentResult, LedgerError, type Renewal } from './ledger.ts'
import type { Db } from './schema.ts'
import { type Concern, type Past, readPast, readState } from './state.ts'
import { moment, type Store } from './store.ts'

/** Why the database itself said no, where `decide` did not. */
const lastLine: Readonly<Record<Violation, Refusal>> = {
  'second-strike': { rule: 'S9', reason: 'this drill has struck before, and a drill strikes once' },
  'open-group': { rule: 'S6', reason: 'another drill is open on this group' },
  'open-service': { rule: 'S6', reason: 'another drill is open on this service' },
}

/** A refusal needs no lock: one was written between our reading and our writing, and nothing of this transaction may stay. */
class Overtaken extends Error {}

/**
 * Reads, decides and writes in one transaction under the lock, with nothing awaited but the database. The caller's
 * permit counts from before it asked, the ledger's from inside the lock: the ledger never thinks a strike over that
 * may still be sent.
 */
export async function intend(store: Store, intent: Intent): Promise<IntentResult> {
  const { dialect } = store
  const { drill, order } = intent
  if (order.drill !== drill.id || order.group !== drill.group)
    throw new LedgerError(
      'failed',
      `an order for ${order.drill} on ${order.group} cannot be recorded for drill ${drill.id} on ${drill.group}`,
    )
  try {
    return await dialect.underLock(transaction => record(store, transaction, intent))
  } catch (error) {
    if (error instanceof Overtaken) return { kind: 'lost' }
    const violation = dialect.violation(error)
    if (violation === null) throw error
    return { kind: 'refused', refusal: lastLine[violation] }
  }
}

async function record({ dialect }: Store, transaction: Db, intent: Intent): Promise<IntentResult> {
  const stored = await storedDrill(transaction, intent.drill.id)
  if (stored === null || !isPlanned(stored) || stored.revision !== intent.drill.revision) return { kind: 'lost' }
  const now = await dialect.now(transaction)
  const past = await pastIn(transaction, { dialect, now })
  const refusal = intent.decide(await readState(transaction, now, { concern: concernOf(stored, intent.busyAtMost), past }))
  if (refusal !== null) return { kind: 'refused', refusal }
  const { run, permitFor } = intent
  const order = { ...intent.order, intendedAt: now }
  const striking = transition(stored, { kind: 'intend', order })
  if (!isOpen(striking))
    throw new LedgerError('failed', `drill ${stored.id} became ${striking.state} instead of striking; this is a defect`)
  const strike = {
    drill: order.drill,
    schedule: stored.schedule,
    scope: stored.scope,
    group_id: stored.group,
    victim: order.victim.id,
    run,
  }
  // The strike's own row first: where several constraints say no, "struck before" is the one to tell.
  await transaction
    .insertInto('strikes')
    .values({ ...strike, at: now.epochMilliseconds })
    .execute()
  if (!(await replace(transaction, striking))) throw new Overtaken()
  await transaction.updateTable('drills').set({ run }).where('id', '=', stored.id).execute()
  await attach(transaction, { drill: stored.id, part: 'before', what: intent.before })
  const data = { victim: order.victim.id, method: order.method, requestId: order.requestId, run }
  await appendEvents(transaction, stored.id, [{ at: now, kind: 'intended', data }])
  await grant(transaction, { drill: stored.id, now, permitFor })
  const struck = { drill: stored.id, schedule: stored.schedule, service: stored.service, group: stored.group, run, at: now }
  keep(transaction, { dialect, past: { ...past, strikes: [struck, ...past.strikes] } })
  return { kind: 'permitted', drill: striking, permitFor }
}

/** Of transactions that decide about several intents; nobody else writes while one holds SQLite's lock. */
const pasts = new WeakMap<Db, { readonly past: Past; readonly changes: number }>()

/** Read once for intents that share a transaction: each adds its own strike, and whatever else was written meanwhile is seen by the count of changes. */
async function pastIn(
  transaction: Db,
  { dialect, now }: { readonly dialect: LedgerDialect; readonly now: Temporal.Instant },
): Promise<Past> {
  const kept = pasts.get(transaction)
  if (kept !== undefined && kept.changes === dialect.changes()) return kept.past
  const past = await readPast(transaction, now)
  keep(transaction, { dialect, past })
  return past
}

function keep(transaction: Db, { dialect, past }: { readonly dialect: LedgerDialect; readonly past: Past }): void {
  const changes = dialect.changes()
  if (changes !== null) pasts.set(transaction, { past, changes })
}

/**
 * `lost` also where a permit for this strike is still running: whoever holds it may be sending at this moment (S9).
 * A holder that knows it will not send says so with `endPermit` first.
 */
export function renewPermit({ dialect }: Store, renewal: Renewal): Promise<IntentResult> {
  return dialect.underLock(async transaction => {
    const stored = await storedDrill(transaction, renewal.drill.id)
    if (stored === null || !isOpen(stored) || stored.revision !== renewal.drill.revision) return { kind: 'lost' }
    if (stored.state !== 'striking')
      return { kind: 'refused', refusal: { rule: 'S9', reason: `the drill is ${stored.state} already, so its strike is over` } }
    const now = await dialect.now(transaction)
    if (await hasLivePermit(transaction, stored.id, now)) return { kind: 'lost' }
    const refusal = renewal.decide(await readState(transaction, now, { concern: concernOf(stored, renewal.busyAtMost) }))
    if (refusal !== null) return { kind: 'refused', refusal }
    await grant(transaction, { drill: stored.id, now, permitFor: renewal.permitFor })
    return { kind: 'permitted', drill: stored, permitFor: renewal.permitFor }
  })
}

function concernOf(drill: Drill, atMost: number | undefined): Concern | null {
  return atMost === undefined ? null : { scope: drill.scope, schedule: drill.schedule, service: drill.service, group: drill.group, atMost }
}

async function storedDrill(transaction: Db, id: DrillId) {
  const row = await transaction.selectFrom('drills').select('body').where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : fromBody(row)
}

async function hasLivePermit(transaction: Db, drill: DrillId, now: Temporal.Instant): Promise<boolean> {
  const found = await livePermits(transaction, now).where('permits.drill', '=', drill).executeTakeFirst()
  return found !== undefined
}

/** Counts calls: a late end of an earlier call must not end the permit of a later one. */
async function grant(
  transaction: Db,
  permit: { readonly drill: DrillId; readonly now: Temporal.Instant; readonly permitFor: number },
): Promise<void> {
  // Ledger time is cut to whole milliseconds; the one on top keeps the ledger's end after the caller's.
  const grantedAt = permit.now.epochMilliseconds
  const endsAt = grantedAt + permit.permitFor + 1
  await transaction
    .insertInto('permits')
    .values({ drill: permit.drill, ends_at: endsAt, granted_at: grantedAt, outstanding: 1 })
    .onConflict(conflict =>
      conflict
        .column('drill')
        .doUpdateSet(({ eb }) => ({ ends_at: endsAt, granted_at: grantedAt, outstanding: eb('permits.outstanding', '+', 1) })),
    )
    .execute()
}

export function endPermit({ dialect }: Store, drill: DrillId): Promise<void> {
  return dialect.inTransaction(async transaction => {
    await transaction
      .updateTable('permits')
      .set(({ eb }) => ({ outstanding: eb('outstanding', '-', 1) }))
      .where('drill', '=', drill)
      .where('outstanding', '>', 0)
      .execute()
  })
}

export async function strikesInFlight({ dialect }: Store): Promise<readonly InFlight[]> {
  const rows = await livePermits(dialect.db, await dialect.now(dialect.db)).execute()
  return rows.map(row => ({ drill: row.drill, group: row.group_id, victim: row.victim, permitEnds: moment(row.ends_at) }))
}

export function livePermits(db: Db, now: Temporal.Instant) {
  return db
    .selectFrom('permits')
    .innerJoin('strikes', 'strikes.drill', 'permits.drill')
    .select(['permits.drill', 'strikes.group_id', 'strikes.victim', 'permits.ends_at'])
    .where('permits.ends_at', '>', now.epochMilliseconds)
    .where('permits.outstanding', '>', 0)
    .orderBy('permits.ends_at')
}

export async function state({ dialect }: Store): Promise<LedgerState> {
  return readState(dialect.db, await dialect.now(dialect.db))
}
