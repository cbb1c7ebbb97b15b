import { createRedisBackend } from 'bullmq'
import { Redis } from 'ioredis'
import type { Secret } from '../config/settings.ts'
import type { Log } from '../domain/log.ts'
import type { Clock, Milliseconds } from '../domain/time.ts'
import type { BullServer } from './bullmq.ts'
import { messageOf, settledWithin } from './handlings.ts'
import { QueueError } from './queue-error.ts'

/** ioredis tries again and again by itself; this is how long it may. */
const OPEN_WITHIN: Milliseconds = 10_000
const RETRY_AT_MOST: Milliseconds = 1000

/** Connects to Redis or Valkey. Throws QueueError when it does not answer in time, or refuses. */
export async function connectRedis(url: Secret, context: { readonly clock: Clock; readonly log: Log }): Promise<BullServer> {
  const client = new Redis(url.reveal(), {
    // BullMQ's blocking reads last longer than any number of retries.
    maxRetriesPerRequest: null,
    retryStrategy: times => Math.min(times * 100, RETRY_AT_MOST),
    connectTimeout: 5000,
    // ioredis keeps a timer for this long after disconnect(), and with it the process.
    disconnectTimeout: 200,
  })
  let away = ''
  client.on('error', error => {
    const text = messageOf(error)
    if (text !== away) context.log.warn('Redis is away', { at: String(url), error: text })
    away = text
  })
  client.on('ready', () => {
    if (away !== '') context.log.info('Redis is back')
    away = ''
  })
  await firstAnswer(client, { url, clock: context.clock, why: () => away })
  await warnOfEviction(client, context.log)
  return {
    connection: client,
    backend: (name, options, extra) => createRedisBackend(name, { ...options, connection: client }, extra),
    storedNext: async (queue, id) => parsed(await client.hget(queue.toKey(`dn:${id}`), 'data')),
    disconnect: async () => client.disconnect(),
  }
}

/** With Redis down ping() never settles, so the deadline is our own. */
async function firstAnswer(
  client: Redis,
  options: { readonly url: Secret; readonly clock: Clock; readonly why: () => string },
): Promise<void> {
  let refused = ''
  const ping = client.ping().catch(error => {
    refused = messageOf(error)
  })
  const answered = await settledWithin(ping, OPEN_WITHIN, options.clock)
  if (answered && refused === '') return
  const why = [refused, options.why()].find(text => text !== '') ?? 'no answer'
  client.disconnect()
  throw new QueueError(
    answered
      ? `Redis at ${options.url} refuses: ${why.replace(/\.$/, '')}; check user, password and database in queue:`
      : `Redis at ${options.url} did not answer within ${OPEN_WITHIN / 1000} s (${why}); start it, or correct queue: in firedrill.yaml`,
  )
}

/** A Redis that evicts loses wake-ups when memory runs short. The ledger repairs that, late. */
async function warnOfEviction(client: Redis, log: Log): Promise<void> {
  try {
    const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info('memory'))?.[1]
    if (policy !== undefined && policy !== 'noeviction')
      log.warn('Redis may evict wake-ups; set maxmemory-policy to noeviction', { maxmemoryPolicy: policy })
  } catch (error) {
    log.debug('eviction policy of Redis is not known', { error: messageOf(error) })
  }
}

function parsed(text: string | null): unknown {
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
