import assert from 'node:assert/strict'
import type { GroupSnapshot, Observation } from '../../../src/domain/group.ts'
import type { GcpApi } from '../../../src/providers/gcp/api.ts'
import { eventsOfOperations } from '../../../src/providers/gcp/events.ts'
import { observe } from '../../../src/providers/gcp/observe.ts'
import { operationsSince } from '../../../src/providers/gcp/reads.ts'
import type { ManagedInstance, Manager, Operation } from '../../../src/providers/gcp/wire.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import { GROUP, manager, member, NOW, SCOPE, type TestContext, template, testContext, url, ZONE } from './fake-api.ts'

const never = new AbortController().signal
const since = NOW.subtract({ minutes: 1 })

/** A group whose rows the test changes between two looks. */
function world(rows: ManagedInstance[], more: Partial<Record<keyof GcpApi, unknown>> = {}, group: Partial<Manager> = {}) {
  const state = { rows, group: manager(group) }
  const context = testContext({
    manager: async () => state.group,
    managedInstances: async () => ({ items: state.rows, next: null }),
    template: async () => template('web-1'),
    ...more,
  } as never)
  return { state, context }
}

async function look(context: TestContext, depth: 'full' | 'watch' | 'brief' = 'watch'): Promise<Observation> {
  const seen = (await observe(context, [GROUP], { since, depth }, never)).get(GROUP)
  assert.ok(seen)
  return seen
}

async function snapshot(context: TestContext, depth: 'full' | 'watch' = 'watch'): Promise<GroupSnapshot> {
  const seen = await look(context, depth)
  assert.ok(seen.kind === 'snapshot', JSON.stringify(seen))
  return seen.snapshot
}

function failure(code: ProviderError['code'], message = 'no'): ProviderError {
  return new ProviderError(message, { code, operation: 'x', mayHaveActed: false })
}

function operation(type: string, id: string, more: Partial<Operation> = {}): Operation {
  return {
    name: `operation-${type}-${id}`,
    operationType: type,
    targetId: id,
    targetLink: url(`zones/${ZONE}/instances/web-aaaa`),
    insertTime: '2026-03-02T09:59:30Z',
    status: 'DONE',
    user: '123@cloudservices.gserviceaccount.com',
    ...more,
  }
}

