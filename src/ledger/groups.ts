import { type SqlBool, sql } from 'kysely'
import { decode, encode } from '../domain/codec.ts'
import type { ConcludedDrill, Drill, LeashedDrill, Refusal, RefusedDrill } from '../domain/drill.ts'
import { isSnowflakeByForecast } from '../domain/findings.ts'
import type { GroupId, GroupSummary } from '../domain/group.ts'
import type { GroupRecord, SeenGroup } from '../domain/seen-group.ts'
import type { Standing } from '../domain/standing.ts'
import { readTags } from '../domain/tags.ts'
import { struckAt } from './drill-row.ts'
import type { Discovery } from './ledger.ts'
import type { Db, GroupsTable } from './schema.ts'
import { batches, moment, momentOrNull, type Store, sortedBy } from './store.ts'

/** Two workers may discover one scope at once: what is older than what is known changes nothing. */
export function recordDiscovery({ dialect }: Store, discovery: Discovery): Promise<void> {
  const at = discovery.at.epochMilliseconds
  const groups = sortedBy(lastOfEach(discovery.groups), group => group.summary.id)
  return dialect.inTransaction(async transaction => {
    for (const batch of batches(groups)) await upsertGroups(transaction, batch, at)
    if (discovery.unreadable === null) await forgetMissing(transaction, discovery)
    await upsertScope(transaction, discovery)
  })
}

export async function group({ dialect }: Store, id: GroupId): Promise<GroupRecord | null> {
  const row = await dialect.db.selectFrom('groups').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : toRecord(row)
}

export async function groups({ dialect }: Store): Promise<readonly GroupRecord[]> {
  const rows = await dialect.db.selectFrom('groups').selectAll().orderBy('id').execute()
  return rows.map(toRecord)
}

/** A page read twice may name a group twice; one statement must not. */
function lastOfEach(groups: readonly SeenGroup[]): readonly SeenGroup[] {
  return [...new Map(groups.map(group => [group.summary.id, group])).values()]
}

async function upsertGroups(transaction: Db, groups: readonly SeenGroup[], at: number): Promise<void> {
  const same = sql<SqlBool>`${sql.ref('groups.incarnation')} = ${sql.ref('excluded.incarnation')}`
  const kept = <T>(column: keyof GroupsTable) => sql<T>`case when ${same} then ${sql.ref(`groups.${column}`)} end`
  await transaction
    .insertInto('groups')
    .values(groups.map(group => toRow(group, at)))
    .onConflict(conflict =>
      conflict
        .column('id')
        .doUpdateSet(({ ref }) => ({
          scope: ref('excluded.scope'),
          service: ref('excluded.service'),
          incarnation: ref('excluded.incarnation'),
          opted_in: ref('excluded.opted_in'),
          opted_in_since: sql<number | null>`case when ${same} and ${sql.ref('excluded.opted_in')} = 1
            then coalesce(${sql.ref('groups.opted_in_since')}, ${sql.ref('excluded.opted_in_since')})
            else ${sql.ref('excluded.opted_in_since')} end`,
          unsteady: ref('excluded.unsteady'),
          barred: ref('excluded.barred'),
          first_seen: sql<number>`case when ${same} then ${sql.ref('groups.first_seen')} else ${sql.ref('excluded.first_seen')} end`,
          last_seen: ref('excluded.last_seen'),
          present: 1,
          last_strike_at: kept<number | null>('last_strike_at'),
          last_verdict: kept<string | null>('last_verdict'),
          last_verdict_at: kept<number | null>('last_verdict_at'),
          last_phoenix_at: kept<number | null>('last_phoenix_at'),
          summary: ref('excluded.summary'),
          name: ref('excluded.name'),
          provider: ref('excluded.provider'),
          owner: ref('excluded.owner'),
          standing: kept<string | null>('standing'),
          standing_at: kept<number | null>('standing_at'),
          standing_since: kept<number | null>('standing_since'),
        }))
        .whereRef('groups.last_seen', '<=', 'excluded.last_seen'),
    )
    .execute()
}

function toRow(group: SeenGroup, at: number): GroupsTable {
  return {
    id: group.summary.id,
    scope: group.summary.scope,
    incarnation: group.summary.incarnation,
    service: group.service,
    opted_in: group.optedIn ? 1 : 0,
    opted_in_since: group.optedIn ? at : null,
    unsteady: group.unsteady,
    first_seen: at,
    last_seen: at,
    present: 1,
    last_strike_at: null,
    last_verdict: null,
    last_verdict_at: null,
    last_phoenix_at: null,
    summary: encode(group.summary),
    name: group.summary.name,
    provider: group.summary.provider,
    owner: readTags(group.summary.tags).tags.owner,
    standing: null,
    standing_at: null,
    standing_since: null,
    barred: group.barred.length === 0 ? null : encode(group.barred),
  }
}

async function forgetMissing(transaction: Db, discovery: Discovery): Promise<void> {
  await transaction
    .updateTable('groups')
    .set({ present: 0 })
    .where('scope', '=', discovery.scope)
    .where('present', '=', 1)
    .where('last_seen', '<', discovery.at.epochMilliseconds)
    .execute()
}

