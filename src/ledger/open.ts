import type { Settings } from '../config/settings.ts'
import type { Clock } from '../domain/time.ts'
import { type LedgerDialect, translated } from './dialect.ts'
import type { Ledger } from './ledger.ts'
import { openPostgres } from './postgres.ts'
import { makeReady } from './ready.ts'
import { repository } from './repository.ts'
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
  const dialect = openDialect(where, { create: true, clock: noClock })
  try {
    return await translated(dialect, async () => ({ created: await makeReady(dialect, { create: true }) }))
  } finally {
    await dialect.close()
  }
}

/** Making a ledger needs no time. */
const noClock = {
  now(): never {
    throw new Error('a ledger that is being made does not tell the time')
  },
}

/**
 * Opens the ledger; one of an older version is brought up to date first. Throws LedgerError: missing, newer, foreign,
 * corrupt, unreachable, in-use, failed.
 */
export async function openLedger(where: LedgerLocation, options: OpenOptions): Promise<Ledger> {
  const dialect = openDialect(where, options)
  try {
    await translated(dialect, () => makeReady(dialect, options))
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