describe('a look at a managed instance group', () => {
  it('knows a successor by its id, in the name of the one that was lost', async () => {
    const { state, context } = world([member('1'), member('2', { name: 'web-bbbb' })])
    assert.deepEqual(
      (await snapshot(context)).instances.map(({ id, name }) => [id, name]),
      [
        ['1', 'web-aaaa'],
        ['2', 'web-bbbb'],
      ],
    )
    state.rows = [member('3'), member('2', { name: 'web-bbbb' })]
    assert.deepEqual(
      (await snapshot(context)).instances.map(({ id, name }) => [id, name]),
      [
        ['3', 'web-aaaa'],
        ['2', 'web-bbbb'],
      ],
    )
  })

  it('knows a successor under another name as well, should a group give one', async () => {
    const { state, context } = world([member('1'), member('2', { name: 'web-bbbb' })])
    await snapshot(context)
    state.rows = [member('3', { name: 'web-cccc' }), member('2', { name: 'web-bbbb' })]
    assert.deepEqual(
      (await snapshot(context)).instances.map(({ id }) => id),
      ['3', '2'],
    )
  })

  it('knows who was scaled in again after a scale-out, though the size is what it was at first', async () => {
    const deleted = operation('delete', '2', { targetLink: url(`zones/${ZONE}/instances/web-bbbb`) })
    const { state, context } = world([member('1')], { operations: async () => ({ items: [deleted], next: null }) }, { targetSize: 1 })
    await snapshot(context)
    state.group = manager({ targetSize: 2 })
    state.rows = [member('1'), member('2', { name: 'web-bbbb' })]
    await snapshot(context)
    state.group = manager({ targetSize: 1 })
    state.rows = [member('1')]
    const { events } = await snapshot(context)
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'terminate').map(({ instance, cause }) => [instance, cause]),
      [['2', 'scale-in']],
    )
  })

  it('shows nobody in a row without an id, and the group as unsteady, even while it calls itself stable', async () => {
    // Ids of 64 bits come as texts, and one that is not set may come as 0.
    for (const none of [null, '0', '']) {
      const { context } = world([member('1'), member(none, { name: 'web-bbbb' })])
      const seen = await snapshot(context)
      assert.deepEqual(
        seen.instances.map(({ id }) => id),
        ['1'],
      )
      assert.match(seen.unsteady.map(({ detail }) => detail).join(), /no instance web-bbbb/)
    }
  })

  it('tells a creation under way, and why it failed as soon as the row says so', async () => {
    const { state, context } = world([member('1'), member(null, { name: 'web-bbbb', currentAction: 'RECREATING' })])
    assert.deepEqual(
      (await snapshot(context)).events.map(({ kind, outcome }) => [kind, outcome]),
      [['launch', 'in-progress']],
    )
    const errors = { errors: { errors: [{ code: 'ZONE_RESOURCE_POOL_EXHAUSTED', message: 'no room' }] } }
    state.rows = [member('1'), member(null, { name: 'web-bbbb', currentAction: 'RECREATING', lastAttempt: errors })]
    context.pass(1_000)
    const failed = (await snapshot(context)).events.at(-1)
    assert.deepEqual([failed?.outcome, failed?.error?.category, failed?.cause], ['failed', 'capacity', 'replacement'])
  })

  for (const [code, category] of [
    ['QUOTA_EXCEEDED', 'quota'],
    ['IP_SPACE_EXHAUSTED', 'quota'],
    ['ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS', 'capacity'],
    ['UNSUPPORTED_OPERATION', 'broken'],
  ] as const)
    it(`calls ${code} ${category}, by the code alone`, async () => {
      const lastAttempt = { errors: { errors: [{ code, message: 'no' }] } }
      const { context } = world([member(null, { currentAction: 'CREATING', lastAttempt })])
      assert.equal((await snapshot(context)).events.at(-1)?.error?.category, category)
    })

  it("asks for the group's own errors where a row is silent about them, and not with every look", async () => {
    const items = [
      { timestamp: NOW.toString(), error: { code: 'PERMISSIONS_ERROR', message: 'KMS' }, instanceActionDetails: { action: 'CREATING' } },
    ]
    const { context } = world([member('1')], { errors: async () => ({ items, next: null }) })
    assert.equal((await snapshot(context)).events[0]?.error?.category, 'broken')
    await snapshot(context)
    assert.equal(context.calls.filter(call => call === 'errors').length, 1)
    context.pass(11_000)
    await snapshot(context)
    assert.equal(context.calls.filter(call => call === 'errors').length, 2)
  })

  it('S5 minds an autoscaler that is about to set another size', async () => {
    const autoscaler = url(`zones/${ZONE}/autoscalers/web`)
    const status = { isStable: true, autoscaler }
    const about = async (answer: object) => {
      const { context } = world([member('1'), member('2', { name: 'web-bbbb' })], { autoscaler: async () => answer }, { status })
      return (await snapshot(context, 'full')).unsteady.map(({ reason }) => reason)
    }
    assert.deepEqual(await about({ recommendedSize: 2 }), [])
    assert.deepEqual(await about({ recommendedSize: 5 }), ['scaling'])
    assert.deepEqual(await about({ recommendedSize: 5, autoscalingPolicy: { mode: 'OFF' } }), [])
    assert.deepEqual(await about({ status: 'PENDING' }), ['scaling'])
    assert.deepEqual(await about({ status: 'DELETING' }), ['scaling'])
    const { context } = world(
      [member('1')],
      { autoscaler: async () => ({ autoscalingPolicy: { minNumReplicas: 2, maxNumReplicas: 9 } }) },
      { status },
    )
    const { minimum, maximum } = await snapshot(context, 'full')
    assert.deepEqual([minimum, maximum], [2, 9])
  })

  it('S10 is unreadable before a strike where its autoscaler, template or operations are, and says why', async () => {
    const denied = async () => Promise.reject(failure('denied', 'not allowed'))
    const autoscaled = { status: { isStable: true, autoscaler: 'a' } }
    for (const [more, group] of [
      [{ autoscaler: denied }, autoscaled],
      [{ template: denied }, {}],
      [{ operations: denied }, {}],
      [{ instances: denied }, {}],
    ] as const) {
      const seen = await look(world([member('1')], more, group).context, 'full')
      assert.deepEqual(seen, { kind: 'unreadable', why: 'not allowed' }, Object.keys(more).join())
    }
  })

  it('S9 goes on watching by ids alone where operations may not be read', async () => {
    const { state, context } = world([member('1'), member('2', { name: 'web-bbbb' })], {
      operations: async () => Promise.reject(failure('denied')),
    })
    await snapshot(context)
    state.rows = [member('3'), member('4', { name: 'web-bbbb' })]
    assert.deepEqual(
      (await snapshot(context)).instances.map(({ id }) => id),
      ['3', '4'],
    )
    assert.deepEqual(context.warnings, ['part of a look could not be read'])
  })

  for (const [then, now, cause] of [
    [2, 3, 'scale-in'],
    [4, 2, 'unknown'],
  ] as const)
    it(`tells a scale-in by the size right before the strike (${now}), not by that of long ago (${then})`, async () => {
      const gone = [operation('delete', '9', { targetLink: url(`zones/${ZONE}/instances/web-cccc`) })]
      const { state, context } = world([member('1'), member('2', { name: 'web-bbbb' })], {
        operations: async () => ({ items: gone, next: null }),
      })
      state.group = manager({ targetSize: then })
      await snapshot(context)
      state.group = manager({ targetSize: now })
      await snapshot(context, 'full')
      state.rows = [member('1'), member('9', { name: 'web-cccc' })]
      await snapshot(context)
      state.group = manager({ targetSize: 2 })
      state.rows = [member('1')]
      const taken = (await snapshot(context)).events.find(event => event.instance === '9')
      assert.deepEqual([taken?.kind, taken?.cause], ['terminate', cause])
    })

  it('S5 sees that a member left just now, though this process never saw its name', async () => {
    const left = operation('delete', '9', { targetLink: url(`zones/${ZONE}/instances/web-x4zz`) })
    const other = operation('delete', '8', { targetLink: url(`zones/${ZONE}/instances/web-canary-x4zz`) })
    const seen = async (operations: Operation[]) => {
      const answer = { operations: async () => ({ items: operations, next: null }) }
      const { context } = world([member('1'), member('2', { name: 'web-bbbb' })], answer, { baseInstanceName: 'web' })
      return (await snapshot(context, 'full')).membershipChangedAt?.toString() ?? null
    }
    assert.equal(await seen([left]), '2026-03-02T09:59:30Z')
    assert.equal(await seen([other]), null)
  })

  it('forgets with the look before each strike who came and went before it', async () => {
    const { state, context } = world([member('1'), member('2', { name: 'web-bbbb' })])
    for (const round of [1, 2, 3]) {
      await snapshot(context, 'full')
      const asked = context.calls.filter(call => call === 'operations').length
      state.rows = [member(String(10 + round)), member('2', { name: 'web-bbbb' })]
      await snapshot(context)
      assert.equal(context.calls.filter(call => call === 'operations').length, asked, 'one lost and one new explain themselves')
    }
  })

  it('is gone where the platform says so, and unreadable where it does not answer', async () => {
    assert.deepEqual(await look(world([], { manager: async () => Promise.reject(failure('not-found')) }).context), { kind: 'gone' })
    const seen = await look(world([], { manager: async () => Promise.reject(failure('unavailable', 'down')) }).context)
    assert.deepEqual(seen, { kind: 'unreadable', why: 'down' })
  })
})

