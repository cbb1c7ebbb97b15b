import assert from 'node:assert/strict'
import type { StrikeOrder } from '../../../src/domain/drill.ts'
import { openProvider } from '../../../src/providers/gcp/index.ts'
import { strike } from '../../../src/providers/gcp/strike.ts'
import type { Operation } from '../../../src/providers/gcp/wire.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { GROUP, NOW, SCOPE, testContext, ZONE } from './fake-api.ts'

const never = new AbortController().signal

function order(more: Partial<StrikeOrder> = {}): StrikeOrder {
  return {
    drill: 'drill-1',
    scope: SCOPE,
    group: GROUP,
    groupName: 'web',
    incarnation: '77',
    victim: { id: '1', name: 'web-aaaa', zone: ZONE, image: null, bornFrom: null },
    method: 'crash',
    desired: 2,
    members: ['1', '2'],
    declarationVersion: 'v',
    intendedAt: NOW,
    requestId: '00000000-0000-4000-8000-000000000001',
    ...more,
  }
}

describe('a strike on a managed instance group', () => {
  const sending = { signal: never, mayStillSend: () => true }

  it('S9 sends nothing where the name belongs to another instance by now', async () => {
    const context = testContext({ instance: async () => ({ id: '9' }) })
    await assert.rejects(strike(context, order(), sending), {
      code: 'conflict',
      mayHaveActed: false,
      message: /belongs to another instance/,
    })
    assert.deepEqual(context.calls, ['instance'])
  })

  it('S9 sends nothing where nobody can say whose name it is', async () => {
    const context = testContext({ instance: async () => ({}) })
    await assert.rejects(strike(context, order(), sending), { mayHaveActed: false })
    const nowhere = testContext()
    await assert.rejects(strike(nowhere, order({ victim: { ...order().victim, zone: null } }), sending), {
      code: 'invalid',
      mayHaveActed: false,
    })
    assert.deepEqual([context.calls, nowhere.calls], [['instance'], []])
  })

  it('may have acted where its operation fails, and is accepted where the operation cannot be read', async () => {
    const instance = async () => ({ id: '1' })
    const failed = {
      name: 'operation-1',
      status: 'DONE',
      error: { errors: [{ code: 'RESOURCE_NOT_READY', message: 'busy' }] },
    } satisfies Operation
    const failing = testContext({ instance, strike: async () => ({ name: 'operation-1', status: 'RUNNING' }), wait: async () => failed })
    await assert.rejects(strike(failing, order(), sending), { mayHaveActed: true, message: /RESOURCE_NOT_READY busy/ })
    const blind = testContext({
      instance,
      strike: async () => ({ name: 'operation-2', status: 'PENDING' }),
      wait: async () => Promise.reject(new Error('no')),
    })
    assert.equal((await strike(blind, order(), sending)).reference, 'operation-2')
  })
})

describe('a strike on the wire', () => {
  let simulator: Simulator
  before(async () => {
    simulator = await startSimulator({
      world: createWorld({ gcp: { groups: [{ name: 'web' }, { name: 'api', region: 'europe-west1' }] } }),
    })
  })
  after(() => simulator.close())

  const clock = {
    now: () => Temporal.Now.instant(),
    monotonic: () => performance.now(),
    sleep: (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds)),
  }
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

  for (const [group, method, operation] of [
    ['europe-west1-b/mig/web', 'crash', 'instances.delete'],
    ['europe-west1-b/mig/web', 'retire', 'instanceGroupManagers.recreateInstances'],
    ['europe-west1/mig/api', 'crash', 'instances.delete'],
    ['europe-west1/mig/api', 'retire', 'regionInstanceGroupManagers.recreateInstances'],
  ] as const)
    it(`sends ${operation} once for a ${method} on ${group}, with the drill as its reason, and a request id`, async () => {
      const { endpoint, project } = simulator.gcp
      const provider = await openProvider({ projects: [project], endpoint }, { clock, log, env: {} })
      const [scope] = provider.scopes()
      assert.ok(scope)
      const id = `${scope.id}/${group}`
      const seen = (await provider.observe(scope, [id], { since: clock.now(), depth: 'full' }, never)).get(id)
      assert.ok(seen?.kind === 'snapshot')
      const victim = seen.snapshot.instances.at(method === 'crash' ? 0 : 1)
      assert.ok(victim)
      const before = simulator.audit().length
      const one = order({ drill: `drill-${method}`, scope: scope.id, group: id, victim, method, requestId: crypto.randomUUID() })
      const receipt = await provider.strike(one, never, () => true)
      const writes = simulator
        .audit()
        .slice(before)
        .filter(entry => entry.writes)
      assert.deepEqual(
        writes.map(entry => [entry.operation, entry.subject, entry.sessionName, entry.outcome]),
        [[operation, victim.name, `firedrill/drill-${method}`, 'ok']],
      )
      const [stored] = [...simulator.world.projects.values()].flatMap(each =>
        each.operations.filter(({ requestId }) => requestId === one.requestId),
      )
      assert.equal(receipt.reference, stored?.name)
      await provider.close()
    })
})
