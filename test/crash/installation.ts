import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { processIo } from '../../src/commands/io.ts'
import { openInstallation } from '../../src/compose.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { ConcludedDrill, Drill, DrillId } from '../../src/domain/drill.ts'
import { discover } from '../../src/engine/discover.ts'
import { basisFor, newPlan } from '../../src/engine/plan.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { createWorld, type Simulator, startSimulator, type WorldInput } from '../../src/simulator/index.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { kill, watched } from '../support/children.ts'
import { freePort } from '../support/server.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname
/** As short as a look every quarter of a second can follow. */
const times = { detect: 100, boot: 400, health: 200, drain: 50, terminate: 100, retry: 200 }

/** Limits that let everything through at once, with what a test narrows. */
const wide = 'concurrent: 500, concurrentPerScope: 500, strikesPerDay: 500, spacing: 0s, breaker: off, woundedPerScope: 500'

export interface Installed {
  /** The lines `ledger:` and `queue:` of firedrill.yaml, and whatever else. */
  readonly backend: string
  readonly groups: number
  /** `azure`: uniform scale sets, which shrink with a strike and must be brought back. */
  readonly cloud?: 'aws' | 'azure'
  readonly limits?: string
  /** Groups are spread over them in turn; each is a scope of its own. */
  readonly regions?: readonly string[]
  readonly world?: Partial<WorldInput>
  readonly recovery?: string
  readonly settle?: string
}

/** The environment of one process: where it is to crash or stop. */
export interface Crash {
  readonly point?: string
  readonly action?: 'stop'
  readonly trace?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * A real installation in a folder of its own: the program as processes, a simulated fleet `g000`, `g001` … in this process,
 * and the ledger as a second reader.
 */
export class CrashInstallation {
  readonly folder: string
  readonly simulator: Simulator
  ledger: Ledger
  output = ''
  readonly #children: ChildProcess[] = []

  private constructor(folder: string, simulator: Simulator, ledger: Ledger) {
    this.folder = folder
    this.simulator = simulator
    this.ledger = ledger
  }

  static async open(wish: Installed) {
    const {
      backend,
      groups,
      limits = wide,
      recovery = 'target: 10s, deadline: 3m, soak: 500ms',
      regions = ['eu-west-1'],
      settle = '0s',
      cloud = 'aws',
    } = wish
    const names = Array.from({ length: groups }, (_, index) => nameOf(index))
    const fleet =
      cloud === 'aws'
        ? { groups: names.map((name, index) => ({ name, times, region: regions[index % regions.length] ?? '' })) }
        : { azure: { groups: names.map(name => ({ name, times })) } }
    const simulator = await startSimulator({ world: createWorld({ regions: [...regions], ...fleet, ...wish.world }) })
    const folder = await mkdtemp(join(tmpdir(), 'firedrill-crash-'))
    await mkdir(join(folder, 'schedules'))
    const schedule = `name: always\ntimezone: UTC\nhours: "00:00-24:00"\nmeanDaysBetweenDrills: 5\nlimits: { ${limits} }\nrecovery: { ${recovery} }\nsettle: ${settle}\nguards: none\nleashed: false\n`
    await writeFile(join(folder, 'schedules', 'always.yaml'), schedule)
    const { aws, azure } = simulator
    const place =
      cloud === 'aws'
        ? `aws: { endpoint: "${aws.endpoint}", regions: [${regions.join(', ')}] }`
        : `azure: { endpoint: "${azure.endpoint}", subscriptions: ["${azure.subscription}"] }`
    const provider = `providers:\n  ${place}\n`
    await writeFile(join(folder, 'firedrill.yaml'), `${backend}${provider}web: { listen: "127.0.0.1:${await freePort()}" }\n`)
    return new CrashInstallation(folder, simulator, await openLedgerIn(folder))
  }

