import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProbeAnswer, ProbeTarget } from '../../src/probes/probe.ts'
import { openProbe, probeKinds } from '../../src/probes/registry.ts'
import { group, never } from '../guards/guards.ts'
import { DnsStage } from '../support/dns.ts'
import { HttpStage, misbehaviours } from '../support/http.ts'
import { freePort } from '../support/server.ts'

const target: ProbeTarget = { group, id: 'i-1', name: 'web-1', address: '127.0.0.1' }

/** A probe as a schedule would open it: through its schema, and a stay in the ledger. */
function probe(
  kind: string,
  written: Record<string, unknown>,
  { env = {}, folder = '/' }: { env?: Record<string, string>; folder?: string } = {},
) {
  const parsed = probeKinds[kind]?.schema.safeParse(written)
  assert.ok(parsed?.success, JSON.stringify(parsed?.error?.issues))
  return openProbe({ kind, settings: JSON.parse(JSON.stringify(parsed.data)) }, { env, folder, now: () => Temporal.Now.instant() })
}

const ask = (kind: string, written: Record<string, unknown>, about: ProbeTarget = target): Promise<ProbeAnswer> =>
  probe(kind, written).check(about, never)

const server = new HttpStage()
before(() => server.start())
after(() => server.stop())
beforeEach(() => {
  server.asked = []
  server.json({})
})

describe('the http probe', () => {
  const settings = (more: Record<string, unknown> = {}) => ({
    url: `http://{address}:${server.port}/health/{name}`,
    timeout: '300ms',
    ...more,
  })

  it('passes on the status and JSON of the instance itself', async () => {
    server.json({ db: true })
    assert.equal((await ask('http', settings({ json: { '/db': true } }))).result, 'passed')
    assert.equal(server.asked[0]?.url, '/health/web-1')
  })

  for (const [how, answer] of misbehaviours)
    it(`fails an instance that ${how}`, async () => {
      server.answer = answer
      assert.equal((await ask('http', settings({ json: { '/status': 'ok' } }))).result, 'failed')
    })

  it('fails an instance that refuses the connection', async () => {
    const closed = await freePort()
    assert.deepEqual((await ask('http', settings({ url: `http://{address}:${closed}/` }))).result, 'failed')
  })

  it('S10 knows nothing where the address is not known or never asked, or a secret is missing', async () => {
    await assert.rejects(ask('http', settings(), { ...target, address: null }), /address of i-1 is not known/)
    await assert.rejects(ask('http', settings(), { ...target, address: '169.254.169.254' }), /never asked/)
    await assert.rejects(ask('http', settings({ token: { env: 'NONE' } })), /NONE is not set/)
    assert.deepEqual(server.asked, [])
  })
})

describe('the tcp probe', () => {
  it('passes where a connection is accepted, and fails where it is refused', async () => {
    const listener = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const address = listener.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    assert.equal((await ask('tcp', { port })).result, 'passed')
    listener.close()
    await once(listener, 'close')
    const refused = await ask('tcp', { port })
    assert.deepEqual([refused.result, refused.detail], ['failed', `127.0.0.1 port ${port}: ECONNREFUSED`])
  })

  it('S10 never touches a metadata address, not even by a name', async () => {
    await assert.rejects(ask('tcp', { port: 80 }, { ...target, address: '169.254.169.254' }), /never asked/)
    await assert.rejects(ask('tcp', { host: 'metadata.google.internal', port: 80 }), /never asked/)
  })
})

describe('the command probe', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-probe-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))
  const run = (script: string, more: Record<string, unknown> = {}) =>
    probe('command', { command: ['/bin/sh', '-c', script], ...more }, { folder }).check(target, never)

  it('passes on 0, fails on any other code, and says nothing on 75', async () => {
    assert.equal((await run('cat > input')).result, 'passed')
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'input'), 'utf8')).instance, { id: 'i-1', name: 'web-1', address: '127.0.0.1' })
    assert.deepEqual((await run('echo no disk; exit 1')).detail, '/bin/sh exited with 1: no disk')
    assert.equal((await run('exit 75')).result, 'unknown')
  })

  it('fails an instance whose check does not end, and knows nothing where the program is missing', async () => {
    const slow = await run('sleep 60', { timeout: '300ms' })
    assert.equal(slow.result, 'failed', slow.detail)
    await assert.rejects(probe('command', { command: ['./missing'] }, { folder }).check(target, never), /could not be started/)
  })
})

