import assert from 'node:assert/strict'
import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { Machine } from '../../../src/providers/azure/api.ts'
import { controllerOf } from '../../../src/providers/azure/controllers.ts'
import { configurationOf } from '../../../src/providers/azure/describe.ts'
import { groupId, identityOf, partOf, scaleSetRef } from '../../../src/providers/azure/ids.ts'
import { imageSource, runningImage } from '../../../src/providers/azure/images.ts'
import { lockOf, lockOn } from '../../../src/providers/azure/locks.ts'
import { snapshotOf } from '../../../src/providers/azure/map.ts'
import { operationName } from '../../../src/providers/azure/meter.ts'
import { modelVersion } from '../../../src/providers/azure/model.ts'

const born = new Date('2026-10-01T08:00:00.123Z')
const base = '/subscriptions/s/resourceGroups/Shop/providers/Microsoft.Compute'

function set(changes: Partial<VirtualMachineScaleSet> = {}): VirtualMachineScaleSet {
  return {
    id: `${base}/virtualMachineScaleSets/web`,
    name: 'web',
    location: 'westeurope',
    uniqueId: 'first',
    etag: '"1"',
    provisioningState: 'Succeeded',
    orchestrationMode: 'Uniform',
    sku: { name: 'Standard_D2s_v5', tier: 'Standard', capacity: 1 },
    virtualMachineProfile: { timeCreated: new Date('2026-09-01T00:00:00Z') },
    ...changes,
  }
}

function machine(changes: Partial<Machine> = {}): Machine {
  return {
    id: `${base}/virtualMachineScaleSets/web/virtualMachines/0`,
    name: 'web_0',
    instanceId: '0',
    vmId: 'AAAA',
    timeCreated: born,
    provisioningState: 'Succeeded',
    latestModelApplied: true,
    instanceView: { statuses: [{ code: 'ProvisioningState/succeeded' }, { code: 'PowerState/running' }] },
    ...changes,
  }
}

function seen(of: VirtualMachineScaleSet, ...machines: Machine[]) {
  const nothing = { events: [], locks: [], unsteady: [], replacementOff: null, optInById: null, clockSkew: null, changedAt: null }
  return snapshotOf(of, machines, { id: 'azure:s/shop/vmss/web', scope: 'azure:s', now: Temporal.Now.instant(), ...nothing })
}

const only = (of: VirtualMachineScaleSet, one: Machine) => seen(of, one).instances[0]
const health = (code: string) => ({ ...machine().instanceView, vmHealth: { status: { code } } })
const checked = (version: string) =>
  set({
    virtualMachineProfile: {
      extensionProfile: { extensions: [{ name: 'h', typePropertiesType: 'ApplicationHealthLinux', typeHandlerVersion: version }] },
    },
  })

