import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorld, type Simulator, startSimulator, type WorldInput } from '../../src/simulator/index.ts'
import { type Ended, firedrill } from './binary.ts'

const SCHEDULE = `name: always
timezone: UTC
hours: "00:00-24:00"
groups: { exclude: [] }
meanDaysBetweenDrills: 1
maxDaysBetweenDrills: 1
limits: { concurrent: 10, concurrentPerScope: 10, spacing: 0s, breaker: off, maxUnsteadyGroups: 100% }
recovery: { target: 5s, deadline: 12s, soak: 500ms }
guards: none
leashed: false
`

describe('forecast as a gate, and run beside it', function () {
  this.timeout(120_000)
  let simulator: Simulator
  let folder: string

  async function open(world: WorldInput): Promise<void> {
    simulator = await startSimulator({ world: createWorld(world) })
    const { endpoint, region } = simulator.aws
    await writeFile(
      join(folder, 'firedrill.yaml'),
      `providers:\n  aws: { endpoint: "${endpoint}", regions: [${region}] }\n${
        world.gcp === undefined ? '' : `  gcp: { endpoint: "${endpoint}", projects: [${simulator.gcp.project}] }\n`
      }${world.azure === undefined ? '' : `  azure: { endpoint: "${endpoint}", subscriptions: ["${simulator.azure.subscription}"] }\n`}`,
    )
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-forecast-'))
    await mkdir(join(folder, 'schedules'))
    await writeFile(join(folder, 'schedules', 'always.yaml'), SCHEDULE)
  })
  afterEach(async () => {
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  })

  function call(...args: readonly string[]): Promise<Ended> {
    return firedrill(folder, args, { ...simulator.aws.env })
  }

  function strikes(): number {
    return Object.entries(simulator.counts()).reduce((sum, [operation, count]) => sum + (/terminat|delet/i.test(operation) ? count : 0), 0)
  }

  it('S13 name what is gone in one line, and end with 1, on every cloud', async () => {
    const deleted = { trait: 'cannot-rebuild', cause: 'template-deleted' } as const
    await open({
      groups: [
        { name: 'template', traits: [deleted] },
        { name: 'version', version: '1', traits: [{ trait: 'cannot-rebuild', cause: 'version-deleted' }] },
      ],
      gcp: { groups: [{ name: 'google', optInBy: 'all-instances-config', traits: [deleted] }] },
      azure: { groups: [{ name: 'azure', mode: 'flexible', traits: [deleted] }] },
    })
    const { code, stdout } = await call('forecast')
    const text = stdout.replace(/\s+/g, ' ')
    assert.equal(code, 1, stdout)
    assert.match(text, /template snowflake launch template lt-\w+ does not exist \(any more\): create one, and point the group at it/)
    assert.match(text, /version snowflake launch template lt-\w+ has no version 1 \(any more\): point the group at a version that exists/)
    assert.match(text, /google snowflake instance template google-template-1 does not exist: create it again/)
    assert.match(text, /azure snowflake the scale set has no machine profile/)
    assert.doesNotMatch(text, /unreadable/)
    const ran = await call('run', '--all', '--json', 'out.json')
    assert.equal(ran.code, 1, ran.stdout + ran.stderr)
    const { summary, drills } = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8'))
    assert.deepEqual([summary.snowflakeByForecast, summary.refused], [4, 0], ran.stdout)
    assert.ok(drills.every((drill: { refusal: { rule: string } }) => drill.refusal.rule === 'S13'))
    assert.doesNotMatch((await call('groups')).stdout, /S10/)
    assert.equal(strikes(), 0)
  })

  it('S13 make no snowflake of a group whose platform has just had no capacity, and strike nothing', async () => {
    await open({ groups: [{ name: 'below', traits: ['below-desired'] }] })
    simulator.world.findGroup('below').group.desired--
    const told = await call('forecast', '--group', 'below')
    assert.equal(told.code, 0, told.stdout + told.stderr)
    assert.match(told.stdout, /^below +warning +the latest launch failed because AWS has no capacity/m)
    const ran = await call('run', '--group', 'below', '--json', 'out.json')
    assert.equal(ran.code, 0, ran.stdout + ran.stderr)
    const { summary, drills } = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8'))
    assert.deepEqual([summary.snowflakeByForecast, summary.refused], [0, 1])
    assert.match(drills[0].refusal.reason, /^a rebuild would hardly come now: the latest launch failed because AWS has no capacity/)
    assert.equal(strikes(), 0)
  })

  it('end with 1 for a snowflake, whatever could not be read of another group; with 4 for that group alone', async () => {
    await open({
      groups: [
        { name: 'broken', traits: [{ trait: 'cannot-rebuild' }] },
        { name: 'unread', traits: ['unreadable'] },
      ],
    })
    assert.equal((await call('forecast')).code, 1)
    assert.equal((await call('run', '--all')).code, 1)
    assert.equal((await call('forecast', '--group', 'unread')).code, 4)
    simulator.faults.add({ kind: 'denied', service: 'autoscaling' })
    assert.equal((await call('forecast')).code, 4)
  })

  it('forecast ends with 2 where --group names no opted-in group, and with 0 where there is none at all', async () => {
    await open({ groups: [{ name: 'web', traits: ['not-opted-in'] }] })
    for (const json of [[], ['--json']]) {
      const { code, stdout, stderr } = await call('forecast', '--group', 'wbe', ...json)
      const sentence = 'firedrill: no opted-in group that was seen matches wbe: see `firedrill groups`\n'
      assert.deepEqual([code, stdout, stderr], [2, '', sentence])
    }
    const { code, stdout } = await call('forecast')
    assert.deepEqual([code, stdout], [0, 'No opted-in group was found. `firedrill groups` lists near misses.\n'])
  })
})