/** Counts what the ledger knows, not what was seen: a scope that broke off half-way has not become smaller. */
async function upsertScope(transaction: Db, discovery: Discovery): Promise<void> {
  const count = await transaction
    .selectFrom('groups')
    .select(({ fn }) => [fn.countAll<number>().as('opted_in'), fn.count<number>('unsteady').as('unsteady')])
    .where('scope', '=', discovery.scope)
    .where('present', '=', 1)
    .where('opted_in', '=', 1)
    .executeTakeFirstOrThrow()
  const at = discovery.at.epochMilliseconds
  const reading = { at, opted_in: count.opted_in, unsteady: count.unsteady, unreadable: discovery.unreadable }
  await transaction
    .insertInto('scopes')
    .values({ id: discovery.scope, ...reading })
    .onConflict(conflict => conflict.column('id').doUpdateSet(reading).where('scopes.at', '<=', at))
    .execute()
}

/** Only strikes reset a group's count of days. */
export async function noteStrike(transaction: Db, drill: Drill): Promise<void> {
  const at = struckAt(drill)?.epochMilliseconds
  if (at === undefined) return
  await transaction
    .updateTable('groups')
    .set({ last_strike_at: at })
    .where('id', '=', drill.group)
    .where('incarnation', '=', drill.incarnation)
    .where(({ eb, or }) => or([eb('last_strike_at', 'is', null), eb('last_strike_at', '<', at)]))
    .execute()
}

export async function noteConclusion(transaction: Db, drill: ConcludedDrill): Promise<void> {
  const { verdict } = drill.judgement
  const at = drill.concludedAt.epochMilliseconds
  // An inconclusive drill takes nothing away from what is known.
  if (verdict === 'inconclusive') return noteStanding(transaction, drill, { standing: verdict, at, over: ['inconclusive', null] })
  await transaction
    .updateTable('groups')
    .set({ last_verdict: verdict, last_verdict_at: at, ...(verdict === 'phoenix' ? { last_phoenix_at: at } : {}) })
    .where('id', '=', drill.group)
    .where('incarnation', '=', drill.incarnation)
    .where(({ eb, or }) => or([eb('last_verdict_at', 'is', null), eb('last_verdict_at', '<', at)]))
    .execute()
  await noteStanding(transaction, drill, { standing: verdict, at, over: 'anything' })
}

/** S13's findings are news about a group; a drill that got past them takes them back. */
export async function noteForecast(transaction: Db, drill: RefusedDrill | LeashedDrill): Promise<void> {
  if (drill.state === 'leashed') return takeForecastBack(transaction, drill)
  if (drill.refusal.rule !== 'S13' || !isSnowflakeByForecast(drill.findings)) return
  await noteStanding(transaction, drill, { standing: 'forecast', at: drill.refusedAt.epochMilliseconds, over: 'anything' })
}

async function noteStanding(
  transaction: Db,
  drill: Drill,
  news: { readonly standing: Standing; readonly at: number; readonly over: 'anything' | readonly [Standing, null] },
): Promise<void> {
  const { standing, at, over } = news
  let update = transaction
    .updateTable('groups')
    .set({
      standing,
      standing_at: at,
      standing_since: sql<number>`case when standing = ${standing} then standing_since else ${sql.lit(at)} end`,
    })
    .where('id', '=', drill.group)
    .where('incarnation', '=', drill.incarnation)
    .where(({ eb, or }) => or([eb('standing_at', 'is', null), eb('standing_at', '<', at)]))
  if (over !== 'anything') update = update.where(({ eb, or }) => or([eb('standing', 'is', null), eb('standing', '=', over[0])]))
  await update.execute()
}

async function takeForecastBack(transaction: Db, drill: LeashedDrill): Promise<void> {
  await transaction
    .updateTable('groups')
    .set(({ ref }) => ({ standing: ref('last_verdict'), standing_at: ref('last_verdict_at'), standing_since: ref('last_verdict_at') }))
    .where('id', '=', drill.group)
    .where('incarnation', '=', drill.incarnation)
    .where('standing', '=', 'forecast')
    .where('standing_at', '<', drill.leashedAt.epochMilliseconds)
    .execute()
}

function toRecord(row: GroupsTable): GroupRecord {
  const verdict = row.last_verdict
  const known = verdict === 'phoenix' || verdict === 'snowflake'
  return {
    summary: decode<GroupSummary>(row.summary),
    optedIn: row.opted_in === 1,
    service: row.service,
    unsteady: row.unsteady,
    barred: row.barred === null ? [] : decode<readonly Refusal[]>(row.barred),
    firstSeen: moment(row.first_seen),
    lastSeen: moment(row.last_seen),
    optedInSince: momentOrNull(row.opted_in_since),
    lastStrikeAt: momentOrNull(row.last_strike_at),
    lastVerdict: known && row.last_verdict_at !== null ? { verdict, at: moment(row.last_verdict_at) } : null,
    forecastSince: row.standing === 'forecast' ? momentOrNull(row.standing_since) : null,
    lastPhoenixAt: momentOrNull(row.last_phoenix_at),
    present: row.present === 1,
  }
}
