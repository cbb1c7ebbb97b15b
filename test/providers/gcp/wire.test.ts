import assert from 'node:assert/strict'
import type { GroupSummary, Scope } from '../../../src/domain/group.ts'
import { openProvider } from '../../../src/providers/gcp/index.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'

const never = new AbortController().signal
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const clock = {
  now: () => Temporal.Now.instant(),
  monotonic: () => performance.now(),
  // Between attempts nobody has to wait here.
  sleep: () => Promise.resolve(),
}

describe('Compute Engine, through its own SDK', () => {
  let simulator: Simulator
  let provider: Provider
  let scope: Scope

  before(async () => {
    const far = { region: 'us-east1' }
    const groups = [
      ...['a', 'b', 'c', 'd'].map(name => ({ name })),
      { name: 'plain', optIn: false },
      { name: 'far', ...far },
      { name: 'far-too', zone: 'us-east1-b' },
    ]
    simulator = await startSimulator({ world: createWorld({ gcp: { groups } }) })
    const { endpoint, project } = simulator.gcp
    const [optIn, optOut] = [`gcp:${project}/europe-west1-b/mig/plain`, `gcp:${project}/europe-west1-b/mig/d`]
    const settings = { projects: [project], endpoint, optIn: [optIn], optOut: [optOut] }
    provider = await openProvider(settings, { clock, log, env: {} })
    scope = provider.scopes()[0] ?? assert.fail('no scope')
  })
  afterEach(() => simulator.faults.clear())
  after(async () => {
    await provider.close()
    await simulator.close()
  })

  async function discovered(): Promise<{ found: GroupSummary[]; error: unknown }> {
    const found: GroupSummary[] = []
    try {
      for await (const group of provider.discover(scope, never)) found.push(group)
      return { found, error: null }
    } catch (error) {
      return { found, error }
    }
  }

  it('opts groups in and out by the ids of firedrill.yaml, whatever their labels say', async () => {
    const { found } = await discovered()
    assert.deepEqual(
      found.flatMap(({ name, optInById }) => (optInById === null ? [] : [[name, optInById]])),
      [
        ['d', 'out'],
        ['plain', 'in'],
      ],
    )
  })

  for (const region of ['us-east1', 'us-east1-b'])
    for (const told of ['warning', 'list'] as const)
      it(`S10 shows what it can list while ${region} cannot be reached, and then that this was not all (told by a ${told})`, async () => {
        simulator.faults.add({ kind: 'unreachable', region, told })
        const { found, error } = await discovered()
        assert.ok(error instanceof Error && error.message.includes(`${region} of project`), String(error))
        assert.deepEqual(
          found.map(({ name }) => name).filter(name => name.startsWith('far')),
          region === 'us-east1' ? ['far-too'] : ['far'],
        )
        assert.ok(found.some(({ name }) => name === 'a'))
      })

  it('S10 takes no group of a place that cannot be reached for gone, asked for alone or among many', async () => {
    simulator.faults.add({ kind: 'unreachable', region: 'us-east1' })
    const near = ['a', 'b', 'c', 'd'].map(name => `${scope.id}/europe-west1-b/mig/${name}`)
    const far = `${scope.id}/us-east1/mig/far`
    for (const asked of [[far], [...near, far]]) {
      const seen = await provider.observe(scope, asked, { since: clock.now(), depth: 'watch' }, never)
      assert.equal(seen.get(far)?.kind, 'unreadable', JSON.stringify(seen.get(far)))
      for (const id of asked.slice(0, -1)) assert.equal(seen.get(id)?.kind, 'snapshot')
    }
  })

  for (const [about, status, code] of [
    ['403 rateLimitExceeded', 403, 'rateLimitExceeded'],
    ['429', 429, 'rateLimitExceeded'],
    ['503', 503, 'backendError'],
  ] as const)
    it(`asks again after ${about}, which the SDK alone would not, and gives up after a while`, async () => {
      const asked = () => simulator.counts()['compute:instanceGroupManagers.aggregatedList'] ?? 0
      const fault = { kind: 'error', operation: 'instanceGroupManagers.aggregatedList', status, code, message: 'Slow down.' } as const
      simulator.faults.add({ ...fault, times: 2 })
      let before = asked()
      assert.equal((await discovered()).error, null)
      assert.equal(asked() - before, 3)
      simulator.faults.add(fault)
      before = asked()
      const { error } = await discovered()
      assert.ok(error instanceof Error && 'code' in error && ['throttled', 'unavailable'].includes(String(error.code)), String(error))
      assert.equal(asked() - before, 5)
    })

  it('asks once where it is not allowed: 403 alone is no reason to ask again', async () => {
    const asked = () => simulator.counts()['compute:instanceGroupManagers.aggregatedList'] ?? 0
    simulator.faults.add({ kind: 'denied', operation: 'instanceGroupManagers.aggregatedList' })
    const before = asked()
    assert.ok((await discovered()).error instanceof Error)
    assert.equal(asked() - before, 1)
  })
})
