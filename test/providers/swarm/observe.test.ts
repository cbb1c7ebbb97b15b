import assert from 'node:assert/strict'
import type { GroupSnapshot } from '../../../src/domain/group.ts'
import { discover } from '../../../src/providers/swarm/discover.ts'
import { observe } from '../../../src/providers/swarm/observe.ts'
import { ended, FakeSwarm, node, service, task, template } from './fake-swarm.ts'

const never = new AbortController().signal
const web = 'swarm:c1/service/web'
const long = { since: Temporal.Instant.from('2026-11-01T00:00:00Z'), depth: 'full' } as const

describe('a service as a group', () => {
  let swarm: FakeSwarm

  beforeEach(() => {
    swarm = new FakeSwarm()
    swarm.services = [service('web'), service('web-admin')]
    swarm.tasks = [task('t1'), task('t2', { Slot: 2, NodeID: 'n2' })]
  })

  async function look(nodes?: readonly string[]): Promise<GroupSnapshot> {
    const seen = (await observe(swarm.context(nodes), [web], long, never)).get(web)
    assert.ok(seen?.kind === 'snapshot', JSON.stringify(seen))
    return seen.snapshot
  }

  async function member(id: string, nodes?: readonly string[]) {
    const found = (await look(nodes)).instances.find(instance => instance.id === id)
    assert.ok(found, id)
    return found
  }

  it('is found by its label in any spelling, and by its id in the settings', async () => {
    swarm.services.push(
      service('near', { Labels: { FireDrill: 'true' } }),
      service('other', { Labels: {} }),
      service('named', { Labels: {} }),
    )
    const context = { ...swarm.context(), optInById: (id: string) => (id.endsWith('/named') ? ('in' as const) : null) }
    const found = []
    for await (const summary of discover(context, never)) found.push(summary)
    assert.deepEqual(
      found.map(({ name }) => name),
      ['web', 'web-admin', 'near', 'named'],
    )
    assert.deepEqual([found[0]?.id, found[0]?.scope, found[0]?.incarnation], [web, 'swarm:c1', 'id-web'])
  })

  it('at rest is steady and whole, and a service whose name only begins the same is not it', async () => {
    const seen = await look()
    assert.deepEqual([seen.summary.name, seen.desired, seen.unsteady, seen.replacementOff, seen.controller], ['web', 2, [], null, null])
    assert.equal(seen.notReplacedAfter, undefined)
    assert.deepEqual(
      seen.instances.map(({ id, name, zone, phase, health, protection, image }) => [id, name, zone, phase, health, protection, image]),
      [
        ['t1', 'web.1.t1', 'alpha', 'in-service', 'healthy', null, 'sha256:one'],
        ['t2', 'web.2.t2', 'beta', 'in-service', 'healthy', null, 'sha256:one'],
      ],
    )
    assert.ok(seen.instances.every(({ bornFrom }) => bornFrom === seen.declarationVersion))
    assert.equal(seen.membershipChangedAt?.toString(), '2026-11-03T08:00:00Z')
    assert.equal(seen.ownRecoveryTime, 10_000 + 100 + 5_000)
  })

  it('that does not exist is gone', async () => {
    const seen = await observe(swarm.context(), ['swarm:c1/service/we', 'swarm:other/service/web'], long, never)
    assert.deepEqual([...seen.values()], [{ kind: 'gone' }, { kind: 'gone' }])
  })

  it('is read by the manager’s own clock', async () => {
    swarm.systemTime = '2026-11-03T09:59:30Z'
    const seen = await look()
    assert.deepEqual([seen.observedAt.toString(), seen.clockSkew], ['2026-11-03T09:59:30Z', 30_000])
  })

  it('S7 protects a task on a node whose engine is not configured, or does not answer', async () => {
    assert.match((await member('t2', ['n1'])).protection ?? '', /node beta, whose engine is not configured/)
    assert.equal((await member('t1', ['n1'])).protection, null)
    swarm.silent.add('n2')
    assert.match((await member('t2')).protection ?? '', /engine of its node beta could not be asked: n2 does not answer/)
  })

  it('S5 shows an update, a rollback and a pause, and calls a finished rollback steady', async () => {
    for (const [state, reason] of [
      ['updating', 'deploying'],
      ['paused', 'paused'],
      ['rollback_started', 'deploying'],
      ['rollback_paused', 'paused'],
      ['something_new', 'unknown'],
      ['completed', undefined],
      ['rollback_completed', undefined],
    ] as const) {
      swarm.services = [service('web', {}, { UpdateStatus: { State: state } })]
      assert.equal((await look()).unsteady[0]?.reason, reason, state)
    }
  })

  for (const [what, changes, health] of [
    ['without a health check that has just started', { Status: { State: 'running', Timestamp: '2026-11-03T09:59:58Z' } }, 'starting'],
    ['that is being prepared', { Status: { State: 'preparing' } }, 'starting'],
    ['on a node that is down', { NodeID: 'n3' }, 'unknown'],
    ['in a state that is not known', { Status: { State: 'dreaming' } }, 'unknown'],
  ] as const)
    it(`calls a task ${what} ${health}`, async () => {
      swarm.nodes.push(node('n3', 'gamma', { Status: { State: 'down' } }))
      swarm.tasks = [task('t1', changes)]
      assert.equal((await member('t1')).health, health)
    })

  for (const [status, state, health] of [
    ['Up 2 hours (healthy)', 'running', 'healthy'],
    ['Up 2 hours (unhealthy)', 'running', 'unhealthy'],
    ['Up 2 seconds (health: starting)', 'running', 'starting'],
    ['Up 2 hours (Paused)', 'paused', 'unhealthy'],
  ] as const)
    it(`calls a task whose container is "${status}" ${health}`, async () => {
      swarm.listed = [{ Id: 'c', ImageID: 'sha256:one', State: state, Status: status, Labels: { 'com.docker.swarm.task.id': 't1' } }]
      const seen = await member('t1')
      assert.equal(seen.health, health)
      assert.equal(
        seen.checks.some(check => check.independent),
        status !== 'Up 2 hours (Paused)',
      )
    })

  it('S10 does not know how a task is whose container its engine does not list', async () => {
    swarm.listed = []
    assert.equal((await member('t1')).health, 'unknown')
  })

  it('takes Swarm’s word for a health check where the engine cannot be asked', async () => {
    const checked = { ...template, ContainerSpec: { ...template.ContainerSpec, Healthcheck: { Test: ['CMD', 'true'] } } }
    swarm.tasks = [task('t2', { NodeID: 'n2', Spec: checked })]
    const seen = await member('t2', ['n1'])
    assert.deepEqual([seen.health, seen.checks.some(check => check.independent)], ['healthy', true])
  })

  it('wants of a global service one task on each node that has one', async () => {
    swarm.services = [service('web', { Mode: { Global: {} } })]
    swarm.tasks = [task('t1', { Slot: 0 }), task('t2', { Slot: 0, NodeID: 'n2' }), ended('t0', 'shutdown', { Slot: 0, NodeID: 'n9' })]
    const seen = await look()
    assert.deepEqual([seen.desired, seen.instances.length], [2, 2])
  })

  it('counts no task that no node takes, and tells why as a launch that does not come about', async () => {
    const status = { State: 'pending', Err: 'no suitable node (insufficient resources on 2 nodes)' }
    const { NodeID: _, ...unplaced } = task('t3', { Slot: 2, Status: status })
    swarm.tasks = [task('t1'), unplaced]
    const seen = await look()
    assert.deepEqual(
      seen.instances.map(({ id }) => id),
      ['t1'],
    )
    const [event] = seen.events.filter(({ instance }) => instance === 't3')
    assert.deepEqual([event?.outcome, event?.error?.category], ['in-progress', 'capacity'])
  })

  it('is born from another version once the service is changed, but not where only its placement or size is', async () => {
    swarm.services = [
      service('web', {
        TaskTemplate: { ...template, Placement: { Constraints: ['node.role==worker'] } },
        Mode: { Replicated: { Replicas: 3 } },
      }),
    ]
    const moved = await look()
    assert.ok(moved.instances.every(({ bornFrom }) => bornFrom === moved.declarationVersion))
    swarm.services = [service('web', { TaskTemplate: { ...template, ForceUpdate: 1 } })]
    const changed = await look()
    assert.ok(changed.instances.every(({ bornFrom }) => bornFrom !== changed.declarationVersion))
  })

  it('reads from the tasks of a slot what happened to them, with Swarm’s own errors', async () => {
    const other = { ...template, ForceUpdate: 1 }
    const at = (minute: number) => `2026-11-03T09:${minute}:00Z`
    const rejected = { State: 'rejected', Err: 'No such image: web:1' }
    const unwell = { State: 'failed', Err: 'task: non-zero exit (143): dockerexec: unhealthy container' }
    swarm.tasks = [
      ended('old', 'shutdown', { Spec: other, CreatedAt: at(10) }),
      ended('deployed', 'failed', { CreatedAt: at(11), Status: { Err: 'task: non-zero exit (137)' } }),
      ended('rejected', 'rejected', { CreatedAt: at(12), Status: rejected }),
      ended('unwell', 'failed', { CreatedAt: at(13), Status: unwell }),
      task('now', { CreatedAt: at(14) }),
    ]
    const { events } = await look()
    const told = events.map(({ id, cause, outcome, error }) => [id, cause, outcome, error?.message ?? null].join(' ')).sort()
    assert.deepEqual(told, [
      'deployed/end unknown succeeded ',
      'deployed/launch deployment succeeded ',
      'now/launch replacement succeeded ',
      'old/end deployment succeeded ',
      'old/launch unknown succeeded ',
      'rejected/launch replacement failed No such image: web:1',
      'unwell/end unhealthy succeeded ',
      'unwell/launch replacement succeeded ',
    ])
  })

  it('leaves out what happened before it was asked for', async () => {
    const since = Temporal.Instant.from('2026-11-03T09:00:00Z')
    const seen = (await observe(swarm.context(), [web], { since, depth: 'watch' }, never)).get(web)
    assert.deepEqual(seen?.kind === 'snapshot' && seen.snapshot.events, [])
  })

  it('asks another manager where one is silent, and gives up where all are', async () => {
    const context = swarm.context()
    swarm.silent.add('n1')
    await assert.rejects(observe(context, [web], long, never), { name: 'ProviderError', code: 'unavailable' })
  })
})

