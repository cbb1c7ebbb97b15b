import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CrashInstallation } from '../crash/installation.ts'
import { HttpStage } from '../support/http.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { freePort } from '../support/server.ts'
import { askedOf, deployFiles } from '../telemetry/deploy-files.ts'
import { operatorToken, viewerToken } from './stage.ts'

const viewer = { authorization: `Bearer ${viewerToken}` }
const operator = { authorization: `Bearer ${operatorToken}` }
const times = { detect: 100, boot: 400, health: 200, drain: 50, terminate: 100, retry: 200 }
const json = { 'content-type': 'application/json' }

describe('a running service on Redis and PostgreSQL', function () {
  this.timeout(240_000)
  const receiver = new HttpStage()
  let postgres: TestPostgres
  let redis: TestRedis
  let installation: CrashInstallation
  let service: ChildProcess
  let origin: string

  before(async function () {
    postgres = await startPostgres(this)
    redis = await startRedis(this)
    await receiver.start()
    receiver.answer = response => response.writeHead(503).end('maintenance')
    const notify = `notify: { targets: { hook: { webhook: { url: "${receiver.url}" } } } }\n`
    installation = await CrashInstallation.open({
      backend: `ledger: "${await postgres.database('served')}"\nqueue: "${redis.url}"\n${notify}`,
      groups: 3,
      world: {
        groups: [
          { name: 'g000', times },
          { name: 'g001', times, traits: ['wrong-image'] },
          { name: 'g002', times, size: 1 },
        ],
      },
    })
    origin = await guard(installation.folder)
    await installation.discover()
    await installation.plan(0, 1, 2)
    service = installation.start(['serve'])
    await installation.until(async () => (await status('/readyz')) === 200, 'the service')
  })
  after(async () => {
    if (service !== undefined) await installation.stop(service)
    await installation?.close()
    await receiver.stop()
    await redis?.stop()
    await postgres?.stop()
  })

  const ask = (path: string, init: RequestInit = {}) => fetch(origin + path, { redirect: 'manual', ...init })
  const status = async (path: string, init: RequestInit = {}) => (await ask(path, init)).status
  const metrics = async () => (await ask('/metrics', { headers: viewer })).text()

  it('has every metric and label that the dashboard of Grafana and the alert rules ask for', async () => {
    await installation.until(() => installation.allSettled(), 'three ends')
    await installation.until(
      async () => /firedrill_messages\{target="hook",state="failing"\} [1-9]/.test(await metrics()),
      'a failure to tell',
    )
    const text = await metrics()
    const types = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
    for (const { name, labels, where } of askedOf(await deployFiles())) {
      assert.ok(types.has(name), `${where}: there is no ${name}`)
      const [sample = ''] = text.match(new RegExp(`^${name}(_bucket)?(\\{.*\\})? `, 'm')) ?? []
      for (const label of labels) assert.match(sample, new RegExp(`[{,]${label}="`), `${where}: ${name} has no label ${label}`)
    }
    for (const [what, line] of Object.entries(promised)) assert.match(text, line, what)
  })

  it('has a further worker that tells its own calls and health, to whom the pages are shown, and nothing that would count twice', async () => {
    const address = `127.0.0.1:${await freePort()}`
    const worker = installation.start(['worker', '--listen', address])
    const asks = (path: string, headers: Record<string, string> = {}) => fetch(`http://${address}${path}`, { headers, redirect: 'manual' })
    try {
      await installation.until(async () => (await asks('/readyz').catch(() => null))?.status === 200, 'the worker')
      assert.equal((await asks('/healthz')).status, 200)
      assert.equal((await asks('/metrics')).status, 401)
      assert.equal((await asks('/', { accept: 'text/html' })).status, 401, 'there is no login to be sent to')
      assert.equal((await asks('/', viewer)).status, 404)
      const said = async () => (await asks('/metrics', viewer)).text()
      await installation.until(
        async () => /^firedrill_api_calls_total\{provider="aws",operation="\w+",outcome="ok"\} [1-9]/m.test(await said()),
        'calls',
      )
      const text = await said()
      assert.match(text, /^# TYPE firedrill_api_calls_total counter$/m)
      assert.match(text, /^firedrill_watch_lag_seconds \d/m)
      assert.match(text, /^process_cpu_seconds_total /m)
      assert.doesNotMatch(text, /firedrill_(drills_total|open_drills|groups|coverage_ratio|messages)/)
    } finally {
      await installation.stop(worker)
    }
  })

  it('tells only health to whoever does not say who they are', async () => {
    for (const path of ['/healthz', '/readyz']) assert.equal(await status(path), 200, path)
    for (const path of ['/', '/metrics', '/live', '/api/v1/groups', '/api/v1/openapi.json']) assert.equal(await status(path), 401, path)
    assert.equal(await status('/metrics', { headers: { authorization: 'Bearer guessed' } }), 401)
  })

  it('answers every address of its OpenAPI document, and lets a viewer change nothing', async () => {
    const document = (await (await ask('/api/v1/openapi.json', { headers: viewer })).json()) as Document
    assert.match(document.openapi, /^3\.1\./)
    const [drill] = await installation.drills()
    const body = { method: 'POST', body: '{}' }
    for (const [path, methods] of Object.entries(document.paths)) {
      const real = `/api/v1${path.replace('{id}', drill?.id ?? '')}`
      if (methods.get !== undefined) assert.equal(await status(real, { headers: viewer }), 200, real)
      if (methods.post === undefined) continue
      assert.equal(await status(real, { ...body, headers: { ...viewer, ...json } }), 403, real)
      const elsewhere = { ...operator, ...json, origin: 'https://elsewhere.example.org' }
      assert.equal(await status(real, { ...body, headers: elsewhere }), 403, real)
    }
    assert.deepEqual((await installation.ledger.state()).halts, [])
  })

  it('writes down who halted and who resumed', async () => {
    const target = { kind: 'group', name: 'nowhere' }
    const post = (path: string, what: object) =>
      status(path, { method: 'POST', headers: { ...operator, ...json }, body: JSON.stringify(what) })
    assert.equal(await post('/api/v1/halts', { target, reason: 'a test' }), 200)
    assert.equal(await post('/api/v1/halts/resume', { target }), 200)
    const { changes } = (await (await ask('/api/v1/changes', { headers: viewer })).json()) as { changes: { by: string; action: string }[] }
    assert.deepEqual(
      changes.slice(0, 2).map(({ by, action }) => [by, action]),
      [
        ['oncall', 'resume'],
        ['oncall', 'halt'],
      ],
    )
  })

  it('stays alive and halts while Redis is down', async () => {
    await redis.restart(async () => {
      assert.equal(await status('/healthz'), 200)
      assert.equal(await status('/readyz'), 200, 'its pages answer, and the button that halts with them')
      assert.equal(await status('/', { headers: viewer }), 200)
      const body = JSON.stringify({ target: { kind: 'group', name: 'nowhere' }, reason: 'Redis is down' })
      assert.equal(await status('/api/v1/halts', { method: 'POST', headers: { ...operator, ...json }, body }), 200)
    })
  })

  it('stays alive and says that it is not ready while PostgreSQL is down, why only in the log, and comes back', async () => {
    await postgres.restart(async () => {
      assert.equal(await status('/healthz'), 200)
      const ready = await ask('/readyz')
      const why = await ready.text()
      assert.equal(ready.status, 503)
      assert.equal(why, 'the ledger does not answer; the log says why\n')
      assert.equal((await ask('/readyz')).status, 503)
      const logged = installation.output.match(/cannot be reached.*"msg":"the ledger does not answer"/g)
      assert.equal(logged?.length, 1, installation.output.slice(-2_000))
      for (const path of ['/', '/api/v1/groups', '/metrics']) assert.equal(await status(path, { headers: viewer }), 503, path)
    })
    await installation.until(async () => (await status('/readyz')) === 200, 'the ledger')
    assert.equal(await status('/api/v1/groups', { headers: viewer }), 200)
  })

  it('does not start where others could reach it and nobody would have to say who they are', async () => {
    const file = join(installation.folder, 'open.yaml')
    const text = await readFile(join(installation.folder, 'firedrill.yaml'), 'utf8')
    await writeFile(file, `${text.replace(/^web:[\s\S]*/m, '')}web: { listen: "0.0.0.0:0" }\n`)
    const before = installation.output.length
    assert.equal(await installation.ended(installation.start(['serve', '--config', file])), 2)
    assert.match(installation.output.slice(before), /0\.0\.0\.0:0 can be reached from other machines, and nobody would have to say who/)
    await writeFile(file, text.replace(/^web:[\s\S]*/m, ''))
    const ends = async (listen: string) => {
      const from = installation.output.length
      assert.equal(await installation.ended(installation.start(['worker', '--listen', listen, '--config', file])), 2)
      return installation.output.slice(from)
    }
    assert.match(
      await ends('0.0.0.0:0'),
      /0\.0\.0\.0:0 can be reached from other machines, and nobody would have to say who they are\. Write web\.tokens/,
    )
    assert.match(await ends('nonsense'), /--listen nonsense is no address and port: write 127\.0\.0\.1:9090/)
  })
})

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, { readonly get?: unknown; readonly post?: unknown }>>
}

