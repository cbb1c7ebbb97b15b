import assert from 'node:assert/strict'
import type { StrikeOrder } from '../../../src/domain/drill.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import { strike } from '../../../src/providers/swarm/strike.ts'
import { order as anyOrder } from '../../domain/fixtures.ts'
import { ended, FakeSwarm, service, task, template } from './fake-swarm.ts'

const never = new AbortController().signal

describe('the strike on a task (S9)', () => {
  let swarm: FakeSwarm

  beforeEach(() => {
    swarm = new FakeSwarm()
    swarm.services = [service('web')]
    swarm.tasks = [
      task('t1', { Spec: { ...template, ContainerSpec: { Image: 'web:1', StopGracePeriod: 2_500_000_000 } } }),
      ended('t0', 'failed'),
    ]
    contains('t1')
  })

  function contains(owner: string, running = true): void {
    const labels = { 'com.docker.swarm.task.id': owner }
    swarm.containers = { 'c-t1': { Id: 'c-t1', State: { Running: running }, Config: { Labels: labels } } }
  }

  function order(changes: Partial<StrikeOrder> = {}): StrikeOrder {
    const victim = { id: 't1', name: 'web.1.t1', zone: null, image: null, bornFrom: null }
    return anyOrder({ scope: 'swarm:c1', group: 'swarm:c1/service/web', incarnation: 'id-web', victim, method: 'crash', ...changes })
  }

  async function refused(one: StrikeOrder, nodes?: readonly string[]): Promise<void> {
    await assert.rejects(
      strike(swarm.context(nodes), one, { signal: never, mayStillSend: () => true }),
      (error: unknown) => error instanceof ProviderError && !error.mayHaveActed && /Nothing was sent/.test(error.message),
    )
    assert.deepEqual(swarm.strikes, [])
  }

  it('names the very container, once, with the grace that its service allows', async () => {
    const mayStillSend = () => true
    const receipt = await strike(swarm.context(), order({ method: 'retire' }), { signal: never, mayStillSend })
    assert.deepEqual(
      swarm.strikes.map(({ container, method, grace, mayStillSend: asked }) => [container, method, grace, asked === mayStillSend]),
      [['c-t1', 'retire', 3, true]],
    )
    assert.equal(receipt.reference, 'c-t1')
  })

  it('sends nothing to a container that belongs to another task', async () => {
    contains('t9')
    await refused(order())
  })

  it('sends nothing to a task of another incarnation of the service', async () => {
    await refused(order({ incarnation: 'id-before' }))
  })

  it('sends nothing to a container that has stopped, or a task that is unknown', async () => {
    contains('t1', false)
    await refused(order())
    await refused(order({ victim: { ...order().victim, id: 'nobody' } }))
  })

  it('sends nothing where the engine is not configured, or does not answer', async () => {
    swarm.tasks = [task('t1', { NodeID: 'n2' })]
    await refused(order(), ['n1'])
    swarm.silent.add('n2')
    await refused(order())
  })

  it('sends nothing for a group of another Swarm', async () => {
    await refused(order({ group: 'swarm:c2/service/web' }))
  })
})
