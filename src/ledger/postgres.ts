import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { CompiledQuery, Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Secret } from '../config/settings.ts'
import type { Milliseconds } from '../domain/time.ts'
import type { LedgerDialect, Standing, Violation } from './dialect.ts'
import { groupCommit } from './group-commit.ts'
import { LedgerError } from './ledger.ts'
import type { Db, Tables } from './schema.ts'

const schema = 'firedrill'
/** Of the advisory lock; "FDRL". Advisory locks belong to one database, so every ledger has its own. */
const lockKey = 0x4644524c
/**
 * How long a connection, an answer, the lock, or an orderly end is waited for, in ms. Of two the time between two statements of a
 * transaction: everybody else waits for one that has the lock, and where several workers were stopped together (a host that is
 * moved) each is given it in turn.
 */
const patience = { connect: 5_000, answer: 30_000, lock: 20_000, idle: 10_000, idleWithLock: 4_000, close: 1_000 }

/** Connects lazily; the first query tells whether the server can be reached. */
export function openPostgres(url: Secret): LedgerDialect {
  const place = placeOf(url)
  // A client whose login fails half-way leaves its connection open, and with it the process.
  const sockets = new Set<Socket>()
  const pool = new pg.Pool({
    stream: () => remembered(new Socket(), sockets),
    connectionString: url.reveal(),
    application_name: 'firedrill',
    max: 10,
    connectionTimeoutMillis: patience.connect,
    query_timeout: patience.answer,
    keepAlive: true,
    types: { getTypeParser: typeParser },
  })
  // Without listeners a server that restarts would end this process: one for connections that rest in the pool, one
  // for those in use. The error itself reaches whoever asks next.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  const bare = new Kysely<Tables>({ dialect: new LockedMigrationsDialect({ pool }) })
  const db = bare.withSchema(schema)
  return {
    db,
    place,
    schema,
    // One connection waits for the lock, and not all of the pool. They do not share a transaction: two that hold the rows of several
    // groups could wait for each other.
    underLock: groupCommit(db, {
      begin: async transaction => {
        await bound(transaction, patience.idleWithLock)
        await lock(transaction)
      },
      atMost: 1,
    }),
    inTransaction: work =>
      db.transaction().execute(async transaction => {
        await bound(transaction, patience.idle)
        return work(transaction)
      }),
    now,
    changes: () => null,
    standing,
    async claim(transaction) {
      // CREATE SCHEMA IF NOT EXISTS asks for the right to create even where the schema is there.
      if (await schemaExists(transaction)) return
      await sql`create schema ${sql.id(schema)}`.execute(transaction)
    },
    filled: async () => {},
    makeAppendOnly,
    violation,
    translate: error => translate(error, place),
    close: () => closeWithin(() => bare.destroy(), sockets),
  }
}

function remembered(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  return socket
}

/** A server that hangs never answers to the end of a connection: then it is cut, and whoever still waits for an answer is told. */
async function closeWithin(close: () => Promise<void>, sockets: ReadonlySet<Socket>): Promise<void> {
  const ended = new AbortController()
  const late = sleep(patience.close, undefined, { signal: ended.signal }).catch(() => {})
  await Promise.race([close(), late]).finally(() => ended.abort())
  for (const socket of sockets) socket.destroy()
}

/** Migrations run inside a transaction that already holds the ledger's lock; Kysely's own would outlive a failure. */
class LockedMigrationsDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new LockedMigrationsAdapter()
  }
}

class LockedMigrationsAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/** Moments are bigint columns, which pg would hand out as strings; milliseconds fit in a number. */
function typeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === pg.types.builtins.INT8 && format !== 'binary') return Number
  return pg.types.getTypeParser(oid, 'text')
}

/** Said first in each transaction: one that is stopped in its midst must not hold up others for ever. Also rows that are only written keep whoever writes them next waiting: a worker that takes over, or a halt. */
async function bound(transaction: Db, idle: Milliseconds): Promise<void> {
  await sql`select set_config('idle_in_transaction_session_timeout', ${String(idle)}, true),
    set_config('lock_timeout', ${String(patience.lock)}, true)`.execute(transaction)
}