describe('a look at a whole project', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'].map(name => `${SCOPE}/${ZONE}/mig/${name}`)
  const elsewhere = `${SCOPE}/us-east1/mig/far`

  it('takes groups of a zone that cannot be reached for unreadable, and only others for gone', async () => {
    const listed = ids.slice(0, 4).map((id, index) => manager({ name: id.split('/').at(-1) ?? '', id: String(index) }))
    const managersEverywhere = async () => ({ items: listed, next: null, unreachable: new Map([['us-east1', 'it is down']]) })
    const { context } = world([], { managersEverywhere })
    const seen = await observe(context, [...ids, elsewhere], { since, depth: 'brief' }, never)
    assert.deepEqual(
      [...seen.values()].map(({ kind }) => kind),
      ['snapshot', 'snapshot', 'snapshot', 'snapshot', 'gone', 'unreadable'],
    )
    assert.deepEqual(
      ['manager', 'managersEverywhere', 'managedInstances', 'instances'].map(call => context.calls.filter(one => one === call).length),
      [0, 1, 4, 0],
    )
  })
})

describe('a brief look', () => {
  it('S15 shows whether the group is whole: its members and their health', async () => {
    const { context } = world([member('1'), member('2', { name: 'web-bbbb', instanceHealth: [{ detailedHealthState: 'UNHEALTHY' }] })])
    const seen = await look(context, 'brief')
    assert.ok(seen.kind === 'snapshot')
    assert.deepEqual(
      seen.snapshot.instances.map(({ phase, health, weight }) => [phase, health, weight]),
      [
        ['in-service', 'healthy', 1],
        ['in-service', 'unhealthy', 1],
      ],
    )
  })
})

