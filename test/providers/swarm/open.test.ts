import assert from 'node:assert/strict'
import type { Provider } from '../../../src/providers/provider.ts'
import { openProvider } from '../../../src/providers/swarm/index.ts'
import { TestClock } from '../../support/test-clock.ts'
import { FakeEngine } from './fake-engine.ts'
import { now } from './fake-swarm.ts'

const quiet = () => {}
const never = new AbortController().signal
const manager = { Swarm: { NodeID: 'n1', LocalNodeState: 'active', ControlAvailable: true, Cluster: { ID: 'c1' } } }
const worker = { Swarm: { NodeID: 'n2', LocalNodeState: 'active', ControlAvailable: false } }

describe('opening Swarm', () => {
  let one: FakeEngine
  let other: FakeEngine
  let warnings: string[]

  beforeEach(async () => {
    one = await FakeEngine.start()
    other = await FakeEngine.start()
    warnings = []
  })
  afterEach(async () => {
    await one.stop()
    await other.stop()
  })

  function open(...engines: readonly string[]): Promise<Provider> {
    const log = { debug: quiet, info: quiet, warn: (message: string) => void warnings.push(message), error: quiet }
    return openProvider({ engines }, { clock: new TestClock(now), log, env: {} })
  }

  it('makes one scope of each Swarm that an engine manages', async () => {
    one.says('GET /info', manager)
    other.says('GET /info', worker)
    const provider = await open(one.address, other.address)
    assert.deepEqual(provider.scopes(), [{ id: 'swarm:c1', provider: 'swarm' }])
    assert.equal(provider.capabilities.looksInside, provider.fingerprint !== undefined)
    await assert.rejects(
      provider.observe({ id: 'swarm:c9', provider: 'swarm' }, [], { since: Temporal.Instant.from(now), depth: 'brief' }, never),
      {
        name: 'ProviderError',
        code: 'invalid',
      },
    )
    await provider.close()
  })

  it('goes on, and says so, where an engine does not answer while a manager does', async () => {
    one.says('GET /info', manager)
    const provider = await open(one.address, 'unix:///nowhere/docker.sock')
    assert.deepEqual([provider.scopes().length, warnings.length], [1, 1])
    await provider.close()
  })

  it('cannot go on without a manager, and says what to do', async () => {
    one.says('GET /info', worker)
    other.says('GET /info', { Swarm: { LocalNodeState: 'inactive' } })
    await assert.rejects(open(one.address, other.address), { code: 'invalid', message: /docker swarm init/ })
  })

  it('may be tried again where none answers', async () => {
    await assert.rejects(open('unix:///nowhere/docker.sock'), { code: 'unavailable', message: /No Docker engine answers/ })
  })

  it("ends every call with an aborted signal's reason", async () => {
    one.says('GET /info', manager)
    const provider = await open(one.address)
    const gone = AbortSignal.abort(new Error('halted'))
    const [scope] = provider.scopes()
    assert.ok(scope)
    const group = 'swarm:c1/service/web'
    await assert.rejects(provider.observe(scope, [group], { since: Temporal.Instant.from(now), depth: 'watch' }, gone), /halted/)
    await assert.rejects(provider.declare(scope, [group], gone), /halted/)
    await assert.rejects(provider.forecast(scope, [group], gone), /halted/)
    await assert.rejects(provider.fingerprint?.(scope, { group, id: 't1' }, { ignore: [] }, gone) ?? Promise.resolve(), /halted/)
    await provider.close()
  })
})
