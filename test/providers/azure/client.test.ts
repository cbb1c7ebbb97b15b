import assert from 'node:assert/strict'
import { AzureClients } from '../../../src/providers/azure/client.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'

const { signal } = new AbortController()
const times = { detect: 20, boot: 60, health: 10, drain: 10, terminate: 10 }

describe('how a change of a scale set goes on', () => {
  let simulator: Simulator

  beforeEach(async () => {
    simulator = await startSimulator({ world: createWorld({ azure: { groups: [{ name: 'web', times }] } }) })
  })
  afterEach(() => simulator.close())

  async function raise() {
    const { endpoint, subscription } = simulator.azure
    const clients = await AzureClients.open({ endpoint, now: () => Temporal.Now.instant(), onCall: () => {} })
    const api = clients.api(subscription)
    const ref = { resourceGroup: 'shop', name: 'web' }
    const set = await api.getScaleSet(ref, { userData: false }, signal)
    return api.setCapacity(ref, { sku: set.sku, capacity: 4, etag: set.etag ?? '' }, { drill: crypto.randomUUID(), signal })
  }

  for (const fault of [{ kind: 'throttling' }, { kind: 'server-error', status: 503 }, { kind: 'drop' }] as const)
    it(`is asked again after ${fault.kind}: a question without an answer is no failure of the change`, async () => {
      const change = await raise()
      simulator.faults.add({ ...fault, operation: 'operations.get' })
      await assert.rejects(change.progress(signal), { code: fault.kind === 'throttling' ? 'throttled' : 'unavailable' })
      simulator.faults.clear()
      while ((await change.progress(signal)) === 'running') await systemClock().sleep(10)
      assert.equal(await change.progress(signal), 'succeeded')
    })

  it('is a failure where Azure itself says so', async () => {
    simulator.world.subscriptions
      .values()
      .next()
      .value?.scaleSets.forEach(set => {
        set.behaviour.createError = { code: 'OverconstrainedAllocationRequest', message: 'no room' }
      })
    const change = await raise()
    while ((await change.progress(signal)) === 'running') await systemClock().sleep(10)
    assert.deepEqual(await change.progress(signal), {
      failed: 'The long-running operation has failed. OverconstrainedAllocationRequest. no room',
    })
  })
})
