import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processIo } from '../../src/commands/io.ts'
import { openInstallation } from '../../src/compose.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { ConcludedDrill, Drill } from '../../src/domain/drill.ts'
import { discover } from '../../src/engine/discover.ts'
import { basisFor, newPlan } from '../../src/engine/plan.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { kill, watched } from '../support/children.ts'
import { Meanwhile } from '../support/meanwhile.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { freePort } from '../support/server.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname
const times = { detect: 300, boot: 2_500, health: 500, drain: 100, terminate: 200, retry: 500 }

const schedule = `name: always
timezone: UTC
hours: "00:00-24:00"
meanDaysBetweenDrills: 5
limits: { concurrent: 10, concurrentPerScope: 10, spacing: 0s, breaker: off, woundedPerScope: 10 }
recovery: { target: 10s, deadline: 25s, soak: 1s }
guards: none
leashed: false
`

interface Servers {
  readonly postgres: TestPostgres | null
  readonly redis: TestRedis | null
}

interface Backend {
  readonly name: string
  settings(servers: Servers): Promise<string>
}

const backends: readonly Backend[] = [
  { name: 'embedded', settings: async () => 'ledger: embedded\nqueue: embedded\n' },
  {
    name: 'Redis and PostgreSQL',
    settings: async ({ postgres, redis }) => `ledger: "${await postgres?.database(`ledger-${randomUUID()}`)}"\nqueue: "${redis?.url}"\n`,
  },
  {
    name: 'PostgreSQL alone',
    settings: async ({ postgres }) => {
      const url = await postgres?.database(`both-${randomUUID()}`)
      return `ledger: "${url}"\nqueue: "${url}"\n`
    },
  },
]

const scenarios: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async 'runs a campaign: a phoenix, a snowflake, exit code 1 and a report'(stage) {
    const child = stage.start('run', '--all', '--json', 'report.json')
    assert.equal(await stage.ended(child), 1, stage.output)
    const report = JSON.parse(await readFile(join(stage.folder, 'report.json'), 'utf8')) as {
      drills: { groupName: string; verdict: string; findings: { kind: string }[] }[]
    }
    const verdicts = report.drills.map(({ groupName, verdict }) => `${groupName} ${verdict}`).toSorted()
    assert.deepEqual(verdicts, ['exports snowflake', 'web phoenix'])
  },

  async 'S11 serves: strikes what is planned, ends cleanly on SIGTERM in its midst, and goes on at the next start'(stage) {
    await stage.plan('web')
    const first = stage.start('serve')
    await stage.until(async () => (await stage.web())?.state === 'recovering')
    const asked = performance.now()
    first.kill('SIGTERM')
    assert.equal(await stage.ended(first), 0, stage.output)
    assert.ok(performance.now() - asked < 10_000, 'within ten seconds')
    const second = stage.start('serve')
    await stage.until(async () => (await stage.web())?.state === 'concluded')
    second.kill('SIGTERM')
    assert.equal(await stage.ended(second), 0, stage.output)
    await stage.assertOnePhoenix()
  },

  async 'S9, S11 killed after its strike, makes no second one, and comes to one verdict'(stage) {
    await stage.plan('web')
    const first = stage.start('serve')
    await stage.until(async () => stage.strikes() > 0)
    first.kill('SIGKILL')
    await stage.ended(first)
    const second = stage.start('serve')
    await stage.until(async () => (await stage.web())?.state === 'concluded')
    second.kill('SIGTERM')
    await stage.ended(second)
    await stage.assertOnePhoenix()
  },
}

describe('the whole of Firedrill as processes', function () {
  this.timeout(90_000)
  let postgres: TestPostgres | null = null
  let redis: TestRedis | null = null
  const lives = new Map<string, Meanwhile<void>>()

  before(async function () {
    postgres = await startPostgres(this)
    redis = await startRedis(this)
    const servers = { postgres, redis }
    // One after the other on each backend, and the backends side by side: most of it is waiting.
    for (const backend of backends) {
      let previous: Promise<unknown> = Promise.resolve()
      for (const [title, live] of Object.entries(scenarios)) {
        const life = new Meanwhile(previous.then(() => onStage(backend, servers, live)))
        lives.set(`${backend.name}: ${title}`, life)
        previous = life.over
      }
    }
  })

  after(async () => {
    await Promise.all([...lives.values()].map(life => life.over))
    await postgres?.stop()
    await redis?.stop()
  })

  for (const { name } of backends)
    describe(`on ${name}`, () => {
      for (const title of Object.keys(scenarios))
        it(title, async () => {
          const life = lives.get(`${name}: ${title}`) ?? assert.fail('it was not started')
          await life.outcome()
        })
    })
})

