import assert from 'node:assert/strict'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import type { ScaleSet } from '../../../src/simulator/world/azure/model.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
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
})
