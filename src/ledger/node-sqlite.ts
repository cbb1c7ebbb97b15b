import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from 'kysely'

/** How long any statement waits for another process, in ms. */
export const busyTimeout = 5_000

/** Kysely on Node's own SQLite. */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    super({ database: shim(database) })
    this.#database = database
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#database)
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter()
  }
}

/** SQLite's schema changes are transactional; Kysely's own adapter does not say so. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** Every transaction is one that writes: it takes SQLite's write lock at its first statement, so that what it reads stays true. */
class ImmediateDriver extends SqliteDriver {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    super({ database: shim(database) })
    this.#database = database
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // SQLite's own waiting blocks the whole process, and for ever where the lock's holder is a second connection
    // of this very process. So the wait is ours, with the event loop running.
    for (let waited = 0, pause = 1; ; pause = Math.min(pause * 2, 20)) {
      const busy = await this.#begin(connection)
      if (busy === null) return
      if (waited >= busyTimeout) throw busy
      await sleep(pause)
      waited += pause
    }
  }

  /** Null: the transaction has begun. Else the error that says who was busy. */
  async #begin(connection: DatabaseConnection): Promise<unknown> {
    this.#database.exec('pragma busy_timeout = 0')
    try {
      await connection.executeQuery(CompiledQuery.raw('begin immediate'))
      return null
    } catch (error) {
      if (!isBusy(error)) throw error
      return error
    } finally {
      this.#database.exec(`pragma busy_timeout = ${busyTimeout}`)
    }
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk or an I/O error has rolled back already; a second ROLLBACK would hide the reason.
    if (this.#database.isTransaction) await super.rollbackTransaction(connection)
  }
}

/** Statements that are kept prepared: the program asks some dozens, and lists of parameters of any length. */
const keptStatements = 200

/** node:sqlite as Kysely expects a database: parameters come as one array, and no booleans. */
function shim(database: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    const known = kept.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    const [oldest] = kept.size < keptStatements ? [] : kept.keys()
    if (oldest !== undefined) kept.delete(oldest)
    kept.set(sql, statement)
    return statement
  }
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = prepared(sql)
      return {
        reader: statement.columns().length > 0,
        all: parameters => statement.all(...parameters.map(bindable)),
        run: parameters => statement.run(...parameters.map(bindable)),
        // A walk goes on between other statements: it has one of its own.
        iterate: parameters => database.prepare(sql).iterate(...parameters.map(bindable)),
      }
    },
  }
}

function bindable(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint') return value
  throw new TypeError(`a ${typeof value} cannot be stored`)
}

/** SQLite's primary result code, or null where the error is not SQLite's. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  return error.errcode & 0xff
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === 5 || code === 6
}
