import type { Context } from 'mocha'
import pg from 'pg'
import type { Secret } from '../../src/config/settings.ts'
import type { Log } from '../../src/domain/log.ts'
import { openQueue } from '../../src/queue/open.ts'
import type { Queue } from '../../src/queue/queue.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { startPostgres } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'

/** One kind of queue on a real server of its own. */
export interface Flavour {
  readonly url: string
  open(log?: Log): Promise<Queue>
  /** Ends the server and starts it again with its data. */
  restart(downFor?: () => Promise<void>): Promise<void>
  /** The queue loses everything it holds, while workers are connected. */
  loseEverything(): Promise<void>
  /** How many jobs it holds, in whatever state. */
  jobs(): Promise<number>
  stop(): Promise<void>
}

export const flavours: Readonly<Record<'redis' | 'postgres', (test: Context) => Promise<Flavour>>> = { redis, postgres }

async function redis(test: Context): Promise<Flavour> {
  const server = await startRedis(test)
  const { Redis } = await import('ioredis')
  const admin = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 100 })
  admin.on('error', () => {})
  return {
    url: server.url,
    open: log => openQueue({ kind: 'redis', url: secretOf(server.url) }, { clock: systemClock(), log: log ?? silentLog }),
    restart: server.restart,
    loseEverything: async () => void (await admin.flushall()),
    jobs: async () => (await admin.keys('firedrill:wake:[0-9]*')).length,
    async stop() {
      admin.disconnect()
      await server.stop()
    },
  }
}

async function postgres(test: Context): Promise<Flavour> {
  const server = await startPostgres(test)
  const admin = new pg.Pool({ connectionString: server.url, max: 1 })
  admin.on('error', () => {})
  return {
    url: server.url,
    open: log => openQueue({ kind: 'postgres', url: secretOf(server.url) }, { clock: systemClock(), log: log ?? silentLog }),
    restart: server.restart,
    loseEverything: async () =>
      void (await admin.query('truncate firedrill_queue.job, firedrill_queue.dedup, firedrill_queue.dedup_next cascade')),
    jobs: async () => Number((await admin.query('select count(*) as jobs from firedrill_queue.job')).rows[0]?.jobs),
    async stop() {
      await admin.end()
      await server.stop()
    },
  }
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

export interface Line {
  readonly level: keyof Log
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log that can be looked at. */
export function recordingLog(): Log & { readonly lines: readonly Line[] } {
  const lines: Line[] = []
  const at =
    (level: keyof Log) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      void lines.push({ level, message, fields })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** As config/ makes them: what prints has neither user nor password. */
export function secretOf(url: string): Secret {
  const parsed = new URL(url)
  const shown = `${parsed.protocol}//${parsed.host}`
  return { reveal: () => url, toString: () => shown, toJSON: () => '***' }
}