async function lock(transaction: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(lockKey)})`.execute(transaction)
}

async function now(db: Db): Promise<Temporal.Instant> {
  const query = CompiledQuery.raw('select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms')
  const { rows } = await db.executeQuery<{ ms: number }>(query)
  const ms = rows[0]?.ms
  if (ms === undefined) throw new LedgerError('failed', 'PostgreSQL did not tell the time')
  return Temporal.Instant.fromEpochMilliseconds(ms)
}

async function standing(db: Db): Promise<Standing> {
  const found = await sql<{ tables: number; meta: boolean }>`
    select count(*) as tables, coalesce(bool_or(c.relname = 'meta' and c.relkind = 'r'), false) as meta
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = ${schema}`.execute(db)
  const row = found.rows[0]
  if (row === undefined || row.tables === 0) return 'empty'
  if (!row.meta) return 'foreign'
  // As JSON, so that somebody else's table of that name is no error.
  const mark = await sql<{ product: string | null }>`select to_jsonb(m) ->> 'value' as product
    from ${sql.id(schema, 'meta')} m where to_jsonb(m) ->> 'name' = 'product'`.execute(db)
  return mark.rows[0]?.product === 'firedrill' ? 'ours' : 'foreign'
}

async function schemaExists(db: Db): Promise<boolean> {
  const found = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(db)
  return found.rows.length > 0
}

async function makeAppendOnly(transaction: Db, table: string): Promise<void> {
  const refuse = sql.id(schema, 'refuse_change')
  const target = sql.id(schema, table)
  await sql`create or replace function ${refuse}() returns trigger language plpgsql as
    $$ begin raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation'; end $$`.execute(transaction)
  await sql`create trigger ${sql.id(`${table}_no_change`)} before update or delete on ${target}
    for each row execute function ${refuse}()`.execute(transaction)
  await sql`create trigger ${sql.id(`${table}_no_truncate`)} before truncate on ${target}
    for each statement execute function ${refuse}()`.execute(transaction)
}

const violations: Readonly<Record<string, Violation>> = {
  strikes_pkey: 'second-strike',
  drills_open_group: 'open-group',
  drills_open_service: 'open-service',
}

function violation(error: unknown): Violation | null {
  if (!(error instanceof pg.DatabaseError) || error.code !== '23505') return null
  return violations[error.constraint ?? ''] ?? null
}

function translate(error: unknown, place: string): unknown {
  if (error instanceof LedgerError || !(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const unreachable = (why: string): LedgerError =>
    new LedgerError(
      'unreachable',
      `the ledger's PostgreSQL at ${place} ${why}; no strike is made without it. Check that it runs, and the address under "ledger" in firedrill.yaml`,
      error,
    )
  if (code === '3D000')
    return new LedgerError('missing', `PostgreSQL at ${place} has no such database; create it, then run \`firedrill init\``, error)
  const denied = (why: string): LedgerError =>
    new LedgerError(
      'denied',
      `the ledger's PostgreSQL at ${place} ${why}; correct user and password under "ledger" in firedrill.yaml, or the server's pg_hba.conf`,
      error,
    )
  // The client's own words where the server asks for a password and the URL holds none, or an empty one.
  if (error.message.startsWith('SASL: '))
    return denied(/password must be/.test(error.message) ? 'asks for a password' : 'refused the login')
  if (code.startsWith('28')) return denied('refused the login')
  if (code === '42501')
    return new LedgerError(
      'failed',
      `the user has too few rights at ${place} (${error.message}): take the one that ran \`firedrill init\`, or grant it the schema ${schema}`,
      error,
    )
  if (code === '55P03' || code === '25P03')
    return new LedgerError('in-use', `another process has held the ledger's lock at ${place} too long; look for a stopped one`, error)
  if (code === 'XX001' || code === 'XX002')
    return new LedgerError('corrupt', `PostgreSQL at ${place} reports damaged data: ${error.message}`, error)
  if (isConnectionFailure(error, code)) return unreachable(`cannot be reached (${code === '' ? withoutStack(error.message) : code})`)
  if (error instanceof pg.DatabaseError) return new LedgerError('failed', `the ledger at ${place} failed: ${error.message}`, error)
  return error
}

/** Errors without a code are known by the words of pg and pg-pool only. */
const connectionWords = /connection|connect|timeout|terminated|not queryable|ended/i

function isConnectionFailure(error: Error, code: string): boolean {
  if (error instanceof pg.DatabaseError) return code.startsWith('08') || code.startsWith('57P') || code === '53300'
  if ('syscall' in error || error instanceof AggregateError || code.startsWith('ECONN') || code.startsWith('ERR_TLS')) return true
  return code === '' && error.constructor === Error && connectionWords.test(error.message)
}

function withoutStack(message: string): string {
  return message.split('\n', 1)[0] ?? ''
}

function placeOf(url: Secret): string {
  if (!URL.canParse(url.reveal()))
    throw new LedgerError('unreachable', "the ledger's PostgreSQL URL cannot be read; write postgres://user@host:5432/database")
  const { hostname, port } = new URL(url.reveal())
  return `${hostname === '' ? 'localhost' : hostname}:${port === '' ? 5432 : port}`
}
