import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { Kysely, sql } from 'kysely'
import type { Clock } from '../domain/time.ts'
import type { LedgerDialect, Standing, Violation } from './dialect.ts'
import { groupCommit } from './group-commit.ts'
import { LedgerError } from './ledger.ts'
import { busyTimeout, NodeSqliteDialect, sqliteCode } from './node-sqlite.ts'
import type { Db, Tables } from './schema.ts'

/** "FDRL", in the header of every SQLite file that is a ledger. */
const applicationId = 0x4644524c

/** Databases up to this size are read through once when they are opened, so that damage is found before it is relied on. */
const checkedPages = 16_384

export interface SqlitePlace {
  /** `:memory:` for one that lives and dies with the process. */
  readonly file: string
  readonly clock: Pick<Clock, 'now'>
  /** False: what is not there yet is an error. */
  readonly create: boolean
}

/** Opens the file without changing anything in one that is not Firedrill's. The schema is the caller's business. */
export function openSqlite(place: SqlitePlace): LedgerDialect {
  const inMemory = place.file === ':memory:'
  const file = inMemory ? place.file : resolve(place.file)
  const found = inMemory ? 'empty' : inspect(file)
  if (found === 'foreign') throw foreign(file)
  if (found === 'empty' && !place.create) throw new LedgerError('missing', `there is no ledger at ${file}; make it with \`firedrill init\``)
  try {
    if (!inMemory) mkdirSync(dirname(file), { recursive: true })
    const database = new DatabaseSync(file, { timeout: busyTimeout })
    try {
      setUp(database, found)
    } catch (error) {
      database.close()
      throw error
    }
    return dialect(database, file, place.clock)
  } catch (error) {
    throw translate(error, file)
  }
}

function setUp(database: DatabaseSync, found: Standing): void {
  database.exec('pragma foreign_keys = on; pragma synchronous = full')
  // An empty file stays in rollback mode until it is filled: its mark must be in the file itself, not in a log beside it.
  if (found !== 'ours') return
  database.exec('pragma journal_mode = wal')
  check(database)
}

function check(database: DatabaseSync): void {
  const pages = database.prepare('pragma page_count').get()?.page_count
  if (typeof pages === 'number' && pages > checkedPages) return
  const answer = database.prepare('pragma quick_check(1)').get()?.quick_check
  if (answer !== 'ok')
    throw new LedgerError('corrupt', `${database.location()} is damaged (${String(answer).replace(/\s+/g, ' ')}); ${restoreAdvice}`)
}

const restoreAdvice = 'put a backup in its place, or move it away and run `firedrill init` (halts, quarantines and history start anew)'

function dialect(database: DatabaseSync, file: string, clock: Pick<Clock, 'now'>): LedgerDialect {
  const db = new Kysely<Tables>({ dialect: new NodeSqliteDialect(database) })
  const write = groupCommit(db, { begin: async () => {}, atMost: 32 })
  const changes = database.prepare('select total_changes() as n')
  return {
    db,
    place: file,
    schema: null,
    // BEGIN IMMEDIATE takes the only write lock that there is.
    underLock: write,
    inTransaction: write,
    now: async () => Temporal.Instant.fromEpochMilliseconds(clock.now().epochMilliseconds),
    changes: () => Number(changes.get()?.n),
    standing: async () => standing(database),
    async claim(transaction) {
      await sql`pragma application_id = ${sql.lit(applicationId)}`.execute(transaction)
    },
    async filled() {
      if (file !== ':memory:') await sql`pragma journal_mode = wal`.execute(db)
    },
    makeAppendOnly,
    violation,
    translate: error => translate(error, file),
    async close() {
      await db.destroy()
      // Kysely closes only what it has used.
      if (database.isOpen) database.close()
    },
  }
}

async function makeAppendOnly(transaction: Db, table: string): Promise<void> {
  for (const verb of ['update', 'delete']) {
    const trigger = sql.id(`${table}_no_${verb}`)
    const message = sql.lit(`${table} is append-only`)
    await sql`create trigger ${trigger} before ${sql.raw(verb)} on ${sql.id(table)} begin select raise(abort, ${message}); end`.execute(
      transaction,
    )
  }
}

function violation(error: unknown): Violation | null {
  if (sqliteCode(error) !== 19 || !(error instanceof Error)) return null
  if (error.message.endsWith('failed: strikes.drill')) return 'second-strike'
  if (error.message.endsWith('failed: drills.group_id')) return 'open-group'
  if (error.message.endsWith('failed: drills.service')) return 'open-service'
  return null
}

/**
 * What a file is, without touching it: `immutable` takes no locks and writes nothing beside it. It is asked through
 * SQLite because closing a file that was opened by other means drops this process' locks on it (POSIX).
 */
function inspect(file: string): Standing {
  if (!existsSync(file)) return 'empty'
  if (!statSync(file).isFile())
    throw new LedgerError('foreign', `${file} is not a file; move it away and run \`firedrill init\`, or set \`dataDir\` to another folder`)
  try {
    return standingOf(new URL(`${pathToFileURL(file)}?immutable=1`))
  } catch (error) {
    if (sqliteCode(error) !== 11) throw translate(error, file)
  }
  // Another process may be filling it at this very moment: ask again, with locks.
  try {
    return standingOf(file)
  } catch (error) {
    throw translate(error, file)
  }
}

function standingOf(where: string | URL): Standing {
  const database = new DatabaseSync(where, { readOnly: true, timeout: busyTimeout })
  try {
    return standing(database)
  } finally {
    database.close()
  }
}

function standing(database: DatabaseSync): Standing {
  const id = database.prepare('pragma application_id').get()?.application_id
  if (id === applicationId) return 'ours'
  const tables = database.prepare('select count(*) as n from sqlite_master').get()?.n
  return id === 0 && tables === 0 ? 'empty' : 'foreign'
}

function foreign(file: string): LedgerError {
  return new LedgerError('foreign', `${file} is a database, but not Firedrill's; it was left alone, set \`dataDir\` to another folder`)
}

function translate(error: unknown, file: string): unknown {
  if (error instanceof LedgerError) return error
  const code = sqliteCode(error)
  const detail = error instanceof Error ? error.message : String(error)
  if (code === 11 || code === 26)
    return new LedgerError('corrupt', `${file} is damaged or not a ledger at all (${detail}); ${restoreAdvice}`, error)
  if (code === 5 || code === 6)
    return new LedgerError(
      'in-use',
      `${file} has been locked by another process for ${busyTimeout / 1000} s; end that, then try again`,
      error,
    )
  // Its shared memory or its log cannot grow: SQLite says "full" only where a page of the file itself finds no room.
  if (code === 10)
    return new LedgerError(
      'failed',
      `${file} could not be read or written (${detail}): the disk that it is on is full or failing; make room, or look at the disk`,
      error,
    )
  if (code === 13) return new LedgerError('failed', `the disk that ${file} is on is full; make room`, error)
  if (code === 8) return new LedgerError('failed', `${file} cannot be written; give this user write access to it and to its folder`, error)
  if (code === 14 || isFileError(error))
    return new LedgerError('failed', `${file} cannot be opened (${detail}); check the folder and its permissions`, error)
  if (code !== null) return new LedgerError('failed', `the ledger ${file} failed: ${detail}`, error)
  return error
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