describe('scale sets in the words of Firedrill', () => {
  it('names a machine by vmId and creation, never by its number, which is used again', () => {
    assert.equal(identityOf(machine()), 'aaaa@2026-10-01T08:00:00.123Z')
    assert.notEqual(identityOf(machine()), identityOf(machine({ timeCreated: new Date('2026-10-02') })))
    assert.equal(identityOf({ vmId: 'x' }), null)
    const { vmId: _, ...unnamed } = machine()
    const snapshot = seen(set(), unnamed)
    assert.deepEqual([snapshot.instances.length, snapshot.unsteady.length], [0, 1], 'S5 a machine that cannot be named yet is not steady')
  })

  it('has one id for a set whatever the case of its resource group', () => {
    assert.equal(groupId('azure:s', { resourceGroup: 'SHOP', name: 'web' }), 'azure:s/shop/vmss/web')
    assert.deepEqual(scaleSetRef('azure:s', 'azure:s/shop/vmss/web'), { resourceGroup: 'shop', name: 'web' })
    assert.equal(scaleSetRef('azure:s', 'azure:other/shop/vmss/web'), null)
    assert.equal(partOf('/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/images/images/web', 'images'), 'web')
  })

  const phases: readonly [string, Partial<Machine>, string, string][] = [
    ['runs', {}, 'in-service', 'healthy'],
    [
      'runs, in other letters',
      { provisioningState: 'succeeded', instanceView: { statuses: [{ code: 'powerstate/Running' }] } },
      'in-service',
      'healthy',
    ],
    ['is being created', { provisioningState: 'Creating', instanceView: {} }, 'pending', 'starting'],
    ['is being deleted', { provisioningState: 'Deleting' }, 'terminating', 'unknown'],
    [
      'was never made',
      { provisioningState: 'Failed', instanceView: { statuses: [{ code: 'ProvisioningState/failed/X' }] } },
      'gone',
      'unhealthy',
    ],
    ['runs, but failed', { provisioningState: 'Failed' }, 'in-service', 'unhealthy'],
    ['is deallocated', { instanceView: { statuses: [{ code: 'PowerState/deallocated' }] } }, 'standby', 'unhealthy'],
    ['shows no power', { instanceView: {} }, 'in-service', 'unknown'],
    ['is in a state of its own', { provisioningState: 'Migrating' }, 'pending', 'unknown'],
  ]
  for (const [what, changes, phase, wanted] of phases)
    it(`sees a machine that ${what} as ${phase}, ${wanted}`, () => {
      const one = only(set(), machine(changes))
      assert.deepEqual([one?.phase, one?.health], [phase, wanted])
    })

  it('takes a deallocated spot machine for an eviction, not for standby', () => {
    const evicted = machine({ priority: 'Spot', instanceView: { statuses: [{ code: 'PowerState/deallocated' }] } })
    assert.equal(only(set(), evicted)?.phase, 'terminating')
  })

  it('believes the health extension in any case of its letters, and is sure of nothing without a word of it', () => {
    const first = checked('1.0')
    const states = (of: VirtualMachineScaleSet, code: string) => only(of, machine({ instanceView: health(code) }))?.health
    assert.deepEqual(
      ['HealthState/healthy', 'healthstate/Healthy', 'HealthState/unhealthy', 'HealthState/unknown', 'HealthState/initializing'].map(code =>
        states(first, code),
      ),
      ['healthy', 'healthy', 'unhealthy', 'unknown', 'starting'],
    )
    assert.equal(states(checked('2.0'), 'HealthState/unknown'), 'unhealthy', 'rich states: unknown counts as unhealthy')
    assert.equal(only(first, machine())?.health, 'unknown', 'S10 the extension is attached and says nothing')
    assert.equal(
      only(set(), machine())?.checks.some(check => check.independent),
      false,
      'nobody looks inside',
    )
  })

  it('believes the health probe of its load balancer, and a policy of health that is reported from outside', () => {
    const probed = set({ virtualMachineProfile: { networkProfile: { healthProbe: { id: '/loadBalancers/lb/probes/alive' } } } })
    const told = (of: VirtualMachineScaleSet, code: string) => {
      const one = only(of, machine({ instanceView: health(code) }))
      return [one?.health, one?.checks.filter(check => check.independent).map(({ source }) => source)]
    }
    assert.deepEqual(told(probed, 'HealthState/healthy'), ['healthy', ['probe/alive']])
    assert.deepEqual(told(probed, 'HealthState/unhealthy'), ['unhealthy', ['probe/alive']])
    assert.deepEqual(told(set({ externalHealthPolicy: {} }), 'HealthState/unhealthy'), ['unhealthy', ['external-health']])
  })

  it('takes a machine out of a standby pool for one that was built before', () => {
    const pooled = { ...machine().instanceView, isVMInStandbyPool: true }
    assert.deepEqual([only(set(), machine({ instanceView: pooled }))?.origin, only(set(), machine())?.origin], ['pre-built', 'launched'])
  })

  it('S5 is another set where one was made again under the same name', () => {
    const { uniqueId: _, ...old } = set({ timeCreated: new Date('2020-01-01') })
    const incarnations = [set(), set({ uniqueId: 'second' }), old].map(one => seen(one).summary.incarnation)
    assert.deepEqual(incarnations, ['first', 'second', '2020-01-01T00:00:00.000Z'])
  })

  it('counts as wanted what a flexible set has, where its size counts machines that are long gone, and says that the two differ', () => {
    const sized = (mode: 'Uniform' | 'Flexible', provisioningState: string) => {
      const { desired, unsteady } = seen(set({ orchestrationMode: mode, provisioningState, sku: { name: 'x', capacity: 3 } }), machine())
      return [desired, unsteady.some(({ detail }) => /its size is 3, and it has 1 machines/.test(detail))]
    }
    assert.deepEqual(sized('Flexible', 'Succeeded'), [1, true])
    assert.deepEqual(
      [sized('Flexible', 'Updating'), sized('Uniform', 'Succeeded')],
      [
        [3, false],
        [3, false],
      ],
    )
  })

  it('S7 honours both protections, and locks on a machine or above it', () => {
    assert.match(only(set(), machine({ protectionPolicy: { protectFromScaleIn: true } }))?.protection ?? '', /scale-in/)
    assert.match(only(set(), machine({ protectionPolicy: { protectFromScaleSetActions: true } }))?.protection ?? '', /scale set actions/)
    const lock = lockOf({
      id: '/subscriptions/s/resourcegroups/SHOP/providers/Microsoft.Authorization/locks/keep',
      name: 'keep',
      level: 'CanNotDelete',
    })
    assert.ok(lock)
    assert.equal(lockOn([lock], machine().id, ['CanNotDelete'])?.name, 'keep')
    assert.equal(lockOn([lock], '/subscriptions/s/resourceGroups/Shopping/x', ['CanNotDelete']), null)
    assert.equal(lockOn([lock], machine().id, ['ReadOnly']), null)
  })

  it('S7 knows sets that AKS, Service Fabric and others run', () => {
    assert.equal(controllerOf(set()), null)
    assert.match(controllerOf(set({ tags: { 'aks-managed-poolName': 'x' } })) ?? '', /AKS/)
    assert.match(
      controllerOf(set({ id: '/subscriptions/s/resourceGroups/MC_shop_x_westeurope/y/virtualMachineScaleSets/web' })) ?? '',
      /AKS/,
    )
    const fabric = { extensionProfile: { extensions: [{ name: 'node', typePropertiesType: 'ServiceFabricLinuxNode' }] } }
    assert.match(controllerOf(set({ virtualMachineProfile: fabric })) ?? '', /Service Fabric/)
  })

  it('S5 tells changes, failures and models that are still rolled out', () => {
    const reasons = (changes: Partial<VirtualMachineScaleSet>, one: Partial<Machine> = {}) =>
      seen(set(changes), machine(one)).unsteady.map(each => each.reason)
    assert.deepEqual(reasons({}), [])
    assert.deepEqual(reasons({ provisioningState: 'Updating' }), ['scaling'])
    assert.deepEqual(reasons({ provisioningState: 'Failed' }), ['unknown'])
    assert.deepEqual(reasons({ provisioningState: 'Deleting' }), ['deleting'])
    assert.deepEqual(reasons({ upgradePolicy: { mode: 'Rolling' } }, { latestModelApplied: false }), ['deploying'])
    assert.deepEqual(reasons({ upgradePolicy: { mode: 'Automatic' } }, { latestModelApplied: false }), ['deploying'])
    assert.deepEqual(reasons({ upgradePolicy: { mode: 'Manual' } }, { latestModelApplied: false }), [])
    assert.deepEqual(reasons({ orchestrationMode: 'Flexible', sku: { name: 'x', capacity: 2 } }), ['unknown'])
  })

  it('knows what a member was born from only where Azure says so', () => {
    const current = modelVersion(set())
    assert.equal(only(set(), machine())?.bornFrom, current)
    assert.equal(only(set(), machine({ latestModelApplied: false }))?.bornFrom, null)
    const { latestModelApplied: _, ...silent } = machine()
    assert.equal(only(set(), silent)?.bornFrom, null, 'S10 Azure says nothing')
    const flexible = set({ orchestrationMode: 'Flexible' })
    assert.equal(only(flexible, machine())?.bornFrom, modelVersion(flexible))
    assert.equal(only(flexible, machine({ timeCreated: new Date('2026-08-01') }))?.bornFrom, null)
  })

  it('knows how long machines may take to say good-bye, five minutes unless the model says otherwise', () => {
    const notice = (terminateNotificationProfile: object) =>
      seen(set({ virtualMachineProfile: { scheduledEventsProfile: { terminateNotificationProfile } } })).ownRecoveryTime
    const minutes = [
      { enable: true, notBeforeTimeout: 'PT15M' },
      { enable: true, notBeforeTimeout: undefined },
    ].map(notice)
    assert.deepEqual(minutes, [900_000, 300_000])
    assert.equal(notice({ enable: false, notBeforeTimeout: 'PT15M' }), 0)
    assert.equal(notice({ enable: true, notBeforeTimeout: 'soon' }), 0)
    assert.equal(seen(set()).ownRecoveryTime, 0)
  })

  it('knows how many machines a set can have: a thousand, or a hundred in one placement group', () => {
    const most = [true, false, undefined].map(one => seen(set(one === undefined ? {} : { singlePlacementGroup: one })).maximum)
    assert.deepEqual(most, [100, 1000, 1000])
  })

  it('calls a model the same when only size, tags or the platform changed', () => {
    const version = modelVersion(set())
    assert.equal(modelVersion(set({ sku: { name: 'Standard_D2s_v5', capacity: 9 }, tags: { a: 'b' }, etag: '"2"' })), version)
    assert.equal(modelVersion(set({ virtualMachineProfile: { timeCreated: new Date() } })), version)
    assert.notEqual(modelVersion(set({ virtualMachineProfile: { licenseType: 'RHEL_BYOS' } })), version)
    assert.notEqual(modelVersion(set({ sku: { name: 'Standard_D4s_v5', capacity: 1 } })), version)
  })

  it('names an image by what was resolved, and never guesses where Azure does not show it', () => {
    const running = (imageReference: object) => runningImage(machine({ storageProfile: { imageReference } }))
    const gallery = `${base}/galleries/G/images/web`
    assert.equal(running({ id: gallery, exactVersion: '1.2.3' }), `${gallery.toLowerCase()}/versions/1.2.3`)
    assert.equal(running({ id: `${gallery}/versions/1.2.3` }), `${gallery.toLowerCase()}/versions/1.2.3`)
    assert.equal(running({ id: gallery }), null)
    assert.equal(running({ publisher: 'Canonical', offer: 'u', sku: 's', version: 'latest', exactVersion: '24.1' }), 'canonical:u:s:24.1')
    assert.equal(running({ publisher: 'Canonical', offer: 'u', sku: 's', version: 'latest' }), null)
    assert.equal(running({ id: `${base}/images/golden` }), `${base}/images/golden`.toLowerCase())
    assert.equal(imageSource({ communityGalleryImageId: '/CommunityGalleries/pub/Images/i/Versions/1.0.0' }, 'w')?.version, '1.0.0')
    const blind = configurationOf(set(), {
      id: 'a',
      machine: machine({ storageProfile: { imageReference: { id: gallery } } }),
      own: machine(),
      interfaces: new Map(),
    })
    assert.match(blind.protection ?? '', /exactVersion/)
  })

  it('counts calls by kinds of resources, without names', () => {
    const url =
      'https://management.azure.com/subscriptions/s/resourceGroups/shop/providers/Microsoft.Compute/virtualMachineScaleSets/web/virtualMachines/3?api-version=1'
    assert.equal(operationName({ method: 'GET', url }), 'GET virtualMachineScaleSets/virtualMachines')
  })
})
