import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'
import { freePort } from '../support/server.ts'
import { makeImages } from '../swarm/image.ts'
import { type Bridge, openBridge } from './bridge.ts'
import { Engine } from './engine.ts'
import { makeBaseImages } from './images.ts'

const PROJECT = new URL('../..', import.meta.url).pathname

describe('container', function () {
  // Making a Debian root and two npm installs on a busy machine; the tests themselves take seconds.
  this.timeout(900_000)
  let engine: Engine
  let data = ''
  let bridge: Bridge
  let halt = ''
  let port = 0
  let environment: Record<string, string> = {}

  before(async function () {
    if (onPath('docker-compose') === null) missing(this, 'docker-compose')
    data = await mkdtemp(join(tmpdir(), 'firedrill-images-'))
    halt = await mkdtemp(join(tmpdir(), 'firedrill-halt-'))
    await chmod(halt, 0o755)
    engine = await Engine.start(this, { data })
    await makeBaseImages(engine, this)
    await makeImages(engine, this, { 'busybox:1.37': 'example' })
    await engine.docker(['build', '--network', 'host', '--tag', 'firedrill', PROJECT], { timeout: 600_000 })
    bridge = await openBridge(engine)
    port = await freePort()
    environment = {
      POSTGRES_PASSWORD: 'only-for-this-test',
      REDIS_PASSWORD: 'only-for-this-test-too',
      FIREDRILL_OPERATOR_TOKEN: 'only-for-this-test-0123456789-0123456789',
      FIREDRILL_PORT: String(port),
      FIREDRILL_HALT_FOLDER: halt,
      FIREDRILL_LOG_LEVEL: 'debug',
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
    await takeAway().catch(() => {})
    await bridge?.close()
    await engine.stop()
    for (const folder of [data, halt]) await rm(folder, { recursive: true, force: true })
  })

  async function compose(...words: readonly string[]): Promise<string> {
    const { code, output } = await engine.try('docker-compose', words, { cwd: PROJECT, env: environment, timeout: 180_000 })
    if (code !== 0) throw new Error(`docker-compose ${words.join(' ')} ended with ${code}: ${output.slice(-3000)}\n${await logs()}`)
    return output
  }

  async function takeAway(): Promise<void> {
    await compose('--profile', 'rehearsal', 'down', '--volumes', '--timeout', '5')
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

  it('S2 halts with a file in a folder of the machine, and says so; the log level comes from the environment, too', async () => {
    const isHalted = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/halts`, {
        headers: { authorization: `Bearer ${environment.FIREDRILL_OPERATOR_TOKEN}` },
      })
      return ((await answer.json()) as { haltFile: boolean }).haltFile
    }
    assert.equal(await isHalted(), false)
    await writeFile(join(halt, 'HALT'), '')
    assert.equal(await isHalted(), true)
    await rm(join(halt, 'HALT'))
    assert.equal(await isHalted(), false)
    assert.match(await engine.docker(['exec', await containerOf('firedrill'), 'env']), /^FIREDRILL_LOG_LEVEL=debug$/m)
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
      const took = performance.now() - before
      const said = (await engine.try('docker', ['logs', '--timestamps', '--tail', '40', container])).output
      assert.equal(await inspect(container, '{{.State.ExitCode}} {{.State.OOMKilled}}'), '0 false', said)
      assert.ok(took < 10_000, `${service} took ${Math.round(took)} ms:\n${said}`)
    }
  })

  it('starts again on the same ledger', async () => {
    await compose('up', '--detach', '--no-build', 'firedrill')
    await untilHealthy(await containerOf('firedrill'))
  })

  describe('the example of Docker Swarm', () => {
    const folder = join(PROJECT, 'examples', 'swarm')
    let page: readonly (readonly string[])[] = []

    /** The same images, on an engine in a network of its own: what a Swarm makes there goes with it. */
    before(async function () {
      await takeAway()
      await engine.stop()
      engine = await Engine.start(this, { data, isolated: true })
      const text = await readFile(join(folder, 'README.md'), 'utf8')
      page = [...text.matchAll(/^```\n(.*?)\n```$/gms)].map(([, block = '']) => block.split('\n'))
    })

    /** As the page has it; Debian's Compose is a program of its own. */
    async function typed(line: string, cwd = PROJECT): Promise<string> {
      const ran = await engine.try('sh', ['-c', line.replace(/^docker compose /, 'docker-compose ')], { cwd, timeout: 300_000 })
      assert.equal(ran.code, 0, `${line}: ${ran.output.slice(-4000)}`)
      return ran.output
    }

    it('is run by one command, and finds what its page says', async () => {
      const output = await typed(page[0]?.[0] ?? '')
      assert.match(output, /1 phoenix · 1 snowflake · 1 refused/, output.slice(-4000))
      assert.match(output, /exited with code 1/)
    })

    it('leaves its report where the page says', async () => {
      const kept = await mkdtemp(join(tmpdir(), 'firedrill-example-'))
      try {
        await typed(page[1]?.[0] ?? '', kept)
        assert.match(await readFile(join(kept, 'firedrill-report', 'report.html'), 'utf8'), /etc\/app-hosts/)
        const report = JSON.parse(await readFile(join(kept, 'firedrill-report', 'report.json'), 'utf8')) as {
          drills: {
            groupName: string
            verdict: string | null
            refusal: { rule: string } | null
            findings: { level: string; path: string }[]
          }[]
        }
        const told = report.drills.map(({ groupName, verdict, refusal, findings }) => {
          const failures = findings.filter(({ level }) => level === 'fail').map(({ path }) => path)
          return [groupName, verdict ?? refusal?.rule, ...failures].join(' ')
        })
        assert.deepEqual(told.toSorted(), [
          'firedrill-example_batch S5',
          'firedrill-example_shop phoenix',
          'firedrill-example_wiki snowflake state/etc/app-hosts',
        ])
      } finally {
        await rm(kept, { recursive: true, force: true })
      }
    })

    it('does not touch what is not opted in', async () => {
      const tasks = await engine.docker(['service', 'ps', '--format', '{{.CurrentState}}', 'firedrill-example_bystander'])
      assert.deepEqual(
        tasks.split('\n').map(state => state.split(' ')[0]),
        ['Running', 'Running'],
      )
    })

    it('is taken away by what its page says', async () => {
      for (const line of page[2] ?? []) await typed(line)
      assert.equal(await engine.docker(['info', '--format', '{{.Swarm.LocalNodeState}}']), 'inactive')
      // Docker takes containers of a stack away in its own time: what it still lists may already be on its way out.
      let left = ''
      for (let look = 0; look < 60; look++) {
        if (look > 0) await sleep(500)
        left = `${await engine.docker(['container', 'ls', '--all'])}\n${await engine.docker(['volume', 'ls', '--quiet'])}`
        if (left.split('\n').filter(Boolean).length === 1) return
      }
      assert.fail(`left behind:\n${left}`)
    })
  })
})
