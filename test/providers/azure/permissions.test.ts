import assert from 'node:assert/strict'
import { permissions } from '../../../src/providers/azure/permissions.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { openAzure, Stage } from './stage.ts'

const never = new AbortController().signal

/** What the Resource Manager asks for, by the SDK's name of the operation (Microsoft.Compute's and Authorization's lists of operations). */
const actions: Readonly<Record<string, string>> = {
  'virtualMachineScaleSets.listAll': 'Microsoft.Compute/virtualMachineScaleSets/read',
  'virtualMachineScaleSets.get': 'Microsoft.Compute/virtualMachineScaleSets/read',
  'virtualMachineScaleSets.getInstanceView': 'Microsoft.Compute/virtualMachineScaleSets/instanceView/read',
  'virtualMachineScaleSets.deleteInstances': 'Microsoft.Compute/virtualMachineScaleSets/delete/action',
  'virtualMachineScaleSets.update': 'Microsoft.Compute/virtualMachineScaleSets/write',
  'virtualMachineScaleSetVMs.list': 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read',
  'virtualMachineScaleSetVMs.get': 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read',
  'virtualMachineScaleSetRollingUpgrades.getLatest': 'Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades/read',
  'virtualMachines.list': 'Microsoft.Compute/virtualMachines/read',
  'virtualMachines.get': 'Microsoft.Compute/virtualMachines/read',
  'networkInterfaces.list': 'Microsoft.Network/networkInterfaces/read',
  'galleryImageVersions.listByGalleryImage': 'Microsoft.Compute/galleries/images/versions/read',
  'images.get': 'Microsoft.Compute/images/read',
  'galleryImageVersions.get': 'Microsoft.Compute/galleries/images/versions/read',
  'communityGalleryImageVersions.list': 'Microsoft.Compute/locations/communityGalleries/images/versions/read',
  'sharedGalleryImageVersions.list': 'Microsoft.Compute/locations/sharedGalleries/images/versions/read',
  'virtualMachineImages.list': 'Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read',
  'virtualMachineImages.get': 'Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read',
  'managementLocks.listAtSubscriptionLevel': 'Microsoft.Authorization/locks/read',
  'operations.get': 'Microsoft.Compute/locations/operations/read',
}

function allowed(mode: 'forecast' | 'leashed' | 'live'): readonly string[] {
  return (JSON.parse(permissions(mode)) as { Actions: string[] }).Actions
}

function uncovered(simulator: Simulator, mode: 'forecast' | 'leashed' | 'live'): string[] {
  const called = Object.keys(simulator.counts()).map(call => call.replace(/^arm:/, ''))
  assert.ok(called.length > 3)
  return called.filter(operation => !allowed(mode).includes(actions[operation] ?? `no action is known for ${operation}`))
}

describe('the custom role of Azure', () => {
  it('holds no write in the modes that only look, and never the right to delete a whole set', () => {
    for (const mode of ['forecast', 'leashed'] as const) assert.ok(allowed(mode).every(action => action.endsWith('/read')))
    assert.ok(!allowed('live').includes('Microsoft.Compute/virtualMachineScaleSets/delete'))
    assert.deepEqual(
      allowed('live').filter(action => !action.endsWith('/read')),
      ['Microsoft.Compute/virtualMachineScaleSets/delete/action', 'Microsoft.Compute/virtualMachineScaleSets/write'],
    )
  })

  it('covers every call of a forecast and of a look, for both kinds of sets and images', async () => {
    const groups = (['uniform', 'flexible'] as const).flatMap(mode =>
      (['gallery', 'community', 'shared', 'managed', 'marketplace'] as const).flatMap(image =>
        (['latest', 'fixed'] as const).map(version => ({ name: `${mode}-${image}-${version}`, mode, image, version })),
      ),
    )
    const simulator = await startSimulator({ world: createWorld({ azure: { groups } }) })
    try {
      const provider = await openAzure(simulator)
      const scope = provider.scopes()[0] ?? assert.fail('no scope')
      const ids = (await Array.fromAsync(provider.discover(scope, never))).map(group => group.id)
      assert.equal(ids.length, groups.length)
      for (const findings of (await provider.forecast(scope, ids, never)).values()) assert.deepEqual(findings, [])
      for (const depth of ['brief', 'watch', 'full'] as const) {
        const seen = await provider.observe(scope, ids, { since: systemClock().now(), depth }, never)
        for (const [group, observation] of seen) {
          const [member] = observation.kind === 'snapshot' ? observation.snapshot.instances : []
          if (depth === 'full') assert.equal((await provider.describe(scope, [{ group, id: member?.id ?? '' }], never)).size, 1)
        }
      }
      assert.equal((await provider.declare(scope, ids, never)).size, ids.length)
      for (const mode of ['forecast', 'leashed'] as const) assert.deepEqual(uncovered(simulator, mode), [])
    } finally {
      await simulator.close()
    }
  })

  for (const mode of ['uniform', 'flexible'] as const)
    it(`covers every call of a drill on a ${mode} set, and only in the live mode`, async function () {
      this.timeout(30_000)
      const stage = await Stage.open({ mode })
      try {
        const { judgement } = await stage.concluded(await stage.strike())
        assert.equal(judgement.verdict, 'phoenix')
        assert.deepEqual(uncovered(stage.simulator, 'live'), [])
        assert.ok(uncovered(stage.simulator, 'leashed').includes('virtualMachineScaleSets.deleteInstances'))
      } finally {
        await stage.close()
      }
    })
})
