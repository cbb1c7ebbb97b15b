import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { OpenDrill, PlannedDrill, Refusal } from '../../src/domain/drill.ts'
import type { LedgerState } from '../../src/domain/ledger-state.ts'
import { transition } from '../../src/domain/transition.ts'
import type { IntentResult, Ledger } from '../../src/ledger/ledger.ts'
import { initLedger, type LedgerLocation } from '../../src/ledger/open.ts'
import { openPostgres } from '../../src/ledger/postgres.ts'
import type { Db } from '../../src/ledger/schema.ts'
import { child } from './children.ts'
import { at, concluded, intent, plan, recovering, scope, seen } from './examples.ts'
import { kinds, open, type Places, places } from './places.ts'

const no: Refusal = { rule: 'S3', reason: 'enough' }

for (const kind of kinds) {
  describe(`ten connections to one ledger (${kind})`, () => {
    let where: Places
    let place: LedgerLocation
    let ledgers: Ledger[] = []
    let first: Ledger

    before(async function () {
      where = await places(kind, this)
    })
    after(() => where?.stop())
    beforeEach(async () => {
      place = await where.fresh()
      await initLedger(place)
      ledgers = await Promise.all(Array.from({ length: 10 }, () => open(place, { create: false })))
      first = nth(0)
    })
    afterEach(async () => {
      for (const ledger of ledgers) await ledger.close()
    })

    function nth(index: number): Ledger {
      const ledger = ledgers[index % ledgers.length]
      assert(ledger)
      return ledger
    }

    function plans(count: number, service?: string): Promise<readonly PlannedDrill[]> {
      const names = Array.from({ length: count }, (_, index) => `g${index}`)
      return first.addPlans(names.map(name => plan(name, service === undefined ? {} : { service })))
    }

    /** Every drill by a connection of its own, all at once. */
    function race(drills: readonly PlannedDrill[], decide: (state: LedgerState) => Refusal | null): Promise<IntentResult[]> {
      return Promise.all(drills.map((drill, index) => nth(index).intend(intent(drill, { decide }))))
    }

    function count(results: readonly IntentResult[]): Record<IntentResult['kind'], number> {
      const of = (wanted: IntentResult['kind']) => results.filter(result => result.kind === wanted).length
      return { permitted: of('permitted'), refused: of('refused'), lost: of('lost') }
    }

    async function openDrill(name: string): Promise<OpenDrill> {
      const [drill] = await first.addPlans([plan(name)])
      assert(drill)
      const result = await first.intend(intent(drill, { permitFor: 0 }))
      assert(result.kind === 'permitted')
      return result.drill
    }

    it('S9 strike or refuse a plan, where one does this and another that at the same moment', async () => {
      for (const [index, drill] of (await plans(40)).entries()) {
        const moment = await first.now()
        const refused = transition(drill, { kind: 'refuse', refusal: no, findings: [], at: moment })
        const events = [{ at: moment, kind: 'refused', data: {} }]
        const [intended, written] = await Promise.all([
          nth(index).intend(intent(drill)),
          nth(index + 1).advance({ drill: refused, events }),
        ])
        assert.deepEqual([intended.kind, written], intended.kind === 'permitted' ? ['permitted', false] : ['lost', true])
        assert.equal((await first.drill(drill.id))?.state, written ? 'refused' : 'striking')
        assert.equal(
          (await first.state()).strikes.some(strike => strike.drill === drill.id),
          !written,
        )
      }
    })

    it('S3 never exceed a limit that each decides on its own', async () => {
      const results = await race(await plans(20), state => (state.busy.length >= 3 ? no : null))
      assert.deepEqual(count(results), { permitted: 3, refused: 17, lost: 0 })
      assert.equal((await first.state()).strikes.length, 3)
    })

    it('S9 strike a plan once, however many workers hold it', async () => {
      const [drill] = await plans(1)
      assert(drill)
      const results = await race(Array<PlannedDrill>(10).fill(drill), () => null)
      assert.deepEqual(count(results), { permitted: 1, refused: 0, lost: 9 })
      assert.equal((await first.state()).strikes.length, 1)
    })

    it('S6 open one drill of a service, even where nobody decides anything', async () => {
      const results = await race(await plans(10, 'shop'), () => null)
      assert.deepEqual(count(results), { permitted: 1, refused: 9, lost: 0 })
      const rules = results.map(result => (result.kind === 'refused' ? result.refusal.rule : null))
      assert.deepEqual(new Set(rules), new Set([null, 'S6']))
    })

    it('S11 list each drill once, also while it is being struck or concluded', async () => {
      const drills = await plans(20)
      const ids = drills.map(drill => drill.id).sort()
      let going = true
      const listing = Promise.all(
        [8, 9].map(async index => {
          for (let round = 0; going && round < 2_000; round++)
            assert.deepEqual((await nth(index).drills({})).map(drill => drill.id).sort(), ids)
        }),
      )
      const striking = Promise.all(
        drills.map(async (drill, index) => {
          const result = await nth(index % 8).intend(intent(drill))
          assert(result.kind === 'permitted')
          assert(await nth(index % 8).advance({ drill: concluded(result.drill, { verdict: 'phoenix' }), events: [] }))
        }),
      ).finally(() => {
        going = false
      })
      await Promise.all([listing, striking])
    })

    it('S2 write no intent after halt has returned', async () => {
      const drills = await plans(40)
      const decide = (state: LedgerState) => (state.halts.length > 0 ? no : null)
      let running = 0
      const results = drills.map(async (drill, index) => {
        const result = await nth(index).intend(intent(drill, { decide }))
        running++
        return result
      })
      await results[5]
      await nth(9).halt({ target: { kind: 'installation' }, reason: 'stop', by: 'ops', until: null })
      const unsettled = drills.length - running
      const written = (await first.state()).strikes.length
      const all = count(await Promise.all(results))
      assert.equal(all.permitted, written)
      assert.equal((await first.state()).strikes.length, written)
      assert(unsettled === 0 || all.refused > 0)
      assert.deepEqual(count(await race((await first.drills({ states: ['planned'] })) as PlannedDrill[], decide)).permitted, 0)
    })

    it('S6 never strike between the end of a drill and the quarantine it puts its service in', async () => {
      for (let round = 0; round < 10; round++) {
        const open = await openDrill(`r${round}`)
        const [next] = await first.addPlans([plan(`other${round}`, { service: open.service })])
        assert(next)
        const decide = (state: LedgerState): Refusal | null =>
          [...state.busy, ...state.quarantines].some(({ service }) => service === open.service) ? no : null
        const end = concluded(open, { verdict: 'snowflake' })
        const [result, written] = await Promise.all([
          nth(1).intend(intent(next, { decide })),
          nth(2).advance({ drill: end, events: [], quarantine: 'config-drift' }),
        ])
        assert(written)
        assert.equal(result.kind, 'refused')
      }
    })

    it('S9 renew a permit for one worker only', async () => {
      const drill = await openDrill('web')
      while ((await first.strikesInFlight()).length > 0);
      const results = await Promise.all(ledgers.map(ledger => ledger.renewPermit({ drill, permitFor: 60_000, decide: () => null })))
      assert.deepEqual(count(results), { permitted: 1, refused: 0, lost: 9 })
    })

    it('write one of ten steps from the same revision', async () => {
      const drill = await openDrill('web')
      const event = { at: at('10:00:07'), kind: 'looked', data: {} }
      const steps = ledgers.map((ledger, index) => ledger.advance({ drill: recovering(drill, { desired: index }), events: [event] }))
      assert.equal((await Promise.all(steps)).filter(Boolean).length, 1)
      assert.equal((await first.events(drill.id)).length, 2)
    })

    it('plan each plan once', async () => {
      const wishes = Array.from({ length: 30 }, (_, index) => plan(`g${index}`))
      const added = await Promise.all(ledgers.map((ledger, index) => ledger.addPlans(index % 2 === 0 ? wishes : wishes.toReversed())))
      assert.equal(added.flat().length, 30)
      assert.equal((await first.drills({})).length, 30)
    })

    it('discover one scope at once without getting in each other’s way', async () => {
      const groups = Array.from({ length: 300 }, (_, index) => seen(`g${index}`))
      const looks = ledgers.map((ledger, index) =>
        ledger.recordDiscovery({
          scope,
          at: at(`10:00:0${index}`),
          unreadable: null,
          groups: index % 2 === 0 ? groups : groups.toReversed(),
        }),
      )
      await Promise.all(looks)
      assert.deepEqual(new Set((await first.groups()).map(group => group.lastSeen.toString())), new Set(['2026-11-02T10:00:09Z']))
    })

    it('S2 obey a halt of another process from the moment it says so', async () => {
      const decide = (state: LedgerState) => (state.halts.length > 0 ? no : null)
      const halting = child('halt', place)
      let halted = false
      halting.then(() => {
        halted = true
      })
      let permitted = 0
      for (let index = 0; !halted; index++) {
        const [drill] = await first.addPlans([plan(`h${index}`)])
        assert(drill)
        if ((await nth(index).intend(intent(drill, { decide }))).kind === 'permitted') permitted++
        // A turn of the event loop, so that the child can be heard.
        await new Promise(resolve => setImmediate(resolve))
      }
      const process_ = await halting
      assert.equal(process_.said, 'halted')
      await process_.kill()
      const drills = await plans(5)
      assert.deepEqual(count(await race(drills, decide)), { permitted: 0, refused: 5, lost: 0 })
      assert.equal((await first.state()).strikes.length, permitted)
    })
  })

  // An embedded ledger is held by one process, which nobody waits for.
  if (kind === 'postgres')
    it('S11 a process that is stopped in the middle of a write holds up others for ten seconds, not for ever', async function () {
      const where = await places(kind, this)
      const place = await where.fresh()
      assert(place.kind === 'postgres')
      await initLedger(place)
      const [stopped, other] = [openPostgres(place.url), openPostgres(place.url)]
      const touch = (db: Db) => db.updateTable('meta').set({ value: 'firedrill' }).where('name', '=', 'product').execute()
      const midst = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      const held = stopped.inTransaction(async transaction => {
        await touch(transaction)
        midst.resolve()
        await goOn.promise
        await touch(transaction)
      })
      try {
        await midst.promise
        await other.inTransaction(touch)
      } finally {
        goOn.resolve()
        await assert.rejects(held, 'it must learn that its write is lost')
        await Promise.all([stopped.close(), other.close()])
        await where.stop()
      }
    })

  if (kind === 'postgres')
    it('S2 a process that is stopped while it has the lock is cut off, so soon that others outlast four in turn', async function () {
      const where = await places(kind, this)
      const place = await where.fresh()
      assert(place.kind === 'postgres')
      await initLedger(place)
      const [stopped, other] = [openPostgres(place.url), openPostgres(place.url)]
      const bounds = sql<{ name: string; ms: number }>`select name, setting::int as ms from pg_settings
        where name in ('idle_in_transaction_session_timeout', 'lock_timeout') order by name`
      const midst = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      const held = stopped.underLock(async transaction => {
        midst.resolve()
        await goOn.promise
        await stopped.now(transaction)
      })
      try {
        await midst.promise
        const { rows } = await other.underLock(transaction => bounds.execute(transaction))
        const [idle = Number.NaN, lock = Number.NaN] = rows.map(({ ms }) => ms)
        assert(idle > 0 && 4 * idle < lock, JSON.stringify(rows))
      } finally {
        goOn.resolve()
        await assert.rejects(held, 'it must learn that its write is lost')
        await Promise.all([stopped.close(), other.close()])
        await where.stop()
      }
    })

  describe(`processes that start at once on a new ledger (${kind})`, () => {
    let where: Places
    before(async function () {
      where = await places(kind, this)
    })
    after(() => where?.stop())

    it('make it once and agree on its salt', async () => {
      const place = await where.fresh()
      const children = await Promise.all((['init', 'salt', 'init', 'salt', 'init'] as const).map(action => child(action, place)))
      for (const process_ of children) await process_.kill()
      const said = children.map(process_ => process_.said)
      const ledger = await open(place, { create: false })
      const salt = await ledger.salt()
      await ledger.close()
      assert.deepEqual([said[1], said[3]], [salt, salt])
      assert(said.filter(line => line === 'true').length <= 1, said.join())
      assert.deepEqual(
        said.filter(line => line.startsWith('error')),
        [],
      )
    })
  })
}
