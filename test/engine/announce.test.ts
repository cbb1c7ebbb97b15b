import assert from 'node:assert/strict'
import type { PlannedDrill } from '../../src/domain/drill.ts'
import type { Notice } from '../../src/domain/notice.ts'
import { announceComing } from '../../src/engine/announce.ts'
import type { Engine } from '../../src/engine/context.ts'
import { attemptStrikes } from '../../src/engine/strike.ts'
import type { Notifier } from '../../src/notify/notifier.ts'
import { Stage } from './stage.ts'

const never = new AbortController().signal
const before = 15 * 60_000

/** Tells `sre` of everything; messages are sent when a test says so. */
const toSre: Notifier = {
  messagesFor: (notice: Notice) => [{ target: 'sre', notice }],
  periodic: () => [],
  deliver: async () => null,
}

describe('an announced strike', () => {
  let stage: Stage
  let drill: PlannedDrill

  beforeEach(async () => {
    stage = await Stage.open({ notify: { before, to: [{ target: 'sre', on: null }] } })
    stage.platform.add('web')
    const [planned] = await stage.plan()
    drill = planned ?? assert.fail('nothing was planned')
  })
  afterEach(() => stage.ledger.close())

  async function attempt(changes: Partial<Engine> = { notifier: toSre }): Promise<string | undefined> {
    const current = await stage.drill(drill.id)
    assert(current.state === 'planned', current.state)
    const outcomes = await attemptStrikes({ ...stage.engine(), ...changes }, [current], { run: null, victim: null }, never)
    return outcomes.get(drill.id)
  }

  async function send(end: Parameters<typeof stage.ledger.settleMessage>[1] = { kind: 'sent' }): Promise<void> {
    for (const message of await stage.ledger.claimMessages({ limit: 10, lease: 1 })) await stage.ledger.settleMessage(message, end)
  }

  it('is not made before everybody who hears of strikes has known for as long as was promised', async () => {
    assert.equal(await attempt(), 'waiting')
    await send()
    await stage.clock.advance(before - 1)
    assert.equal(await attempt(), 'waiting')
    assert.deepEqual(stage.platform.strikes, [])
    await stage.clock.advance(1)
    assert.equal(await attempt(), 'struck')
  })

  it('waits while its announcement cannot be sent, and is refused with the reason when its window leaves no time', async () => {
    assert.equal(await attempt(), 'waiting')
    await send({ kind: 'again', after: 60_000, problem: 'the mail server is down' })
    assert.equal(await attempt(), 'waiting')
    await stage.clock.advance(5 * 60 * 60_000)
    assert.equal(await attempt(), 'refused')
    const refused = await stage.drill(drill.id)
    assert(refused.state === 'refused')
    assert.equal(refused.refusal.rule, 'announcement')
    assert.match(refused.refusal.reason, /must be announced to sre 15 min ahead, and could not be: the mail server is down/)
    assert.deepEqual(stage.platform.strikes, [])
  })

  it('is never made where nobody would be told, nor by an engine that cannot tell anybody', async () => {
    assert.equal(await attempt({ notifier: { ...toSre, messagesFor: () => [] } }), 'waiting')
    assert.equal(await attempt({}), 'waiting')
    assert.deepEqual(stage.platform.strikes, [])
  })

  it('is written down by a tick before its moment, to be sent exactly so long ahead, once', async () => {
    const later = { ...drill, plannedFor: drill.plannedFor.add({ hours: 2 }) }
    const engine = { ...stage.engine(), notifier: toSre }
    for (let tick = 0; tick < 3; tick++) await announceComing(engine, [later], await stage.ledger.now())
    const at = await stage.ledger.nextMessageAt()
    assert.equal(at?.epochMilliseconds, later.plannedFor.subtract({ milliseconds: before }).epochMilliseconds)
    assert.equal((await stage.ledger.messagesAbout(drill.id)).length, 1)
  })

  it('that was vetoed is refused, however far its attempt had come', async () => {
    await attempt()
    await send()
    await stage.clock.advance(before)
    const notifier = { ...toSre }
    const engine = { ...stage.engine(), notifier }
    const look = stage.platform.observe.bind(stage.platform)
    // The veto comes while the group is being read: after every check but the one under the lock.
    stage.platform.observe = async (...asked) => {
      await stage.ledger.veto(drill.id, { by: 'the link sent to sre', note: 'release day' })
      return look(...asked)
    }
    const current = await stage.drill(drill.id)
    assert(current.state === 'planned')
    const outcomes = await attemptStrikes(engine, [current], { run: null, victim: null }, never)
    assert.equal(outcomes.get(drill.id), 'lost')
    assert.deepEqual(stage.platform.strikes, [])
    assert.equal((await stage.drill(drill.id)).state, 'refused')
  })

  it('of a leashed schedule needs no announcement: nothing is struck', async () => {
    const leashed = { ...stage.schedule, leashed: true }
    assert.equal(await attempt({ schedules: [leashed] }), 'leashed')
    assert.deepEqual(await stage.ledger.messagesAbout(drill.id), [])
  })
})

describe('what happened', () => {
  it('is told with the verdict, in its transaction, and an open breaker with its halt', async () => {
    const stage = await Stage.open({ limits: { ...(await limits()), breaker: { inARow: 1, shareOfDay: 1 } } })
    try {
      stage.platform.add('web')
      const plans = await stage.plan()
      const engine = { ...stage.engine(), notifier: toSre }
      await attemptStrikes(engine, plans, { run: null, victim: null }, never)
      const [drill] = plans
      assert.ok(drill)
      stage.engine = () => engine
      await stage.watchToTheEnd()
      const { verdict } = (await stage.concluded(drill.id)).judgement
      const told = await stage.ledger.claimMessages({ limit: 10, lease: 1 })
      const kinds = told.filter(({ notice }) => notice.drill === drill.id).map(({ notice }) => notice.kinds[0])
      assert.ok(kinds.includes(verdict), `${verdict} is told: ${kinds.join(' ')}`)
      const halted = (await stage.ledger.state()).halts.length
      assert.equal(told.filter(({ notice }) => notice.kinds[0] === 'breaker').length, halted)
    } finally {
      await stage.ledger.close()
    }
  })
})

async function limits() {
  const { schedule } = await import('../domain/calendars.ts')
  return schedule().limits
}
