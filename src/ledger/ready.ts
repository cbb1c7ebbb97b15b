import { randomBytes } from 'node:crypto'
import type { LedgerDialect } from './dialect.ts'
import { LedgerError } from './ledger.ts'
import { applied, migrate, type Steps, steps } from './migrations.ts'
import type { Db } from './schema.ts'

export interface Readiness {
  /** Make it where there is none. */
  readonly create: boolean
  /** Today's schema, step by step; tests bring further ones. */
  readonly steps?: Steps
}

/**
 * Makes the ledger, or brings an older one up to date, where that is needed. True where it was made just now. Throws
 * LedgerError: missing, foreign, newer, failed.
 */
export async function makeReady(dialect: LedgerDialect, readiness: Readiness): Promise<boolean> {
  const wanted = readiness.steps ?? steps(dialect)
  if (await isUpToDate(dialect.db, dialect, wanted)) return false
  const created = await dialect.underLock(transaction => fill(transaction, { dialect, create: readiness.create, wanted }))
  await dialect.filled()
  return created
}

interface Filling {
  readonly dialect: LedgerDialect
  readonly create: boolean
  readonly wanted: Steps
}

/** Looks once more under the lock: two processes may be starting, and the other one may have been here. */
async function fill(transaction: Db, { dialect, create, wanted }: Filling): Promise<boolean> {
  const found = await dialect.standing(transaction)
  if (found === 'ours') {
    if (!(await isUpToDate(transaction, dialect, wanted))) await migrate(transaction, dialect, wanted)
    return false
  }
  if (found === 'foreign')
    throw new LedgerError('foreign', `what is at ${dialect.place} is not Firedrill's; it was left alone, point \`ledger\` elsewhere`)
  if (!create) throw new LedgerError('missing', `there is no ledger at ${dialect.place}; make it with \`firedrill init\``)
  await dialect.claim(transaction)
  await migrate(transaction, dialect, wanted)
  // Ambient chance has its one place here: the salt is drawn once in a ledger's life.
  const meta = { product: 'firedrill', salt: randomBytes(32).toString('hex') }
  await transaction
    .insertInto('meta')
    .values(Object.entries(meta).map(([name, value]) => ({ name, value })))
    .execute()
  return true
}

/** False: it is not there, or older than this program. */
async function isUpToDate(db: Db, dialect: LedgerDialect, wanted: Steps): Promise<boolean> {
  if ((await dialect.standing(db)) !== 'ours') return false
  const known = Object.keys(wanted)
  const taken = await applied(db)
  const unknown = taken.find(name => !known.includes(name))
  if (unknown !== undefined)
    throw new LedgerError(
      'newer',
      `the ledger at ${dialect.place} was made by a newer Firedrill (${unknown}); use that version or a later one`,
    )
  return known.every(name => taken.includes(name))
}
