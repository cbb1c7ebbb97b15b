import assert from 'node:assert/strict'
import type { Drill, DrillId } from '../../src/domain/drill.ts'
import type { GroupId } from '../../src/domain/group.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import type { Engine } from '../../src/engine/context.ts'
import { strikeDue, tick, watchAndWake } from '../../src/engine/tick.ts'
import { pointsThat } from '../../src/fail-points.ts'
import type { Queue, WakeKind } from '../../src/queue/queue.ts'
import { schedule } from '../domain/calendars.ts'
import { Stage } from '../engine/stage.ts'

export const names = ['a', 'b', 'c', 'd'] as const
export type Name = (typeof names)[number]

/** Two groups of one service, two of their own. */
const services: Readonly<Record<Name, string | null>> = { a: 'shop', b: 'shop', c: null, d: null }

export const limits: Schedule['limits'] = {
  ...schedule().limits,
  concurrent: 3,
  concurrentPerScope: 2,
  strikesPerDay: 20,
  strikesPerGroupPerDay: 3,
  spacing: 20_000,
  serviceCooldown: 60_000,
  woundedPerScope: 1,
  breaker: { inARow: 4, shareOfDay: 1 },
}

interface Wake {
  readonly kind: WakeKind
  readonly key: string
  readonly at: Temporal.Instant
}

/** As the port promises: one pending wake-up per kind and key, moved to the earlier of two moments; it may lose everything. */
class ForgetfulQueue implements Queue {
  readonly #pending = new Map<string, Wake>()

  async wake(kind: WakeKind, key: string, at: Temporal.Instant): Promise<void> {
    const id = `${kind} ${key}`
    const known = this.#pending.get(id)
    if (known === undefined || Temporal.Instant.compare(at, known.at) < 0) this.#pending.set(id, { kind, key, at })
  }

  onWake(): void {}

  async close(): Promise<void> {}

  loseEverything(): void {
    this.#pending.clear()
  }

  next(): Wake | null {
    return [...this.#pending.values()].sort((one, other) => Temporal.Instant.compare(one.at, other.at))[0] ?? null
  }

  take(now: Temporal.Instant): Wake | null {
    const wake = this.next()
    if (wake === null || Temporal.Instant.compare(wake.at, now) > 0) return null
    this.#pending.delete(`${wake.kind} ${wake.key}`)
    return wake
  }
}

class Crash extends Error {}

/** The real engine and ledger on a platform in simulated time, driven step by step by whoever commands it. */
export class RealService {
  readonly stage: Stage
  readonly queue = new ForgetfulQueue()
  #days = 0

  private constructor(stage: Stage) {
    this.stage = stage
  }

  static async open(options: { readonly restores: boolean; readonly reusesNames: boolean }): Promise<RealService> {
    const stage = await Stage.open({
      hours: { opens: 0, closes: 1440 },
      days: [1, 2, 3, 4, 5, 6, 7],
      settle: 0,
      recovery: { target: 300_000, deadline: 900_000, soak: 60_000 },
      victim: { minAge: 0, minGroupSize: 2 },
      limits,
    })
    const { platform } = stage
    platform.capabilities = {
      ...platform.capabilities,
      staleness: 20_000,
      replacesItself: !options.restores,
      namesInstance: options.reusesNames ? [] : ['retire', 'crash'],
    }
    if (options.restores) platform.restore = async order => platform.restoreGroup(order)
    for (const name of names) platform.add(name, services[name] === null ? {} : { 'firedrill-service': services[name] })
    return new RealService(stage)
  }

  group(name: Name): GroupId {
    return `${this.stage.platform.scope.id}/group/${name}`
  }

  async plan(): Promise<readonly DrillId[]> {
    const plans = await this.stage.plan(`plan-${++this.#days}`)
    return plans.map(plan => plan.id)
  }

  /** What a process does at its start, and every minute. */
  async tick(): Promise<void> {
    await tick(this.stage.engine(), this.queue, never)
  }

  /** Hands the next wake-up that is due to one worker, or to two at the same moment. False: none is due. */
  async deliver(workers = 1): Promise<boolean> {
    const wake = this.queue.take(this.stage.clock.now())
    if (wake === null) return false
    await Promise.all(Array.from({ length: workers }, () => this.#handle(this.stage.engine(), wake)))
    return true
  }

  /** The same, but the process dies at the n-th point that it passes, and what it knew dies with it. */
  async deliverAndCrash(nth: number): Promise<void> {
    const wake = this.queue.take(this.stage.clock.now())
    if (wake === null) return
    let left = nth
    await this.deliverThrough(wake, () => --left <= 0)
  }

  /** The process dies at the first point for which `dies` says so; a dead one passes no further point. */
  async deliverThrough(wake: Wake, dies: (point: string) => boolean): Promise<boolean> {
    let isDead = false
    const points = pointsThat(point => {
      isDead ||= dies(point)
      if (isDead) throw new Crash('killed')
    })
    const engine = this.stage.engine()
    const dying = { ...engine, ledger: points.ledger(engine.ledger), providers: engine.providers.map(points.provider) }
    await this.#handle(dying, wake).catch(error => {
      if (!isDead) throw error
    })
    return isDead
  }

  take(): Wake | null {
    return this.queue.take(this.stage.clock.now())
  }

  async #handle(engine: Engine, { kind, key }: Wake): Promise<void> {
    if (kind === 'drill') return strikeDue(engine, this.queue, key, never)
    if (kind === 'watch') return watchAndWake(engine, this.queue, key, never)
  }

  async drills(): Promise<readonly Drill[]> {
    return this.stage.ledger.drills({})
  }

  /** Lets the service run as it would with nobody in its way, until every drill has ended and every group is whole. */
  async runToTheEnd(): Promise<void> {
    const { clock } = this.stage
    for (let step = 0; step < 4_000; step++) {
      if ((await this.stage.ledger.due(farAhead, 1)).length === 0) return
      if (step % 20 === 0) await this.tick()
      if (await this.deliver()) continue
      const next = this.queue.next()?.at ?? clock.now().add({ seconds: 60 })
      await clock.advance(Math.min(60_000, Math.max(1, next.since(clock.now()).total('milliseconds'))))
    }
    const left = (await this.drills()).filter(drill => drill.wakeAt !== null).map(drill => `${drill.groupName} ${drill.state}`)
    assert.fail(`never came to an end: ${left.join(', ')}`)
  }
}

const farAhead = Temporal.Instant.from('2100-01-01T00:00:00Z')
const never = new AbortController().signal
