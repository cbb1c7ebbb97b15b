import assert from 'node:assert/strict'
import type { AzureApi } from '../../../src/providers/azure/api.ts'
import { lastChangeOf } from '../../../src/providers/azure/events.ts'
import { snapshotOf } from '../../../src/providers/azure/map.ts'
import { ScopeMemory } from '../../../src/providers/azure/memory.ts'
import { observe } from '../../../src/providers/azure/observe.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import type { ScaleSet } from '../../../src/simulator/world/azure/model.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { silent } from '../engine-stage.ts'
import { openAzure } from './stage.ts'

const never = new AbortController().signal

describe('a look at a scale set before a strike', () => {
  let simulator: Simulator

  beforeEach(async () => {
    simulator = await startSimulator({ world: createWorld({ azure: { groups: [{ name: 'web' }] } }) })
  })
  afterEach(() => simulator.close())

  async function look() {
    const provider = await openAzure(simulator)
    const scope = provider.scopes()[0] ?? assert.fail('no scope')
    const group = `${scope.id}/shop/vmss/web`
    const seen = (await provider.observe(scope, [group], { since: systemClock().now(), depth: 'full' }, never)).get(group)
    await provider.close()
    return seen?.kind === 'snapshot' ? seen.snapshot : assert.fail(JSON.stringify(seen))
  }

  function web(): ScaleSet {
    return [...simulator.world.subscriptions.values()][0]?.scaleSets.get('shop/web') ?? assert.fail('no set')
  }

  for (const [upgrade, reasons] of [
    [null, []],
    ['Completed', []],
    ['Cancelled', []],
    ['Faulted', []],
    ['RollingForward', ['refreshing']],
  ] as const)
    it(`S5 finds ${upgrade === null ? 'no rolling upgrade (404)' : `a rolling upgrade that is ${upgrade}`} ${reasons.length === 0 ? 'at rest' : 'at work'}`, async () => {
      web().rollingUpgrade = upgrade
      assert.deepEqual(
        (await look()).unsteady.map(({ reason }) => reason),
        reasons,
      )
    })

  it('S5 takes a conflict for no rolling upgrade as well, should Azure answer so where none ever ran', async () => {
    const operation = 'virtualMachineScaleSetRollingUpgrades.getLatest'
    simulator.faults.add({ kind: 'error', operation, status: 409, code: 'OperationNotAllowed', message: 'There is none.' })
    assert.deepEqual((await look()).unsteady, [])
  })

  for (const name of ['AutomaticRepairs', 'AutomaticZoneRebalancing'])
    it(`S5 waits while ${name} is at work, which takes and makes members of its own`, async () => {
      simulator.world.subscriptions
        .values()
        .next()
        .value?.scaleSets.forEach(set => {
          set.repairs = { enabled: true, state: 'Running' }
          set.atWork = name
        })
      const { unsteady, replacementOff } = await look()
      assert.deepEqual([unsteady.map(({ reason }) => reason), replacementOff], [['scaling'], null])
      assert.match(unsteady[0]?.detail ?? '', new RegExp(`^${name} is at work`))
    })

  it('S5 counts the time of the last change of the set as a change of its members: nothing else tells of a scale-in', () => {
    const at = new Date('2026-11-01T10:00:00Z')
    const succeeded = { code: 'ProvisioningState/succeeded', time: at }
    assert.equal(lastChangeOf({ statuses: [succeeded] })?.toString(), '2026-11-01T10:00:00Z')
    assert.equal(lastChangeOf({ statuses: [{ code: 'ProvisioningState/succeeded' }] }), null)
    assert.equal(lastChangeOf(null), null)
  })

  it('S5 shows the later of the newest machine and the last change', () => {
    const set = { id: '/subscriptions/s/resourceGroups/g/providers/p/virtualMachineScaleSets/web', location: 'w' }
    const machine = { vmId: 'a', timeCreated: new Date('2026-11-01T09:00:00Z'), provisioningState: 'Succeeded' }
    const nothing = { events: [], locks: [], unsteady: [], replacementOff: null, optInById: null, clockSkew: null }
    const changed = (changedAt: string | null) =>
      snapshotOf(set, [machine], {
        ...nothing,
        id: 'azure:s/g/vmss/web',
        scope: 'azure:s',
        now: Temporal.Instant.from('2026-11-01T12:00:00Z'),
        changedAt: changedAt === null ? null : Temporal.Instant.from(changedAt),
      }).membershipChangedAt?.toString()
    assert.equal(changed('2026-11-01T11:55:00Z'), '2026-11-01T11:55:00Z')
    assert.equal(changed('2026-11-01T08:00:00Z'), '2026-11-01T09:00:00Z')
    assert.equal(changed(null), '2026-11-01T09:00:00Z')
  })

  it('S5 refuses where a lock would let the deletion pass and forbid the restore, without trying either', async () => {
    const subscription = [...simulator.world.subscriptions.values()][0] ?? assert.fail('no subscription')
    for (const [level, why] of [
      ['ReadOnly', /the size could not be restored/],
      ['CanNotDelete', /nothing here is to be deleted/],
    ] as const) {
      subscription.locks.splice(0, 1, { name: 'keep', level, scope: `/subscriptions/${subscription.subscription}` })
      assert.match((await look()).replacementOff ?? '', why)
    }
  })

  it('S5 refuses while repairs are suspended, by hand or because they did not help', async () => {
    web().repairs = { enabled: true, state: 'Suspended' }
    assert.match((await look()).replacementOff ?? '', /automatic repairs are suspended/)
  })

  it('S10 shows nothing where locks may not be read: nobody knows whether a deletion is forbidden', async () => {
    const operation = 'managementLocks.listAtSubscriptionLevel'
    simulator.faults.add({ kind: 'error', operation, status: 403, code: 'AuthorizationFailed', message: 'no right to read locks' })
    await assert.rejects(look(), /unreadable.*no right to read locks/)
  })

  for (const [what, edit, why] of [
    ['etag', { etag: undefined }, /no etag/],
    ['size', { sku: undefined }, /no size/],
  ] as const)
    it(`S5 refuses where Azure shows no ${what}: then the size could not be restored`, async () => {
      const id = 'azure:s/g/vmss/web'
      const shown = { id: '/x', name: 'web', location: 'w', provisioningState: 'Succeeded', etag: '"1"', sku: { capacity: 2 }, ...edit }
      const api = {
        clockSkew: () => null,
        getScaleSet: async () => shown,
        getSetView: async () => ({}),
        getRollingUpgrade: async () => ({}),
        listUniformMachines: async () => [],
        listLocks: async () => [],
      } as unknown as AzureApi
      const context = { scope: 'azure:s', api, memory: new ScopeMemory(), clock: systemClock(), log: silent, optInById: () => null }
      const seen = (await observe(context, [id], { since: systemClock().now(), depth: 'full' }, never)).get(id)
      assert.match((seen?.kind === 'snapshot' && seen.snapshot.replacementOff) || '', why)
    })
})
