import assert from 'node:assert/strict'
import { enginesOf, swarmSettingsSchema } from '../../../src/providers/swarm/settings.ts'

const tls = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' }
const addresses = (written: object): string[] => enginesOf(swarmSettingsSchema.parse(written)).map(({ address }) => address)

describe('the settings of Swarm', () => {
  it('mean this machine’s own engine where none is named', () => {
    assert.deepEqual(addresses({}), ['unix:///var/run/docker.sock'])
  })

  it('stay what they are when they are checked again', () => {
    const once = swarmSettingsSchema.parse({ engines: ['unix:///a.sock'], startUp: '5s' })
    assert.deepEqual(swarmSettingsSchema.parse(once), once)
  })

  it('name engines by socket or by TLS, each once, with an endpoint as one more', () => {
    const engines = ['unix:///a.sock', 'tcp+tls://node-2:2376', 'unix:///a.sock']
    assert.deepEqual(addresses({ engines, tls }), ['unix:///a.sock', 'tcp+tls://node-2:2376'])
    assert.deepEqual(addresses({ endpoint: 'http://127.0.0.1:2375' }), ['http://127.0.0.1:2375'])
  })

  it('give each engine its own certificate, or the common one, and none to a socket', () => {
    const own = { ...tls, key: 'other.pem' }
    const engines = ['unix:///a.sock', 'tcp+tls://node-2:2376', { address: 'tcp+tls://node-3:2376', tls: own }]
    const parsed = enginesOf(swarmSettingsSchema.parse({ engines, tls }))
    assert.deepEqual(
      parsed.map(one => one.tls),
      [null, tls, own],
    )
  })

  for (const [what, written] of [
    ['an engine without encryption', { engines: ['tcp://node-2:2375'] }],
    ['a relative socket', { engines: ['unix://docker.sock'] }],
    ['credentials in an address', { engines: ['tcp+tls://me:secret@node-2:2376'], tls }],
    ['TLS without a client certificate', { engines: ['tcp+tls://node-2:2376'] }],
    ['a group of another provider', { optIn: ['aws:1/asg/web'] }],
    ['a start-up without a unit', { startUp: '60' }],
    ['a key that there is not', { engine: 'unix:///a.sock' }],
  ] as const)
    it(`refuse ${what}`, () => {
      assert.equal(swarmSettingsSchema.safeParse(written).success, false)
    })
})
