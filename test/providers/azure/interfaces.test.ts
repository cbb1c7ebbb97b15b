import assert from 'node:assert/strict'
import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { Configuration, DeclaredSet } from '../../../src/domain/declaration.ts'
import { examine } from '../../../src/domain/differences.ts'
import { compareInstances, compareWithDeclaration } from '../../../src/domain/drift.ts'
import type { Machine, NetworkInterface } from '../../../src/providers/azure/api.ts'
import { declaredSet } from '../../../src/providers/azure/declare.ts'
import { configurationOf } from '../../../src/providers/azure/describe.ts'
import { type Attached, modelNames } from '../../../src/providers/azure/interfaces.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { openAzure, Stage } from './stage.ts'

const never = new AbortController().signal
const DENIED = 'networkInterfaces.list: AuthorizationFailed'

describe('which interface of the model an interface of a flexible machine is', () => {
  const configured = [{ name: 'web', primary: true }, { name: 'web-public' }, { name: 'storage' }]
  const names = (attached: readonly { id: string; primary?: boolean }[]) => Object.fromEntries(modelNames(configured, attached))

  it('is told by its name, whatever stands behind it, in any order and case', () => {
    const attached = [{ id: '/n/storage-1f' }, { id: '/n/WEB-PUBLIC-2e' }, { id: '/n/web-3d', primary: true }]
    assert.deepEqual(names(attached), { '/n/storage-1f': 'storage', '/n/WEB-PUBLIC-2e': 'web-public', '/n/web-3d': 'web' })
  })

  it('is the one with the longest name that fits, also where Azure does not show which is the first', () => {
    const attached = [{ id: '/n/web-public-2e' }, { id: '/n/web-3d' }, { id: '/n/storage-1f' }]
    assert.deepEqual(names(attached), { '/n/web-public-2e': 'web-public', '/n/web-3d': 'web', '/n/storage-1f': 'storage' })
  })

  it('is told by which is the first, and then by their order, where no name tells', () => {
    const attached = [{ id: '/n/a' }, { id: '/n/b', primary: true }, { id: '/n/c' }]
    assert.deepEqual(names(attached), { '/n/b': 'web', '/n/a': 'web-public', '/n/c': 'storage' })
  })

  it('is none for one more than the model has, though it be called alike', () => {
    const attached = [{ id: '/n/web-mine' }, { id: '/n/web-3d', primary: true }, { id: '/n/storage-1f' }, { id: '/n/web-public-2e' }]
    assert.deepEqual(names(attached), { '/n/web-3d': 'web', '/n/storage-1f': 'storage', '/n/web-public-2e': 'web-public' })
  })
})

function set(pools: readonly string[] = []): VirtualMachineScaleSet {
  const address = { name: 'ip', subnet: { id: '/subnet/a' }, loadBalancerInboundNatPools: pools.map(id => ({ id })) }
  return {
    location: 'westeurope',
    name: 'web',
    orchestrationMode: 'Flexible',
    sku: { name: 'Standard_D2s_v5', capacity: 1 },
    virtualMachineProfile: {
      networkProfile: {
        networkInterfaceConfigurations: [{ name: 'nic', primary: true, deleteOption: 'Delete', ipConfigurations: [address] }],
      },
    },
  }
}

const own = (id: string, more: Partial<NetworkInterface> = {}, rules: readonly string[] = []): [string, NetworkInterface] => [
  id,
  { id, ipConfigurations: [{ subnet: { id: '/subnet/a' }, loadBalancerInboundNatRules: rules.map(each => ({ id: each })) }], ...more },
]

const shown = { hardwareProfile: { vmSize: 'Standard_D2s_v5' }, storageProfile: { osDisk: { createOption: 'FromImage' } } }

function described(interfaces: Attached, attached = [...interfaces.keys()], of = set()): Configuration {
  const networkInterfaces = attached.map((id, index) => ({ id, primary: index === 0, deleteOption: 'Delete' }))
  const machine: Machine = { name: 'web_1', ...shown, networkProfile: { networkInterfaces } }
  return configurationOf(of, { id: 'a', machine, own: machine, interfaces })
}

