import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StrikeMethod } from '../../../src/domain/schedule.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import type { EngineApi } from '../../../src/providers/swarm/api.ts'
import { openEngine } from '../../../src/providers/swarm/client.ts'
import { missing } from '../../support/missing.ts'
import { onPath } from '../../support/on-path.ts'
import { FakeEngine } from './fake-engine.ts'

const never = new AbortController().signal
const quiet = { onCall: () => {} }

describe('the client of one Docker engine', () => {
  let engine: FakeEngine
  let api: EngineApi

  beforeEach(async () => {
    engine = await FakeEngine.start()
    api = await openEngine({ address: engine.address, tls: null }, quiet)
  })
  afterEach(async () => {
    api.close()
    await engine.stop()
  })

  function strike(
    method: StrikeMethod,
    { mayStillSend = () => true, signal = never }: { mayStillSend?: () => boolean; signal?: AbortSignal } = {},
  ): Promise<void> {
    return api.strike({ drill: 'drill-1', container: 'abc', method, grace: 7, mayStillSend }, signal)
  }

  const failsWith =
    (mayHaveActed: boolean) =>
    (error: unknown): boolean =>
      error instanceof ProviderError && error.mayHaveActed === mayHaveActed

  it('asks in the version that it was written for, unless the engine no longer or not yet speaks it', async () => {
    for (const [versions, wanted] of [
      [{ ApiVersion: '1.51', MinAPIVersion: '1.24' }, '/v1.41/info'],
      [{ ApiVersion: '1.40', MinAPIVersion: '1.12' }, '/v1.40/info'],
      [{ ApiVersion: '1.60', MinAPIVersion: '1.44' }, '/v1.44/info'],
    ] as const) {
      engine.says('GET /version', versions)
      engine.says('GET /info', { Name: 'one' })
      const fresh = await openEngine({ address: engine.address, tls: null }, quiet)
      assert.deepEqual(await fresh.info(never), { Name: 'one' })
      fresh.close()
      assert.equal(engine.requests.at(-1), `GET ${wanted}`)
    }
  })

  it('goes where it was told, whatever DOCKER_HOST says', async () => {
    process.env.DOCKER_HOST = 'tcp://192.0.2.1:2375'
    try {
      const fresh = await openEngine({ address: engine.address, tls: null }, quiet)
      engine.says('GET /info', { Name: 'one' })
      assert.deepEqual(await fresh.info(never), { Name: 'one' })
      fresh.close()
    } finally {
      delete process.env.DOCKER_HOST
    }
  })

  it('filters services by name and tasks by service, and asks for nothing where there is no service', async () => {
    engine.says('GET /services', [])
    engine.says('GET /tasks', [])
    await api.services(['web', 'api'], never)
    await api.tasks(['id1'], never)
    assert.deepEqual(await api.tasks([], never), [])
    const asked = engine.requests.slice(-2).map(request => decodeURIComponent(request))
    assert.deepEqual(asked, ['GET /v1.41/services?filters={"name":["web","api"]}', 'GET /v1.41/tasks?filters={"service":["id1"]}'])
  })

  it('takes the null of an engine for an empty list of changes, and refuses what is no list', async () => {
    engine.answers.set('GET /containers/abc/changes', (_, response) => response.end('null\n'))
    assert.deepEqual(await api.changes('abc', never), [])
    engine.says('GET /nodes', { nodes: 1 })
    await assert.rejects(api.nodes(never), { name: 'ProviderError', code: 'invalid' })
  })

  it('reads an archive up to its limit and no further', async () => {
    engine.answers.set('GET /containers/abc/archive', (_, response) => response.end(Buffer.alloc(5_000)))
    assert.equal((await api.archive({ container: 'abc', path: '/etc/x', limit: 5_000 }, never)).length, 5_000)
    await assert.rejects(api.archive({ container: 'abc', path: '/etc/x', limit: 4_999 }, never), { code: 'invalid' })
  })

  it('repeats a read whose kept connection had been closed', async () => {
    engine.says('GET /info', { Name: 'one' })
    await api.info(never)
    let dropped = 0
    engine.answers.set('GET /info', (request, response) => {
      if (dropped++ === 0) request.socket.destroy()
      else response.end('{"Name":"two"}')
    })
    assert.deepEqual(await api.info(never), { Name: 'two' })
  })

  it('S9 kills by name and signal, once, with the drill in its user agent', async () => {
    let agent: string | undefined
    engine.answers.set('POST /containers/abc/kill', (request, response) => {
      agent = request.headers['user-agent']
      response.writeHead(204).end()
    })
    await strike('crash')
    assert.deepEqual(engine.writes(), ['POST /v1.41/containers/abc/kill?signal=SIGKILL'])
    assert.equal(agent, 'firedrill/drill-1')
  })

  for (const method of ['crash', 'retire'] as const) {
    const call = method === 'crash' ? 'POST /containers/abc/kill' : 'POST /containers/abc/stop'

    it(`S2 sends no ${method} where the permit has run out when the connection stands`, async () => {
      await assert.rejects(strike(method, { mayStillSend: () => false }), failsWith(false))
      assert.deepEqual(engine.writes(), [])
    })

    for (const [what, status, mayHaveActed] of [
      ['is refused because the container does not run', 409, false],
      ['is refused because the container is gone', 404, false],
      ['ends in an error of the engine', 500, true],
    ] as const)
      it(`S9 sends a ${method} once that ${what}`, async () => {
        engine.says(call, { message: 'no' }, status)
        await assert.rejects(strike(method), failsWith(mayHaveActed))
        assert.equal(engine.writes().length, 1)
      })

    it(`S9 sends a ${method} once where the connection breaks before the answer`, async () => {
      engine.answers.set(call, request => request.socket.destroy())
      await assert.rejects(strike(method), failsWith(true))
      assert.equal(engine.writes().length, 1)
    })

    it(`ends a ${method} with the signal's own reason`, async () => {
      const permit = new AbortController()
      engine.answers.set(call, () => permit.abort(new Error('the permit is over')))
      await assert.rejects(strike(method, { signal: permit.signal }), /the permit is over/)
      assert.equal(engine.writes().length, 1)
    })
  }

  it('S9 knows that nothing happened where no connection is made', async () => {
    const nowhere = await openEngine({ address: 'unix:///nowhere/docker.sock', tls: null }, quiet)
    const call = { drill: 'drill-1', container: 'abc', method: 'crash', grace: 1, mayStillSend: () => true } as const
    await assert.rejects(nowhere.strike(call, never), failsWith(false))
    await assert.rejects(nowhere.info(never), { code: 'unavailable', message: /Nothing listens there/ })
    nowhere.close()
  })

  it('takes a graceful stop for done when the engine says that it has sent the signal, and hangs up only at the end', async () => {
    let hungUp = false
    engine.says('GET /info', { SystemTime: '2026-11-03T10:00:00.000000001Z' })
    let tell = () => {}
    engine.answers.set('GET /events', (_, response) => {
      response.writeHead(200).flushHeaders()
      tell = () => response.write('{"Action":"kill"}\n')
    })
    engine.answers.set('POST /containers/abc/stop', request => {
      request.socket.on('close', () => (hungUp = true))
      tell()
    })
    await strike('retire')
    const [events = '', stop = ''] = engine.requests.slice(-2).map(request => decodeURIComponent(request))
    assert.equal(events, 'GET /v1.41/events?since=1793700000.000000001&filters={"container":["abc"],"event":["kill","die"]}')
    assert.deepEqual([stop, hungUp], ['POST /v1.41/containers/abc/stop?t=7', false])
  })
})

