import { sql } from 'kysely'
import type { Verdict } from '../domain/finding.ts'
import type { BusyDrill, ConclusionRecord, LedgerState, ScopeReading, StrikeRecord } from '../domain/ledger-state.ts'
import type { Db, SchedulesTable } from './schema.ts'
import { activeHalts, activeQuarantines } from './stops.ts'
import { moment } from './store.ts'

const day = 24 * 60 * 60 * 1000
/** Of each schedule, however old: the breaker counts in a row. */
const newestConclusions = 10

/** Everything that limits strikes. Every query is bounded by what is open or a day old, never by what has piled up. */
export async function readState(
  db: Db,
  now: Temporal.Instant,
  { concern = null, past }: { readonly concern?: Concern | null; readonly past?: Past } = {},
): Promise<LedgerState> {
  return {
    now,
    halts: await activeHalts(db, now),
    quarantines: await activeQuarantines(db),
    busy: await busyDrills(db, concern),
    ...(past ?? (await readPast(db, now))),
    scopes: await scopeReadings(db),
  }
}

/** What has piled up in a day: the dear part of a state. */
export type Past = Pick<LedgerState, 'strikes' | 'conclusions'>

export async function readPast(db: Db, now: Temporal.Instant): Promise<Past> {
  return { strikes: await recentStrikes(db, now), conclusions: await recentConclusions(db, now) }
}

/** What a decision is about: of everything busy only what shares one of these with it can matter, and of each no more than `atMost`. */
export interface Concern {
  readonly scope: string
  readonly schedule: string
  readonly service: string
  readonly group: string
  readonly atMost: number
}

async function busyDrills(db: Db, concern: Concern | null): Promise<readonly BusyDrill[]> {
  const rows = concern === null ? await busyQuery(db).execute() : await concerned(db, concern)
  return rows.map(row => ({
    drill: row.id,
    schedule: row.schedule,
    scope: row.scope,
    service: row.service,
    group: row.group_id,
    wounded: row.wounded === 1,
    failedRebuild: row.failed_rebuild === 1,
  }))
}

export function busyQuery(db: Db) {
  return (
    db
      .selectFrom('drills')
      .select(['id', 'schedule', 'scope', 'service', 'group_id', 'wounded', 'failed_rebuild'])
      // A literal: only then do both databases see that the small partial indexes will do.
      .where(sql<boolean>`busy = 1`)
  )
}

interface BusyRow {
  readonly id: string
  readonly schedule: string
  readonly scope: string
  readonly service: string
  readonly group_id: string
  readonly wounded: number
  readonly failed_rebuild: number
}

/** Few are busy as a rule, and then they are read at once; else those of each kind. */
async function concerned(db: Db, concern: Concern): Promise<readonly BusyRow[]> {
  const some = await busyQuery(db).limit(concern.atMost).execute()
  if (some.length < concern.atMost) return some
  const { rows } = await concernedQuery(db, concern).execute(db)
  return [...new Map([...some, ...rows].map(row => [row.id, row])).values()]
}

export function concernedQuery(db: Db, { scope, schedule, service, group, atMost }: Concern) {
  // In the order of the indexes: PostgreSQL would otherwise guess that reading the whole table ends sooner.
  const busy = busyQuery(db).orderBy('id').limit(atMost)
  const parts = [
    busyQuery(db).where('scope', '=', scope).limit(atMost),
    busyQuery(db).where('scope', '=', scope).limit(atMost).where('failed_rebuild', '=', 1),
    busy.where('schedule', '=', schedule),
    busy.where('service', '=', service),
    // One open drill is enough to say no (S6): wounded ones of the same service must not hide it.
    busy.where('service', '=', service).where('wounded', '=', 0),
    busy.where('group_id', '=', group),
  ].map((part, index) => sql`select * from (${part}) as ${sql.id(`part_${index}`)}`)
  return sql<BusyRow>`${sql.join(parts, sql` union all `)}`
}

async function recentStrikes(db: Db, now: Temporal.Instant): Promise<readonly StrikeRecord[]> {
  const query = db
    .selectFrom('strikes')
    .innerJoin('drills', 'drills.id', 'strikes.drill')
    .leftJoin('permits', 'permits.drill', 'strikes.drill')
    .select(['strikes.drill', 'strikes.schedule', 'drills.service', 'strikes.group_id', 'strikes.run', 'strikes.at', 'permits.granted_at'])
    .orderBy('strikes.at', 'desc')
  const recent = await query.where('strikes.at', '>', now.epochMilliseconds - day).execute()
  const rows = recent.length > 0 ? recent : await query.limit(1).execute()
  return rows.map(row => ({
    drill: row.drill,
    schedule: row.schedule,
    service: row.service,
    group: row.group_id,
    run: row.run,
    // A call whose outcome stayed unknown may have been made again, later.
    at: moment(row.granted_at ?? row.at),
  }))
}

interface ConclusionRow {
  readonly id: string
  readonly schedule: string
  readonly verdict: Verdict
  readonly concluded_at: number
}

async function recentConclusions(db: Db, now: Temporal.Instant): Promise<readonly ConclusionRecord[]> {
  const schedules = await db.selectFrom('schedules').selectAll().execute()
  const { rows } = await conclusionsQuery(db, schedules, now.epochMilliseconds - day).execute(db)
  const resets = new Map(schedules.map(schedule => [schedule.name, schedule.breaker_reset_at]))
  const counted = rows.filter(row => row.concluded_at > (resets.get(row.schedule) ?? 0))
  const found = [...new Map(counted.map(row => [row.id, row])).values()].sort((a, b) => b.concluded_at - a.concluded_at)
  return found.map(row => ({ schedule: row.schedule, verdict: row.verdict, at: moment(row.concluded_at) }))
}

/**
 * The last day's, and the newest of each schedule: one short walk down an index for every schedule. The reset is part
 * of the walk's range, so that a schedule which was just resumed is not searched to its beginning.
 */
export function conclusionsQuery(db: Db, schedules: readonly SchedulesTable[], since: number) {
  const all = db.selectFrom('drills').select(['id', 'schedule', 'verdict', 'concluded_at'])
  const ofLastDay = all.where('concluded_at', '>', since)
  const newest = schedules.map(({ name, breaker_reset_at }) =>
    all.where('schedule', '=', name).where('concluded_at', '>', breaker_reset_at).orderBy('concluded_at', 'desc').limit(newestConclusions),
  )
  const parts = [ofLastDay, ...newest].map((part, index) => sql`select * from (${part}) as ${sql.id(`part_${index}`)}`)
  return sql<ConclusionRow>`${sql.join(parts, sql` union all `)}`
}

async function scopeReadings(db: Db): Promise<readonly ScopeReading[]> {
  const rows = await db.selectFrom('scopes').selectAll().orderBy('id').execute()
  return rows.map(row => ({
    scope: row.id,
    at: moment(row.at),
    optedIn: row.opted_in,
    unsteady: row.unsteady,
    unreadable: row.unreadable,
  }))
}
