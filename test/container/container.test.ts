import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'
import { freePort } from '../support/server.ts'
import { type Bridge, openBridge } from './bridge.ts'
import { Engine } from './engine.ts'
import { makeBaseImages } from './images.ts'

const PROJECT = new URL('../..', import.meta.url).pathname

describe('container', function () {
  // Making a Debian root and two npm installs on a busy machine; the tests themselves take seconds.
  this.timeout(900_000)
  let engine: Engine
  let bridge: Bridge
  let port = 0
  let environment: Record<string, string> = {}

  before(async function () {
    if (onPath('docker-compose') === null) missing(this, 'docker-compose')
    engine = await Engine.start(this)
    await makeBaseImages(engine, this)
    await engine.docker(['build', '--network', 'host', '--tag', 'firedrill', PROJECT], { timeout: 600_000 })
    bridge = await openBridge(engine)
    port = await freePort()
    environment = {
      POSTGRES_PASSWORD: 'only-for-this-test',
      REDIS_PASSWORD: 'only-for-this-test-too',
      FIREDRILL_OPERATOR_TOKEN: 'only-for-this-test-0123456789-0123456789',
      FIREDRILL_PORT: String(port),
      COMPOSE_FILE: `docker-compose.yml:${bridge.composeFile}`,
      COMPOSE_PROJECT_NAME: 'firedrill-test',
      // Simulated clouds: no call leaves this machine.
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4577',
      AWS_ACCESS_KEY_ID: 'simulator-123456789012',
      AWS_SECRET_ACCESS_KEY: 'simulated',
      AWS_REGION: 'eu-west-1',
    }
  })
  after(async () => {
    if (engine === undefined) return
    await compose('--profile', 'rehearsal', 'down', '--volumes', '--timeout', '5').catch(() => {})
    await bridge?.close()
    await engine.stop()
  })

  async function compose(...words: readonly string[]): Promise<string> {
    const { code, output } = await engine.try('docker-compose', words, { cwd: PROJECT, env: environment, timeout: 180_000 })
    if (code !== 0) throw new Error(`docker-compose ${words.join(' ')} ended with ${code}: ${output.slice(-3000)}\n${await logs()}`)
    return output
  }

  async function logs(): Promise<string> {
    return (await engine.try('docker-compose', ['logs', '--no-color', '--tail', '40'], { cwd: PROJECT, env: environment })).output
  }

  async function containerOf(service: string): Promise<string> {
    return (await compose('ps', '-q', service)).trim()
  }

  async function inspect(target: string, format: string): Promise<string> {
    return engine.docker(['inspect', '--format', format, target])
  }

  /** Docker's own view, from the HEALTHCHECK of the Dockerfile. */
  async function untilHealthy(container: string): Promise<void> {
    for (let attempt = 0; attempt < 120; attempt++) {
      const state = await inspect(container, '{{.State.Status}} {{.State.Health.Status}}')
      if (state === 'running healthy') return
      if (state.startsWith('exited')) break
      await sleep(500)
    }
    assert.fail(`not healthy: ${await inspect(container, '{{json .State}}')}\n${await logs()}`)
  }

  it('has no dev dependencies, no sources and no root user', async () => {
    const run = (words: readonly string[]) =>
      engine.docker(['run', '--rm', '--network', 'none', '--entrypoint', words[0] ?? '', 'firedrill', ...words.slice(1)])
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'))
    const present = new Set(
      (await run(['find', '/app/node_modules', '-maxdepth', '3', '-name', 'package.json', '-printf', '%P\n'])).split('\n'),
    )
    const amongThem = (names: object): string[] => Object.keys(names).filter(name => present.has(`${name}/package.json`))
    assert.deepEqual(amongThem(dependencies), Object.keys(dependencies))
    assert.deepEqual(
      amongThem(devDependencies).filter(name => !name.startsWith('@types/')),
      [],
    )
    assert.deepEqual((await run(['ls', '/app'])).split('\n'), ['dist', 'node_modules', 'package.json'])
    assert.equal(await run(['id', '-u']), '1000')
    assert.equal(await inspect('firedrill', '{{.Config.User}} {{.Config.StopSignal}}'), '1000:1000 SIGTERM')
    assert.doesNotMatch(await engine.docker(['history', '--no-trunc', '--format', '{{.CreatedBy}}', 'firedrill']), /npm ci/)
  })

  it('shows its help and its version with a read-only root file system', async () => {
    const run = (word: string) => engine.docker(['run', '--rm', '--network', 'none', '--read-only', '--cap-drop', 'ALL', 'firedrill', word])
    assert.match(await run('--version'), /^\d+\.\d+\.\d+$/m)
    assert.match(await run('--help'), /rehearse/)
  })

  it('docker-compose.yml brings up the service on Redis and PostgreSQL, with everything locked down', async () => {
    await compose('--profile', 'rehearsal', 'up', '--detach', '--no-build')
    const serve = await containerOf('firedrill')
    await untilHealthy(serve)
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
    assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
    assert.equal(await inspect(await containerOf('init'), '{{.State.Status}} {{.State.ExitCode}}'), 'exited 0')
    assert.equal(
      await inspect(serve, '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}'),
      'true [ALL] [no-new-privileges:true]',
    )
    const status = await engine.docker(['exec', serve, 'cat', '/proc/1/status'])
    assert.match(status, /^Uid:\s+1000\s/m)
    assert.match(status, /^CapEff:\s+0+$/m)
    assert.match(status, /^NoNewPrivs:\s+1$/m)
    assert.notEqual((await engine.try('docker', ['exec', serve, 'touch', '/app/written'])).code, 0)
    await engine.docker(['exec', serve, 'touch', '/data/written'])
  })

  it('runs a second worker beside the service', async () => {
    const worker = await containerOf('worker')
    assert.equal(await inspect(worker, '{{.State.Status}} {{.RestartCount}}'), 'running 0', await logs())
  })

  it('prints no password', async () => {
    assert.doesNotMatch(await logs(), /only-for-this-test/)
  })

  it('docker stop ends worker and service cleanly within 10 s', async () => {
    for (const service of ['worker', 'firedrill']) {
      const container = await containerOf(service)
      const before = performance.now()
      await engine.docker(['stop', '--time', '10', container])
      assert.ok(performance.now() - before < 10_000, `${service} took ${Math.round(performance.now() - before)} ms`)
      assert.equal(await inspect(container, '{{.State.ExitCode}} {{.State.OOMKilled}}'), '0 false', await logs())
    }
  })

  it('starts again on the same ledger', async () => {
    await compose('up', '--detach', '--no-build', 'firedrill')
    await untilHealthy(await containerOf('firedrill'))
  })
})
