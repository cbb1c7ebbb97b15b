import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AzureApi } from '../../../src/providers/azure/api.ts'
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

  for (const { code, fault } of [
    { code: 'throttled', fault: { kind: 'throttling' } },
    { code: 'unavailable', fault: { kind: 'server-error', status: 503 } },
    { code: 'unavailable', fault: { kind: 'drop' } },
    { code: 'not-found', fault: { kind: 'error', status: 404, code: 'ResourceNotFound', message: 'an older view does not know it yet' } },
  ] as const)
    it(`is asked again after ${fault.kind} (${code}): a question without an answer is no failure of the change`, async () => {
      const change = await raise()
      simulator.faults.add({ ...fault, operation: 'operations.get' })
      await assert.rejects(change.progress(signal), { code })
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

describe('a list of Azure', () => {
  const image = {
    location: 'westeurope',
    gallery: 'g',
    image: 'i',
    publisher: 'p',
    offer: 'o',
    sku: 's',
    subscription: 'x',
    resourceGroup: 'r',
  }
  const set = { resourceGroup: 'r', name: 'web' }
  const lists: Readonly<Record<string, (api: AzureApi) => Promise<unknown>>> = {
    listScaleSets: api => api.listScaleSets(signal),
    listUniformMachines: api => api.listUniformMachines(set, { view: true }, signal),
    listFlexibleMachines: api => api.listFlexibleMachines(set, { id: '/x', view: true }, signal),
    listInterfaces: api => api.listInterfaces('r', signal),
    listLocks: api => api.listLocks(signal),
    listGalleryVersions: api => api.listGalleryVersions(image, signal),
    listCommunityVersions: api => api.listCommunityVersions(image, signal),
    listSharedVersions: api => api.listSharedVersions(image, signal),
  }
  /** One answer, without pages. */
  const whole = ['listMarketplaceVersions']
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    const { port } = server.address() as AddressInfo
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ value: [], nextLink: `http://127.0.0.1:${port}${request.url}` }))
  })
  let api: AzureApi

  before(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const clients = await AzureClients.open({ endpoint, now: () => Temporal.Now.instant(), onCall: () => {} })
    api = clients.api('7c1c5f0e-6f0d-4b8e-9a55-0f3f4f6b1d20')
  })
  after(() => void server.close())

  it('is among these', () => {
    assert.deepEqual(
      Object.keys(api)
        .filter(name => name.startsWith('list'))
        .sort(),
      [...Object.keys(lists), ...whole].sort(),
    )
  })

  for (const [name, list] of Object.entries(lists))
    it(`is not followed for ever where its links go round in circles (${name})`, async () => {
      asked = 0
      await assert.rejects(list(api), { name: 'ProviderError', message: /same page token twice/ })
      assert.ok(asked <= 3, `${asked} requests`)
    })
})
