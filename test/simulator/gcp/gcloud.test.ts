import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { onPath } from '../../support/on-path.ts'

describe('the simulated Compute Engine, asked by the official command line', function () {
  this.timeout(300_000)
  let simulator: Simulator
  let program: string
  let folder: string

  // gcloud is no Debian package, so that it may be missing anywhere, also where nothing else may (FIREDRILL_REQUIRE_ALL).
  before(async function () {
    const found = onPath('gcloud', ['/usr/bin', '/usr/local/bin', '/snap/bin'])
    if (found === null) {
      console.error('\n  SKIPPED: gcloud is not installed, so nothing asks the simulated Compute Engine by the official command line')
      return this.skip()
    }
    program = found
    folder = await mkdtemp(join(tmpdir(), 'firedrill-gcloud-'))
    const times = { detect: 50, boot: 100, health: 50, drain: 20, terminate: 50 }
    const groups = [
      { name: 'web', times },
      { name: 'api', region: 'europe-west1', times, image: 'family' as const, autoscaler: { minimum: 1, maximum: 5 } },
      { name: 'full', optIn: false, times, traits: ['no-capacity' as const] },
    ]
    simulator = await startSimulator({ world: createWorld({ gcp: { groups } }) })
  })
  after(async () => {
    await simulator?.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  function gcloud<T>(...args: string[]): Promise<T> {
    const env = {
      ...simulator.gcp.env,
      PATH: process.env.PATH ?? '',
      HOME: folder,
      CLOUDSDK_CONFIG: folder,
      CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
      CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: 'true',
      CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: 'true',
    }
    return new Promise((resolve, reject) => {
      execFile(program, ['compute', ...args, '--format=json'], { env }, (error, out, stderr) => {
        if (error !== null) reject(new Error(`gcloud ${args.join(' ')}: ${stderr}`))
        // Some commands write a sentence before their answer.
        else resolve(JSON.parse(/^[[{][\s\S]*/m.exec(out)?.[0] ?? 'null') as T)
      })
    })
  }

  function managed<T>(...args: string[]): Promise<T> {
    return gcloud<T>('instance-groups', 'managed', ...args)
  }

  interface Row {
    readonly name: string
    readonly id: string
  }

  const zone = ['--zone', 'europe-west1-b']

  it('lists groups of zones and regions, and describes one', async () => {
    const groups = await managed<{ name: string; size: number; autoscaled: string }[]>('list')
    assert.deepEqual(groups.map(({ name, size }) => [name, Number(size)]).sort(), [
      ['api', 3],
      ['full', 3],
      ['web', 3],
    ])
    const one = await managed<{ targetSize: number }>('describe', 'api', '--region', 'europe-west1')
    assert.equal(one.targetSize, 3)
  })

  it('lists and describes what a group is made of: instances, disks, images and families, templates', async () => {
    const [instances, disks, images, templates] = [
      await gcloud<Row[]>('instances', 'list'),
      await gcloud<Row[]>('disks', 'list'),
      await gcloud<Row[]>('images', 'list', '--no-standard-images'),
      await gcloud<Row[]>('instance-templates', 'list'),
    ]
    assert.deepEqual([instances.length, disks.length, images.length, templates.length], [9, 9, 3, 3])
    const name = instances.find(one => one.name.startsWith('web-'))?.name ?? ''
    const machine = await gcloud<Row & { disks: { source: string }[] }>('instances', 'describe', name, ...zone)
    const disk = await gcloud<{ sourceImageId: string }>('disks', 'describe', machine.disks[0]?.source.split('/').at(-1) ?? '', ...zone)
    const image = await gcloud<Row>('images', 'describe', images.find(one => one.id === disk.sourceImageId)?.name ?? '')
    assert.equal(image.id, disk.sourceImageId)
    const family = [...([...simulator.world.projects.values()][0]?.images.values() ?? [])].find(one => one.family !== null)
    const newest = await gcloud<Row>('images', 'describe-from-family', family?.family ?? '')
    assert.equal(newest.id, family?.id)
    const template = await gcloud<{ properties: { labels: { firedrill?: string } } }>(
      'instance-templates',
      'describe',
      templates.find(one => one.name.startsWith('web'))?.name ?? '',
    )
    assert.equal(template.properties.labels.firedrill, 'enabled')
  })

  it('changes what an owner may change, and resizes up and down', async () => {
    const policy = ['--default-action-on-vm-failure', 'do-nothing', '--force-update-on-repair', '--update-policy-type', 'opportunistic']
    await managed('update', 'web', ...policy, ...zone)
    await managed('all-instances-config', 'update', 'web', '--labels', 'firedrill-owner=shop', ...zone)
    interface Described {
      readonly instanceLifecyclePolicy: object
      readonly updatePolicy: { readonly type: string }
      readonly allInstancesConfig: { readonly properties: { readonly labels: object } }
      readonly status: { readonly allInstancesConfig: { readonly effective: boolean } }
    }
    const one = await managed<Described>('describe', 'web', ...zone)
    assert.deepEqual(one.instanceLifecyclePolicy, { defaultActionOnFailure: 'DO_NOTHING', forceUpdateOnRepair: 'YES' })
    assert.deepEqual(one.allInstancesConfig, { properties: { labels: { 'firedrill-owner': 'shop' } } })
    // Nobody has them yet: an opportunistic group gives them to members that it makes anew.
    assert.deepEqual([one.updatePolicy.type, one.status.allInstancesConfig.effective], ['OPPORTUNISTIC', false])
    await managed('update', 'web', '--default-action-on-vm-failure', 'repair', ...zone)
    await managed('resize', 'web', '--size', '4', ...zone)
    await managed('wait-until', 'web', '--stable', '--timeout', '60', ...zone)
    const grown = await managed<Row[]>('list-instances', 'web', ...zone)
    await managed('delete-instances', 'web', '--instances', grown[0]?.name ?? '', ...zone)
    await managed('wait-until', 'web', '--stable', '--timeout', '60', ...zone)
    const shrunk = await managed<Row[]>('list-instances', 'web', ...zone)
    assert.deepEqual([grown.length, shrunk.map(row => row.id)], [4, grown.slice(1).map(row => row.id)])
  })

  it('lists what a group could not do, and the operations that say who did what', async () => {
    await managed('resize', 'full', '--size', '4', ...zone)
    const errors = await managed<{ error: { code: string }; instanceActionDetails: { action: string } }[]>('list-errors', 'full', ...zone)
    assert.deepEqual([errors[0]?.error.code, errors[0]?.instanceActionDetails.action], ['ZONE_RESOURCE_POOL_EXHAUSTED', 'CREATING'])
    const operations = await gcloud<{ name: string; operationType: string; status: string }[]>('operations', 'list')
    const resize = operations.find(({ operationType }) => operationType === 'compute.instanceGroupManagers.resize')
    const told = await gcloud<{ status: string }>('operations', 'describe', resize?.name ?? '', ...zone)
    assert.equal(told.status, 'DONE')
  })

  it('recreates an instance, deletes another, and waits until the group is stable', async () => {
    const list = () => managed<Row[]>('list-instances', 'web', ...zone)
    const before = await list()
    await managed('recreate-instances', 'web', '--instances', before[0]?.name ?? '', ...zone)
    await gcloud('instances', 'delete', before[1]?.name ?? '', ...zone)
    await managed('wait-until', 'web', '--stable', '--timeout', '60', ...zone)
    await managed('wait-until', 'web', '--version-target-reached', '--timeout', '60', ...zone)
    const after = await list()
    assert.deepEqual(
      after.map(({ name }) => name),
      before.map(({ name }) => name),
    )
    assert.deepEqual(
      after.map(({ id }, index) => id === before[index]?.id),
      [false, false, true],
    )
  })
})
