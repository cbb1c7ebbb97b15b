import type { BackendFactory, Queue as BullQueue, Worker as BullWorker, IQueueBackend, Job, JobProgress } from 'bullmq'
import type { Secret } from '../config/settings.ts'
import type { Milliseconds } from '../domain/time.ts'
import { earlier, type Handler, Handlings, idOf, messageOf, settledWithin } from './handlings.ts'
import { CLOSE_WITHIN } from './in-process.ts'
import { millisecondsUntil } from './moment.ts'
import type { QueueContext } from './open.ts'
import type { Queue, WakeKind } from './queue.ts'
import { QueueError } from './queue-error.ts'

export interface BullSettings {
  readonly kind: 'redis' | 'postgres'
  readonly url: Secret
}

/** The server under BullMQ, connected and answering. */
export interface BullServer {
  readonly connection: unknown
  readonly backend: BackendFactory<IQueueBackend, unknown>
  /** The data of what BullMQ keeps to add when the job that is active under this deduplication id is done, or undefined. */
  storedNext(queue: WakeJobs, id: string): Promise<unknown>
  /** Ends what the server's file opened, waiting for nobody. */
  disconnect(): Promise<void>
}

interface WakeData {
  readonly kind: WakeKind
  readonly key: string
  readonly at: Temporal.Instant
}

/** What stands in the database; checked when it comes back. */
type WakeJson = Readonly<Record<'kind' | 'key' | 'at', string>>
export type WakeJobs = BullQueue<WakeJson, void, string, WakeJson, void, string, IQueueBackend, unknown>
type WakeWorker = BullWorker<unknown, void, string, IQueueBackend, JobProgress, unknown>
type WakeJob = Job<unknown, void>

const QUEUE_NAME = 'wake'
/** On Redis every key starts so; two installations on one server take two databases (`redis://host/1`). */
const PREFIX = 'firedrill'
/** Handlers wait for clouds and databases, not for this CPU: the watches of many scopes go on side by side. */
const CONCURRENCY = 32
/** A worker that dies gives its jobs back after about 6 s instead of BullMQ's 60 s. */
const LEASE: Milliseconds = 5000
const LEASE_CHECK: Milliseconds = 3000
/** BullMQ fails a job at its second stall by default; ours must come back however often workers die. */
const STALLS_ALLOWED = 1_000_000
/** What a server that is away may hold up a caller for; add() itself would wait for ever. */
const WAKE_WITHIN: Milliseconds = 3000
const READY_WITHIN: Milliseconds = 30_000
const KINDS: readonly string[] = ['tick', 'drill', 'watch', 'notify'] satisfies readonly WakeKind[]

/**
 * Wake-ups as BullMQ jobs, on Redis or on PostgreSQL. It tries a server that is away for some ten seconds, then throws
 * a QueueError that names it.
 *
 * How the port's promises are kept:
 * - One pending wake-up per kind and key: deduplication with `replace`. (`reschedule` would keep the first data, in
 *   which the moment could then not be read back.) Ids of their own are not used: `add` does nothing, in silence, with
 *   the id of a job that is still kept.
 * - The earlier of two moments: BullMQ itself takes the last, so the pending moment is read first. Two processes that
 *   do this at the same instant can leave the later one: such a wake-up is late, and the ledger's tick repairs it (S12).
 * - One more after the handling: asked for in the same process it is kept in memory and added when the handler is done;
 *   BullMQ keeps that of other processes (`keepLastIfActive`), but counts its delay from the end of the job and takes
 *   the last, so it is read back and put right.
 *
 * A lease is no fence. A worker that was stopped (SIGSTOP, a paused machine) past its lease goes on when it wakes, and
 * after FLUSHALL a running handler gets a twin. The signal then tells the first one as soon as the loss is noticed;
 * that nothing is struck twice is the ledger's doing alone (S9).
 */
