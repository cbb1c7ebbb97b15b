import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { processIo } from '../../src/commands/io.ts'
import { openInstallation } from '../../src/compose.ts'
import { discover } from '../../src/engine/discover.ts'
import { basisFor, newPlan } from '../../src/engine/plan.ts'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { watched } from '../support/children.ts'
import { HttpStage } from '../support/http.ts'
import { freePort } from '../support/server.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname
const schedule = `name: always
timezone: UTC
groups: { include: [web] }
hours: "00:00-24:00"
meanDaysBetweenDrills: 5
limits: { spacing: 0s, breaker: off }
recovery: { target: 20s, deadline: 60s, soak: 2s }
guards: none
leashed: false
`

/** The same, with an announcement that gives people time to say no. */
const announced = `${schedule.replace('name: always', 'name: announced').replace('[web]', '[api]')}notify: { before: 15m, to: [events] }
`

const announcement = z.looseObject({
  type: z.string(),
  data: z.looseObject({ links: z.array(z.object({ text: z.string(), url: z.url() })).optional() }),
})

describe('the dashboard of a running service', function () {
  this.timeout(120_000)
  let simulator: Simulator
  let folder: string
  let origin: string
  let service: ChildProcess
  let browser: TestBrowser
  let output = ''
  const listener = new HttpStage()
  const told: string[] = []

  before(async () => {
    const times = { detect: 300, boot: 4_000, health: 500, drain: 100, terminate: 200, retry: 500 }
    simulator = await startSimulator({
      world: createWorld({
        groups: [
          { name: 'web', times, traits: ['wrong-image'] },
          { name: 'api', times },
        ],
      }),
    })
    folder = await mkdtemp(join(tmpdir(), 'firedrill-live-'))
    origin = `http://127.0.0.1:${await freePort()}`
    await mkdir(join(folder, 'schedules'))
    await writeFile(join(folder, 'schedules', 'always.yaml'), schedule)
    await writeFile(join(folder, 'schedules', 'announced.yaml'), announced)
    await listener.start()
    listener.answer = (response, request) => {
      let body = ''
      request.on('data', chunk => (body += chunk))
      request.on('end', () => {
        told.push(body)
        response.writeHead(204).end()
      })
    }
    const { endpoint, region } = simulator.aws
    const provider = `providers:\n  aws: { endpoint: "${endpoint}", regions: [${region}] }\n`
    const notify = `notify: { targets: { events: { webhook: { url: "${listener.url}" } } } }\n`
    await writeFile(join(folder, 'firedrill.yaml'), `${provider}${notify}web: { listen: "${new URL(origin).host}", origin: "${origin}" }\n`)
    await planNow()
    service = watched(spawn(process.execPath, [main, 'serve'], { cwd: folder, env: environment(), stdio: ['ignore', 'ignore', 'pipe'] }))
    service.stderr?.on('data', chunk => (output += chunk))
    await answers('/readyz')
  })

  afterEach(() => browser?.close())
  after(async () => {
    if (service !== undefined && service.exitCode === null) {
      const ended = once(service, 'exit')
      service.kill('SIGTERM')
      await ended
      assert.equal(service.exitCode, 0, output)
    }
    await listener.stop()
    await simulator?.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  function environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...simulator.aws.env, FIREDRILL_LOG_LEVEL: 'warn' }
  }

  /** A drill of each group that is due in a moment, as the draw would have planned it. */
  async function planNow(): Promise<void> {
    const io = { ...processIo(new AbortController()), cwd: folder, env: { ...environment(), FIREDRILL_LOG_LEVEL: 'silent' } }
    const { engine, ledger, close } = await openInstallation({}, io, { worker: false })
    try {
      await discover(engine, AbortSignal.timeout(20_000))
      const now = await ledger.now()
      for (const group of await ledger.groups()) {
        const basis = basisFor(engine, group, now)
        assert.ok(basis !== null)
        await ledger.addPlans([newPlan(basis, { planKey: randomUUID(), plannedFor: now })])
      }
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
    await page.getByRole('heading', { name: '1 group cannot be rebuilt as it is, 1 is not proven.' }).waitFor()
    assert.deepEqual(complaints, [])
    const metrics = await (await fetch(`${origin}/metrics`)).text()
    assert.match(metrics, /firedrill_drills_total\{provider="aws",verdict="snowflake"\} 1/)
    assert.match(metrics, /firedrill_time_to_recover_seconds_count\{provider="aws"\} 1/)
    assert.match(metrics, /firedrill_api_calls_total\{provider="aws",operation="DescribeAutoScalingGroups",outcome="ok"\} \d+/)
    assert.match(metrics, /firedrill_quarantines 1/)
  })

  async function vetoLink(): Promise<string> {
    for (let attempt = 0; attempt < 300; attempt++) {
      const events = told.map(body => announcement.parse(JSON.parse(body)))
      const link = events.find(({ type }) => type === 'firedrill.strike')?.data.links?.[0]
      if (link !== undefined) return link.url
      await sleep(100)
    }
    assert.fail(`no strike was announced: ${output}`)
  }

  it('announces a strike with a link by which whoever got it vetoes, and says so on every page', async function () {
    const link = await vetoLink()
    assert.equal(new URL(link).origin, origin)
    browser = await openBrowser(this, origin, { javaScript: false })
    const { page, complaints } = await browser.page()
    await page.goto(link)
    await page.getByRole('heading', { name: 'Veto the strike on api?' }).waitFor()
    await page.getByRole('button', { name: 'Veto this strike' }).click()
    assert.equal(page.url(), link, 'nothing without a reason')
    await page.getByLabel('Why not now?').fill('release day')
    await page.getByRole('button', { name: 'Veto this strike' }).click()
    await page.getByRole('heading', { name: 'Vetoed' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.goto(link)
    await page.getByRole('heading', { name: 'Nothing to veto' }).waitFor()
    await page.goto(`${origin}/refusals`)
    await page.getByText('vetoed it: release day').waitFor()
    await page.goto(`${origin}/changes`)
    await page.getByText('release day').waitFor()
  })
})