describe('the consul probe', () => {
  const entry = (status: string, more: Record<string, unknown> = {}) => ({
    Node: { Node: 'web-1', Address: '127.0.0.1', Meta: { 'instance-id': 'i-1' } },
    Service: { Address: '', Meta: null },
    Checks: [
      { Name: 'Serf', Status: 'passing', Output: '' },
      { Name: 'http', Status: status, Output: '' },
    ],
    ...more,
  })
  const settings = (more: Record<string, unknown> = {}) => ({ url: server.url, service: 'web', timeout: '300ms', ...more })

  it('passes where every check of the instance passes, whatever the others say', async () => {
    server.json([entry('passing'), entry('critical', { Node: { Node: 'web-2', Address: '127.0.0.2' } })])
    assert.equal((await ask('consul', settings({ datacenter: 'dc1' }))).result, 'passed')
    assert.equal(server.asked[0]?.url, '/v1/health/service/web?dc=dc1')
  })

  it('finds it by address, by node or by what it is called in meta', async () => {
    server.json([entry('passing', { Service: { Address: '127.0.0.9', Meta: {} } })])
    assert.equal((await ask('consul', settings())).result, 'failed')
    assert.equal((await ask('consul', settings({ match: 'node' }))).result, 'passed')
    assert.equal((await ask('consul', settings({ match: 'meta.instance-id' }))).result, 'passed')
  })

  it('fails one that is missing, without checks, or warning', async () => {
    server.json([])
    assert.match((await ask('consul', settings())).detail, /not in Consul's catalog as web/)
    server.json([entry('passing', { Checks: [] })])
    assert.match((await ask('consul', settings())).detail, /without any check/)
    server.json([entry('warning')])
    assert.deepEqual(await ask('consul', settings()), { result: 'failed', detail: 'Consul\'s check "http" is warning' })
  })

  for (const [how, answer] of misbehaviours)
    it(`S10 knows nothing where Consul ${how}`, async () => {
      server.answer = answer
      await assert.rejects(ask('consul', settings()))
    })
})

describe('the eureka probe', () => {
  const instance = (status: string, more: Record<string, unknown> = {}) => ({
    instanceId: 'web-1:web:8080',
    hostName: 'host',
    ipAddr: '127.0.0.1',
    status,
    port: { $: 8080 },
    ...more,
  })
  const settings = (more: Record<string, unknown> = {}) => ({ url: `${server.url}/eureka/`, app: 'web', timeout: '300ms', ...more })

  it('passes where the instance is UP, also where it is the only one and stands without a list', async () => {
    server.json({ application: { name: 'WEB', instance: [instance('UP'), instance('DOWN', { instanceId: 'x', ipAddr: '127.0.0.2' })] } })
    assert.equal((await ask('eureka', settings())).result, 'passed')
    assert.deepEqual([server.asked[0]?.url, server.asked[0]?.headers.accept], ['/eureka/apps/WEB', 'application/json'])
    server.json({ application: { name: 'WEB', instance: instance('UP') } })
    assert.equal((await ask('eureka', settings())).result, 'passed')
  })

  it('finds it by its id where there is no address', async () => {
    server.json({
      application: { instance: [instance('UP', { ipAddr: '10.0.0.1', dataCenterInfo: { metadata: { 'instance-id': 'i-1' } } })] },
    })
    assert.equal((await ask('eureka', settings(), { ...target, address: null })).result, 'passed')
  })

  it('fails one that is missing or not UP, and an application that nobody knows', async () => {
    server.json({ application: { instance: [instance('OUT_OF_SERVICE')] } })
    assert.equal((await ask('eureka', settings())).detail, 'Eureka says OUT_OF_SERVICE')
    server.json({ application: { instance: [] } })
    assert.match((await ask('eureka', settings())).detail, /not registered/)
    server.answer = response => response.writeHead(404).end()
    assert.equal((await ask('eureka', settings())).result, 'failed')
  })

  for (const [how, answer] of misbehaviours)
    it(`S10 knows nothing where Eureka ${how}`, async () => {
      server.answer = answer
      await assert.rejects(ask('eureka', settings()))
    })
})

describe('the dns probe', () => {
  const dns = new DnsStage()
  before(() => dns.start())
  after(() => dns.stop())
  const settings = (more: Record<string, unknown> = {}) => ({
    name: '{name}.service.test',
    server: `127.0.0.1:${dns.port}`,
    timeout: '2s',
    ...more,
  })

  it('passes where the name leads to the instance, among others', async () => {
    dns.answers = { 'web-1.service.test': ['10.0.0.9', '127.0.0.1'] }
    assert.deepEqual(await ask('dns', settings()), { result: 'passed', detail: 'web-1.service.test leads to 127.0.0.1' })
  })

  it('fails where it leads elsewhere or nowhere', async () => {
    dns.answers = { 'web-1.service.test': ['10.0.0.9'] }
    assert.match((await ask('dns', settings())).detail, /leads to 10.0.0.9, not to 127.0.0.1/)
    dns.answers = {}
    assert.match((await ask('dns', settings())).detail, /has no A record/)
  })

  it('compares with addresses that are written, whatever the instance has', async () => {
    dns.answers = { 'api.test': ['10.0.0.1', '10.0.0.2'] }
    assert.equal((await ask('dns', settings({ name: 'api.test', expect: ['10.0.0.2'] }), { ...target, address: null })).result, 'passed')
  })

  it('S10 knows nothing where the server fails or is silent', async () => {
    dns.code = 2
    await assert.rejects(ask('dns', settings()), /could not be asked .*ESERVFAIL/)
    dns.code = 'silent'
    await assert.rejects(ask('dns', settings({ timeout: '300ms' })), /no answer within|could not be asked/)
    dns.code = 0
  })
})

describe('every probe', () => {
  const least: Record<string, Record<string, unknown>> = {
    command: { command: ['/bin/true'] },
    consul: { service: 'web' },
    dns: { name: 'web.test' },
    eureka: { url: 'http://eureka.test/eureka', app: 'web' },
    http: { url: 'http://{address}/' },
    tcp: { port: 80 },
  }
  for (const kind of Object.keys(probeKinds))
    it(`${kind} takes an interval and passes in a row, with defaults`, () => {
      const { interval, passes } = probe(kind, least[kind] ?? {})
      assert.deepEqual([interval, passes], [5_000, 1])
      const own = probe(kind, { ...least[kind], interval: '2s', passes: 3 })
      assert.deepEqual([own.interval, own.passes], [2_000, 3])
    })
})
