import assert from 'node:assert/strict'
import { CompiledQuery, sql } from 'kysely'
import type { LedgerDialect } from '../../src/ledger/dialect.ts'
import { drillsQuery, dueQuery, watchedQuery } from '../../src/ledger/drills.ts'
import { conclusionsAfter, refusalCountsQuery } from '../../src/ledger/history.ts'
import { initLedger, type LedgerLocation } from '../../src/ledger/open.ts'
import { openPostgres } from '../../src/ledger/postgres.ts'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import { busyQuery, concernedQuery, conclusionsQuery } from '../../src/ledger/state.ts'
import { livePermits } from '../../src/ledger/strikes.ts'
import { kinds, type Places, places, wallClock } from './places.ts'

const concluded = 100_000
const open = 10_000
/** How many rows one statement makes. */
const part = 10_000

for (const kind of kinds) {
  describe(`with ${concluded} drills concluded and ${open} open (${kind})`, () => {
    let where: Places
    let dialect: LedgerDialect

    before(async function () {
      this.timeout(120_000)
      where = await places(kind, this)
      const place = await where.fresh()
      await initLedger(place)
      dialect = openFilled(place)
      await fill(dialect)
    })
    after(async () => {
      await dialect?.close()
      await where?.stop()
    })

    async function planOf({ sql: text, parameters }: CompiledQuery): Promise<string> {
      const explain = kind === 'embedded' ? 'explain query plan' : 'explain'
      const { rows } = await dialect.db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(`${explain} ${text}`, [...parameters]))
      return rows.map(row => String(row.detail ?? row['QUERY PLAN'])).join('\n')
    }

    function usesOnly(plan: string, index: string): void {
      assert.match(plan, new RegExp(`\\b${index}\\b`), plan)
      assert.doesNotMatch(plan, /SCAN drills\b(?! USING (COVERING )?INDEX)|Seq Scan on drills|Seq Scan on strikes/, plan)
    }

    it('what is due is found by its index', async () => {
      usesOnly(await planOf(dueQuery(dialect.db, 2_000_000, 100).compile()), 'drills_wake')
    })

    it('what a scope’s watch looks at is found by its index', async () => {
      usesOnly(await planOf(watchedQuery(dialect.db, 'scope-7').compile()), 'drills_busy')
    })

    it('what is busy is found by its index', async () => {
      usesOnly(await planOf(busyQuery(dialect.db).compile()), 'drills_busy(_schedule|_service|_group_id)?')
    })

    it('what may matter to a decision is found by small indexes, however much is busy', async () => {
      const concern = { scope: 'scope-7', schedule: 's-1', service: 'g-5', group: 'g-5', atMost: 5 }
      const plan = await planOf(concernedQuery(dialect.db, concern).compile(dialect.db))
      for (const index of ['drills_busy', 'drills_busy_schedule', 'drills_busy_service', 'drills_busy_group_id']) usesOnly(plan, index)
    })

    it('the conclusions that the breaker counts are found by their indexes', async () => {
      const schedules = [
        { name: 's-1', breaker_reset_at: 0 },
        { name: 's-2', breaker_reset_at: 99_990 },
      ]
      const plan = await planOf(conclusionsQuery(dialect.db, schedules, 99_000).compile(dialect.db))
      usesOnly(plan, 'drills_concluded')
      // Both databases make the reset a bound of the walk instead of filtering everything that was ever concluded.
      if (kind === 'postgres') assert.match(plan, /Index Cond: .*99990/, plan)
      else assert.match(plan, /drills_schedule_concluded \(schedule=\? AND concluded_at>\?\)/, plan)
    })

    it('the newest drills are read from the end of an index', async () => {
      usesOnly(
        await planOf(drillsQuery(dialect.db, { states: ['concluded', 'refused', 'leashed', 'planned'], limit: 50 }).compile()),
        'drills_planned',
      )
    })

    it('the drills of one group are found by their index', async () => {
      usesOnly(await planOf(drillsQuery(dialect.db, { states: ['concluded'], group: 'g-5', limit: 50 }).compile()), 'drills_group')
    })

    it('the feed of conclusions is read from an index alone, from its cursor on', async () => {
      const cursor = { at: Temporal.Instant.fromEpochMilliseconds(99_000), drill: 'd-99000' }
      const plan = await planOf(conclusionsAfter(dialect.db, cursor, 500).compile())
      usesOnly(plan, 'drills_concluded')
      if (kind === 'embedded') assert.match(plan, /SEARCH drills USING COVERING INDEX drills_concluded \(\(concluded_at,id\)>/, plan)
      else assert.match(plan, /Index (Only )?Scan using drills_concluded[\s\S]*Index Cond: .*ROW/, plan)
    })

    it('refusals are counted and listed by their own index', async () => {
      usesOnly(await planOf(refusalCountsQuery(dialect.db, Temporal.Instant.fromEpochMilliseconds(90_000)).compile()), 'drills_rule')
      usesOnly(await planOf(drillsQuery(dialect.db, { states: ['refused'], rule: 'S5', limit: 20 }).compile()), 'drills_rule')
    })

    it('strikes in flight are found without reading all permits', async () => {
      const plan = await planOf(livePermits(dialect.db, Temporal.Instant.fromEpochMilliseconds(1_000_000)).compile())
      assert.match(plan, /permits_ends/, plan)
      assert.doesNotMatch(plan, /Seq Scan on strikes|SCAN strikes/, plan)
    })
  })
}

