import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { type Ended, end, firedrill, start } from './binary.ts'

const times = { detect: 200, boot: 4_000, health: 500, drain: 100, terminate: 200, retry: 500 }
const schedule = `name: always
timezone: UTC
hours: "00:00-24:00"
meanDaysBetweenDrills: 5
limits: { concurrent: 1, spacing: 0s, breaker: off }
recovery: { target: 30s, deadline: 60s, soak: 1s }
guards: none
leashed: false
`

describe('a run whose ledger’s server goes away', function () {
  this.timeout(90_000)
  let postgres: TestPostgres
  let simulator: Simulator
  let folder = ''
  let child: ChildProcess
  let ended: Promise<Ended>
  let stderr = ''

  before(async function () {
    postgres = await startPostgres(this)
  })

  after(() => postgres?.stop())

  beforeEach(async () => {
    simulator = await startSimulator({
      world: createWorld({
        groups: [
          { name: 'shop', times },
          { name: 'web', times },
        ],
      }),
    })
    folder = await mkdtemp(join(tmpdir(), 'firedrill-outage-'))
    await mkdir(join(folder, 'schedules'))
    await writeFile(join(folder, 'schedules', 'always.yaml'), schedule)
    const { endpoint, region } = simulator.aws
    const ledger = await postgres.database(`outage-${process.pid}-${Math.random().toString(36).slice(2)}`)
    const settings = `ledger: "${ledger}"\nproviders:\n  aws: { endpoint: "${endpoint}", regions: [${region}] }\n`
    await writeFile(join(folder, 'firedrill.yaml'), settings)
    stderr = ''
    child = start(['run', '--all'], { cwd: folder, env: simulator.aws.env })
    child.stderr?.on('data', chunk => (stderr += chunk))
    ended = end(child)
    await until(() => strikes() === 1)
  })

  afterEach(async () => {
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  })

  const strikes = () =>
    Object.entries(simulator.counts()).reduce((sum, [operation, count]) => sum + (/Terminate/.test(operation) ? Number(count) : 0), 0)

  async function until(isSo: () => boolean): Promise<void> {
    for (let look = 0; !isSo(); look++) {
      assert.ok(look < 600 && child.exitCode === null, stderr)
      await sleep(50)
    }
  }

  it('strikes nothing meanwhile, and goes on when it is back', async () => {
    await postgres.restart(async () => {
      await until(() => stderr.includes('the ledger is away'))
      const before = strikes()
      // Long enough for the first group to have recovered, and for the second to have its turn.
      await sleep(8_000)
      assert.equal(strikes(), before)
    })
    const { code, stdout } = await ended
    assert.equal(code, 0, stderr)
    assert.match(stderr, /the ledger is back/)
    assert.match(stdout, /^2 phoenix/m)
    assert.equal(strikes(), 2)
  })

  it('says what it leaves open where it is told to end meanwhile, and the next run goes on with it', async () => {
    await postgres.restart(async () => {
      await until(() => stderr.includes('the ledger is away'))
      child.kill('SIGINT')
      const { code } = await ended
      assert.equal(code, 4, stderr)
      const next = 'one drill is left open, and the next `firedrill run` or `serve` goes on with it'
      assert.ok(stderr.includes(`firedrill: this run was cut short; ${next}\n`), stderr)
      assert.match(stderr, /firedrill: the ledger's PostgreSQL at 127\.0\.0\.1:\d+ cannot be reached[^\n]*\n$/)
    })
    const second = await firedrill(folder, ['run'], simulator.aws.env)
    assert.equal(second.code, 0, second.stderr)
    assert.match(second.stdout, /^1 phoenix/m)
    assert.equal(strikes(), 1)
  })

  it('ends at once at a second signal, and says what it leaves open', async () => {
    // Both may not come in the same breath: the second is a signal of its own.
    child.kill('SIGSTOP')
    child.kill('SIGINT')
    child.kill('SIGTERM')
    child.kill('SIGCONT')
    const { code } = await ended
    assert.equal(code, 4, stderr)
    assert.match(
      stderr,
      /^firedrill: ended at once by a second signal; as far as this process knows, one drill is left open, and the next /m,
    )
  })
})