export async function openBullQueue(settings: BullSettings, context: QueueContext): Promise<Queue> {
  const server = await connect(settings, context)
  const { Queue: Jobs, Worker } = await import('bullmq')
  const options = { connection: server.connection, prefix: PREFIX, streams: { events: { maxLen: 100 } } }
  const queue: WakeJobs = new Jobs(QUEUE_NAME, options, server.backend)
  queue.on('error', error => context.log.debug('queue connection error', { error: messageOf(error) }))
  const opened = new BullWakeQueue({
    ...context,
    server,
    queue,
    startWorker: process =>
      new Worker(
        QUEUE_NAME,
        process,
        {
          ...options,
          // Until there is a handler, and until its connection is known to work: a PostgreSQL backend that fails to
          // get ready at first keeps that failure, and its worker then asks for jobs in a loop without end.
          autorun: false,
          concurrency: CONCURRENCY,
          lockDuration: LEASE,
          stalledInterval: LEASE_CHECK,
          maxStalledCount: STALLS_ALLOWED,
          runRetryDelay: 1000,
        },
        server.backend,
      ),
  })
  const problem = await opened.ready()
  if (problem === null) return opened
  await opened.close(0)
  throw new QueueError(`the queue at ${settings.url} cannot be prepared: ${problem}`)
}

async function connect(settings: BullSettings, context: QueueContext): Promise<BullServer> {
  if (settings.kind === 'redis') return (await import('./redis-server.ts')).connectRedis(settings.url, context)
  return (await import('./postgres-server.ts')).connectPostgres(settings.url, context)
}

interface Parts extends QueueContext {
  readonly server: BullServer
  readonly queue: WakeJobs
  readonly startWorker: (process: (job: WakeJob) => Promise<void>) => WakeWorker
}

interface Asking {
  readonly done: Promise<void>
  /** What was asked for after the present round began. */
  next: Temporal.Instant | null
}

class BullWakeQueue implements Queue {
  readonly #parts: Parts
  readonly #handlings: Handlings
  readonly #asking = new Map<string, Asking>()
  /** What the jobs under way here are about, for leases that are lost. */
  readonly #jobs = new Map<string, WakeData>()
  readonly #worker: WakeWorker
  #closing: Promise<void> | null = null
  #lastError = ''

  constructor(parts: Parts) {
    this.#parts = parts
    this.#handlings = new Handlings(parts.clock, parts.log)
    this.#worker = this.#makeWorker()
  }

