import assert from 'node:assert/strict'
import type { VirtualMachineScaleSet, VirtualMachineScaleSetInstanceView } from '@azure/arm-compute'
import type { Machine } from '../../../src/providers/azure/api.ts'
import { eventsOf, noteGone } from '../../../src/providers/azure/events.ts'
import { ScopeMemory } from '../../../src/providers/azure/memory.ts'

const struckAt = Temporal.Instant.from('2026-11-02T10:00:00Z')
const vmId = '00000000-0000-4000-8000-000000000001'
const identity = `${vmId}@2026-11-02T10:01:00.000Z`

function set(capacity = 3): VirtualMachineScaleSet {
  return { location: 'westeurope', uniqueId: 'u-1', sku: { name: 'Standard_D2s_v5', capacity } }
}

function machine(provisioningState = 'Creating'): Machine {
  return { name: 'web_1', vmId, timeCreated: new Date('2026-11-02T10:01:00Z'), provisioningState } as unknown as Machine
}

describe('who is missing from the list of a scale set', () => {
  let memory: ScopeMemory
  let seconds: number

  beforeEach(() => {
    memory = new ScopeMemory()
    seconds = 60
  })

  function look(machines: readonly Machine[], capacity = 3, view: VirtualMachineScaleSetInstanceView | null = null) {
    seconds += 5
    const facts = { set: set(capacity), machines, view, since: struckAt, now: struckAt.add({ seconds }) }
    return noteGone(memory, 'azure:sub/shop/vmss/web', facts).map(({ id, outcome, cause }) => ({ id, outcome, cause }))
  }

  const status = { code: 'ProvisioningState/failed/AllocationFailed', message: 'no room' }
  const failedView = { statuses: [status] }
  const failedAt = (time: string) => ({ statuses: [{ ...status, time: new Date(time) }] })
  const given = { id: `launch:${identity}`, outcome: 'failed', cause: 'unknown' }
  const left = { id: `gone:${identity}`, outcome: 'succeeded', cause: 'unknown' }

  it('is not gone yet after one list without it, which may have been an older one', () => {
    look([machine()])
    assert.deepEqual(look([]), [])
    assert.deepEqual(look([machine()]), [])
    assert.deepEqual(look([]), [])
  })

  it('is gone after two lists without it', () => {
    look([machine()])
    look([])
    assert.deepEqual(look([]), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'unknown' }])
  })

  it('is gone at once where the list shows that it is being deleted', () => {
    look([machine()])
    assert.deepEqual(look([machine('Deleting')]), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'unknown' }])
  })

  it('was scaled in where the size fell with it, in either of the two looks', () => {
    look([machine()])
    look([], 2)
    assert.deepEqual(look([], 2), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'scale-in' }])
  })

  it('was scaled in where the size fell some looks before it was missed', () => {
    look([machine('Succeeded')])
    look([machine('Succeeded')], 2)
    look([machine('Succeeded')], 2)
    look([], 2)
    assert.deepEqual(look([], 2), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'scale-in' }])
  })

  it('was interrupted where a spot machine went and the size stayed', () => {
    const spot = { ...machine('Succeeded'), priority: 'Spot' } as Machine
    look([spot])
    look([])
    assert.deepEqual(look([]), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'interruption' }])
  })

  it('was never gone where a later list shows it again: the word is taken back, and given anew when it goes', () => {
    look([machine()])
    look([])
    look([])
    assert.deepEqual(look([machine()]), [{ id: `gone:${identity}`, outcome: 'failed', cause: 'unknown' }])
    look([])
    assert.deepEqual(look([]), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'unknown' }])
  })
  it('was scaled in where the size is seen to fall soon after it was missed, though its machine is listed no more', () => {
    look([machine('Succeeded')])
    assert.deepEqual(look([machine('Deleting')]), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'unknown' }])
    look([])
    assert.deepEqual(look([], 2), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'scale-in' }])
  })

  it('was not scaled in where the size falls only when no view can be so old any more', () => {
    look([machine('Succeeded')])
    look([machine('Deleting')])
    seconds += 60
    assert.deepEqual(look([], 2), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'unknown' }])
  })

  it('was given up where its creation failed, and a smaller size that is seen later is not why it went', () => {
    look([machine()])
    look([], 3, failedView)
    assert.deepEqual(look([], 3, failedView), [given, left])
    assert.deepEqual(look([], 2), [given, left])
  })

  it('was given up where the set shows only long after it went that a change had failed in its time', () => {
    look([machine()])
    look([])
    assert.deepEqual(look([]), [left])
    seconds += 300
    assert.deepEqual(look([], 3, failedAt('2026-11-02T10:01:12Z')), [left, given])
  })

  it('was not given up by a change that failed before it came or after it was gone, or at a time that is not shown', () => {
    look([machine()])
    look([], 3, failedAt('2026-11-02T10:00:30Z'))
    assert.deepEqual(look([], 3, failedAt('2026-11-02T10:00:30Z')), [left])
    seconds += 300
    assert.deepEqual(look([], 3, failedAt('2026-11-02T10:06:00Z')), [left])
    assert.deepEqual(look([], 3, failedView), [left])
  })

  it('was not given up where a later list shows it again', () => {
    look([machine()])
    look([], 3, failedView)
    look([], 3, failedView)
    assert.deepEqual(look([machine('Succeeded')]), [{ ...left, outcome: 'failed' }])
  })

  it('had been made, though it shows that no more while it is being deleted: a failed change of the set is not its own', () => {
    look([machine('Succeeded')])
    look([machine('Deleting')], 3)
    look([machine()], 3)
    look([], 3, failedView)
    assert.deepEqual(look([], 3, failedView), [{ id: `gone:${identity}`, outcome: 'succeeded', cause: 'unknown' }])
  })
})

describe('the launch of a machine', () => {
  function launchOf(provisioningState: string) {
    const facts = { set: set(), machines: [machine(provisioningState)], view: null, since: struckAt, now: struckAt.add({ seconds: 90 }) }
    return eventsOf(facts).find(({ kind, instance }) => kind === 'launch' && instance === identity)?.outcome
  }

  it('failed, was made or goes on as its provisioning state says; one that is being deleted shows none of that', () => {
    assert.deepEqual(['Failed', 'Succeeded', 'Creating', 'Deleting'].map(launchOf), ['failed', 'succeeded', 'in-progress', 'in-progress'])
  })
})
