import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { DrillId } from '../../src/domain/drill.ts'
import { atMost, Meanwhile } from '../support/meanwhile.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { CrashInstallation } from './installation.ts'

/** Each point kills so many processes on each backend, several times also without a wish; a nightly run may want more. */
const rounds = Number(process.env.FIREDRILL_CRASH_ROUNDS ?? 2)
/** Installations that are crashed side by side: most of the time is spent waiting for leases and permits to run out. */
const lanes = 4
/** Lanes of all backends at a time: each is a process that starts, and a machine with more of them than it can bear looks too slowly to strike (S10). */
const inTurn = atMost(6)

type Cloud = 'aws' | 'azure'

interface Servers {
  readonly postgres: TestPostgres
  readonly redis: TestRedis
}

interface Backend {
  readonly name: string
  readonly cloud?: Cloud
  /** For one installation of its own. */
  settings(servers: Servers): Promise<string>
}

let redisDatabase = 0
const backends: readonly Backend[] = [
  { name: 'the embedded default', settings: async () => '' },
  { name: 'the embedded default, with scale sets that must be restored', cloud: 'azure', settings: async () => '' },
  {
    name: 'Redis and PostgreSQL',
    async settings({ postgres, redis }) {
      const url = await postgres.database(`ledger-${randomUUID()}`)
      return `ledger: "${url}"\nqueue: "${redis.url}/${redisDatabase++ % 64}"\n`
    },
  },
]

describe('kill -9 at every boundary of a drill', function () {
  this.timeout(300_000 + 200_000 * rounds)
  let postgres: TestPostgres | null = null
  let redis: TestRedis | null = null
  /** Side by side: leases and permits run out at the same time on both. */
  const running = new Map<string, Meanwhile<void>>()

  before(async function () {
    postgres = await startPostgres(this)
    redis = await startRedis(this)
    const servers: Servers = { postgres, redis }
    for (const { name, cloud = 'aws', settings } of backends)
      running.set(name, new Meanwhile(crashEverywhere(cloud, () => settings(servers))))
  })

  after(async () => {
    await Promise.all([...running.values()].map(one => one.over))
    await postgres?.stop()
    await redis?.stop()
  })

  for (const { name } of backends) {
    it(`S9, S11 makes one strike and one verdict of each drill, on ${name}`, async () => {
      const one = running.get(name) ?? assert.fail('it was not started')
      await one.outcome()
    })
  }
})

async function crashEverywhere(cloud: Cloud, settings: () => Promise<string>): Promise<void> {
  const all = await pointsOf(await settings(), cloud)
  assertComplete(all, cloud === 'azure' ? ['provider.restore', 'ledger.advance.restore'] : [])
  // What comes before the intent is the same on every platform.
  const points = cloud === 'aws' ? all : all.slice(all.findIndex(point => point.startsWith('ledger.intend')))
  // One round after the other: a longer lane would have more drills due at once, and looks that grow too old for a strike (S10).
  for (let round = 0; round < rounds; round++) await crashRound(points, { settings, cloud })
}

async function crashRound(
  points: readonly string[],
  { settings, cloud }: { settings: () => Promise<string>; cloud: Cloud },
): Promise<void> {
  const ofLane = (lane: number) => points.filter((_, index) => index % lanes === lane)
  const results = await Promise.allSettled(
    Array.from({ length: lanes }, (_, lane) => inTurn(async () => crashAlong(await settings(), ofLane(lane), cloud))),
  )
  const failed = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
  if (failed.length > 0) throw failed[0]
}

/** Every point that one whole drill passes, in the order of its life: found by living it, so that none can be forgotten. */
async function pointsOf(backend: string, cloud: Cloud = 'aws'): Promise<readonly string[]> {
  const installation = await CrashInstallation.open({ backend, groups: 1, cloud })
  try {
    const trace = installation.traced()
    const first = installation.start(['serve'], { trace })
    await installation.until(async () => (await installation.passed()).includes('ledger.recordDiscovery.after'), 'a discovery')
    const planned = await installation.plan(0)
    await installation.stop(first)
    const child = installation.start(['serve'], { trace })
    await installation.until(() => installation.allSettled(), 'a verdict')
    await installation.stop(child)
    await assertTheEnd(installation, planned, cloud)
    return await installation.passed()
  } finally {
    await installation.close()
  }
}

/** The points that this test is about; a rename must not quietly empty the matrix. */
function assertComplete(points: readonly string[], more: readonly string[] = []): void {
  const writes = ['recordDiscovery', 'addPlans', 'intend', 'advance.sending', 'endPermit', 'advance.struck', 'advance.concluded']
  const calls = ['discover', 'observe.brief', 'observe.full', 'observe.watch', 'declare', 'describe', 'forecast', 'strike']
  const names = [...writes.map(write => `ledger.${write}`), ...calls.map(call => `provider.${call}`), ...more]
  // One write may tell of several things: its point is named after all of them.
  const isPassed = (name: string, side: string) => {
    const [, room = '', kind = ''] = /^(.*\.)([^.]+)$/.exec(name) ?? []
    return points.some(
      point => point.startsWith(room) && point.endsWith(side) && point.slice(room.length, -side.length).split('+').includes(kind),
    )
  }
  assert.deepEqual(
    names.flatMap(name => ['.before', '.after'].filter(side => !isPassed(name, side)).map(side => `${name}${side}`)),
    [],
  )
}

async function assertTheEnd(installation: CrashInstallation, planned: readonly DrillId[], cloud: Cloud): Promise<void> {
  if (cloud === 'aws') return installation.assertAllProven(planned)
  const { struck } = await installation.assertAllSettledOnce(planned)
  assert.ok(struck > 0, 'nothing was struck')
}

/** One process after the other, each killed at the next point, with one more drill planned for each; then one that is let live. */
async function crashAlong(backend: string, points: readonly string[], cloud: Cloud = 'aws'): Promise<void> {
  const installation = await CrashInstallation.open({ backend, groups: points.length, cloud })
  try {
    const isDiscovery = (point: string) => /discover|recordDiscovery|observe\.brief/i.test(point)
    // These come only while the scope has not been read.
    for (const point of points.filter(isDiscovery)) await installation.crashAt(point)
    await installation.discover()
    const planned: DrillId[] = []
    for (const [index, point] of points.filter(one => !isDiscovery(one)).entries()) {
      planned.push(...(await installation.plan(index)))
      await installation.crashAt(point)
    }
    await installation.recover()
    await assertTheEnd(installation, planned, cloud)
  } finally {
    await installation.close()
  }
}
