import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Context } from 'mocha'
import type { Drill, DrillId } from '../../src/domain/drill.ts'
import { query } from '../ledger/places.ts'
import { fakeTime } from '../support/fake-time.ts'
import { atMost, Meanwhile } from '../support/meanwhile.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { CrashInstallation, type Installed } from './installation.ts'

/** Longer than the minute within which the ledger repairs what a queue has lost. */
const patient = 'target: 60s, deadline: 180s, soak: 500ms'

interface Servers {
  readonly postgres: TestPostgres
  readonly redis: TestRedis
}

/** Servers of the whole file, and the one test that everything is started for. */
interface Stage {
  readonly test: Context
  /** The lines `ledger:` and `queue:` of one installation on the shared servers. */
  backend(): Promise<string>
}

const outages: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'S12 a Redis that loses everything': ({ test }) =>
    disturbed(test, async own => {
      const admin = new Redis(own.redis.url)
      await admin.flushall()
      admin.disconnect()
    }),

  'S12 a Redis that restarts': ({ test }) => disturbed(test, own => own.redis.restart()),

  'S11 a PostgreSQL that restarts': ({ test }) => disturbed(test, own => own.postgres.restart()),

  'S11 connections that are cut, to both': ({ test }) =>
    disturbed(test, async own => {
      const admin = new Redis(own.redis.url)
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal')
      admin.disconnect()
      await query(own.postgres.url, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'firedrill'`)
    }),

  'S11 SIGTERM while Redis and PostgreSQL are both gone: it ends within 10 s, and goes on at the next start': ({ test }) =>
    ended(test, ({ postgres, redis }, end) => postgres.restart(() => redis.restart(end))),

  'S11 SIGTERM while Redis and PostgreSQL both hang: it ends within 10 s, and goes on at the next start': ({ test }) =>
    ended(test, async ({ postgres, redis }, end) => {
      const frozen = [postgres.freeze(), redis.freeze()]
      try {
        await end()
      } finally {
        for (const thaw of frozen) thaw()
      }
    }),

  async 'S9 a worker that is stopped past its lease, and goes on while another has taken over'(stage) {
    await using({ backend: await stage.backend() }, async installation => {
      await installation.discover()
      const planned = await installation.plan(0, 1)
      const first = installation.start(['worker'])
      await installation.until(() => anyIs(installation, 'recovering'), 'a recovery')
      first.kill('SIGSTOP')
      const second = installation.start(['worker'])
      await installation.until(() => installation.allSettled(), 'the end of both')
      first.kill('SIGCONT')
      await installation.stop(first)
      await installation.stop(second)
      await installation.assertAllProven(planned)
    })
  },

  async 'S9 a worker that is stopped between intent and call, and goes on when another has struck'(stage) {
    await using({ backend: await stage.backend() }, async installation => {
      await installation.discover()
      const planned = await installation.plan(0)
      const first = installation.start(['worker'], { point: 'provider.strike.before', action: 'stop' })
      await installation.until(() => anyIs(installation, 'striking'), 'an intent')
      const second = installation.start(['worker'])
      await installation.until(() => installation.allSettled(), 'a verdict')
      assert.equal(installation.strikes().length, 1)
      first.kill('SIGCONT')
      await installation.stop(first)
      await installation.stop(second)
      await installation.assertAllProven(planned)
    })
  },

  async 'S9 a second service on an embedded ledger, which refuses with the pid of the first'() {
    await using({}, async installation => {
      const first = installation.start(['serve'], { trace: installation.traced() })
      await installation.until(async () => (await installation.passed()).length > 0, 'the service')
      for (const words of [['serve'], ['run', '--all']]) {
        const before = installation.output.length
        assert.equal(await installation.ended(installation.start(words, { env: { FIREDRILL_LOG_LEVEL: 'error' } })), 4)
        assert.match(installation.output.slice(before), new RegExp(`another worker \\(pid ${first.pid}\\)`))
      }
      await installation.stop(first)
      assert.deepEqual(installation.strikes(), [])
    })
  },

  async 'S9, S11 a clock that is set forward by an hour and back by half a minute'(stage) {
    const offset = (installation: CrashInstallation) => join(installation.folder, 'clock')
    await using({ recovery: patient }, async installation => {
      const env = fakeTime(stage.test, offset(installation))
      await installation.discover()
      const planned = await installation.plan(0, 1)
      await writeFile(offset(installation), '+0\n')
      const service = installation.start(['serve'], { env })
      await installation.until(async () => (await installation.drills()).every(drill => hasBeenStruck(drill.state)), 'both strikes')
      await writeFile(offset(installation), '-30\n')
      await installation.until(() => installation.allSettled(), 'the end of both')
      const [late] = await installation.plan(2)
      await installation.stop(service)
      await writeFile(offset(installation), '+0\n')
      const second = installation.start(['serve'], { env })
      await installation.until(async () => (await drillOf(installation, late))?.state === 'recovering', 'a third drill')
      await writeFile(offset(installation), '+3600\n')
      await installation.until(() => installation.allSettled(), 'its end')
      await installation.stop(second)
      const drills = await installation.drills()
      assert.equal(drills.length, 3)
      assert.equal(new Set(installation.strikes()).size, 3)
      for (const drill of drills) {
        assert.ok(drill.state === 'concluded')
        // An hour that nobody saw proves nothing; it is nobody's failure either.
        assert.notEqual(drill.judgement.verdict, 'snowflake', JSON.stringify(drill.judgement))
        if (planned.includes(drill.id)) assert.equal(drill.judgement.verdict, 'phoenix', JSON.stringify(drill.judgement))
      }
      installation.assertWhole()
    })
  },

  async 'S9 a ledger that is put back from before the strike: the group has changed lately, so it is not struck again'() {
    await using({ settle: '10m' }, async installation => {
      await installation.discover()
      const planned = await installation.plan(0)
      const backup = installation.backUp()
      await installation.recover()
      await installation.assertAllProven(planned)
      await installation.putBack(backup)
      const service = installation.start(['serve'])
      await installation.until(() => installation.allSettled(), 'a refusal')
      await installation.stop(service)
      const [again] = await installation.drills()
      assert.ok(again?.state === 'refused' && again.refusal.rule === 'S5', JSON.stringify(again))
      assert.equal(installation.strikes().length, 1)
    })
  },

  async 'S9 a ledger that is put back from the midst of the strike: the victim is found gone, and the drill judged'() {
    await using({}, async installation => {
      await installation.discover()
      const planned = await installation.plan(0)
      await installation.crashAt('ledger.intend.after')
      const backup = installation.backUp()
      await installation.recover()
      await installation.putBack(backup)
      await installation.recover()
      await installation.assertAllProven(planned)
    })
  },
}

describe('a drill lives through', function () {
  this.timeout(240_000)
  let postgres: TestPostgres
  let redis: TestRedis
  const running = new Map<string, Meanwhile<void>>()

  // Most of each is waiting, up to a minute for the tick that repairs what was lost: so they go on side by side; but where all of
  // them begin at once, the machine is so busy that looks grow too old for a strike (S10).
  before(async function () {
    postgres = await startPostgres(this)
    redis = await startRedis(this)
    const backend = async () => `ledger: "${await postgres.database(`outage-${randomUUID()}`)}"\nqueue: "${redis.url}/${database++}"\n`
    const inTurn = atMost(5)
    let database = 0
    for (const [title, live] of Object.entries(outages)) running.set(title, new Meanwhile(inTurn(() => live({ test: this, backend }))))
  })

  after(async () => {
    await Promise.all([...running.values()].map(one => one.over))
    await postgres?.stop()
    await redis?.stop()
  })

  for (const title of Object.keys(outages))
    it(title, async () => {
      const one = running.get(title) ?? assert.fail('it was not started')
      await one.outcome()
    })
})

interface Scene {
  readonly own: Servers
  readonly installation: CrashInstallation
  readonly service: ChildProcess
  readonly planned: readonly DrillId[]
}

/** On servers of its own: plans two drills, starts the service, and hands over as soon as a strike is being recovered from. */
async function recovering(test: Context, live: (scene: Scene) => Promise<void>): Promise<void> {
  const own = { postgres: await startPostgres(test), redis: await startRedis(test) }
  try {
    const backend = `ledger: "${await own.postgres.database('outage')}"\nqueue: "${own.redis.url}"\n`
    await using({ backend, recovery: patient }, async installation => {
      await installation.discover()
      const planned = await installation.plan(0, 1)
      const service = installation.start(['serve'])
      await installation.until(() => anyIs(installation, 'recovering'), 'a recovery')
      await live({ own, installation, service, planned })
      await installation.assertAllProven(planned)
    })
  } finally {
    await own.postgres.stop()
    await own.redis.stop()
  }
}

function disturbed(test: Context, disturb: (own: Servers) => Promise<void>): Promise<void> {
  return recovering(test, async ({ own, installation, service }) => {
    await disturb(own)
    await installation.until(() => installation.allSettled(), 'the end of both')
    await installation.stop(service)
  })
}

/** The service is ended by `end`, while its servers are away, and started again when they are back. */
function ended(test: Context, away: (own: Servers, end: () => Promise<void>) => Promise<void>): Promise<void> {
  return recovering(test, async ({ own, installation, service }) => {
    await away(own, async () => {
      // Until it is in the midst of asking them.
      await sleep(2_000)
      service.kill('SIGTERM')
      assert.equal(await installation.ended(service, 10_000), 0, installation.output.slice(-4_000))
    })
    await installation.recover()
  })
}

async function using(wish: Partial<Installed>, use: (installation: CrashInstallation) => Promise<void>): Promise<void> {
  const installation = await CrashInstallation.open({ backend: '', groups: 3, ...wish })
  try {
    await use(installation)
  } finally {
    await installation.close()
  }
}

function hasBeenStruck(state: Drill['state']): boolean {
  return ['recovering', 'soaking', 'concluded'].includes(state)
}

async function anyIs(installation: CrashInstallation, state: Drill['state']): Promise<boolean> {
  return (await installation.drills()).some(drill => drill.state === state)
}

async function drillOf(installation: CrashInstallation, id: string | undefined): Promise<Drill | undefined> {
  return (await installation.drills()).find(drill => drill.id === id)
}