const image = { images: [], since: undefined, dataDisks: [], unread: [] }
const declared = (denied: string | null = null, of = set()): DeclaredSet => declaredSet(of, image, denied)

function drift(configuration: Configuration, by = declared()): (string | null)[] {
  const options = { ignore: [], warn: [], subject: 'victim' } as const
  return compareWithDeclaration(configuration, by, options).map(({ path }) => path)
}

describe('the network of a flexible machine', () => {
  it('is drift in one piece where an interface was attached by hand, or taken off', () => {
    assert.deepEqual(drift(described(new Map([own('/n/nic-1f')]))), [])
    assert.deepEqual(drift(described(new Map([own('/n/nic-1f'), own('/n/sniffer')]))), ['interfaces/sniffer'])
    assert.deepEqual(drift(described(new Map())), ['interfaces/nic'])
  })

  it('S10 is missing evidence where Azure does not list an interface that the machine names', () => {
    const { blocking } = examine(described(new Map([['/n/nic-1f', 'Azure did not list it']])), declared(), [])
    assert.deepEqual(blocking, [{ what: 'interfaces/nic', why: 'Azure did not list it' }])
  })

  it('S10 is missing evidence where Azure does not show what becomes of an interface, and the model says it', () => {
    const machine: Machine = {
      ...shown,
      networkProfile: { networkInterfaces: [{ id: '/n/nic-1f' }] },
    }
    const configuration = configurationOf(set(), { id: 'a', machine, own: machine, interfaces: new Map([own('/n/nic-1f')]) })
    assert.deepEqual(examine(configuration, declared(), []).blocking, [
      { what: 'interfaces/nic/deleteOption', why: 'Azure did not show it' },
    ])
  })

  it('is said to be not compared where it may not be read: no drift, and nothing that keeps a drill', () => {
    const found = examine(described(new Map([['/n/nic-1f', DENIED]])), declared(DENIED), [])
    assert.deepEqual([found.differences, found.blocking], [[], []])
    assert.deepEqual(
      found.unread.map(({ what }) => what).filter(what => what.startsWith('interfaces')),
      ['interfaces/nic', 'interfaces/nic'],
    )
  })

  it('shows an interface attached by hand though none may be read', () => {
    const hidden = new Map(['/n/nic-1f', '/n/sniffer'].map(id => [id, DENIED]))
    assert.deepEqual(drift(described(hidden), declared(DENIED)), ['interfaces/sniffer'])
  })

  const lasting = (victim: Configuration, successor: Configuration, by = declared()) =>
    compareInstances(victim, successor, { victimDeclared: by, successorDeclared: by, ignore: [], warn: [] }).map(({ path }) => path)

  it('is drift where only the victim had a NAT rule, and none where a rule stands for all', () => {
    const [bare, ruled] = [described(new Map([own('/n/nic-1f')])), described(new Map([own('/n/nic-2e', {}, ['/rules/Ssh'])]))]
    assert.deepEqual([drift(bare), drift(ruled)], [[], []])
    assert.deepEqual(lasting(ruled, bare), ['interfaces/nic/natRules'])
    assert.deepEqual(lasting(ruled, described(new Map([own('/n/nic-3d', {}, ['/rules/ssh'])]))), [])
  })

  it('is not compared in the rules that a pool makes, which are numbered, and says so', () => {
    const pooled = set(['/pools/ssh'])
    const [victim, successor] = ['/rules/ssh.0', '/rules/ssh.1'].map(rule =>
      described(new Map([own('/n/nic-1f', {}, [rule])]), undefined, pooled),
    )
    assert.ok(victim && successor)
    assert.deepEqual([drift(victim, declared(null, pooled)), lasting(victim, successor, declared(null, pooled))], [[], []])
    assert.deepEqual(
      declared(null, pooled).unread.map(({ what }) => what),
      ['interfaces/nic/natRules'],
    )
  })
})