async function onStage(backend: Backend, servers: Servers, live: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await Stage.open(await backend.settings(servers))
  try {
    await live(stage)
  } finally {
    await stage.close()
  }
}

/** An installation in a folder of its own, a simulated fleet of two groups, and the ledger as a second reader. */
class Stage {
  readonly folder: string
  readonly simulator: Simulator
  readonly ledger: Ledger
  output = ''
  readonly #children: ChildProcess[] = []

  private constructor(folder: string, simulator: Simulator, ledger: Ledger) {
    this.folder = folder
    this.simulator = simulator
    this.ledger = ledger
  }

  static async open(backend: string): Promise<Stage> {
    const world = createWorld({
      groups: [
        { name: 'web', times },
        { name: 'exports', times, traits: ['wrong-image'] },
      ],
    })
    const simulator = await startSimulator({ world })
    const folder = await mkdtemp(join(tmpdir(), 'firedrill-flow-'))
    await mkdir(join(folder, 'schedules'))
    await writeFile(join(folder, 'schedules', 'always.yaml'), schedule)
    const { endpoint, region } = simulator.aws
    const provider = `providers:\n  aws: { endpoint: "${endpoint}", regions: [${region}] }\n`
    await writeFile(join(folder, 'firedrill.yaml'), `${backend}${provider}web: { listen: "127.0.0.1:${await freePort()}" }\n`)
    const settings = await loadSettings({ file: undefined, env: {}, cwd: folder })
    const ledger = await openLedger(settings.ledger, { clock: systemClock(), create: true, newId: randomUUID })
    return new Stage(folder, simulator, ledger)
  }

  start(...words: readonly string[]): ChildProcess {
    const env = { ...process.env, ...this.simulator.aws.env }
    const child = watched(spawn(process.execPath, [main, ...words], { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] }))
    child.stdout?.on('data', chunk => (this.output += chunk))
    child.stderr?.on('data', chunk => (this.output += chunk))
    this.#children.push(child)
    return child
  }

  async ended(child: ChildProcess): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return child.exitCode
  }

  /** A drill that is due now, as the draw would have planned it. */
  async plan(name: string): Promise<void> {
    const id = `aws:123456789012/${this.simulator.aws.region}/asg/${name}`
    const { engine, close } = await this.#engine()
    try {
      await discover(engine, AbortSignal.timeout(20_000))
      const now = await this.ledger.now()
      const group = (await this.ledger.groups()).find(({ summary }) => summary.id === id)
      const basis = group === undefined ? null : basisFor(engine, group, now)
      assert.ok(basis !== null, 'the group was not discovered')
      const planKey = now.toZonedDateTimeISO('UTC').toPlainDate().toString()
      await this.ledger.addPlans([newPlan(basis, { planKey, plannedFor: now })])
    } finally {
      await close()
    }
  }

  async web(): Promise<Drill | undefined> {
    return (await this.ledger.drills({})).find(drill => drill.groupName === 'web')
  }

  strikes(): number {
    return Object.entries(this.simulator.counts()).reduce(
      (sum, [operation, count]) => sum + (/Terminate/.test(operation) ? Number(count) : 0),
      0,
    )
  }

  async assertOnePhoenix(): Promise<void> {
    const drills = (await this.ledger.drills({})).filter(drill => drill.groupName === 'web')
    assert.equal(drills.length, 1)
    const [drill] = drills as [ConcludedDrill]
    assert.equal(drill.judgement.verdict, 'phoenix', JSON.stringify(drill.judgement))
    assert.equal(this.strikes(), 1)
    const events = await this.ledger.events(drill.id)
    assert.equal(events.filter(event => event.kind === 'concluded').length, 1)
  }

  async until(predicate: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (await predicate()) return
      await sleep(100)
    }
    assert.fail(`not reached within a minute:\n${this.output}`)
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
