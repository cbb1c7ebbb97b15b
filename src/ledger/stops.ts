import type { Drill } from '../domain/drill.ts'
import type { Halt, HaltTarget, Quarantine } from '../domain/ledger-state.ts'
import type { NewMessage } from '../domain/notice.ts'
import { type AuditEntry, LedgerError } from './ledger.ts'
import { addMessages } from './messages.ts'
import type { AuditTable, Db, HaltsTable } from './schema.ts'
import { moment, momentOrNull, type Store } from './store.ts'

/** S2: written under the lock that intents are written under, so once this has returned none is on its way. */
export function halt(
  store: Store,
  { messages = [], ...wish }: Pick<Halt, 'target' | 'reason' | 'by' | 'until'> & { readonly messages?: readonly NewMessage[] },
): Promise<Halt> {
  const { dialect, newId } = store
  return dialect.underLock(async transaction => {
    const since = (await dialect.now(transaction)).epochMilliseconds
    const row = {
      id: newId(),
      ...targetColumns(wish.target),
      reason: wish.reason,
      by: wish.by,
      since,
      until: wish.until?.epochMilliseconds ?? null,
      ended_at: null,
      ended_by: null,
    }
    await transaction.insertInto('halts').values(row).execute()
    await record(transaction, { id: newId(), at: since, by: wish.by, action: 'halt', subject: textOf(wish.target), note: wish.reason })
    if (messages.length > 0) await addMessages(transaction, store, { messages, now: moment(since) })
    return { ...wish, id: row.id, since: moment(since) }
  })
}

export function resume({ dialect, newId }: Store, target: HaltTarget | null, by: string): Promise<readonly Halt[]> {
  return dialect.underLock(async transaction => {
    const now = await dialect.now(transaction)
    const active = await activeHalts(transaction, now)
    const ended = target === null ? active : active.filter(halt => sameTarget(halt.target, target))
    for (const { id } of ended) {
      const set = { ended_at: now.epochMilliseconds, ended_by: by }
      await transaction.updateTable('halts').set(set).where('id', '=', id).execute()
    }
    await resetBreakers(transaction, target, now)
    const subject = target === null ? 'everything' : textOf(target)
    const note = ended.map(halt => `${textOf(halt.target)}: ${halt.reason}`).join('; ')
    await record(transaction, { id: newId(), at: now.epochMilliseconds, by, action: 'resume', subject, note })
    return ended
  })
}

/** Resuming a schedule, or everything, is also the answer to a tripped breaker: what was concluded till now counts no more. */
async function resetBreakers(transaction: Db, target: HaltTarget | null, now: Temporal.Instant): Promise<void> {
  if (target !== null && target.kind !== 'schedule') return
  const update = transaction.updateTable('schedules').set({ breaker_reset_at: now.epochMilliseconds })
  await (target === null ? update : update.where('name', '=', target.name)).execute()
}

export async function activeHalts(db: Db, now: Temporal.Instant): Promise<readonly Halt[]> {
  const rows = await db
    .selectFrom('halts')
    .selectAll()
    .where('ended_at', 'is', null)
    .where(({ eb, or }) => or([eb('until', 'is', null), eb('until', '>', now.epochMilliseconds)]))
    .orderBy('since')
    .orderBy('id')
    .execute()
  return rows.map(toHalt)
}

function toHalt(row: HaltsTable): Halt {
  return {
    id: row.id,
    target: targetOf(row),
    reason: row.reason,
    by: row.by,
    since: moment(row.since),
    until: momentOrNull(row.until),
  }
}

function targetColumns(target: HaltTarget): { readonly kind: string; readonly name: string } {
  return { kind: target.kind, name: target.kind === 'installation' ? '' : target.name }
}

function targetOf({ id, kind, name }: HaltsTable): HaltTarget {
  switch (kind) {
    case 'installation':
      return { kind }
    case 'schedule':
    case 'scope':
    case 'service':
    case 'group':
      return { kind, name }
    default:
      throw new LedgerError('corrupt', `halt ${id} is on a ${kind}, which this version does not know; no strike is made`)
  }
}

function sameTarget(a: HaltTarget, b: HaltTarget): boolean {
  const [left, right] = [targetColumns(a), targetColumns(b)]
  return left.kind === right.kind && left.name === right.name
}

export function quarantines({ dialect }: Store): Promise<readonly Quarantine[]> {
  return activeQuarantines(dialect.db)
}

export async function activeQuarantines(db: Db): Promise<readonly Quarantine[]> {
  const rows = await db.selectFrom('quarantines').selectAll().where('cleared_at', 'is', null).orderBy('service').execute()
  return rows.map(row => ({ service: row.service, drill: row.drill, reason: row.reason, since: moment(row.since) }))
}

/** A service that is in quarantine already stays there for its first reason. */
export async function putInQuarantine(transaction: Db, wish: { drill: Drill; reason: string; since: Temporal.Instant }): Promise<void> {
  const { drill, reason, since } = wish
  await transaction
    .insertInto('quarantines')
    .values({ drill: drill.id, service: drill.service, reason, since: since.epochMilliseconds })
    .onConflict(conflict => conflict.column('service').where('cleared_at', 'is', null).doNothing())
    .execute()
}

export function clearQuarantine({ dialect, newId }: Store, wish: { service: string; note: string; by: string }): Promise<boolean> {
  return dialect.underLock(async transaction => {
    const now = await dialect.now(transaction)
    const result = await transaction
      .updateTable('quarantines')
      .set({ cleared_at: now.epochMilliseconds, cleared_by: wish.by, note: wish.note })
      .where('service', '=', wish.service)
      .where('cleared_at', 'is', null)
      .executeTakeFirst()
    if (result.numUpdatedRows === 0n) return false
    const { service: subject, note, by } = wish
    await record(transaction, { id: newId(), at: now.epochMilliseconds, by, action: 'clear-quarantine', subject, note })
    return true
  })
}

/** In the transaction of the change itself: no change without its line, no line without its change. */
export async function record(transaction: Db, entry: AuditTable & { readonly action: AuditEntry['action'] }): Promise<void> {
  await transaction.insertInto('audit').values(entry).execute()
}

function textOf(target: HaltTarget): string {
  return target.kind === 'installation' ? 'everything' : `${target.kind} ${target.name}`
}
