import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { onPath } from '../../support/on-path.ts'

describe('the simulated Compute Engine, asked by the official command line', function () {
  this.timeout(120_000)
  let simulator: Simulator
  let program: string
  let folder: string

  // gcloud is no Debian package, so that it may be missing anywhere.
  before(async function () {
    const found = onPath('gcloud', ['/usr/bin', '/usr/local/bin'])
    if (found === null) return this.skip()
    program = found
    folder = await mkdtemp(join(tmpdir(), 'firedrill-gcloud-'))
    const times = { detect: 50, boot: 100, health: 50, drain: 20, terminate: 50 }
    const groups = [
      { name: 'web', times },
      { name: 'api', region: 'europe-west1', times, autoscaler: { minimum: 1, maximum: 5 } },
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

  interface Row {
    readonly name: string
    readonly id: string
  }

  const zone = ['--zone', 'europe-west1-b']

  it('lists groups of zones and regions, and describes one', async () => {
    const groups = await gcloud<{ name: string; size: number; autoscaled: string }[]>('instance-groups', 'managed', 'list')
    assert.deepEqual(groups.map(({ name, size }) => [name, Number(size)]).sort(), [
      ['api', 3],
      ['web', 3],
    ])
    const one = await gcloud<{ targetSize: number }>('instance-groups', 'managed', 'describe', 'api', '--region', 'europe-west1')
    assert.equal(one.targetSize, 3)
  })

  it('recreates an instance, deletes another, and waits until the group is stable', async () => {
    const list = () => gcloud<Row[]>('instance-groups', 'managed', 'list-instances', 'web', ...zone)
    const before = await list()
    await gcloud('instance-groups', 'managed', 'recreate-instances', 'web', '--instances', before[0]?.name ?? '', ...zone)
    await gcloud('instances', 'delete', before[1]?.name ?? '', ...zone)
    await gcloud('instance-groups', 'managed', 'wait-until', 'web', '--stable', '--timeout', '60', ...zone)
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
