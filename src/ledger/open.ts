import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../config/settings.ts'
import type { Clock } from '../domain/time.ts'
import { type LedgerDialect, translated } from './dialect.ts'
import { type Ledger, LedgerError } from './ledger.ts'
import { openPostgres } from './postgres.ts'
import { makeReady, type Readiness } from './ready.ts'
import { repository } from './repository.ts'
import { openSqlite } from './sqlite.ts'
import { newStore } from './store.ts'

/** `{ kind: 'embedded', file: ':memory:' }` is a ledger for tests, gone with the process. */
export type LedgerLocation = Settings['ledger']

/** A server that cannot be reached is tried for some seconds. */
export interface Patience {
  /** Told once, at the first try that fails: why. */
  readonly retrying?: (why: string) => void
  /** Ends the waiting between two tries; the opening then fails with an AbortError. */
  readonly signal?: AbortSignal
}

export interface OpenOptions extends Patience {
  readonly clock: Pick<Clock, 'now'>
  /** Make it where there is none. Only where every endpoint is on loopback (S14); elsewhere `initLedger` does, on purpose. */
  readonly create: boolean
  readonly newId: () => string
}

/**
 * `firedrill init`: makes the ledger, draws its salt, or brings one that is there up to date. Idempotent.
 * Throws LedgerError: foreign, newer, corrupt, unreachable, denied, in-use, failed.
 */
export async function initLedger(where: LedgerLocation, patience: Patience = {}): Promise<{ readonly created: boolean }> {
  const dialect = openDialect(where, { create: true, clock: noClock })
  try {
    return { created: await readyAtLast(dialect, { create: true, ...patience }) }
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
 * corrupt, unreachable, denied, in-use, failed.
 */
export async function openLedger(where: LedgerLocation, options: OpenOptions): Promise<Ledger> {
  const dialect = openDialect(where, options)
  try {
    await readyAtLast(dialect, options)
    return repository(newStore(dialect, options.newId))
  } catch (error) {
    await dialect.close()
    throw error
  }
}

/** Between tries to reach a server, in ms: one that restarts, or starts beside this process, is back within seconds. */
const pauses = [500, 1_000, 2_000, 4_000]

async function readyAtLast(dialect: LedgerDialect, { retrying, signal, ...readiness }: Readiness & Patience): Promise<boolean> {
  for (const [tries, pause] of pauses.entries()) {
    try {
      return await translated(dialect, () => makeReady(dialect, readiness))
    } catch (error) {
      if (!(error instanceof LedgerError && error.code === 'unreachable')) throw error
      if (tries === 0) retrying?.(error.message)
      await sleep(pause, undefined, signal === undefined ? {} : { signal })
    }
  }
  return translated(dialect, () => makeReady(dialect, readiness))
}

function openDialect(where: LedgerLocation, options: Pick<OpenOptions, 'clock' | 'create'>): LedgerDialect {
  if (where.kind === 'postgres') return openPostgres(where.url)
  return openSqlite({ file: where.file, clock: options.clock, create: options.create })
}
