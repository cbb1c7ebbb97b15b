import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { decode } from '../domain/codec.ts'
import type { GroupSummary } from '../domain/group.ts'
import { readTags } from '../domain/tags.ts'
import type { LedgerDialect } from './dialect.ts'
import { fromBody } from './drill-row.ts'
import { LedgerError } from './ledger.ts'
import type { Db } from './schema.ts'

/** By name; names sort in the order in which the steps are taken. */
export type Steps = Readonly<Record<string, Migration>>

/** Every step from an empty ledger to today's, in order. A step that has been released is never changed. */
export function steps(dialect: LedgerDialect): Steps {
  return {
    '0001-ledger': {
      async up(db) {
        for (const create of [createPlans, createDrills, createHistory, createStrikes, createGroups, createStops]) await create(db, dialect)
      },
    },
    '0002-limits-and-exceptions': {
      async up(db) {
        await indexBusy(db)
        await db.schema.alterTable('permits').addColumn('granted_at', 'bigint').execute()
        await createExceptions(db)
      },
    },
    '0003-dashboard': {
      async up(db) {
        for (const create of [createAudit, addGroupStandings, addRefusalRules]) await create(db, dialect)
      },
    },
    '0004-notifications': { up: db => createMessages(db) },
    '0005-fleet-by-standing': { up: db => indexStandings(db) },
    '0006-barred-groups': { up: db => db.schema.alterTable('groups').addColumn('barred', 'text').execute() },
  }
}

/** The steps that a ledger has taken. */
export async function applied(db: Db): Promise<readonly string[]> {
  const rows = await db.selectFrom('migrations').select('name').orderBy('name').execute()
  return rows.map(row => row.name)
}

