import assert from 'node:assert/strict'
import type { ConcludedDrill, Drill, PlannedDrill } from '../../src/domain/drill.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import type { Engine } from '../../src/engine/context.ts'
import { discover } from '../../src/engine/discover.ts'
import { basisFor, newPlan } from '../../src/engine/plan.ts'
import { attemptStrikes } from '../../src/engine/strike.ts'
import { watchScope } from '../../src/engine/watch.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { Simulator } from '../../src/simulator/index.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { everyDay, schedule, wholeDays } from '../domain/calendars.ts'

const never = new AbortController().signal
const quiet = () => {}
export const silent = { debug: quiet, info: quiet, warn: quiet, error: quiet }

/** What a stage is made of; `open` opens the provider as a process would. */
export interface StageParts {
  readonly simulator: Simulator
  readonly schedule: Schedule
  readonly ledger: Ledger
  readonly provider: Provider
  readonly open: () => Promise<Provider>
}

/** A schedule that is always open and unleashed, with short deadlines. */
export function alwaysOpen(provider: string, more: Partial<Schedule>): Schedule {
  const groups = { providers: [provider], include: ['*'], exclude: [] }
  return schedule({ timezone: 'UTC', days: everyDay, hours: wholeDays, groups, leashed: false, ...more })
}

export function ledgerInMemory(): Promise<Ledger> {
  return openLedger({ kind: 'embedded', file: ':memory:' }, { clock: systemClock(), create: true, newId: () => crypto.randomUUID() })
}

/**
 * The real engine, a ledger in memory and one group behind a simulated API, in real time. `restart` is a process that dies: engine and
 * provider are made anew, only the ledger remembers.
 */
export class EngineStage {
  readonly simulator: Simulator
  readonly ledger: Ledger
  readonly schedule: Schedule
  readonly #open: StageParts['open']
  #provider: Provider
  #engine: Engine

  constructor(parts: StageParts) {
    this.simulator = parts.simulator
    this.ledger = parts.ledger
    this.schedule = parts.schedule
    this.#open = parts.open
    this.#provider = parts.provider
    this.#engine = this.#start()
  }

  async close(): Promise<void> {
    await this.#provider.close()
    await this.ledger.close()
    await this.simulator.close()
  }

  async restart(): Promise<void> {
    await this.#provider.close()
    this.#provider = await this.#open()
    this.#engine = this.#start()
  }

  /** Plans one drill and strikes. */
  async strike(): Promise<PlannedDrill> {
    await discover(this.#engine, never)
    const now = await this.ledger.now()
    const [plan] = (await this.ledger.groups()).flatMap(group => {
      const basis = basisFor(this.#engine, group, now)
      return basis === null ? [] : [newPlan(basis, { planKey: now.toString(), plannedFor: now })]
    })
    const [added] = await this.ledger.addPlans([plan ?? assert.fail('nothing to plan')])
    assert.ok(added)
    const outcomes = await attemptStrikes(this.#engine, [added], { run: null, victim: null }, never)
    if (outcomes.get(added.id) !== 'struck') assert.fail(JSON.stringify(await this.ledger.drill(added.id)))
    return added
  }

  async look(): Promise<void> {
    const scope = this.#provider.scopes()[0] ?? assert.fail('no scope')
    await watchScope(this.#engine, { scope, provider: this.#provider }, never)
  }

  /** Looks until the condition holds; at most half a minute. */
  async watchUntil(holds: (drill: Drill) => boolean, plan: PlannedDrill): Promise<Drill> {
    for (const end = Date.now() + 30_000; Date.now() < end; ) {
      await this.look()
      const drill = (await this.ledger.drill(plan.id)) ?? assert.fail('the drill is lost')
      if (holds(drill)) return drill
      await systemClock().sleep(40)
    }
    return assert.fail(JSON.stringify(await this.ledger.drill(plan.id)))
  }

  async concluded(plan: PlannedDrill): Promise<ConcludedDrill> {
    const drill = await this.watchUntil(one => one.state === 'concluded', plan)
    return drill.state === 'concluded' ? drill : assert.fail(drill.state)
  }

  /** Calls that Firedrill sent and that changed something, by the operation's name. */
  writes(): string[] {
    return this.simulator
      .audit()
      .filter(entry => entry.writes && entry.userAgent.startsWith('firedrill') && entry.outcome === 'ok')
      .map(entry => entry.operation)
  }

  #start(): Engine {
    return {
      clock: systemClock(),
      ledger: this.ledger,
      providers: [this.#provider],
      schedules: [this.schedule],
      never: [],
      openGuard: () => assert.fail('no guard is configured'),
      openProbe: () => assert.fail('no probe is configured'),
      openFingerprinter: () => assert.fail('no fingerprint is configured'),
      haltFileExists: () => false,
      newId: () => crypto.randomUUID(),
      nextLooks: new Map(),
      recoveries: new Map(),
      probed: new Map(),
      log: silent,
      changed: quiet,
    }
  }
}
