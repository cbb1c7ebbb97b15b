import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { missing } from '../../support/missing.ts'

const run = promisify(execFile)
/** The system's own: Debian's packages are for no other. */
const PYTHON = '/usr/bin/python3'
/** Where the set-up unpacks what the system has not installed. */
const env = {
  PATH: '/usr/bin:/bin',
  PYTHONPATH: new URL('../../../.cache/python-azure/usr/lib/python3/dist-packages', import.meta.url).pathname,
}
const SCRIPT = new URL('ask.py', import.meta.url).pathname

interface Told {
  readonly sets: readonly string[]
  readonly inGroup: number
  readonly set: readonly unknown[]
  readonly view: readonly string[]
  readonly members: readonly (readonly [string, string, string, string])[]
  readonly member: string
  readonly machines: readonly string[]
  readonly machine: string
  readonly afterDeletion: readonly number[]
  readonly afterUpdate: readonly [number, readonly string[]]
  readonly images: readonly unknown[]
  readonly upgrade: string
  readonly noUpgrade?: number
  readonly stale?: number
  readonly afterMember: readonly number[]
  readonly machinesAfter: readonly string[]
  readonly failure?: string
  readonly missing: readonly [number, string]
}

describe("the simulated Resource Manager, asked by Azure's own Python SDK", function () {
  this.timeout(60_000)
  let simulator: Simulator
  let told: Told

  before(async function () {
    const there = await run(PYTHON, ['-c', 'import azure.mgmt.compute'], { env }).then(
      () => true,
      () => false,
    )
    if (!there) return missing(this, "Azure's Python SDK")
    const times = { detect: 50, boot: 100, health: 50, drain: 20, terminate: 50 }
    const groups = [
      { name: 'web', times },
      { name: 'api', mode: 'flexible' as const, times, traits: ['no-capacity' as const] },
      { name: 'community', size: 1, image: 'community' as const },
      { name: 'shared', size: 1, image: 'shared' as const },
      { name: 'market', size: 1, image: 'marketplace' as const },
      { name: 'upgrading', size: 1, traits: ['refreshing' as const] },
      // More than a page of them.
      ...Array.from({ length: 60 }, (_, index) => ({ name: `more-${index}`, size: 1 })),
    ]
    simulator = await startSimulator({ world: createWorld({ azure: { groups } }) })
    const { endpoint, subscription } = simulator.azure
    const { stdout } = await run(PYTHON, [SCRIPT, endpoint, subscription, 'shop', 'web', 'api'], { env })
    told = JSON.parse(stdout) as Told
  })
  after(() => simulator?.close())

  it('lists sets page after page, and reads one with its view', () => {
    assert.deepEqual([new Set(told.sets).size, told.inGroup], [66, 66])
    assert.deepEqual(told.set, [3, 'Uniform', 'Succeeded', 'enabled'])
    assert.ok(told.view.some(code => /^ProvisioningState\/succeeded/i.test(code)))
  })

  it('lists and reads members with their identity, health and exact image', () => {
    assert.deepEqual(
      told.members.map(([instanceId, , health, version]) => [instanceId, health, version]),
      ['0', '1', '2'].map(instanceId => [instanceId, 'HealthState/healthy', '1.0.1']),
    )
    assert.equal(told.member, told.members[0]?.[1])
  })

  it('lists and reads members of a flexible set as machines', () => {
    assert.equal(told.machines.length, 3)
    assert.equal(told.machine, 'PowerState/running')
  })

  it('follows a deletion and a change of size to their ends', () => {
    assert.deepEqual(told.afterDeletion, [2, 2])
    const [capacity, identities] = told.afterUpdate
    const kept = told.members.slice(1).map(([, identity]) => identity)
    assert.deepEqual([capacity, identities.length], [3, 3])
    assert.deepEqual(identities.filter(identity => told.members.some(([, before]) => before === identity)).sort(), kept.sort())
  })

  it('reads images of galleries, of those of others and of the marketplace', () => {
    assert.deepEqual(told.images, [['1.0.1'], 'Succeeded', ['1.0.1'], ['1.0.1'], ['1.0.1'], 'V2'])
  })

  it('reads how a rolling upgrade goes, and that there never was one', () => {
    assert.deepEqual([told.upgrade, told.noUpgrade], ['RollingForward', 404])
  })

  it('refuses a change that was decided on an older reading, and deletes a machine of a uniform set by itself', () => {
    assert.deepEqual([told.stale, told.afterMember], [412, [2, 2]])
  })

  it('deletes a machine of a flexible set by itself', () => {
    assert.deepEqual(told.machinesAfter, told.machines.slice(1))
  })

  it('raises what an operation failed of, and what a request was refused for', () => {
    assert.match(told.failure ?? 'it raised nothing', /Allocation failed/)
    assert.deepEqual(told.missing, [404, 'ResourceNotFound'])
  })
})
