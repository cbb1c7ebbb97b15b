import assert from 'node:assert/strict'
import { ComputeManagementClient } from '@azure/arm-compute'
import { ManagementLockClient } from '@azure/arm-locks'
import { SimulatedClock } from '../../../src/simulator/clock.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import type { ScaleSet, Subscription } from '../../../src/simulator/world/azure/model.ts'
import { START } from '../simulated-world.ts'

type AzureGroup = NonNullable<NonNullable<Parameters<typeof createWorld>[0]['azure']>['groups']>[number]

const BEARER = { name: 'bearerTokenAuthenticationPolicy' }
const nobody = { getToken: async () => null }

/** The official SDK against a world whose clock the test moves. */
describe('the simulated Resource Manager, by the official SDK', () => {
  let simulator: Simulator
  let clock: SimulatedClock
  let client: ComputeManagementClient

  async function start(groups: AzureGroup[]): Promise<void> {
    clock = new SimulatedClock(START)
    simulator = await startSimulator({ world: createWorld({ azure: { groups } }, { clock }) })
    client = sdk(0)
  }

  function sdk(maxRetries: number): ComputeManagementClient {
    const { endpoint, subscription } = simulator.azure
    const made = new ComputeManagementClient(nobody, subscription, {
      endpoint,
      allowInsecureConnection: true,
      retryOptions: { maxRetries, retryDelayInMs: 1 },
    })
    made.pipeline.removePolicy(BEARER)
    return made
  }

  function subscription(): Subscription {
    return [...simulator.world.subscriptions.values()][0] ?? assert.fail('no subscription')
  }

  function web(): ScaleSet {
    return subscription().scaleSets.get('shop/web') ?? assert.fail('no set')
  }

  function pass(milliseconds: number): void {
    clock.advance(milliseconds)
    simulator.world.catchUp()
  }

  afterEach(() => simulator.close())

  it('lists sets page after page, over empty ones, in any case of names', async () => {
    await start(Array.from({ length: 120 }, (_, index) => ({ name: `set-${index}`, size: 1 })))
    simulator.faults.add({ kind: 'empty-pages', rate: 0.5 })
    const all = await Array.fromAsync(client.virtualMachineScaleSets.listAll())
    assert.equal(new Set(all.map(set => set.name)).size, 120)
    assert.ok((simulator.counts()['arm:virtualMachineScaleSets.listAll'] ?? 0) >= 3)
    assert.equal((await client.virtualMachineScaleSets.get('SHOP', 'SET-7')).name, 'set-7')
  })

  it('shows model, members, views and identities of a uniform set', async () => {
    await start([{ name: 'web' }])
    const set = await client.virtualMachineScaleSets.get('shop', 'web', { expand: 'userData' })
    assert.deepEqual([set.sku?.capacity, set.orchestrationMode, set.provisioningState], [3, 'Uniform', 'Succeeded'])
    assert.ok(set.etag && set.uniqueId && set.virtualMachineProfile?.userData && set.virtualMachineProfile.timeCreated)
    const members = await Array.fromAsync(client.virtualMachineScaleSetVMs.list('shop', 'web', { expand: 'instanceView' }))
    assert.equal(members.length, 3)
    const [first] = members
    assert.ok(first?.vmId && first.timeCreated)
    assert.deepEqual(
      [
        first.instanceId,
        first.latestModelApplied,
        first.instanceView?.vmHealth?.status?.code,
        first.storageProfile?.imageReference?.exactVersion,
      ],
      ['0', true, 'HealthState/healthy', '1.0.1'],
    )
    assert.equal(first.resources?.length, 2)
  })

  it('shows members of a flexible set as machines of their own, by a filter', async () => {
    await start([
      { name: 'web', mode: 'flexible' },
      { name: 'other', mode: 'flexible' },
    ])
    const { id } = await client.virtualMachineScaleSets.get('shop', 'web')
    const filter = `'virtualMachineScaleSet/id' eq '${id}'`
    const members = await Array.fromAsync(client.virtualMachines.list('shop', { filter, expand: 'instanceView' }))
    assert.equal(members.length, 3)
    assert.ok(members.every(member => member.virtualMachineScaleSet?.id === id && member.name?.startsWith('web_')))
    await assert.rejects(Array.fromAsync(client.virtualMachines.list('shop', { expand: 'instanceView' })), { statusCode: 400 })
  })

  it('deletes as a long-running operation: Updating first, then gone, and the size with it', async () => {
    await start([{ name: 'web' }])
    const poller = client.virtualMachineScaleSets.deleteInstances('shop', 'web', { instanceIds: ['1'] }, { updateIntervalInMs: 1 })
    await poller.submitted()
    const during = await client.virtualMachineScaleSets.get('shop', 'web')
    assert.deepEqual([during.provisioningState, during.sku?.capacity], ['Updating', 3], 'the size lags behind the deletion')
    assert.equal((await poller.poll()).status, 'running')
    pass(1_000)
    await poller.pollUntilDone()
    const after = await client.virtualMachineScaleSets.get('shop', 'web')
    assert.deepEqual([after.provisioningState, after.sku?.capacity, web().machines.size], ['Succeeded', 2, 2])
  })

  for (const machine of ['falls', 'stays'] as const)
    it(`deletes a machine of a flexible set by itself, and the size ${machine}`, async () => {
      await start([{ name: 'web', mode: 'flexible', capacityOnDelete: { machine } }])
      const [first] = web().machines.values()
      const poller = client.virtualMachines.delete('shop', first?.name ?? '', { forceDeletion: true, updateIntervalInMs: 1 })
      await poller.submitted()
      pass(1_000)
      await poller.pollUntilDone()
      assert.deepEqual([web().machines.size, web().capacity], [2, machine === 'falls' ? 2 : 3])
    })

  for (const [scaling, made] of [
    ['absolute', 3],
    ['difference', 2],
  ] as const)
    it(`makes ${made} machines of a size of 3 that was 3 with one machine missing, where sizes are ${scaling}`, async () => {
      await start([{ name: 'web', mode: 'flexible', scaling }])
      const [first] = web().machines.keys()
      web().machines.delete(first ?? '')
      await client.virtualMachineScaleSets.update('shop', 'web', { sku: { name: 'x', capacity: 3 } }).submitted()
      pass(10_000)
      assert.equal(web().machines.size, made)
    })

  it('gives a number that is free again to another machine', async () => {
    await start([{ name: 'web' }])
    const before = web().machines.get('1')?.vmId
    await client.virtualMachineScaleSets.deleteInstances('shop', 'web', { instanceIds: ['1'] }).submitted()
    pass(1_000)
    await client.virtualMachineScaleSets.update('shop', 'web', { sku: { name: 'x', capacity: 3 } }).submitted()
    pass(10_000)
    assert.ok(web().machines.has('1') && web().machines.get('1')?.vmId !== before)
  })

  it('refuses a change with the etag of an older reading by 412, and takes one with the present', async () => {
    await start([{ name: 'web' }])
    const { etag = '' } = await client.virtualMachineScaleSets.get('shop', 'web')
    await client.virtualMachineScaleSets.update('shop', 'web', { sku: { name: 'x', capacity: 4 } }, { ifMatch: etag }).submitted()
    const again = client.virtualMachineScaleSets.update('shop', 'web', { sku: { name: 'x', capacity: 5 } }, { ifMatch: etag })
    await assert.rejects(Promise.resolve(again.submitted()), { statusCode: 412 })
    assert.equal(web().capacity, 4)
  })

  it('fails an operation with its error, and the set with it', async () => {
    await start([{ name: 'web', traits: ['no-capacity'] }])
    const poller = client.virtualMachineScaleSets.update('shop', 'web', { sku: { name: 'x', capacity: 4 } }, { updateIntervalInMs: 1 })
    await poller.submitted()
    pass(10_000)
    await assert.rejects(Promise.resolve(poller.pollUntilDone()), /Allocation failed/)
    const view = await client.virtualMachineScaleSets.getInstanceView('shop', 'web')
    assert.equal(view.statuses?.[0]?.code, 'ProvisioningState/failed/ZonalAllocationFailed')
    assert.equal((await client.virtualMachineScaleSets.get('shop', 'web')).provisioningState, 'Failed')
  })

  it('throttles with 429 and Retry-After, which the SDK obeys', async () => {
    await start([{ name: 'web' }])
    simulator.faults.add({ kind: 'throttling', times: 2 })
    await assert.rejects(client.virtualMachineScaleSets.get('shop', 'web'), { statusCode: 429, code: 'TooManyRequests' })
    assert.equal((await sdk(3).virtualMachineScaleSets.get('shop', 'web')).name, 'web')
    assert.equal(simulator.counts()['arm:virtualMachineScaleSets.get'], 3)
  })

  it('answers with the errors of the Resource Manager', async () => {
    await start([{ name: 'web' }])
    await assert.rejects(client.virtualMachineScaleSets.get('shop', 'nowhere'), { statusCode: 404, code: 'ResourceNotFound' })
    await assert.rejects(client.virtualMachineScaleSetVMs.get('shop', 'web', '9'), { statusCode: 404, code: 'InstanceIdNotFound' })
    await assert.rejects(client.virtualMachineScaleSetRollingUpgrades.getLatest('shop', 'web'), { statusCode: 404 })
    simulator.faults.add({ kind: 'denied', times: 1 })
    await assert.rejects(client.virtualMachineScaleSets.get('shop', 'web'), { statusCode: 403, code: 'AuthorizationFailed' })
    simulator.faults.add({ kind: 'server-error', status: 503, times: 1 })
    await assert.rejects(client.virtualMachineScaleSets.get('shop', 'web'), { statusCode: 503 })
    simulator.faults.add({ kind: 'drop', times: 1 })
    await assert.rejects(client.virtualMachineScaleSets.get('shop', 'web'), { name: 'RestError' })
  })

  it('may break a connection after a deletion had its effect, and never answer at all', async () => {
    await start([{ name: 'web' }])
    simulator.faults.add({ kind: 'drop', moment: 'after', operation: 'virtualMachineScaleSets.deleteInstances' })
    await assert.rejects(Promise.resolve(client.virtualMachineScaleSets.deleteInstances('shop', 'web', { instanceIds: ['0'] }).submitted()))
    pass(1_000)
    assert.equal(web().machines.size, 2)
    simulator.faults.add({ kind: 'hang', operation: 'virtualMachineScaleSets.get' })
    await assert.rejects(client.virtualMachineScaleSets.get('shop', 'web', { abortSignal: AbortSignal.timeout(50) }), {
      name: 'AbortError',
    })
  })

  it('serves reads from the past', async () => {
    await start([{ name: 'web' }])
    simulator.faults.add({ kind: 'stale', upTo: 60_000 })
    pass(60_000)
    await client.virtualMachineScaleSets.update('shop', 'web', { sku: { name: 'x', capacity: 7 } }).submitted()
    // The past reaches as far behind the change as the present lies after it: each of the readings may show either.
    pass(30_000)
    const sizes = new Set<number | undefined>()
    for (let read = 0; read < 40; read++) sizes.add((await client.virtualMachineScaleSets.get('shop', 'web')).sku?.capacity)
    assert.deepEqual([...sizes].sort(), [3, 7])
  })

  it('lists locks, and lets them forbid deletions and changes', async () => {
    await start([{ name: 'web' }])
    const { endpoint, subscription: id } = simulator.azure
    const group = `/subscriptions/${id}/resourceGroups/shop`
    subscription().locks.push({ name: 'keep', level: 'CanNotDelete', scope: group })
    const locks = new ManagementLockClient(nobody, id, { endpoint, allowInsecureConnection: true })
    locks.pipeline.removePolicy(BEARER)
    const [lock] = await Array.fromAsync(locks.managementLocks.listAtSubscriptionLevel())
    assert.deepEqual([lock?.name, lock?.level], ['keep', 'CanNotDelete'])
    const deletion = client.virtualMachineScaleSets.deleteInstances('shop', 'web', { instanceIds: ['0'] })
    await assert.rejects(Promise.resolve(deletion.submitted()), { statusCode: 409, code: 'ScopeLocked' })
    await client.virtualMachineScaleSets.update('shop', 'web', { sku: { name: 'x', capacity: 4 } }).submitted()
    subscription().locks.push({ name: 'freeze', level: 'ReadOnly', scope: `/subscriptions/${id}` })
    await assert.rejects(
      Promise.resolve(client.virtualMachineScaleSets.update('shop', 'web', { sku: { name: 'x', capacity: 5 } }).submitted()),
      { code: 'ScopeLocked' },
    )
  })

  it('knows images of galleries and of the marketplace', async () => {
    await start([{ name: 'web' }, { name: 'api', image: 'marketplace' }])
    const versions = await Array.fromAsync(client.galleryImageVersions.listByGalleryImage('shop', 'images', 'web'))
    assert.deepEqual(
      versions.map(version => [version.name, version.provisioningState]),
      [['1.0.1', 'Succeeded']],
    )
    await assert.rejects(client.galleryImageVersions.get('shop', 'images', 'web', '9.9.9'), { statusCode: 404 })
    const offered = await client.virtualMachineImages.list('westeurope', 'canonical', 'ubuntu-api', 'server')
    assert.deepEqual(
      offered.map(image => image.name),
      ['1.0.1'],
    )
    const image = await client.virtualMachineImages.get('westeurope', 'canonical', 'ubuntu-api', 'server', '1.0.1')
    assert.equal(image.imageDeprecationStatus?.imageState, 'Active')
  })

  it('serves AWS and Azure from one port, one audit log, and tells the truth about both', async () => {
    await start([{ name: 'web', traits: ['config-drift'] }])
    const { endpoint, subscription: id } = simulator.azure
    assert.equal(endpoint, simulator.aws.endpoint)
    assert.deepEqual(simulator.azure.env, { AZURE_SUBSCRIPTION_ID: id })
    const truth = (await (await fetch(`${endpoint}/_simulator/truth/azure:${id}/shop/vmss/web`)).json()) as { outcome: string }
    assert.equal(truth.outcome, 'refused')
    const [first] = web().machines.values()
    assert.ok(first)
    const identity = encodeURIComponent(`${first.vmId}@${new Date(first.createdAt).toISOString()}`)
    const inside = (await (await fetch(`${endpoint}/_simulator/instances/${identity}/fingerprint`)).json()) as Record<string, string>
    assert.equal(inside['service:app'], 'running')
  })
})

