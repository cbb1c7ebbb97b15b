import assert from 'node:assert/strict'
import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { StrikeOrder } from '../../../src/domain/drill.ts'
import type { AzureApi, Machine, Progress } from '../../../src/providers/azure/api.ts'
import { ScopeMemory } from '../../../src/providers/azure/memory.ts'
import type { ScopeContext } from '../../../src/providers/azure/observe.ts'
import { restore } from '../../../src/providers/azure/restore.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import { Kept } from '../asking.ts'

const never = new AbortController().signal
const SCOPE = 'azure:7c1c5f0e-6f0d-4b8e-9a55-0f3f4f6b1d20'
const now = Temporal.Instant.from('2026-11-02T10:00:00Z')

function machine(vmId: string): Machine {
  return { name: vmId, vmId, timeCreated: new Date('2026-11-01'), provisioningState: 'Succeeded' } as unknown as Machine
}

function failure(mayHaveActed: boolean): ProviderError {
  return new ProviderError('no answer', { code: 'unavailable', operation: 'update', mayHaveActed })
}

/** A flexible set whose size did not fall with the victim, as listings show it: two machines where three were recorded. */
class Azure {
  listed: readonly Machine[] = [machine('a'), machine('b')]
  set: VirtualMachineScaleSet = {
    location: 'westeurope',
    orchestrationMode: 'Flexible',
    uniqueId: 'u',
    provisioningState: 'Succeeded',
    sku: { name: 'Standard_D2s_v5', capacity: 3 },
    etag: '"1"',
  } as VirtualMachineScaleSet
  progress: Progress | ProviderError = 'succeeded'
  answer: 'taken' | 'refused' | 'lost' = 'taken'
  readonly asked: number[] = []
  #passed = 0

  pass(milliseconds: number): void {
    this.#passed += milliseconds
  }

  #told(): Progress {
    if (this.progress instanceof ProviderError) throw this.progress
    return this.progress
  }

  /** A process: what it remembers goes with it. */
  context(): ScopeContext {
    const quiet = () => {}
    const api = {
      getScaleSet: async () => this.set,
      listFlexibleMachines: async () => [...this.listed],
      setCapacity: async (_ref: unknown, { capacity, etag }: { capacity: number; etag: string }) => {
        assert.equal(etag, this.set.etag)
        if (this.answer === 'refused') throw failure(false)
        this.asked.push(capacity)
        this.set = { ...this.set, etag: `"${this.asked.length + 1}"`, sku: { ...this.set.sku, capacity } }
        if (this.answer === 'lost') throw failure(true)
        return { reference: null, progress: async () => this.#told() }
      },
    } as unknown as AzureApi
    return {
      scope: SCOPE,
      api,
      memory: new ScopeMemory(),
      clock: { now: () => now, monotonic: () => this.#passed, sleep: async () => {} },
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      optInById: () => null,
    }
  }
}

const order: StrikeOrder = {
  drill: 'drill-1',
  scope: SCOPE,
  group: `${SCOPE}/shop/vmss/web`,
  groupName: 'web',
  incarnation: 'u',
  victim: { id: 'v@2026-11-01T00:00:00.000Z', name: 'v', zone: null, image: null, bornFrom: null },
  method: 'retire',
  desired: 3,
  members: [],
  declarationVersion: 'm',
  intendedAt: now,
  requestId: 'r',
}

describe('the restore of a flexible set whose size did not fall', () => {
  let azure: Azure
  let context: ScopeContext
  let kept: Kept

  beforeEach(() => {
    azure = new Azure()
    kept = new Kept()
    context = azure.context()
  })

  const told = () => restore(context, order, { signal: never, asking: kept })
  const look = async () => (await told()).state

  it('asks for one more only when no listing can be an older one any more', async () => {
    assert.equal(await look(), 'requested')
    assert.equal(await look(), 'requested')
    azure.pass(59_000)
    assert.equal(await look(), 'requested')
    assert.deepEqual(azure.asked, [3])
    azure.pass(2_000)
    assert.equal(await look(), 'requested')
    assert.deepEqual(azure.asked, [3, 4])
  })

  it('asks for none more where a listing lagged behind', async () => {
    await look()
    await look()
    azure.pass(59_000)
    await look()
    azure.listed = [...azure.listed, machine('c')]
    azure.pass(2_000)
    assert.equal(await look(), 'done')
    assert.deepEqual(azure.asked, [3])
  })

  it('asks again two minutes after Azure could not make the machine, and says until then why', async () => {
    azure.progress = { failed: 'ZonalAllocationFailed: no room' }
    await look()
    const { state, detail } = await told()
    assert.deepEqual([state, /no room/.test(detail)], ['requested', true])
    azure.pass(119_000)
    await look()
    assert.deepEqual(azure.asked, [3])
    azure.pass(2_000)
    await look()
    assert.deepEqual(azure.asked, [3, 3])
  })

  it('waits for a change that a view does not know yet, and takes one that none knows after a minute for lost', async () => {
    azure.progress = new ProviderError('the operation was not found', { code: 'not-found', operation: 'get', mayHaveActed: false })
    await look()
    azure.pass(59_000)
    assert.deepEqual(await told(), { state: 'requested', detail: 'the scale set is making the machine' })
    azure.progress = 'succeeded'
    await look()
    azure.pass(60_000)
    await look()
    assert.deepEqual(azure.asked, [3, 4], 'it was carried out, and made nothing')
    azure.progress = new ProviderError('the operation was not found', { code: 'not-found', operation: 'get', mayHaveActed: false })
    azure.set = { ...azure.set, sku: { ...azure.set.sku, capacity: 3 } }
    azure.pass(61_000)
    await look()
    assert.match((await told()).detail, /could not make the machine: the operation was not found/)
  })

  it('asks for the recorded size once more after a crash, which makes nothing that is not missing', async () => {
    await look()
    context = azure.context()
    await look()
    assert.deepEqual(azure.asked, [3, 3])
    azure.listed = [...azure.listed, machine('c')]
    assert.equal(await look(), 'done')
  })

  it('knows its own second size after a crash, in whose hand it was, and whose it is not', async () => {
    await look()
    await look()
    azure.pass(61_000)
    await look()
    assert.deepEqual([azure.asked, kept.last], [[3, 4], { size: 4, from: 3, seen: '"2"' }])
    context = azure.context()
    assert.equal(await look(), 'requested')
    azure.set = { ...azure.set, etag: '"9"', sku: { capacity: 5 } }
    assert.equal(await look(), 'yielded')
    assert.deepEqual(azure.asked, [3, 4])
  })

  it('gives way where the set was deleted, and another was made under its name', async () => {
    azure.set = { ...azure.set, uniqueId: 'another' } as VirtualMachineScaleSet
    assert.deepEqual([await look(), azure.asked], ['yielded', []])
  })

  it('knows its own second size where the answer was lost', async () => {
    await look()
    await look()
    azure.pass(61_000)
    azure.answer = 'lost'
    assert.equal(await look(), 'waiting')
    assert.equal(await look(), 'requested')
    assert.deepEqual(azure.asked, [3, 4])
  })

  it('keeps nothing as asked for that Azure has refused, and sends nothing that could not be kept', async () => {
    azure.answer = 'refused'
    assert.deepEqual([await look(), kept.last, azure.asked], ['waiting', null, []])
    azure.answer = 'taken'
    kept.keep = async () => false
    assert.deepEqual([await look(), azure.asked], ['waiting', []])
  })
})