/** Takes the steps that are missing; the transaction already holds the ledger's lock. */
export async function migrate(transaction: Db, dialect: LedgerDialect, wanted: Steps): Promise<void> {
  const migrator = new Migrator({
    db: transaction,
    provider: { getMigrations: async () => ({ ...wanted }) },
    migrationTableName: 'migrations',
    migrationLockTableName: 'migration_lock',
    ...(dialect.schema === null ? {} : { migrationTableSchema: dialect.schema }),
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error === undefined) return
  const failed = results?.find(result => result.status === 'Error')
  const step = failed === undefined ? '' : ` at step ${failed.migrationName}`
  throw new LedgerError('failed', `the ledger at ${dialect.place} could not be brought up to date${step}; it was left as it was`, error)
}

async function createPlans(db: Db): Promise<void> {
  await db.schema
    .createTable('meta')
    .addColumn('name', 'text', column => column.primaryKey())
    .addColumn('value', 'text', column => column.notNull())
    .execute()
  await db.schema
    .createTable('schedules')
    .addColumn('name', 'text', column => column.primaryKey())
    .addColumn('breaker_reset_at', 'bigint', column => column.notNull())
    .execute()
}

async function createDrills(db: Db): Promise<void> {
  await db.schema
    .createTable('drills')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('schedule', 'text', column => column.notNull())
    .addColumn('provider', 'text', column => column.notNull())
    .addColumn('scope', 'text', column => column.notNull())
    .addColumn('group_id', 'text', column => column.notNull())
    .addColumn('service', 'text', column => column.notNull())
    .addColumn('plan_key', 'text', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('revision', 'integer', column => column.notNull())
    .addColumn('planned_for', 'bigint', column => column.notNull())
    .addColumn('wake_at', 'bigint')
    .addColumn('victim', 'text')
    .addColumn('run', 'text')
    .addColumn('struck_at', 'bigint')
    .addColumn('concluded_at', 'bigint')
    .addColumn('verdict', 'text')
    .addColumn('wounded', 'smallint', column => column.notNull())
    .addColumn('failed_rebuild', 'smallint', column => column.notNull())
    .addColumn('busy', 'smallint', column => column.notNull())
    .addColumn('body', 'text', column => column.notNull())
    .addUniqueConstraint('drills_plan', ['schedule', 'group_id', 'plan_key'])
    .execute()
  const open = sql<boolean>`state in ('striking', 'restoring', 'recovering', 'soaking')`
  await db.schema.createIndex('drills_open_group').unique().on('drills').column('group_id').where(open).execute()
  await db.schema.createIndex('drills_open_service').unique().on('drills').column('service').where(open).execute()
  await db.schema.createIndex('drills_busy').on('drills').columns(['busy', 'scope']).execute()
  await db.schema.createIndex('drills_wake').on('drills').columns(['wake_at', 'id']).execute()
  await db.schema.createIndex('drills_concluded').on('drills').column('concluded_at').execute()
  await db.schema.createIndex('drills_schedule_concluded').on('drills').columns(['schedule', 'concluded_at']).execute()
  await db.schema.createIndex('drills_planned').on('drills').columns(['planned_for', 'id']).execute()
  await db.schema.createIndex('drills_group').on('drills').columns(['group_id', 'planned_for']).execute()
}

async function createHistory(db: Db, dialect: LedgerDialect): Promise<void> {
  await db.schema
    .createTable('drill_events')
    .addColumn('drill', 'text', column => column.notNull().references('drills.id'))
    .addColumn('seq', 'integer', column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('kind', 'text', column => column.notNull())
    .addColumn('body', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('drill_events_pkey', ['drill', 'seq'])
    .execute()
  await dialect.makeAppendOnly(db, 'drill_events')
  await db.schema
    .createTable('evidence')
    .addColumn('drill', 'text', column => column.notNull().references('drills.id'))
    .addColumn('part', 'text', column => column.notNull().check(sql`part in ('before', 'after')`))
    .addColumn('body', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('evidence_pkey', ['drill', 'part'])
    .execute()
}

async function createStrikes(db: Db, dialect: LedgerDialect): Promise<void> {
  await db.schema
    .createTable('strikes')
    .addColumn('drill', 'text', column => column.notNull().references('drills.id'))
    .addColumn('schedule', 'text', column => column.notNull())
    .addColumn('scope', 'text', column => column.notNull())
    .addColumn('group_id', 'text', column => column.notNull())
    .addColumn('victim', 'text', column => column.notNull())
    .addColumn('run', 'text')
    .addColumn('at', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('strikes_pkey', ['drill'])
    .execute()
  await db.schema.createIndex('strikes_at').on('strikes').column('at').execute()
  await dialect.makeAppendOnly(db, 'strikes')
  await db.schema
    .createTable('permits')
    .addColumn('drill', 'text', column => column.primaryKey().references('strikes.drill'))
    .addColumn('ends_at', 'bigint', column => column.notNull())
    .addColumn('outstanding', 'integer', column => column.notNull().check(sql`outstanding >= 0`))
    .execute()
  await db.schema.createIndex('permits_ends').on('permits').column('ends_at').execute()
}

async function createGroups(db: Db): Promise<void> {
  await db.schema
    .createTable('groups')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('scope', 'text', column => column.notNull())
    .addColumn('incarnation', 'text', column => column.notNull())
    .addColumn('service', 'text', column => column.notNull())
    .addColumn('opted_in', 'smallint', column => column.notNull())
    .addColumn('opted_in_since', 'bigint')
    .addColumn('unsteady', 'text')
    .addColumn('first_seen', 'bigint', column => column.notNull())
    .addColumn('last_seen', 'bigint', column => column.notNull())
    .addColumn('present', 'smallint', column => column.notNull())
    .addColumn('last_strike_at', 'bigint')
    .addColumn('last_verdict', 'text')
    .addColumn('last_verdict_at', 'bigint')
    .addColumn('last_phoenix_at', 'bigint')
    .addColumn('summary', 'text', column => column.notNull())
    .execute()
  await db.schema.createIndex('groups_scope').on('groups').columns(['scope', 'present', 'last_seen']).execute()
  await db.schema
    .createTable('scopes')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('opted_in', 'integer', column => column.notNull())
    .addColumn('unsteady', 'integer', column => column.notNull())
    .addColumn('unreadable', 'text')
    .execute()
}

async function createStops(db: Db): Promise<void> {
  await db.schema
    .createTable('halts')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('kind', 'text', column => column.notNull())
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('reason', 'text', column => column.notNull())
    .addColumn('by', 'text', column => column.notNull())
    .addColumn('since', 'bigint', column => column.notNull())
    .addColumn('until', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('ended_by', 'text')
    .execute()
  await db.schema.createIndex('halts_ended').on('halts').columns(['ended_at', 'until']).execute()
  await db.schema
    .createTable('quarantines')
    .addColumn('drill', 'text', column => column.notNull().references('drills.id'))
    .addColumn('service', 'text', column => column.notNull())
    .addColumn('reason', 'text', column => column.notNull())
    .addColumn('since', 'bigint', column => column.notNull())
    .addColumn('cleared_at', 'bigint')
    .addColumn('cleared_by', 'text')
    .addColumn('note', 'text')
    .execute()
  const active = sql<boolean>`cleared_at is null`
  await db.schema.createIndex('quarantines_active').unique().on('quarantines').column('service').where(active).execute()
}

/** A decision under the lock finds what is busy beside its own drill without reading all that is. */
async function indexBusy(db: Db): Promise<void> {
  for (const column of ['schedule', 'service', 'group_id'] as const) {
    await db.schema.createIndex(`drills_busy_${column}`).on('drills').columns([column, 'id']).where(sql<boolean>`busy = 1`).execute()
  }
}

async function createExceptions(db: Db): Promise<void> {
  await db.schema
    .createTable('exceptions')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('group_id', 'text', column => column.notNull())
    .addColumn('drill', 'text', column => column.notNull().references('drills.id'))
    .addColumn('kind', 'text', column => column.notNull())
    .addColumn('path', 'text', column => column.notNull())
    .addColumn('difference', 'text', column => column.notNull())
    .addColumn('note', 'text', column => column.notNull())
    .addColumn('by', 'text', column => column.notNull())
    .addColumn('since', 'bigint', column => column.notNull())
    .addColumn('until', 'bigint', column => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('ended_by', 'text')
    .execute()
  await db.schema.createIndex('exceptions_group').on('exceptions').columns(['group_id', 'until']).execute()
}

async function createAudit(db: Db, dialect: LedgerDialect): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('by', 'text', column => column.notNull())
    .addColumn('action', 'text', column => column.notNull())
    .addColumn('subject', 'text', column => column.notNull())
    .addColumn('note', 'text', column => column.notNull())
    .execute()
  await db.schema.createIndex('audit_at').on('audit').columns(['at', 'id']).execute()
  await dialect.makeAppendOnly(db, 'audit')
}

/** One statement a column: SQLite adds no two at once. */
async function addGroupStandings(db: Db): Promise<void> {
  for (const name of ['name', 'provider'])
    await db.schema
      .alterTable('groups')
      .addColumn(name, 'text', column => column.notNull().defaultTo(''))
      .execute()
  for (const name of ['owner', 'standing']) await db.schema.alterTable('groups').addColumn(name, 'text').execute()
  for (const name of ['standing_at', 'standing_since']) await db.schema.alterTable('groups').addColumn(name, 'bigint').execute()
  await db
    .updateTable('groups')
    .set(({ ref }) => ({ standing: ref('last_verdict'), standing_at: ref('last_verdict_at'), standing_since: ref('last_verdict_at') }))
    .execute()
  for (const { id, summary } of await db.selectFrom('groups').select(['id', 'summary']).execute()) {
    const { name, provider, tags } = decode<GroupSummary>(summary)
    const { owner } = readTags(tags).tags
    await db.updateTable('groups').set({ name, provider, owner }).where('id', '=', id).execute()
  }
  await db.schema.createIndex('groups_listed').on('groups').columns(['opted_in', 'present', 'provider', 'scope', 'name', 'id']).execute()
}

async function addRefusalRules(db: Db): Promise<void> {
  await db.schema.alterTable('drills').addColumn('rule', 'text').execute()
  const refused = db.selectFrom('drills').select(['id', 'body']).where('state', '=', 'refused').orderBy('id').limit(500)
  let last = ''
  for (;;) {
    const rows = await refused.where('id', '>', last).execute()
    for (const row of rows) {
      const drill = fromBody(row)
      if (drill.state === 'refused') await db.updateTable('drills').set({ rule: drill.refusal.rule }).where('id', '=', row.id).execute()
    }
    const end = rows.at(-1)
    if (end === undefined) break
    last = end.id
  }
  const ofRefusal = sql<boolean>`rule is not null`
  await db.schema.createIndex('drills_rule').on('drills').columns(['rule', 'planned_for', 'id']).where(ofRefusal).execute()
  const judged = sql<boolean>`concluded_at is not null`
  // Widened to cover the whole feed of conclusions: the bodies, a thousand times as large, are never read for it.
  await db.schema.dropIndex('drills_concluded').execute()
  await db.schema
    .createIndex('drills_concluded')
    .on('drills')
    .columns(['concluded_at', 'id', 'group_id', 'provider', 'verdict'])
    .where(judged)
    .execute()
}

async function createMessages(db: Db): Promise<void> {
  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('key', 'text', column => column.notNull())
    .addColumn('target', 'text', column => column.notNull())
    .addColumn('drill', 'text')
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('wake_at', 'bigint')
    .addColumn('attempts', 'integer', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull().check(sql`state in ('waiting', 'sent', 'gave-up', 'dropped')`))
    .addColumn('ended_at', 'bigint')
    .addColumn('problem', 'text')
    .addColumn('body', 'text', column => column.notNull())
    .addUniqueConstraint('messages_once', ['key', 'target'])
    .execute()
  const waiting = sql<boolean>`wake_at is not null`
  await db.schema.createIndex('messages_wake').on('messages').columns(['wake_at', 'id']).where(waiting).execute()
  await db.schema.createIndex('messages_drill').on('messages').columns(['drill', 'created_at']).execute()
  await db.schema.createIndex('messages_ended').on('messages').columns(['ended_at', 'state']).execute()
}

/** What the fleet page counts and filters is read from an index alone: a group's summary is many times as large. */
async function indexStandings(db: Db): Promise<void> {
  await db.schema
    .createIndex('groups_standing')
    .on('groups')
    .columns(['opted_in', 'present', 'standing', 'provider', 'scope', 'standing_at'])
    .execute()
}