describe('whether Swarm would replace a task (S5)', () => {
  let swarm: FakeSwarm
  const restart = (policy: object) => service('web', { TaskTemplate: { ...template, RestartPolicy: policy } })
  const bornOf = (policy: object, changes = {}) => ({ Spec: { ...template, RestartPolicy: policy }, ...changes })

  beforeEach(() => {
    swarm = new FakeSwarm()
  })

  async function look(): Promise<GroupSnapshot> {
    const seen = (await observe(swarm.context(), [web], long, never)).get(web)
    assert.ok(seen?.kind === 'snapshot')
    return seen.snapshot
  }

  it('says no where nothing is restarted, and where it is a job or no container', async () => {
    for (const [what, reason] of [
      [restart({ Condition: 'none' }), /restart condition is none/],
      [restart({ Condition: 'sometimes' }), /not known to this version/],
      [service('web', { Mode: { ReplicatedJob: {} } }), /is a job/],
      [service('web', { TaskTemplate: { ...template, Runtime: 'plugin' } }), /runtime plugin/],
    ] as const) {
      swarm.services = [what]
      assert.match((await look()).replacementOff ?? '', reason)
    }
  })

  it('says no for a graceful stop where only failures are restarted', async () => {
    swarm.services = [restart({ Condition: 'on-failure' })]
    const seen = await look()
    assert.equal(seen.replacementOff, null)
    assert.match(seen.notReplacedAfter?.retire ?? '', /has not failed/)
    assert.equal(seen.notReplacedAfter?.crash, undefined)
  })

  it('counts the restarts of each slot since its specification last changed', async () => {
    const policy = { Condition: 'any', MaxAttempts: 2 }
    swarm.services = [restart(policy)]
    const first = ended('a', 'failed', bornOf(policy, { CreatedAt: '2026-11-03T07:00:00Z' }))
    const second = ended('b', 'failed', bornOf(policy, { CreatedAt: '2026-11-03T07:10:00Z' }))
    const older = ended('z', 'failed', { CreatedAt: '2026-11-03T06:00:00Z' })
    swarm.tasks = [older, first, task('t1', bornOf(policy))]
    assert.equal((await look()).replacementOff, null, 'one of two is left')
    swarm.tasks = [older, first, second, task('t1', bornOf(policy))]
    assert.match((await look()).replacementOff ?? '', /web\.1\.t1 has used up its 2 restarts/)
  })

  it('counts only the restarts within the policy’s window', async () => {
    const policy = { Condition: 'any', MaxAttempts: 1, Window: 3_600_000_000_000 }
    swarm.services = [restart(policy)]
    swarm.tasks = [ended('a', 'failed', bornOf(policy, { CreatedAt: '2026-11-03T07:00:00Z' })), task('t1', bornOf(policy))]
    assert.equal((await look()).replacementOff, null)
  })

  it('S10 says no where more restarts may have been forgotten than are remembered', async () => {
    const policy = { Condition: 'any', MaxAttempts: 9 }
    swarm.services = [restart(policy)]
    swarm.historyLimit = 2
    const past = ['a', 'b'].map(id => ended(id, 'failed', bornOf(policy, { CreatedAt: '2026-11-03T07:00:00Z' })))
    swarm.tasks = [...past, task('t1', bornOf(policy))]
    assert.match((await look()).replacementOff ?? '', /cannot be told/)
  })
})
