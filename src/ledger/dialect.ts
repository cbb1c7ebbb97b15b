import type { Db } from './schema.ts'

/** What differs between SQLite and PostgreSQL, and nothing else. */
export interface LedgerDialect {
  readonly db: Db
  /** For messages: the file, or host and port. Never a user or a password. */
  readonly place: string
  /** Where the tables live; null where the dialect has no schemas. */
  readonly schema: string | null
  /** One write transaction under the ledger's lock: whatever limits strikes is read and written so. `work` must wait for nothing but the database. */
  underLock<T>(work: (transaction: Db) => Promise<T>): Promise<T>
  /** One write transaction for what limits no strike. */
  inTransaction<T>(work: (transaction: Db) => Promise<T>): Promise<T>
  /** Ledger time, in whole milliseconds. */
  now(db: Db): Promise<Temporal.Instant>
  /** Rows that this connection has changed since it was opened, also those that were rolled back; null: not told. */
  changes(): number | null
  standing(db: Db): Promise<Standing>
  /** Marks an empty place as Firedrill's, inside the transaction that fills it. */
  claim(transaction: Db): Promise<void>
  /** Called once after the transaction that filled it. */
  filled(): Promise<void>
  /** Forbids UPDATE and DELETE on a table. */
  makeAppendOnly(transaction: Db, table: string): Promise<void>
  /** Which of the constraints that hold safety rules an error comes from; null: another error. */
  violation(error: unknown): Violation | null
  /** A database's error as a LedgerError; any other error as it is. */
  translate(error: unknown): unknown
  close(): Promise<void>
}

/** What is found at the ledger's place. */
export type Standing = 'empty' | 'ours' | 'foreign'

export type Violation = 'second-strike' | 'open-group' | 'open-service'

/** Runs ledger work, so that whatever the database throws leaves as a LedgerError. */
export async function translated<T>(dialect: LedgerDialect, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw dialect.translate(error)
  }
}
