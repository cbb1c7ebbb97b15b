import assert from 'node:assert/strict'
import type { ConcludedDrill, Drill, PlannedDrill } from '../../../src/domain/drill.ts'
import type { Schedule } from '../../../src/domain/schedule.ts'
import type { Clock } from '../../../src/domain/time.ts'
import type { Engine } from '../../../src/engine/context.ts'
import { discover } from '../../../src/engine/discover.ts'
import { basisFor, newPlan } from '../../../src/engine/plan.ts'
import { attemptStrikes } from '../../../src/engine/strike.ts'
import { watchScope } from '../../../src/engine/watch.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { openLedger } from '../../../src/ledger/open.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { providers } from '../../../src/providers/registry.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import type { ScaleSet } from '../../../src/simulator/world/azure/model.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { everyDay, schedule, wholeDays } from '../../domain/calendars.ts'

type AzureGroup = NonNullable<NonNullable<Parameters<typeof createWorld>[0]['azure']>['groups']>[number]

const times = { detect: 80, boot: 200, health: 100, drain: 120, terminate: 80 }
const never = new AbortController().signal
const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

/** Its monotonic clock, by which the provider waits for what listings may not show yet, is twenty times as fast. */
function impatient(): Clock {
  const clock = systemClock()
  return { ...clock, now: () => clock.now(), sleep: (...by) => clock.sleep(...by), monotonic: () => clock.monotonic() * 20 }
}

/** A provider on a simulator, as a process would open it. */
export async function openAzure(simulator: Simulator, onCall?: (operation: string, outcome: string) => void): Promise<Provider> {
  const module = (await providers.azure?.load()) ?? assert.fail('azure is not registered')
  const settings = (await providers.azure?.loadSettings())?.parse({ endpoint: simulator.azure.endpoint })
  assert.ok(settings)
  return module.openProvider(settings, { clock: impatient(), log, env: simulator.azure.env, ...(onCall === undefined ? {} : { onCall }) })
}

/**
 * The real engine, a ledger in memory and one scale set behind the simulated API, in real time but with short deadlines.
 * `restart` is a process that dies: engine and provider are made anew, only the ledger remembers.
 */
export class Stage {
  readonly simulator: Simulator
  readonly ledger: Ledger
  readonly schedule: Schedule
  readonly set: ScaleSet
  #provider: Provider
  #engine: Engine

  private constructor(parts: { simulator: Simulator; ledger: Ledger; schedule: Schedule; provider: Provider }) {
    this.simulator = parts.simulator
    this.ledger = parts.ledger
    this.schedule = parts.schedule
    this.set = [...([...parts.simulator.world.subscriptions.values()][0]?.scaleSets.values() ?? [])][0] ?? assert.fail('no scale set')
    this.#provider = parts.provider
    this.#engine = this.#start()
  }

  static async open(group: Partial<AzureGroup> = {}, recovery = { target: 3_000, deadline: 6_000, soak: 400 }): Promise<Stage> {
    const simulator = await startSimulator({ world: createWorld({ azure: { groups: [{ name: 'web', times, ...group }] } }) })
    const ledger = await openLedger(
      { kind: 'embedded', file: ':memory:' },
      { clock: systemClock(), create: true, newId: () => crypto.randomUUID() },
    )
    const plan = schedule({
      timezone: 'UTC',
      days: everyDay,
      hours: wholeDays,
      groups: { providers: ['azure'], include: ['*'], exclude: [] },
      leashed: false,
      recovery,
    })
    return new Stage({ simulator, ledger, schedule: plan, provider: await openAzure(simulator) })
  }

  async close(): Promise<void> {
    await this.#provider.close()
    await this.ledger.close()
    await this.simulator.close()
  }

  async restart(): Promise<void> {
    await this.#provider.close()
    this.#provider = await openAzure(this.simulator)
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

  /** What an owner, or a tool of theirs, does meanwhile. */
  async patch(body: unknown): Promise<number> {
    const { endpoint, subscription } = this.simulator.azure
    const path = `/subscriptions/${subscription}/resourceGroups/shop/providers/Microsoft.Compute/virtualMachineScaleSets/web`
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${endpoint}${path}?api-version=2026-04-01`, { method: 'PATCH', headers, body: JSON.stringify(body) })
    return answer.status
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
      log,
      changed: quiet,
    }
  }
}
