import assert from 'node:assert/strict'
import type { Notice } from '../../src/domain/notice.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { plan } from './examples.ts'
import { kinds, open, type Places, places } from './places.ts'

function notice(key: string, rest: Partial<Notice> = {}): Notice {
  const at = Temporal.Instant.from('2026-11-02T10:00:00Z')
  const facts = { what: 'test', by: 'a test' } as const
  return { key, kinds: [], urgent: false, at, schedule: null, owner: null, drill: null, facts, notBefore: null, ...rest }
}

for (const kind of kinds) {
  describe(`messages in the ledger (${kind})`, () => {
    let where: Places
    let ledger: Ledger
    let now: Temporal.Instant

    before(async function () {
      where = await places(kind, this)
    })
    after(() => where?.stop())
    beforeEach(async () => {
      ledger = await open(await where.fresh())
      now = await ledger.now()
    })
    afterEach(() => ledger?.close())

    const claim = (lease = 60_000) => ledger.claimMessages({ limit: 10, lease })

    it('are written once for each key and target, however often they are posted', async () => {
      const messages = ['a', 'b'].map(target => ({ target, notice: notice('one') }))
      await ledger.post(messages)
      await ledger.post(messages)
      assert.deepEqual((await claim()).map(({ target }) => target).sort(), ['a', 'b'])
    })

    it('are each taken by one of ten that ask at once', async () => {
      await ledger.post(Array.from({ length: 8 }, (_, index) => ({ target: 'a', notice: notice(`n${index}`) })))
      const taken = (await Promise.all(Array.from({ length: 10 }, () => claim()))).flat()
      assert.equal(taken.length, 8)
      assert.equal(new Set(taken.map(({ id }) => id)).size, 8)
      assert.deepEqual(await claim(), [])
    })

    it('are given to somebody else when whoever took them has died, who then has the only say', async () => {
      await ledger.post([{ target: 'a', notice: notice('one') }])
      const [dead] = await claim(0)
      const [alive] = await claim()
      assert.ok(dead && alive)
      assert.deepEqual([dead.attempt, alive.attempt], [1, 2])
      assert.equal(await ledger.settleMessage(dead, { kind: 'gave-up', problem: 'late' }), false)
      assert.equal(await ledger.settleMessage(alive, { kind: 'sent' }), true)
      assert.equal(await ledger.settleMessage(alive, { kind: 'sent' }), false)
      assert.equal(await ledger.nextMessageAt(), null)
    })

    it('wait for their moment, and after a failure for the next', async () => {
      await ledger.post([{ target: 'a', notice: notice('later', { notBefore: now.add({ hours: 1 }) }) }])
      assert.deepEqual(await claim(), [])
      assert.equal((await ledger.nextMessageAt())?.epochMilliseconds, now.add({ hours: 1 }).epochMilliseconds)
      await ledger.post([{ target: 'a', notice: notice('now', { drill: 'drill-1' }) }])
      const [taken] = await claim()
      assert.ok(taken)
      await ledger.settleMessage(taken, { kind: 'again', after: 60_000, problem: 'it was down' })
      assert.deepEqual(await claim(), [])
      const [standing] = await ledger.messagesAbout('drill-1')
      assert.deepEqual([standing?.state, standing?.attempts, standing?.problem], ['waiting', 1, 'it was down'])
      const counts = async () =>
        (await ledger.messageCounts(now)).map(({ target, state, messages }) => `${target} ${state} ${messages}`).sort()
      assert.deepEqual(await counts(), ['a failing 1', 'a waiting 1'])
      await ledger.post([{ target: 'b', notice: notice('now') }])
      const [other] = await claim()
      assert.ok(other)
      await ledger.settleMessage(other, { kind: 'gave-up', problem: 'it was down' })
      assert.deepEqual(await counts(), ['a failing 1', 'a waiting 1', 'b gave-up 1'])
    })

    it('are written with what they tell of, or not at all', async () => {
      const [planned] = await ledger.addPlans([plan('web')])
      assert.ok(planned)
      const stale = { ...planned, revision: planned.revision + 7 }
      const messages = [{ target: 'a', notice: notice('told', { drill: planned.id }) }]
      assert.equal(await ledger.advance({ drill: stale, events: [], messages }), false)
      assert.deepEqual(await ledger.messagesAbout(planned.id), [])
      assert.equal(await ledger.advance({ drill: { ...planned, revision: planned.revision + 1 }, events: [], messages }), true)
      assert.equal((await ledger.messagesAbout(planned.id)).length, 1)
    })

    it('a line in the audit is written with what somebody did, or not at all', async () => {
      const [planned] = await ledger.addPlans([plan('web')])
      assert.ok(planned)
      const audit = { by: 'the link sent to sre', action: 'veto', subject: 'drill', note: 'release day' } as const
      const next = { ...planned, revision: planned.revision + 1 }
      assert.equal(await ledger.advance({ drill: { ...next, revision: next.revision + 1 }, events: [], audit }), false)
      assert.deepEqual(await ledger.audit(10), [])
      assert.equal(await ledger.advance({ drill: next, events: [], audit }), true)
      const [entry, ...others] = await ledger.audit(10)
      assert.deepEqual([entry?.action, entry?.by, entry?.subject, entry?.note, others], ['veto', audit.by, 'drill', audit.note, []])
    })
  })
}
