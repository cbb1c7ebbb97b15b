import { type SqlBool, sql } from 'kysely'
import type { Verdict } from '../domain/finding.ts'
import type { AuditEntry, Conclusion, ConclusionCursor, RefusalCount } from './ledger.ts'
import type { Db } from './schema.ts'
import { busyQuery } from './state.ts'
import { activeHalts, activeQuarantines } from './stops.ts'
import { moment, type Store } from './store.ts'

export async function conclusions({ dialect }: Store, cursor: ConclusionCursor, limit: number): Promise<readonly Conclusion[]> {
  const rows = await conclusionsAfter(dialect.db, cursor, limit).execute()
  return rows.map(row => ({
    at: moment(row.concluded_at ?? 0),
    drill: row.id,
    group: row.group_id,
    provider: row.provider,
    verdict: row.verdict as Verdict,
  }))
}

/** A row value, so that both databases start the walk at the cursor. */
export function conclusionsAfter(db: Db, { at, drill }: ConclusionCursor, limit: number) {
  return db
    .selectFrom('drills')
    .select(['concluded_at', 'id', 'group_id', 'provider', 'verdict'])
    .where('concluded_at', 'is not', null)
    .where(sql<SqlBool>`(${sql.ref('concluded_at')}, ${sql.ref('id')}) > (${at.epochMilliseconds}, ${drill})`)
    .orderBy('concluded_at')
    .orderBy('id')
    .limit(limit)
}

export async function refusalCounts({ dialect }: Store, since: Temporal.Instant): Promise<readonly RefusalCount[]> {
  const rows = await refusalCountsQuery(dialect.db, since).execute()
  return rows.map(({ rule, drills }) => ({ rule, drills }))
}

export function refusalCountsQuery(db: Db, since: Temporal.Instant) {
  return db
    .selectFrom('drills')
    .select(({ fn, ref }) => [ref('rule').$notNull().as('rule'), fn.countAll<number>().as('drills')])
    .where('rule', 'is not', null)
    .where('planned_for', '>=', since.epochMilliseconds)
    .groupBy('rule')
    .orderBy('drills', 'desc')
    .orderBy('rule')
}

export async function audit({ dialect }: Store, limit: number): Promise<readonly AuditEntry[]> {
  const rows = await dialect.db.selectFrom('audit').selectAll().orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute()
  return rows.map(row => ({ ...row, at: moment(row.at), action: row.action as AuditEntry['action'] }))
}

/** Made of what is open and of the newest ends: cheap enough to ask each second while somebody watches. */
export async function pulse({ dialect }: Store): Promise<string> {
  const { db } = dialect
  const now = await dialect.now(db)
  const busy = await busyQuery(db).select('revision').execute()
  const newest = await db
    .selectFrom('drills')
    .select(['id', 'revision', 'planned_for'])
    .orderBy('planned_for', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .execute()
  const ended = await db
    .selectFrom('drills')
    .select('concluded_at')
    .where('concluded_at', 'is not', null)
    .orderBy('concluded_at', 'desc')
    .limit(1)
    .execute()
  const parts = [
    ...busy.map(({ id, revision }) => `${id}:${revision}`).sort(),
    ...newest.map(({ id, revision }) => `${id}:${revision}`),
    ...ended.map(row => String(row.concluded_at)),
    ...(await activeHalts(db, now)).map(halt => halt.id),
    ...(await activeQuarantines(db)).map(quarantine => quarantine.drill),
  ]
  return parts.join(' ')
}
