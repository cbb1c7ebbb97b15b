import assert from 'node:assert/strict'
import type { StrikeOrder } from '../../../src/domain/drill.ts'
import { openProvider } from '../../../src/providers/azure/index.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { openAzure } from './stage.ts'

const never = new AbortController().signal
const quiet = () => {}
const deps = { clock: systemClock(), log: { debug: quiet, info: quiet, warn: quiet, error: quiet }, env: {} }

describe('a strike on a scale set', () => {
  let simulator: Simulator
  let provider: Provider
  let order: StrikeOrder

  beforeEach(async () => {
    simulator = await startSimulator({ world: createWorld({ azure: { groups: [{ name: 'web' }] } }) })
    provider = await openAzure(simulator)
    const scope = provider.scopes()[0] ?? assert.fail('no scope')
    const group = `${scope.id}/shop/vmss/web`
    const seen = (await provider.observe(scope, [group], { since: systemClock().now(), depth: 'full' }, never)).get(group)
    assert.ok(seen?.kind === 'snapshot')
    const { summary, instances, desired, declarationVersion } = seen.snapshot
    const victim = instances[1] ?? assert.fail('no member')
    order = {
      drill: crypto.randomUUID(),
      scope: scope.id,
      group,
      groupName: 'web',
      incarnation: summary.incarnation,
      victim,
      method: 'retire',
      desired,
      members: instances.map(({ id }) => id),
      declarationVersion: declarationVersion ?? '',
      intendedAt: systemClock().now(),
      requestId: crypto.randomUUID(),
    }
  })

  afterEach(() => simulator.close())

  function sent(): number {
    return simulator.counts()['arm:virtualMachineScaleSets.deleteInstances'] ?? 0
  }

  function machines() {
    const [subscription] = simulator.world.subscriptions.values()
    return subscription?.scaleSets.get('shop/web')?.machines ?? assert.fail('no set')
  }

  it('S9 sends nothing where the number of the victim means another machine by now', async () => {
    const machine = machines().get('1') ?? assert.fail('no machine 1')
    machines().set('1', { ...machine, vmId: crypto.randomUUID() })
    await assert.rejects(
      provider.strike(order, never, () => true),
      { name: 'ProviderError', code: 'not-found', mayHaveActed: false },
    )
    assert.equal(sent(), 0)
  })

  it('S9 sends nothing where the victim is being deleted already, or the set is another one of the same name', async () => {
    await assert.rejects(
      provider.strike({ ...order, incarnation: 'other' }, never, () => true),
      { code: 'not-found', mayHaveActed: false },
    )
    const machine = machines().get('1') ?? assert.fail('no machine 1')
    machine.provisioning = 'Deleting'
    await assert.rejects(
      provider.strike(order, never, () => true),
      { code: 'conflict', mayHaveActed: false },
    )
    assert.equal(sent(), 0)
  })

  it('S9 knows that nothing was done where the reading before it failed', async () => {
    simulator.faults.add({ kind: 'server-error', operation: 'virtualMachineScaleSets.get', times: 5 })
    await assert.rejects(
      provider.strike(order, never, () => true),
      { mayHaveActed: false },
    )
    simulator.faults.clear()
    const { reference } = await provider.strike({ ...order, method: 'crash' }, never, () => true)
    assert.match(reference ?? '', /\/operations\//)
    assert.deepEqual([sent(), machines().get('1')?.provisioning], [1, 'Deleting'])
  })

  for (const method of ['retire', 'crash'] as const)
    it(`${method === 'crash' ? 'skips' : 'waits for'} the graceful end of the victim of a ${method}`, async () => {
      const [subscription] = simulator.world.subscriptions.values()
      Object.assign(subscription?.scaleSets.get('shop/web')?.timing ?? {}, { drain: 3_600_000, terminate: 1 })
      await provider.strike({ ...order, method }, never, () => true)
      await systemClock().sleep(200)
      simulator.world.catchUp()
      assert.equal(machines().has('1'), method === 'retire')
    })
})

describe('opening Azure', () => {
  it('needs a subscription, and sends no plain http beyond this machine', async () => {
    await assert.rejects(openProvider({}, deps), { name: 'ProviderError', code: 'invalid', message: /no subscription/ })
    const subscriptions = ['7c1c5f0e-6f0d-4b8e-9a55-0f3f4f6b1d20']
    await assert.rejects(openProvider({ subscriptions, endpoint: 'http://arm.example.org' }, deps), {
      code: 'invalid',
      message: /loopback only/,
    })
  })
})
