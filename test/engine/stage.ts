import assert from 'node:assert/strict'
import type { ConcludedDrill, Drill, PlannedDrill } from '../../src/domain/drill.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import type { Engine } from '../../src/engine/context.ts'
import { discover } from '../../src/engine/discover.ts'
import { basisFor, newPlan } from '../../src/engine/plan.ts'
import { type AttemptOutcome, attemptStrikes } from '../../src/engine/strike.ts'
import { watchScope } from '../../src/engine/watch.ts'
import type { Guard } from '../../src/guards/guard.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Probe } from '../../src/probes/probe.ts'
import { schedule as scheduleWith } from '../domain/calendars.ts'
import { TestClock } from '../support/test-clock.ts'
import { Platform } from './platform.ts'

/** A Tuesday morning within the schedule's hours. */
const morning = '2026-11-03T09:30:00Z'

/** One engine on a ledger in memory and a platform in simulated time. Every step makes its engine anew, as after a restart: only the ledger remembers. */
export class Stage {
  readonly clock: TestClock
  readonly platform: Platform
  readonly schedule: Schedule
  readonly ledger: Ledger
  haltFile = false
  guards: Record<string, Guard> = {}
  probes: Record<string, Probe> = {}
  /** Kept between steps only where a test says so. */
  probed: Engine['probed'] | null = null
  #ids = 0

  private constructor(schedule: Schedule, clock: TestClock, ledger: Ledger) {
    this.schedule = schedule
    this.clock = clock
    this.ledger = ledger
    this.platform = new Platform(clock)
  }

  static async open(changes: Partial<Schedule> = {}): Promise<Stage> {
    const clock = new TestClock(morning)
    let ids = 0
    const ledger = await openLedger({ kind: 'embedded', file: ':memory:' }, { clock, create: true, newId: () => `drill-${++ids}` })
    return new Stage(scheduleWith({ leashed: false, ...changes }), clock, ledger)
  }

  engine(): Engine {
    const quiet = () => {}
    return {
      clock: this.clock,
      ledger: this.ledger,
      providers: [this.platform],
      schedules: [this.schedule],
      never: [],
      openGuard: check => this.guards[check.kind] ?? assert.fail(`the guard ${check.kind} is not configured`),
      openProbe: check => this.probes[check.kind] ?? assert.fail(`the probe ${check.kind} is not configured`),
      openFingerprinter: () => assert.fail('no fingerprint is configured'),
      haltFileExists: () => this.haltFile,
      newId: () => this.#id(),
      nextLooks: new Map(),
      recoveries: new Map(),
      probed: this.probed ?? new Map(),
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      changed: quiet,
    }
  }

  /** Sees every group of the platform and plans a drill for each, now. */
  async plan(planKey = '2026-11-03'): Promise<PlannedDrill[]> {
    const engine = this.engine()
    await discover(engine, never)
    const now = await this.ledger.now()
    const plans = (await this.ledger.groups()).flatMap(group => {
      const basis = basisFor(engine, group, now)
      return basis === null ? [] : [newPlan(basis, { planKey, plannedFor: now })]
    })
    return [...(await this.ledger.addPlans(plans))]
  }

  async attempt(plans: readonly PlannedDrill[], signal = never): Promise<AttemptOutcome[]> {
    const outcomes = await attemptStrikes(this.engine(), plans, { run: null, victim: null }, signal)
    return plans.map(plan => outcomes.get(plan.id) ?? assert.fail(`${plan.id} was not attempted`))
  }

  async look(): Promise<void> {
    await watchScope(this.engine(), { scope: this.platform.scope, provider: this.platform }, never)
  }

  /** Looks every five seconds until every drill has ended; at most an hour. */
  async watchToTheEnd(): Promise<void> {
    for (let look = 0; look < 720; look++) {
      if ((await this.ledger.drills({ states: ['striking', 'restoring', 'recovering', 'soaking'] })).length === 0) return
      await this.look()
      await this.clock.advance(5_000)
    }
    assert.fail('a drill is still open after an hour')
  }

  async drill(id: string): Promise<Drill> {
    return (await this.ledger.drill(id)) ?? assert.fail(`${id} is not in the ledger`)
  }

  async concluded(id: string): Promise<ConcludedDrill> {
    const drill = await this.drill(id)
    return drill.state === 'concluded' ? drill : assert.fail(`${id} is ${drill.state}`)
  }

  #id(): string {
    return `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`
  }
}

const never = new AbortController().signal