  /** Why this queue cannot be used, or null. */
  async ready(): Promise<string | null> {
    let problem: string | null = 'no answer in time'
    const ready = Promise.all([this.#parts.queue.waitUntilReady(), this.#worker.waitUntilReady()]).then(
      () => {
        problem = null
      },
      error => {
        problem = messageOf(error)
      },
    )
    await settledWithin(ready, READY_WITHIN, this.#parts.clock)
    return problem
  }

  async wake(kind: WakeKind, key: string, at: Temporal.Instant): Promise<void> {
    if (this.#handlings.stopped || this.#handlings.keep(kind, key, at)) return
    const inTime = await settledWithin(this.#ask(kind, key, at), WAKE_WITHIN, this.#parts.clock)
    if (!inTime) this.#parts.log.warn('queue did not take a wake-up in time; the next tick repairs it', { kind, key })
  }

  onWake(kind: WakeKind, handler: Handler): void {
    if (this.#handlings.stopped) return
    this.#handlings.add(kind, handler)
    if (!this.#worker.isRunning()) this.#worker.run().catch(error => this.#report('queue worker ended', error))
  }

  close(within: Milliseconds = CLOSE_WITHIN): Promise<void> {
    this.#closing ??= this.#close(within)
    return this.#closing
  }

  /** One round trip at a time for each kind and key; what is asked for meanwhile joins the next round. */
  #ask(kind: WakeKind, key: string, at: Temporal.Instant): Promise<void> {
    const id = idOf(kind, key)
    const present = this.#asking.get(id)
    if (present !== undefined) {
      present.next = earlier(present.next, at)
      return present.done
    }
    const rounds = async (): Promise<void> => {
      try {
        for (let next: Temporal.Instant | null = at; next !== null; ) {
          asking.next = null
          await this.#put({ kind, key, at: next })
          next = asking.next
        }
      } catch (error) {
        this.#report('queue did not take a wake-up; the next tick repairs it', error)
      } finally {
        this.#asking.delete(id)
      }
    }
    const asking: Asking = { done: Promise.resolve().then(rounds), next: null }
    this.#asking.set(id, asking)
    return asking.done
  }

  async #put(wake: WakeData): Promise<void> {
    const pending = await this.#pending(idOf(wake.kind, wake.key))
    if (pending === null || Temporal.Instant.compare(wake.at, pending) < 0) await this.#add(wake)
  }

  async #add({ kind, key, at }: WakeData): Promise<void> {
    await this.#parts.queue.add(
      kind,
      { kind, key, at: at.toString() },
      {
        delay: millisecondsUntil(at, this.#parts.clock),
        deduplication: { id: idOf(kind, key), replace: true, keepLastIfActive: true },
        removeOnComplete: true,
        removeOnFail: true,
      },
    )
  }

  /** When the next handling of this id starts as things stand, or null when none is to come. */
  async #pending(id: string): Promise<Temporal.Instant | null> {
    const jobId = await this.#parts.queue.getDeduplicationJobId(id)
    const job = jobId === null ? undefined : await this.#parts.queue.getJob(jobId)
    if (job === undefined) return null
    const state = await job.getState()
    if (state === 'delayed') return wakeDataOf(job.data)?.at ?? null
    if (state === 'active') return this.#storedNext(id)
    if (state === 'waiting' || state === 'prioritized') return this.#parts.clock.now().subtract({ hours: 24 })
    return null
  }

  async #storedNext(id: string): Promise<Temporal.Instant | null> {
    return wakeDataOf(await this.#parts.server.storedNext(this.#parts.queue, id))?.at ?? null
  }

  #makeWorker(): WakeWorker {
    const worker = this.#parts.startWorker(job => this.#process(job))
    worker.on('error', error => this.#report('queue connection error', error))
    worker.on('stalled', job => this.#parts.log.info('a worker was lost; its wake-up comes again', { job }))
    worker.on('lockRenewalFailed', ids => {
      for (const id of ids) this.#lost(id)
    })
    return worker
  }

  #lost(jobId: string): void {
    const wake = this.#jobs.get(jobId)
    if (wake !== undefined) this.#handlings.abort(wake.kind, wake.key, 'the lease on this wake-up was lost')
  }

  async #process(job: WakeJob): Promise<void> {
    const wake = wakeDataOf(job.data)
    if (wake === null) return this.#parts.log.warn('a job that is no wake-up was dropped', { job: job.id })
    const jobId = String(job.id)
    this.#jobs.set(jobId, wake)
    try {
      const next = this.#handlings.handles(wake.kind) ? await this.#handlings.run(wake.kind, wake.key) : this.#elsewhere()
      await this.#again(wake, next)
    } catch (error) {
      // The job then ends without its successor, or stalls and comes again; the tick repairs the first.
      this.#report('queue did not take a wake-up; the next tick repairs it', error)
    } finally {
      this.#jobs.delete(jobId)
    }
  }

  /** This process has no handler for the kind (it may be starting): another one may take it in a second. */
  #elsewhere(): Temporal.Instant {
    return this.#parts.clock.now().add({ seconds: 1 })
  }

  /** Before the job ends: what this process and others asked for meanwhile, at the earlier moment, its delay counted from now. */
  async #again(wake: WakeData, asked: Temporal.Instant | null): Promise<void> {
    const next = earlier(asked, await this.#storedNext(idOf(wake.kind, wake.key)))
    if (next !== null) await this.#add({ ...wake, at: next })
  }

  /** A server that is away says so many times a second; once is enough until it says something else. */
  #report(message: string, error: unknown): void {
    const text = messageOf(error)
    if (text === this.#lastError) this.#parts.log.debug(message, { error: text })
    else this.#parts.log.warn(message, { error: text })
    this.#lastError = text
  }

  async #close(within: Milliseconds): Promise<void> {
    const { clock, queue, server } = this.#parts
    const worker = this.#worker
    // Takes no further job. What it has taken already is added again by #process, for another worker.
    await worker.pause(true)
    const ended = await this.#handlings.stop(within)
    // worker.close() waits for handlers for ever, and with the server away for it too; once begun it cannot be forced.
    await settledWithin(worker.close(!ended), ended ? 1000 : 500, clock)
    await settledWithin(Promise.allSettled([queue.close(), worker.disconnect()]), 500, clock)
    await settledWithin(server.disconnect(), 1000, clock)
  }
}

function wakeDataOf(data: unknown): WakeData | null {
  if (typeof data !== 'object' || data === null || !('kind' in data) || !('key' in data) || !('at' in data)) return null
  const { kind, key, at } = data
  if (typeof key !== 'string' || typeof at !== 'string' || !isKind(kind)) return null
  try {
    return { kind, key, at: Temporal.Instant.from(at) }
  } catch {
    return null
  }
}

function isKind(kind: unknown): kind is WakeKind {
  return typeof kind === 'string' && KINDS.includes(kind)
}