function openFilled(place: LedgerLocation): LedgerDialect {
  return place.kind === 'postgres' ? openPostgres(place.url) : openSqlite({ file: place.file, clock: wallClock, create: false })
}

/** SQLite is not told its statistics, as it is not in production; PostgreSQL gathers them by itself, here at once. */
async function fill(dialect: LedgerDialect): Promise<void> {
  const postgres = dialect.schema !== null
  const between = (first: number, last: number) =>
    postgres
      ? sql`select n from generate_series(${sql.lit(first)}::int, ${sql.lit(last)}::int) as n`
      : sql`with recursive s(n) as (select ${sql.lit(first)} union all select n + 1 from s where n < ${sql.lit(last)}) select n from s`
  const table = (name: string) => (dialect.schema === null ? sql.id(name) : sql.id(dialect.schema, name))
  const isOpen = sql`n > ${sql.lit(concluded)}`
  await dialect.db.transaction().execute(async transaction => {
    await sql`insert into ${table('schedules')} (name, breaker_reset_at) values ('s-0', 0), ('s-1', 0), ('s-2', 0), ('s-3', 0)`.execute(
      transaction,
    )
    // In parts: one statement for all of them outlasts what the ledger's connections wait for an answer.
    for (let first = 1; first <= concluded + open; first += part)
      await sql`insert into ${table('drills')} (id, schedule, provider, scope, group_id, service, plan_key, state, revision, planned_for, wake_at,
        concluded_at, verdict, wounded, failed_rebuild, busy, body)
      select 'd-' || n, 's-' || (n % 4), 'aws', 'scope-' || (n % 20), 'g-' || (n % ${sql.lit(open)}), 'g-' || (n % ${sql.lit(open)}), 'k-' || n,
        case when ${isOpen} then 'recovering' else 'concluded' end, 2, n, case when ${isOpen} then n end,
        case when ${isOpen} then null else n end, case when ${isOpen} then null else 'phoenix' end, 0, 0,
        case when ${isOpen} then 1 else 0 end, '{}'
      from (${between(first, Math.min(first + part - 1, concluded + open))}) as numbers`.execute(transaction)
    for (let first = 1; first <= concluded + open; first += part) {
      const here = sql`planned_for between ${sql.lit(first)} and ${sql.lit(first + part - 1)}`
      await sql`insert into ${table('strikes')} (drill, schedule, scope, group_id, victim, at)
        select id, schedule, scope, group_id, 'i', planned_for from ${table('drills')} where ${here}`.execute(transaction)
      await sql`insert into ${table('permits')} (drill, ends_at, outstanding)
        select id, planned_for, 1 from ${table('drills')} where ${here}`.execute(transaction)
    }
  })
  if (postgres) await sql`analyze`.execute(dialect.db)
}