describe('the operations of a zone', () => {
  const told = (operations: Operation[], scaledIn = false, rolling = false) =>
    eventsOfOperations(operations, { names: new Set(['web-aaaa']), scaledIn, rolling }).map(event => [
      event.kind,
      event.cause,
      event.outcome,
    ])

  it("tell a call of somebody, the group's repair in the same name, and what it made", () => {
    const events = [operation('delete', '1', { user: 'ann@example.com' }), operation('insert', '3', { insertTime: '2026-03-02T09:59:40Z' })]
    assert.deepEqual(told(events), [
      ['terminate', 'strike', 'succeeded'],
      ['launch', 'replacement', 'succeeded'],
    ])
  })

  it('name no cause for a member that nobody was lost for', () =>
    assert.deepEqual(told([operation('insert', '3')]), [['launch', 'unknown', 'succeeded']]))

  it('tell interruptions, repairs and scaling in apart', () => {
    assert.deepEqual(told([operation('compute.instances.preempted', '1')])[0]?.[1], 'interruption')
    assert.deepEqual(told([operation('compute.instances.repair.recreateInstance', '1')])[0]?.[1], 'unhealthy')
    assert.deepEqual(told([operation('delete', '1')], true)[0]?.[1], 'scale-in')
    assert.deepEqual(told([operation('delete', '1')], false, true)[0]?.[1], 'deployment')
    assert.deepEqual(told([operation('delete', '1')])[0]?.[1], 'unknown')
    const remade = [operation('delete', '1'), operation('insert', '3', { insertTime: '2026-03-02T09:59:40Z' })]
    assert.deepEqual(told(remade, true)[0]?.[1], 'unknown')
  })

  it("leave out what is about other groups' names", () => {
    assert.deepEqual(told([operation('delete', '1', { targetLink: url(`zones/${ZONE}/instances/db-aaaa`) })]), [])
  })

  it('are read until one is too old, through pages without items', async () => {
    const pages = [
      { items: [operation('insert', '1')], next: 'a' },
      { items: [], next: 'b' },
      { items: [operation('insert', '2'), operation('insert', '3', { insertTime: '2026-03-01T00:00:00Z' })], next: 'c' },
    ]
    const { context } = world([], { operations: async () => pages.shift() })
    assert.deepEqual(
      (await operationsSince(context.api, ZONE, since, never)).map(({ targetId }) => targetId),
      ['1', '2'],
    )
  })
})
