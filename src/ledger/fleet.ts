import { type SqlBool, sql } from 'kysely'
import type { Standing } from '../domain/standing.ts'
import type { FleetCount, FleetFilter, FleetGroup, FleetPage } from './ledger.ts'
import type { Db } from './schema.ts'
import { momentOrNull, type Store } from './store.ts'

export async function fleet({ dialect }: Store, filter: FleetFilter): Promise<FleetPage> {
  const rows = await fleetQuery(dialect.db, filter).execute()
  const { total } = await matching(dialect.db, filter)
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return { total, groups: rows.map(toGroup) }
}

type Row = Awaited<ReturnType<ReturnType<typeof fleetQuery>['execute']>>[number]

function toGroup(row: Row): FleetGroup {
  const { id, name, provider, scope, service, owner, unsteady } = row
  const standing = row.standing as Standing | null
  return {
    id,
    name,
    provider,
    scope,
    service,
    owner,
    unsteady,
    standing,
    at: momentOrNull(row.standing_at),
    since: momentOrNull(row.standing_since),
  }
}

/** Everything that is shown stands in columns of its own: no summary is read or decoded for a page. */
function fleetQuery(db: Db, filter: FleetFilter) {
  const page = matching(db, filter).select([
    'id',
    'name',
    'provider',
    'scope',
    'service',
    'owner',
    'unsteady',
    'standing',
    'standing_at',
    'standing_since',
  ])
  const ordered =
    filter.worstFirst === true
      ? page.orderBy(sql`case standing when 'snowflake' then 0 when 'forecast' then 1 else 2 end`).orderBy('standing_since', 'desc')
      : page.orderBy('provider').orderBy('scope').orderBy('name')
  return ordered.orderBy('id').limit(filter.limit).offset(filter.offset)
}

function matching(db: Db, filter: FleetFilter) {
  let query = db.selectFrom('groups').where('opted_in', '=', 1).where('present', '=', 1)
  for (const column of ['provider', 'scope', 'service', 'owner'] as const) {
    const wanted = filter[column]
    if (wanted !== undefined) query = query.where(column, '=', wanted)
  }
  if (filter.group !== undefined) query = query.where('id', '=', filter.group)
  if (filter.text !== undefined) {
    const pattern = `%${filter.text.toLowerCase().replace(/[\\%_]/g, wild => `\\${wild}`)}%`
    const like = (column: 'name' | 'id' | 'service' | 'owner') =>
      sql<SqlBool>`lower(${sql.ref(column)}) like ${pattern} escape ${sql.lit('\\')}`
    query = query.where(({ or }) => or([like('name'), like('id'), like('service'), like('owner')]))
  }
  if (filter.worstFirst === true) query = query.where('standing', 'in', ['snowflake', 'forecast'])
  const since = filter.proofSince.epochMilliseconds
  if (filter.standing === 'unproven') return query.where('standing', 'is', null)
  if (filter.standing === 'expired') return query.where('standing', '=', 'phoenix').where('standing_at', '<', since)
  if (filter.standing === 'phoenix') return query.where('standing', '=', 'phoenix').where('standing_at', '>=', since)
  return filter.standing === undefined ? query : query.where('standing', '=', filter.standing)
}

export async function fleetCounts({ dialect }: Store, proofSince: Temporal.Instant): Promise<readonly FleetCount[]> {
  const fresh = sql<number>`case when standing_at >= ${sql.lit(proofSince.epochMilliseconds)} then 1 else 0 end`
  const rows = await dialect.db
    .selectFrom('groups')
    .select(['provider', 'scope', 'standing', fresh.as('fresh'), ({ fn }) => fn.countAll<number>().as('groups')])
    .where('opted_in', '=', 1)
    .where('present', '=', 1)
    .groupBy(['provider', 'scope', 'standing', fresh])
    .orderBy('provider')
    .orderBy('scope')
    .execute()
  return rows.map(row => ({ ...row, standing: row.standing as Standing | null, fresh: row.fresh === 1 }))
}
