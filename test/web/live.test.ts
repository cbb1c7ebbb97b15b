import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processIo } from '../../src/commands/io.ts'
import { openInstallation } from '../../src/compose.ts'
import { discover } from '../../src/engine/discover.ts'
import { basisFor, newPlan } from '../../src/engine/plan.ts'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { watched } from '../support/children.ts'
import { freePort } from '../support/server.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname
const schedule = `name: always
timezone: UTC
hours: "00:00-24:00"
meanDaysBetweenDrills: 5
limits: { spacing: 0s, breaker: off }
recovery: { target: 20s, deadline: 60s, soak: 2s }
guards: none
leashed: false
`

describe('the dashboard of a running service', function () {
  this.timeout(120_000)
  let simulator: Simulator
  let folder: string
  let origin: string
  let service: ChildProcess
  let browser: TestBrowser
  let output = ''

  before(async () => {
    const times = { detect: 300, boot: 4_000, health: 500, drain: 100, terminate: 200, retry: 500 }
    simulator = await startSimulator({ world: createWorld({ groups: [{ name: 'web', times, traits: ['wrong-image'] }] }) })
    folder = await mkdtemp(join(tmpdir(), 'firedrill-live-'))
    origin = `http://127.0.0.1:${await freePort()}`
    await mkdir(join(folder, 'schedules'))
    await writeFile(join(folder, 'schedules', 'always.yaml'), schedule)
    const { endpoint, region } = simulator.aws
    const provider = `providers:\n  aws: { endpoint: "${endpoint}", regions: [${region}] }\n`
    await writeFile(join(folder, 'firedrill.yaml'), `${provider}web: { listen: "${new URL(origin).host}" }\n`)
    await planNow()
    service = watched(spawn(process.execPath, [main, 'serve'], { cwd: folder, env: environment(), stdio: ['ignore', 'ignore', 'pipe'] }))
    service.stderr?.on('data', chunk => (output += chunk))
    await answers('/readyz')
  })

  after(async () => {
    await browser?.close()
    if (service !== undefined && service.exitCode === null) {
      const ended = once(service, 'exit')
      service.kill('SIGTERM')
      await ended
      assert.equal(service.exitCode, 0, output)
    }
    await simulator?.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  function environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...simulator.aws.env, FIREDRILL_LOG_LEVEL: 'warn' }
  }

  /** A drill that is due in a moment, as the draw would have planned it. */
  async function planNow(): Promise<void> {
    const io = { ...processIo(new AbortController().signal), cwd: folder, env: { ...environment(), FIREDRILL_LOG_LEVEL: 'silent' } }
    const { engine, ledger, close } = await openInstallation({}, io, { worker: false })
    try {
      await discover(engine, AbortSignal.timeout(20_000))
      const [group] = await ledger.groups()
      const now = await ledger.now()
      const basis = group === undefined ? null : basisFor(engine, group, now)
      assert.ok(basis !== null)
      await ledger.addPlans([newPlan(basis, { planKey: randomUUID(), plannedFor: now })])
    } finally {
      await close()
    }
  }

  async function answers(path: string): Promise<void> {
    for (let attempt = 0; attempt < 300; attempt++) {
      if (
        await fetch(origin + path).then(
          answer => answer.ok,
          () => false,
        )
      )
        return
      await sleep(100)
    }
    assert.fail(`${path} does not answer: ${output}`)
  }

  it('shows a drill from its strike to its verdict without being touched, and counts it', async function () {
    browser = await openBrowser(this, origin)
    const { page, complaints } = await browser.page()
    await page.goto(origin)
    await page.getByRole('heading', { name: /^In progress/ }).waitFor({ timeout: 60_000 })
    await page.locator('.urgent a', { hasText: 'web' }).click()
    await page.locator('.badge.open').waitFor()
    await page.locator('.badge.snowflake').waitFor({ timeout: 60_000 })
    await page.getByText('Wrong image', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Fleet', exact: true }).first().click()
    await page.getByRole('heading', { name: '1 group cannot be rebuilt as it is.' }).waitFor()
    assert.deepEqual(complaints, [])
    const metrics = await (await fetch(`${origin}/metrics`)).text()
    assert.match(metrics, /firedrill_drills_total\{provider="aws",verdict="snowflake"\} 1/)
    assert.match(metrics, /firedrill_time_to_recover_seconds_count\{provider="aws"\} 1/)
    assert.match(metrics, /firedrill_api_calls_total\{provider="aws",operation="DescribeAutoScalingGroups",outcome="ok"\} \d+/)
    assert.match(metrics, /firedrill_quarantines 1/)
  })
})