  start(words: readonly string[], { point, action, trace, env = {} }: Crash = {}): ChildProcess {
    const child = watched(
      spawn(process.execPath, [main, ...words], {
        cwd: this.folder,
        env: {
          ...process.env,
          ...this.simulator.aws.env,
          ...(point === undefined ? {} : { FIREDRILL_FAIL_POINT: point }),
          ...(action === undefined ? {} : { FIREDRILL_FAIL_ACTION: action }),
          ...(trace === undefined ? {} : { FIREDRILL_FAIL_TRACE: trace }),
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
    child.stdout?.on('data', chunk => (this.output += chunk))
    child.stderr?.on('data', chunk => (this.output += chunk))
    this.#children.push(child)
    return child
  }

  /** Waits for its end; it is killed, and the test fails, when that does not come. */
  async ended(child: ChildProcess, within = 90_000): Promise<number | NodeJS.Signals> {
    const late = AbortSignal.timeout(within)
    try {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit', { signal: late })
    } catch {
      child.kill('SIGKILL')
      assert.fail(`a process did not end within ${within} ms:\n${this.output.slice(-4_000)}`)
    }
    return child.exitCode ?? child.signalCode ?? assert.fail('it has not ended')
  }

  /** Ends the service as an operator would: one that stops itself at its point only now hears of it when it is woken. */
  async stop(child: ChildProcess): Promise<void> {
    child.kill('SIGTERM')
    const waking = setInterval(() => child.kill('SIGCONT'), 1_000)
    try {
      assert.equal(await this.ended(child), 0, this.output.slice(-4_000))
    } finally {
      clearInterval(waking)
    }
  }

  /** Starts the service and waits until this point has killed it. */
  async crashAt(point: string, words: readonly string[] = ['serve']): Promise<void> {
    const child = this.start(words, { point })
    const end = await this.ended(child).catch(error => assert.fail(`${point} was not passed: ${error}`))
    assert.equal(end, 'SIGKILL', `the service ended by itself before ${point}:\n${this.output.slice(-4_000)}`)
  }

  /** Reads the platform once, as a tick does. */
  async discover(): Promise<void> {
    const { engine, close } = await this.#engine()
    await discover(engine, AbortSignal.timeout(20_000)).finally(close)
  }

  /** Drills that are due now, as the draw would have planned them; the groups must have been discovered. */
  plan(...indexes: readonly number[]): Promise<DrillId[]> {
    return this.planIn(0, indexes)
  }

  /** The same, due in so many seconds: processes that are started meanwhile all begin at once, and none while others still start. */
  async planIn(seconds: number, indexes: readonly number[]): Promise<DrillId[]> {
    const { engine, close } = await this.#engine()
    try {
      const now = await this.ledger.now()
      const wanted = new Set(indexes.map(nameOf))
      const known = (await this.ledger.groups()).filter(group => wanted.has(group.summary.name))
      assert.equal(known.length, wanted.size, 'a group was not discovered')
      const planKey = now.toZonedDateTimeISO('UTC').toPlainDate().toString()
      const plans = known.map(group => {
        const basis = basisFor(engine, group, now) ?? assert.fail('no schedule takes it')
        return newPlan(basis, { planKey, plannedFor: now.add({ seconds }) })
      })
      return (await this.ledger.addPlans(plans)).map(plan => plan.id)
    } finally {
      await close()
    }
  }

  async drills(): Promise<readonly Drill[]> {
    return this.ledger.drills({})
  }

  /** Terminations that the simulated cloud carried out, by instance. */
  strikes(): readonly string[] {
    return this.simulator
      .audit()
      .flatMap(entry => (/^Terminate/.test(entry.operation) && entry.outcome === 'ok' ? [entry.subject ?? '?'] : []))
  }

  async until(predicate: () => Promise<boolean> | boolean, what = 'the state'): Promise<void> {
    const end = performance.now() + 120_000
    while (performance.now() < end) {
      // A server of the installation may be restarting.
      if (await Promise.try(predicate).catch(() => false)) return
      await sleep(100)
    }
    const states = (await this.drills()).map(drill => `${drill.groupName} ${drill.state}`)
    assert.fail(`${what} was not reached within two minutes: ${states.join(', ')}\n${this.output.slice(-4_000)}`)
  }

  async allSettled(): Promise<boolean> {
    const drills = await this.drills()
    return drills.every(drill => ['concluded', 'refused', 'leashed'].includes(drill.state) && drill.wakeAt === null)
  }

  /** Starts a service that nothing kills, and waits until every drill has ended and every group is whole. */
  async recover(): Promise<void> {
    const child = this.start(['serve'])
    await this.until(() => this.allSettled(), 'the end of every drill')
    await this.stop(child)
  }

  /**
   * The same where a call can only name a place, which another machine may have by then: what may have been sent is never sent
   * again (S9). So a drill whose call was not sent ends as not struck, and every other one as a phoenix, restored once.
   */
  async assertAllSettledOnce(planned: readonly DrillId[]): Promise<{ readonly struck: number; readonly notStruck: number }> {
    const drills = await this.drills()
    assert.deepEqual(drills.map(drill => drill.id).toSorted(), [...planned].toSorted(), 'no drill is forgotten, and none made up')
    let struck = 0
    for (const drill of drills) {
      const events = await this.ledger.events(drill.id)
      const told = `${drill.groupName}: ${JSON.stringify(events)}`
      assert.equal(drill.state, 'concluded', told)
      const { judgement, order } = drill as ConcludedDrill
      const sent = this.simulator.audit().filter(({ operation, subject, outcome }) => {
        return operation === 'virtualMachineScaleSets.deleteInstances' && subject === drill.groupName && outcome === 'ok'
      })
      const kinds = judgement.findings.map(finding => finding.kind)
      assert.deepEqual([sent.length, judgement.verdict], kinds.includes('not-struck') ? [0, 'inconclusive'] : [1, 'phoenix'], told)
      struck += sent.length
      assert.equal(events.filter(event => ['concluded', 'not-struck'].includes(event.kind)).length, 1, told)
      const set = this.#scaleSet(drill.groupName)
      const ids = [...set.machines.values()].map(machine => `${machine.vmId}@${new Date(machine.createdAt).toISOString()}`)
      assert.equal(ids.includes(order.victim.id), sent.length === 0, `${ids} ${told}`)
      assert.deepEqual([set.capacity, ids.length], [order.desired, order.desired], `${drill.groupName} is not as large as it was`)
    }
    return { struck, notStruck: drills.length - struck }
  }

  #scaleSet(name: string) {
    this.simulator.world.catchUp()
    const sets = [...this.simulator.world.subscriptions.values()].flatMap(subscription => [...subscription.scaleSets.values()])
    return sets.find(set => set.name === name) ?? assert.fail(`no scale set ${name}`)
  }

  /**
   * What must be true however often it was killed (S9, S11): every planned drill came to exactly one verdict after exactly one
   * strike, on the victim that was recorded, and no group is smaller than it was.
   */
  async assertAllProven(planned: readonly DrillId[]): Promise<void> {
    const drills = await this.drills()
    assert.deepEqual(drills.map(drill => drill.id).toSorted(), [...planned].toSorted(), 'no drill is forgotten, and none made up')
    const strikes = this.strikes()
    for (const drill of drills) {
      const told = `${drill.groupName}: ${JSON.stringify(await this.ledger.events(drill.id))}`
      assert.equal(drill.state, 'concluded', told)
      const { judgement, order } = drill as ConcludedDrill
      assert.equal(judgement.verdict, 'phoenix', `${JSON.stringify(judgement)} ${told}`)
      assert.deepEqual(
        strikes.filter(victim => victim === order.victim.id),
        [order.victim.id],
        told,
      )
      const verdicts = (await this.ledger.events(drill.id)).filter(event => ['concluded', 'not-struck'].includes(event.kind))
      assert.equal(verdicts.length, 1, told)
    }
    assert.equal(strikes.length, drills.length, 'nobody else was struck')
    this.assertWhole()
  }

  assertWhole(): void {
    this.simulator.world.catchUp()
    for (const id of this.simulator.world.groupIds()) {
      const { group, region } = this.simulator.world.findGroup(id)
      const running = group.members.filter(member => region.instances.get(member.instance)?.state === 'running')
      assert.equal(running.length, group.desired, `${group.name} is smaller than it was`)
    }
  }

  /** A copy of the embedded ledger as an operator would take it. */
  backUp(): string {
    const copy = join(this.folder, `backup-${randomUUID()}.sqlite`)
    const database = new DatabaseSync(this.#ledgerFile(), { readOnly: true })
    database.prepare('vacuum into ?').run(copy)
    database.close()
    return copy
  }

  /** Puts a copy in the place of the embedded ledger; nothing may be running. */
  async putBack(copy: string): Promise<void> {
    await this.ledger.close()
    for (const suffix of ['-wal', '-shm']) await rm(`${this.#ledgerFile()}${suffix}`, { force: true })
    await copyFile(copy, this.#ledgerFile())
    this.ledger = await openLedgerIn(this.folder)
  }

  #ledgerFile(): string {
    return join(this.folder, '.firedrill', 'ledger.sqlite')
  }

  traced(): string {
    return join(this.folder, 'trace')
  }

  /** Points in the order in which they were first passed. */
  async passed(): Promise<readonly string[]> {
    if (!existsSync(this.traced())) return []
    return [...new Set((await readFile(this.traced(), 'utf8')).trim().split('\n'))]
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map(kill))
    await this.ledger.close()
    await this.simulator.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  async #engine() {
    const io = {
      ...processIo(new AbortController()),
      cwd: this.folder,
      env: { ...process.env, ...this.simulator.aws.env, FIREDRILL_LOG_LEVEL: 'silent' },
    }
    return openInstallation({}, io, { worker: false })
  }
}

async function openLedgerIn(folder: string): Promise<Ledger> {
  const settings = await loadSettings({ file: undefined, env: {}, cwd: folder })
  return openLedger(settings.ledger, { clock: systemClock(), create: true, newId: randomUUID })
}

function nameOf(index: number): string {
  return `g${String(index).padStart(3, '0')}`
}