describe('the traits of simulated scale sets', () => {
  const senseless: readonly [NonNullable<AzureGroup['traits']>[number], RegExp][] = [
    ['pre-built', /no warm pool/],
    [{ trait: 'owned', by: 'ecs' }, /ECS is on AWS only/],
    [{ trait: 'interrupted', how: 'rebalance' }, /not simulated/],
    [{ trait: 'not-replaced', cause: 'launch-suspended' }, /of AWS only/],
    [{ trait: 'cannot-rebuild', cause: 'key-pair' }, /of AWS only/],
    [{ trait: 'config-drift', edits: [{ kind: 'metadata', tokens: 'optional' }] }, /machines here have no metadata/],
    [{ trait: 'successor-drift', edits: [{ kind: 'credits', option: 'unlimited' }] }, /machines here have no credits/],
  ]
  for (const [trait, why] of senseless)
    it(`say that ${typeof trait === 'string' ? trait : JSON.stringify(trait)} makes no sense here`, () => {
      assert.throws(() => createWorld({ azure: { groups: [{ name: 'web', traits: [trait] }] } }), why)
    })

  it('are each told by the truth of the default fleet, on both clouds', async () => {
    const { defaultFleet } = await import('../../../src/simulator/index.ts')
    const world = createWorld(defaultFleet())
    const outcomes = new Set(
      world
        .groupIds()
        .filter(id => id.startsWith('azure:'))
        .map(id => world.truth(id).outcome),
    )
    assert.deepEqual([...outcomes].sort(), ['inconclusive', 'phoenix', 'refused', 'snowflake'])
  })
})