/** What the service must tell Prometheus, whatever the dashboard of today shows. */
const promised: Readonly<Record<string, RegExp>> = {
  'drills by verdict and provider': /^firedrill_drills_total\{provider="aws",verdict="snowflake"\} 1$/m,
  'refusals by rule': /^firedrill_refusals_last_day\{rule="S7"\} 1$/m,
  'time to recover': /^firedrill_time_to_recover_seconds_bucket\{le="\+Inf",provider="aws"\} [12]$/m,
  'open drills': /^firedrill_open_drills 0$/m,
  'watch lag': /^firedrill_watch_lag_seconds \d/m,
  'API calls': /^firedrill_api_calls_total\{provider="aws",operation="\w+",outcome="ok"\} [1-9]/m,
  'queue depth': /^firedrill_wakeups_due \d+$/m,
  halt: /^firedrill_halted 0$/m,
  coverage: /^firedrill_coverage_ratio 0\.\d+$/m,
}

/** Tokens for the pages, and somebody who hears of everything. Returns where the pages are. */
async function guard(folder: string): Promise<string> {
  const file = join(folder, 'firedrill.yaml')
  const text = await readFile(file, 'utf8')
  const [, listen = ''] = /listen: "([^"]*)"/.exec(text) ?? []
  const tokens = `[{ name: oncall, role: operator, token: "${operatorToken}" }, { name: grafana, role: viewer, token: "${viewerToken}" }]`
  await writeFile(file, text.replace(/^web:.*$/m, `web:\n  listen: "${listen}"\n  tokens: ${tokens}`))
  const schedule = join(folder, 'schedules', 'always.yaml')
  await writeFile(schedule, `${await readFile(schedule, 'utf8')}notify: [hook]\n`)
  return `http://${listen}`
}