describe('the client of one Docker engine over TLS', () => {
  let folder: string
  const file = (name: string): string => join(folder, name)
  const files = () => ({ ca: file('cert.pem'), cert: file('cert.pem'), key: file('key.pem') })

  before(async function () {
    const openssl = onPath('openssl') ?? missing(this, 'openssl')
    folder = await mkdtemp(join(tmpdir(), 'firedrill-tls-'))
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('key.pem')]
    execFileSync(openssl, ['req', '-x509', ...key, '-out', file('cert.pem'), '-days', '2', ...subject], { stdio: 'pipe' })
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('shows its certificate and checks the other, for reads and for the strike itself', async () => {
    const [cert, key] = [await readFile(file('cert.pem')), await readFile(file('key.pem'))]
    const engine = await FakeEngine.start({ cert, key, ca: cert, requestCert: true, rejectUnauthorized: true })
    try {
      engine.says('GET /info', { Name: 'far' })
      engine.says('POST /containers/abc/kill', null, 204)
      const api = await openEngine({ address: engine.address, tls: files() }, quiet)
      assert.deepEqual(await api.info(never), { Name: 'far' })
      const call = { drill: 'd', container: 'abc', method: 'crash', grace: 1 } as const
      await assert.rejects(api.strike({ ...call, mayStillSend: () => false }, never), { mayHaveActed: false })
      assert.deepEqual(engine.writes(), [])
      await api.strike({ ...call, mayStillSend: () => true }, never)
      assert.equal(engine.writes().length, 1)
      api.close()
      const stranger = await openEngine({ address: engine.address.replace('localhost', '127.0.0.1'), tls: files() }, quiet)
      await assert.rejects(stranger.info(never), { code: 'denied', message: /certificate files/ })
      stranger.close()
    } finally {
      await engine.stop()
    }
  })

  it('names a file that cannot be read, and nothing of what is in the others', async () => {
    const opening = openEngine({ address: 'tcp+tls://localhost:1', tls: { ...files(), key: file('gone.pem') } }, quiet)
    await assert.rejects(
      opening,
      (error: unknown) => error instanceof ProviderError && /gone\.pem cannot be read \(ENOENT\)/.test(error.message),
    )
  })
})
