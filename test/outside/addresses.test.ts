import assert from 'node:assert/strict'
import type { lookup } from 'node:dns'
import { connect } from 'node:net'
import { guardLookup, httpGet } from '../../src/outside/http-request.ts'
import { isMetadataAddress } from '../../src/outside/metadata-address.ts'
import { fillUrl, wrongUrl } from '../../src/outside/url-template.ts'
import { HttpStage } from '../support/http.ts'

const never = new AbortController().signal

describe('addresses that hand out credentials', () => {
  for (const address of [
    '169.254.169.254',
    '169.254.170.2',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    'fe80::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '64:ff9b::a9fe:a9fe',
    '168.63.129.16',
    'metadata.google.internal',
    'METADATA.google.internal.',
  ])
    it(`${address} is one`, () => assert.equal(isMetadataAddress(address), true))

  for (const address of ['127.0.0.1', '::1', '10.0.0.1', '192.168.1.1', '2001:db8::1', 'internal', '169.255.0.1'])
    it(`${address} is none`, () => assert.equal(isMetadataAddress(address), false))

  for (const url of [
    'http://0xA9FEA9FE/',
    'http://2852039166/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://[::ffff:169.254.169.254]/',
    'http://①⑥⑨.254.169.254/',
  ])
    it(`is not asked as ${url}`, async () => {
      await assert.rejects(httpGet({ url: new URL(url) }, never), /never asked/)
    })

  it('are found behind a name at the moment of connecting, among others too, whatever was answered before', async () => {
    const server = new HttpStage()
    await server.start()
    const answers = [['127.0.0.1'], ['127.0.0.1', '169.254.169.254'], ['fe80::1']]
    const resolve = ((_name: string, _options: unknown, done: (error: null, found: { address: string; family: number }[]) => void) => {
      done(
        null,
        (answers.shift() ?? []).map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
    }) as unknown as typeof lookup
    const once = () =>
      new Promise<string>(done => {
        const socket = connect({ host: 'rebound.test', port: server.port, lookup: guardLookup(resolve) })
        socket.once('connect', () => done('connected'))
        socket.once('error', error => done(error.message))
        socket.once('connect', () => socket.destroy())
      })
    try {
      assert.equal(await once(), 'connected')
      assert.match(await once(), /rebound.test \(169.254.169.254\) is a link-local or metadata address/)
      assert.match(await once(), /rebound.test \(fe80::1\)/)
      assert.match(await once(), /has no address/)
    } finally {
      await server.stop()
    }
  })
})

describe('urls with placeholders', () => {
  const instance = { id: 'i-1', name: 'web@evil.example/../?#', address: '::1' }

  it('cannot be changed by what is filled in', () => {
    const url = fillUrl('http://{address}:80/{name}?id={id}', instance)
    assert.deepEqual([url.hostname, url.pathname, url.search, url.username], ['[::1]', '/web%40evil.example%2F..%2F%3F%23', '?id=i-1', ''])
    assert.throws(() => fillUrl('http://{name}.internal/', instance))
  })

  it('are refused with what they must not hold', () => {
    assert.match(wrongUrl('ftp://x/', { placeholders: false }) ?? '', /http or https/)
    assert.match(wrongUrl('http://{adress}/', { placeholders: true }) ?? '', /no placeholder/)
    assert.match(wrongUrl('https://x/?X-Amz-Signature=1', { placeholders: false }) ?? '', /must not hold a secret in "X-Amz-Signature"/)
    assert.equal(wrongUrl('https://x/?zone=a', { placeholders: false }), null)
  })
})
