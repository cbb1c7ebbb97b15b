import { randomBytes } from 'node:crypto'
import type { Settings } from '../config/settings.ts'
import type { Clock } from '../domain/time.ts'
import { type LedgerDialect, translated, underLock } from './dialect.ts'
import { type Ledger, LedgerError } from './ledger.ts'
import { applied, migrate, migrations } from './migrations.ts'
import { openPostgres } from './postgres.ts'
import { repository } from './repository.ts'
import type { Db } from './schema.ts'
import { openSqlite } from './sqlite.ts'

/** `{ kind: 'embedded', file: ':memory:' }` is a ledger for tests, gone with the process. */
export type LedgerLocation = Settings['ledger']

export interface OpenOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Make it where there is none. Only where every endpoint is on loopback (S14); elsewhere `initLedger` does, on purpose. */
  readonly create: boolean
  readonly newId: () => string
}

/**
 * `firedrill init`: makes the ledger, draws its salt, or brings one that is there up to date. Idempotent.
 * Throws LedgerError: foreign, newer, corrupt, unreachable, in-use, failed.
 */
export async function initLedger(where: LedgerLocation): Promise<{ readonly created: boolean }> {
  const dialect = openDialect(where, { create: true, clock: { now: () => Temporal.Now.instant() } })
  try {
    return await translated(dialect, async () => ({ created: await ready(dialect, true) }))
  } finally {
    await dialect.close()
  }
}

/**
 * Opens the ledger; one of an older version is brought up to date first. Throws LedgerError: missing, newer, foreign,
 * corrupt, unreachable, in-use, failed.
 */
export async function openLedger(where: LedgerLocation, options: OpenOptions): Promise<Ledger> {
  const dialect = openDialect(where, options)
  try {
    await translated(dialect, () => ready(dialect, options.create))
    return repository({ dialect, newId: options.newId })
  } catch (error) {
    await dialect.close()
    throw error
  }
}

function openDialect(where: LedgerLocation, options: Pick<OpenOptions, 'clock' | 'create'>): LedgerDialect {
  if (where.kind === 'postgres') return openPostgres(where.url)
  return openSqlite({ file: where.file, clock: options.clock, create: options.create })
}

/** True where the ledger was made just now. */
async function ready(dialect: LedgerDialect, create: boolean): Promise<boolean> {
  if (await isUpToDate(dialect.db, dialect)) return false
  const created = await underLock(dialect, transaction => fill(transaction, { dialect, create }))
  await dialect.filled()
  return created
}

/** Looks once more under the lock: two processes may be starting, and the other one may have been here. */
async function fill(transaction: Db, { dialect, create }: { dialect: LedgerDialect; create: boolean }): Promise<boolean> {
  const found = await dialect.standing(transaction)
  if (found === 'ours') {
    if (!(await isUpToDate(transaction, dialect))) await migrate(transaction, dialect)
    return false
  }
  if (found === 'foreign')
    throw new LedgerError('foreign', `what is at ${dialect.place} is not Firedrill's; it was left alone, point \`ledger\` elsewhere`)
  if (!create) throw new LedgerError('missing', `there is no ledger at ${dialect.place}; make it with \`firedrill init\``)
  await dialect.claim(transaction)
  await migrate(transaction, dialect)
  const meta = { product: 'firedrill', salt: randomBytes(32).toString('hex') }
  await transaction
    .insertInto('meta')
    .values(Object.entries(meta).map(([name, value]) => ({ name, value })))
    .execute()
  return true
}

/** False: it is not there, or older than this program. */
async function isUpToDate(db: Db, dialect: LedgerDialect): Promise<boolean> {
  if ((await dialect.standing(db)) !== 'ours') return false
  const known = Object.keys(migrations(dialect))
  const taken = await applied(db)
  const unknown = taken.find(name => !known.includes(name))
  if (unknown !== undefined)
    throw new LedgerError('newer', `the ledger at ${dialect.place} was made by a newer Firedrill (${unknown}); use that version or a later one`)
  return known.every(name => taken.includes(name))
}
