import { sql } from 'kysely'
import { decode, encode } from '../domain/codec.ts'
import type { NewMessage, Notice } from '../domain/notice.ts'
import type { ClaimedMessage, MessageCount, MessageEnd, MessageStanding } from './ledger.ts'
import type { Db, MessagesTable } from './schema.ts'
import { batches, moment, momentOrNull, type Store } from './store.ts'

/** In the transaction of what they tell of. One that is there already, for the same target, stays as it is. */
export async function addMessages(
  transaction: Db,
  { newId }: Pick<Store, 'newId'>,
  added: { readonly messages: readonly NewMessage[]; readonly now: Temporal.Instant },
): Promise<void> {
  const now = added.now.epochMilliseconds
  const rows = added.messages.map(
    ({ target, notice }): MessagesTable => ({
      id: newId(),
      key: notice.key,
      target,
      drill: notice.drill,
      created_at: now,
      wake_at: Math.max(now, notice.notBefore?.epochMilliseconds ?? now),
      attempts: 0,
      state: 'waiting',
      ended_at: null,
      problem: null,
      body: encode(notice),
    }),
  )
  for (const batch of batches(rows)) {
    await transaction
      .insertInto('messages')
      .values(batch)
      .onConflict(conflict => conflict.columns(['key', 'target']).doNothing())
      .execute()
  }
}

/** Adds those that are not there yet. */
export async function post(store: Store, messages: readonly NewMessage[]): Promise<void> {
  if (messages.length === 0) return
  const { dialect } = store
  await dialect.inTransaction(async transaction => addMessages(transaction, store, { messages, now: await dialect.now(transaction) }))
}

/**
 * Takes what is due, oldest first, for so long: where the taker dies, somebody else takes it again afterwards. A row is taken
 * by its number of attempts, so of ten that want it one has it, without any lock that strikes wait for.
 */
export function claimMessages(
  { dialect }: Store,
  { limit, lease }: { readonly limit: number; readonly lease: number },
): Promise<readonly ClaimedMessage[]> {
  return dialect.inTransaction(async transaction => {
    const now = (await dialect.now(transaction)).epochMilliseconds
    const due = await dueMessages(transaction, now, limit).execute()
    const claimed: ClaimedMessage[] = []
    // In one order for everybody: two that claim the same rows do not wait for each other.
    for (const row of due.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      const taken = await transaction
        .updateTable('messages')
        .set({ wake_at: now + lease, attempts: row.attempts + 1 })
        .where('id', '=', row.id)
        .where('attempts', '=', row.attempts)
        .where('wake_at', '=', row.wake_at)
        .executeTakeFirst()
      if (taken.numUpdatedRows !== 1n) continue
      const { id, target, body, attempts } = row
      claimed.push({ id, target, notice: decode<Notice>(body), attempt: attempts + 1, since: moment(row.created_at) })
    }
    return claimed.sort((a, b) => a.since.epochMilliseconds - b.since.epochMilliseconds)
  })
}

function dueMessages(db: Db, now: number, limit: number) {
  return db.selectFrom('messages').selectAll().where('wake_at', '<=', now).orderBy('wake_at').orderBy('id').limit(limit)
}

/** False: the claim had run out and somebody else has it now. */
export async function settleMessage({ dialect }: Store, claim: Pick<ClaimedMessage, 'id' | 'attempt'>, end: MessageEnd): Promise<boolean> {
  const now = (await dialect.now(dialect.db)).epochMilliseconds
  const ended = { wake_at: null, ended_at: now }
  const set =
    end.kind === 'again'
      ? { wake_at: now + Math.ceil(end.after), problem: end.problem }
      : end.kind === 'sent'
        ? { ...ended, state: 'sent', problem: null }
        : { ...ended, state: end.kind, problem: end.problem }
  const result = await dialect.db
    .updateTable('messages')
    .set(set)
    .where('id', '=', claim.id)
    .where('attempts', '=', claim.attempt)
    .where('state', '=', 'waiting')
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function nextMessageAt({ dialect }: Store): Promise<Temporal.Instant | null> {
  const row = await dialect.db
    .selectFrom('messages')
    .select('wake_at')
    .where('wake_at', 'is not', null)
    .orderBy('wake_at')
    .limit(1)
    .executeTakeFirst()
  return momentOrNull(row?.wake_at ?? null)
}

export async function messagesAbout({ dialect }: Store, drill: string): Promise<readonly MessageStanding[]> {
  const rows = await dialect.db.selectFrom('messages').selectAll().where('drill', '=', drill).orderBy('created_at').orderBy('id').execute()
  return rows.map(row => ({
    key: row.key,
    target: row.target,
    state: row.state as MessageStanding['state'],
    attempts: row.attempts,
    endedAt: momentOrNull(row.ended_at),
    problem: row.problem,
  }))
}

export async function messageCounts({ dialect }: Store, since: Temporal.Instant): Promise<readonly MessageCount[]> {
  const rows = await dialect.db
    .selectFrom('messages')
    .select(({ fn, ref }) => [ref('target').as('target'), standing.as('state'), fn.countAll<number>().as('messages')])
    .where(({ eb, or }) => or([eb('wake_at', 'is not', null), eb('ended_at', '>=', since.epochMilliseconds)]))
    .groupBy(['target', standing])
    .execute()
  return rows.map(({ target, state, messages }) => ({ target, state, messages: Number(messages) }))
}

/** What waits after a failure is told apart from what waits for its moment. */
const standing = sql<MessageCount['state']>`case when state = 'waiting' and problem is not null then 'failing' else state end`
