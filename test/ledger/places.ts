import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'mocha'
import pg from 'pg'
import type { Secret } from '../../src/config/settings.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { type LedgerLocation, openLedger } from '../../src/ledger/open.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

/** Where the ledgers of one suite live: a folder of SQLite files, or a PostgreSQL server. */
export interface Places {
  readonly kind: 'embedded' | 'postgres'
  /** An empty place of its own. */
  fresh(): Promise<LedgerLocation>
  /** Null for SQLite. */
  readonly server: TestPostgres | null
  stop(): Promise<void>
}

export const kinds = ['embedded', 'postgres'] as const

export async function places(kind: Places['kind'], test: Context): Promise<Places> {
  return kind === 'embedded' ? files() : databases(test)
}

async function files(): Promise<Places> {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-ledger-'))
  let count = 0
  return {
    kind: 'embedded',
    server: null,
    fresh: async () => ({ kind: 'embedded', file: join(folder, `ledger-${count++}.db`) }),
    stop: () => rm(folder, { recursive: true, force: true }),
  }
}

/** One database, emptied for each test: making one copies a thousand files. */
async function databases(test: Context): Promise<Places> {
  test.timeout(60_000)
  const server = await startPostgres(test)
  const url = await server.database('ledger')
  return {
    kind: 'postgres',
    server,
    async fresh() {
      await query(url, 'drop schema if exists firedrill cascade')
      return { kind: 'postgres', url: secret(url) }
    },
    stop: () => server.stop(),
  }
}

/** Asks PostgreSQL past the ledger. */
export async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

export function secret(url: string): Secret {
  return { reveal: () => url, toString: () => '***', toJSON: () => '***' }
}

export interface TestClock {
  now(): Temporal.Instant
}

export const wallClock: TestClock = { now: () => Temporal.Now.instant() }

let ids = 0
function newId(): string {
  return `id-${process.pid}-${String(ids++).padStart(6, '0')}`
}

export function open(where: LedgerLocation, rest: { clock?: TestClock; create?: boolean } = {}): Promise<Ledger> {
  return openLedger(where, { clock: wallClock, create: true, newId, ...rest })
}
