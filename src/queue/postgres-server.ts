import { createPostgresBackend } from 'bullmq'
import pg from 'pg'
import type { Secret } from '../config/settings.ts'
import type { Log } from '../domain/log.ts'
import type { Clock } from '../domain/time.ts'
import type { BullServer } from './bullmq.ts'
import { messageOf } from './handlings.ts'
import { QueueError } from './queue-error.ts'

/** The queue's tables live apart from the ledger's, so that the one can be dropped without the other. */
const SCHEMA = 'firedrill_queue'
const ATTEMPTS = 4

/** Connects to PostgreSQL. Throws QueueError when it does not answer after a few attempts, or refuses. */
export async function connectPostgres(url: Secret, context: { readonly clock: Clock; readonly log: Log }): Promise<BullServer> {
  const config = {
    connectionString: url.reveal(),
    // Without these a server that is gone without a word holds a caller for ever.
    connectionTimeoutMillis: 3000,
    query_timeout: 30_000,
    keepAlive: true,
    application_name: 'firedrill-queue',
  }
  const pool = new pg.Pool({ ...config, max: 1 })
  // Without a listener a restart of the server would end this process.
  pool.on('error', error => context.log.warn('PostgreSQL is away', { error: messageOf(error) }))
  try {
    await firstAnswer(pool, url, context)
  } catch (error) {
    await pool.end()
    throw error
  }
  const connection = { ...config, max: 4, schema: SCHEMA, migrate: true }
  return {
    connection,
    backend: (name, options, extra) => createPostgresBackend(name, { ...options, connection }, extra),
    storedNext: (queue, id) => storedNext(pool, queue.name, id),
    disconnect: () => pool.end(),
  }
}

async function firstAnswer(pool: pg.Pool, url: Secret, { clock, log }: { readonly clock: Clock; readonly log: Log }): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await pool.query('select 1')
      return
    } catch (error) {
      if (isRefusal(error))
        throw new QueueError(`PostgreSQL at ${url} refuses: ${messageOf(error)}; check user, password and database in queue:`)
      if (attempt === ATTEMPTS)
        throw new QueueError(
          `PostgreSQL at ${url} did not answer in ${ATTEMPTS} attempts (${messageOf(error)}); start it, or correct queue: in firedrill.yaml`,
        )
      if (attempt === 1) log.warn('the queue cannot be reached yet and will be tried again', { at: String(url), why: messageOf(error) })
      await clock.sleep(attempt * 500)
    }
  }
}

/** SQLSTATE classes 28 (authorisation) and 3D (no such database): trying again does not help. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false
  return error.code.startsWith('28') || error.code.startsWith('3D')
}

async function storedNext(pool: pg.Pool, queue: string, id: string): Promise<unknown> {
  const sql = `select payload->'data' as data from ${SCHEMA}.dedup_next where queue = $1 and dedup_id = $2`
  const { rows } = await pool.query<{ data: unknown }>(sql, [queue, id])
  return rows[0]?.data
}
