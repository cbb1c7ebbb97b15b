import assert from 'node:assert/strict'
import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { Machine } from '../../../src/providers/azure/api.ts'
import { noteGone } from '../../../src/providers/azure/events.ts'
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

  function look(machines: readonly Machine[], capacity = 3) {
    seconds += 5
    const facts = { set: set(capacity), machines, view: null, since: struckAt, now: struckAt.add({ seconds }) }
    return noteGone(memory, 'azure:sub/shop/vmss/web', facts).map(({ id, outcome, cause }) => ({ id, outcome, cause }))
  }

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
})
