import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Drill } from '../../src/domain/drill.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import type { Engine } from '../../src/engine/context.ts'
import { runService } from '../../src/engine/service.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { WakeKind } from '../../src/queue/queue.ts'
import type { TestClock } from '../support/test-clock.ts'
import type { Referee } from './referee.ts'
import { ShakyQueue } from './shaky-queue.ts'

interface Service {
  readonly queue: ShakyQueue
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** Several services at once on one ledger, each with a queue of its own, in simulated time. */
export class Services {
  readonly clock: TestClock
  readonly ledger: Ledger
  readonly troubles: string[] = []
  readonly #schedules: readonly Schedule[]
  readonly #referee: Referee
  #running: Service[] = []
  /** Called after each change that a referee has seen. */
  onChange: (drill: Drill) => void = () => {}

  private constructor(clock: TestClock, ledger: Ledger, under: { schedules: readonly Schedule[]; referee: Referee }) {
    this.clock = clock
    this.ledger = ledger
    this.#schedules = under.schedules
    this.#referee = under.referee
  }

  static async open(clock: TestClock, under: { schedules: readonly Schedule[]; referee: Referee }): Promise<Services> {
    const ledger = await openLedger({ kind: 'embedded', file: ':memory:' }, { clock, create: true, newId: randomUUID })
    // Drawn anew each time, one salt in many would leave a day without a drill on which something must happen to one.
    return new Services(clock, { ...ledger, salt: async () => 'always the same' }, under)
  }

  /** One service for each provider given; the kinds that are named are delivered twice to each. */
  start(providers: readonly Provider[], doubled: readonly WakeKind[] = ['tick', 'drill', 'watch']): void {
    for (const provider of providers) {
      const queue = new ShakyQueue(this.clock, doubled)
      const stop = new AbortController()
      this.#running.push({ queue, stop, done: runService(this.#engine(provider), queue, stop.signal) })
    }
  }

  /** Both queues lose everything at once. */
  forget(): void {
    for (const { queue } of this.#running) queue.forget()
  }

  /** An orderly end, as of a night or a new version. */
  async stop(): Promise<void> {
    const ended = Promise.all(
      this.#running.splice(0).map(({ stop, done }) => {
        stop.abort()
        return done
      }),
    )
    let isOver = false
    ended.finally(() => {
      isOver = true
    })
    await this.clock.runUntil(() => isOver, 60_000)
  }

  #engine(provider: Provider): Engine {
    const quiet = () => {}
    return {
      clock: this.clock,
      ledger: this.ledger,
      providers: [provider],
      schedules: this.#schedules,
      never: [],
      openGuard: () => assert.fail('no guard is configured'),
      openProbe: () => assert.fail('no probe is configured'),
      openFingerprinter: () => assert.fail('no fingerprint is configured'),
      haltFileExists: () => false,
      newId: randomUUID,
      nextLooks: new Map(),
      recoveries: new Map(),
      probed: new Map(),
      log: {
        debug: quiet,
        info: quiet,
        warn: quiet,
        error: (message, fields) => this.troubles.push(`${message} ${JSON.stringify(fields)}`),
      },
      changed: drill => {
        this.#referee.changed(drill)
        this.onChange(drill)
      },
    }
  }
}
