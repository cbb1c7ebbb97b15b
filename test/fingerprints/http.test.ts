import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { openFingerprinter } from '../../src/fingerprints/registry.ts'
import { isMetadataAddress } from '../../src/outside/metadata-address.ts'

const surroundings = { env: {}, folder: '/', now: () => Temporal.Now.instant() }
const target = { group: 'cloud:here/group/web', id: 'i-1', name: 'web 1/a', address: '127.0.0.1' }
const never = new AbortController().signal

describe('the http fingerprint', () => {
  let server: Server
  let port = 0
  let asked: string[] = []
  let answer: (response: ServerResponse, url: string) => void = () => {}

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      answer(response, request.url ?? '')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' ? (address?.port ?? 0) : 0
  })
  beforeEach(() => {
    asked = []
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  const take = (path = '/fingerprint', rest: { timeout?: number; address?: string | null; signal?: AbortSignal; host?: string } = {}) =>
    openFingerprinter(
      { kind: 'http', settings: { url: `http://${rest.host ?? '{address}'}:${port}${path}`, timeout: rest.timeout ?? 2000 } },
      surroundings,
    ).take({ ...target, ...(rest.address !== undefined && { address: rest.address }) }, rest.signal ?? never)

  it('reads a flat record of texts, with placeholders filled in and encoded', async () => {
    answer = response => response.end('{"kernel":"6.1","package/nginx":"1.26"}')
    assert.deepEqual(await take('/{name}?id={id}'), { kernel: '6.1', 'package/nginx': '1.26' })
    assert.deepEqual(asked, ['/web%201%2Fa?id=i-1'])
  })

  const refused: readonly [string, (response: ServerResponse) => void, RegExp][] = [
    ['something else than JSON', response => response.end('<html>'), /did not answer with JSON/],
    ['nested values', response => response.end('{"a":{"b":"c"}}'), /one flat JSON object whose values are texts/],
    ['numbers', response => response.end('{"a":1}'), /values are texts/],
    ['a list', response => response.end('["a"]'), /values are texts/],
    ['an error', response => response.writeHead(500).end(), /answered 500 instead of 200/],
    ['a redirect', response => response.writeHead(302, { location: '/else' }).end(), /redirect \(302\), which is not followed/],
    ['more than 4 MB', response => response.end(`{"a":"${'x'.repeat(4 * 1024 * 1024)}"}`), /more than 4 MB/],
    ['an empty record', response => response.end('{}'), /an empty record/],
  ]
  for (const [about, respond, says] of refused)
    it(`refuses ${about}`, async () => {
      answer = respond
      await assert.rejects(take(), says)
      assert.equal(asked.length, 1)
    })

  it('gives up at its timeout, and at once when it is told to', async () => {
    answer = () => {}
    await assert.rejects(take('/', { timeout: 50 }), /no answer within 50 ms/)
    answer = ({ socket }) => socket?.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"kernel":"6.1"}')
    await assert.rejects(take('/', { timeout: 300 }), /no answer within 300 ms/)
    answer = () => {}
    const controller = new AbortController()
    const asking = take('/', { signal: controller.signal })
    controller.abort(new Error('stop'))
    await assert.rejects(asking, /stop/)
  })

  it('never asks link-local and metadata addresses, by number, by name or through an instance', async () => {
    for (const address of ['169.254.169.254', 'fe80::1', '::ffff:169.254.169.254', 'fd00:ec2::254', '64:ff9b::a9fe:a9fe'])
      await assert.rejects(take('/', { address }), /never asked/, address)
    await assert.rejects(take('/', { host: '2852039166' }), /never asked/)
    await assert.rejects(take('/', { host: 'metadata.google.internal' }), /never asked/)
    assert.deepEqual(asked, [])
    assert.equal(isMetadataAddress('10.0.0.1'), false)
    assert.equal(isMetadataAddress('127.0.0.1'), false)
  })

  it('says so where an instance has no address that is known', async () => {
    await assert.rejects(take('/', { address: null }), /the address of i-1 is not known/)
  })

  it('cannot be opened under a name that is none', () => {
    assert.throws(() => openFingerprinter({ kind: 'toString', settings: {} }, surroundings), /There is no fingerprint "toString"/)
  })
})