describe('reading the interfaces of flexible machines', function () {
  this.timeout(30_000)
  let simulator: Simulator
  let provider: Provider

  beforeEach(async () => {
    const groups = (['uniform', 'flexible'] as const).flatMap(mode => [1, 2].map(number => ({ name: `${mode}-${number}`, mode, size: 30 })))
    simulator = await startSimulator({ world: createWorld({ azure: { groups } }) })
    provider = await openAzure(simulator)
  })
  afterEach(() => simulator.close())

  const lists = () => simulator.counts()['arm:networkInterfaces.list'] ?? 0

  async function members(mode: string) {
    const scope = provider.scopes()[0] ?? assert.fail('no scope')
    const groups = (await Array.fromAsync(provider.discover(scope, never))).map(({ id }) => id).filter(id => id.includes(`${mode}-`))
    const seen = await provider.observe(scope, groups, { since: Temporal.Now.instant(), depth: 'full' }, never)
    const refs = [...seen].flatMap(([group, one]) =>
      one.kind === 'snapshot' ? one.snapshot.instances.map(({ id }) => ({ group, id })) : [],
    )
    return { scope, groups, refs }
  }

  it('takes one listing of a resource group, page after page, for all machines of all its sets', async () => {
    const { scope, refs } = await members('flexible')
    assert.deepEqual([refs.length, lists()], [60, 0])
    simulator.faults.add({ kind: 'empty-pages', operation: 'networkInterfaces.list' })
    const described = await provider.describe(scope, refs, never)
    // Sixty stand on two pages, and each comes after an empty one.
    assert.equal(lists(), 4)
    for (const { values, unread } of described.values()) {
      assert.equal(Object.keys(values).filter(path => /^interfaces\/flexible-[12]-nic\/subnet$/.test(path)).length, 1)
      assert.deepEqual(unread, [])
    }
  })

  it('takes none for uniform machines, which show theirs themselves', async () => {
    const { scope, refs, groups } = await members('uniform')
    await provider.declare(scope, groups, never)
    assert.equal((await provider.describe(scope, refs.slice(0, 2), never)).size, 2)
    assert.equal(lists(), 0)
  })

  it('asks once whether they may be read, and knows it from then on', async () => {
    const { scope, refs, groups } = await members('flexible')
    const unread = async () => [...(await provider.declare(scope, groups, never)).values()].flatMap(({ current }) => current.unread)
    const id = simulator.faults.add({ kind: 'denied', operation: 'networkInterfaces.list' })
    assert.deepEqual(
      (await unread()).map(({ what }) => what),
      ['interfaces/flexible-1-nic', 'interfaces/flexible-2-nic'],
    )
    await unread()
    assert.equal(lists(), 1)
    simulator.faults.clear(id)
    // Evidence is always read anew: that shows that the right was given meanwhile.
    await provider.describe(scope, refs.slice(0, 1), never)
    assert.deepEqual([await unread(), lists()], [[], 3])
  })
})

describe('a drill on a flexible set whose interfaces cannot be read', function () {
  this.timeout(60_000)
  let stage: Stage
  afterEach(() => stage.close())

  it('goes on where the role lacks the right, and the report says what was not compared', async () => {
    stage = await Stage.open({ mode: 'flexible' })
    stage.simulator.faults.add({ kind: 'denied', operation: 'networkInterfaces.list' })
    const { judgement } = await stage.concluded(await stage.strike())
    assert.equal(judgement.verdict, 'phoenix', JSON.stringify(judgement))
    assert.deepEqual(
      judgement.notCompared.map(({ what }) => what),
      ['interfaces/web-nic', 'state'],
    )
    assert.match(judgement.notCompared[0]?.why ?? '', /AuthorizationFailed.*firedrill permissions azure/)
  })

  it('S10 is refused where Azure only failed to answer', async () => {
    stage = await Stage.open({ mode: 'flexible' })
    stage.simulator.faults.add({ kind: 'error', status: 400, code: 'Strange', message: 'no', operation: 'networkInterfaces.list' })
    await assert.rejects(stage.strike(), /S10.*interfaces\/web-nic is declared and could not be read/)
    assert.deepEqual(stage.writes(), [])
  })

  it('S13 is refused where the victim has a security group that no model knows', async () => {
    const traits = [{ trait: 'config-drift' as const, edits: [{ kind: 'security-group' as const, name: '/nsg/open' }] }]
    stage = await Stage.open({ mode: 'flexible', traits })
    await assert.rejects(stage.strike(), /S13.*interfaces\/web-nic\/securityGroup/)
  })
})
