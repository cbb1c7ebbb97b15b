import assert from 'node:assert/strict'
import type { PlannedDrill } from '../../src/domain/drill.ts'
import type { Notice } from '../../src/domain/notice.ts'
import { announceComing } from '../../src/engine/announce.ts'
import { runCampaign } from '../../src/engine/campaign.ts'
import type { Engine } from '../../src/engine/context.ts'
import { attemptStrikes } from '../../src/engine/strike.ts'
import { veto } from '../../src/engine/veto.ts'
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
    assert.equal(await attempt(), 'announced')
    await send()
    await stage.clock.advance(before - 1)
    assert.equal(await attempt(), 'announced')
    assert.deepEqual(stage.platform.strikes, [])
    await stage.clock.advance(1)
    assert.equal(await attempt(), 'struck')
  })

  it('waits while its announcement cannot be sent, and is refused with the reason when its window leaves no time', async () => {
    assert.equal(await attempt(), 'announced')
    await send({ kind: 'again', after: 60_000, problem: 'the mail server is down' })
    assert.equal(await attempt(), 'untold')
    await stage.clock.advance(5 * 60 * 60_000)
    assert.equal(await attempt(), 'refused')
    const refused = await stage.drill(drill.id)
    assert(refused.state === 'refused')
    assert.equal(refused.refusal.rule, 'announcement')
    assert.match(refused.refusal.reason, /must be announced to sre 15 min ahead, and could not be: the mail server is down/)
    assert.deepEqual(stage.platform.strikes, [])
  })

  it('is never made where nobody would be told, nor by an engine that cannot tell anybody', async () => {
    assert.equal(await attempt({ notifier: { ...toSre, messagesFor: () => [] } }), 'untold')
    assert.equal(await attempt({}), 'untold')
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
      await veto(engine, drill.id, { by: 'the link sent to sre', note: 'release day' })
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

describe('a campaign of announced strikes', () => {
  let stage: Stage
  /** What it told, by group. */
  let told: string[]
  /** Who cannot be told at the moment. */
  let deaf: (group: string) => boolean

  beforeEach(async () => {
    told = []
    deaf = () => false
    const wide = { ...(await limits()), concurrentPerScope: 10, spacing: 0, breaker: null }
    const recovery = { target: 60_000, deadline: 120_000, soak: 5_000 }
    stage = await Stage.open({ recovery, limits: wide, notify: { before: 30_000, to: [{ target: 'sre', on: ['strike'] }] } })
    stage.platform.replacementTime = 5_000
    for (const name of ['a', 'b', 'c', 'd', 'e']) stage.platform.add(name)
  })
  afterEach(() => stage.ledger.close())

  async function campaign(max: number): Promise<void> {
    const notifier: Notifier = {
      ...toSre,
      messagesFor: notice => (notice.kinds[0] === 'strike' ? [{ target: 'sre', notice }] : []),
      deliver,
    }
    let isOver = false
    const options = { run: 'run-1', all: true, group: null, victim: null, max }
    const running = runCampaign({ ...stage.engine(), notifier }, options, never).finally(() => (isOver = true))
    await stage.clock.runUntil(() => isOver)
    await running
  }

  async function deliver(): Promise<null> {
    for (const message of await stage.ledger.claimMessages({ limit: 10, lease: 1_000 })) {
      const group = message.notice.facts.what === 'strike' ? message.notice.facts.drill.groupName : ''
      if (deaf(group)) await stage.ledger.settleMessage(message, { kind: 'again', after: 3_600_000, problem: 'nobody answers' })
      else {
        told.push(group)
        await stage.ledger.settleMessage(message, { kind: 'sent' })
      }
    }
    return null
  }

  const struck = () => stage.platform.strikes.map(order => order.groupName).sort()

  it('announces none that --max leaves no room for', async () => {
    await campaign(2)
    assert.equal(told.length, 2)
    assert.deepEqual(struck(), told.toSorted())
    const refused = await stage.ledger.drills({ states: ['refused'] })
    assert.equal(refused.length, 3, 'the others are refused by it')
  })

  it('announces another where one that it announced is refused after all', async () => {
    let first: string | null = null
    const look = stage.platform.observe.bind(stage.platform)
    stage.platform.observe = async (scope, groups) => {
      const seen = await look(scope, groups)
      const [group] = groups
      first ??= group ?? null
      if (first !== null && seen.has(first)) return new Map([...seen, [first, { kind: 'gone' } as const]])
      return seen
    }
    await campaign(1)
    assert.equal(told.length, 2)
    assert.deepEqual(struck(), told.slice(1))
  })

  it('goes on to another where nobody can be told of the first, and strikes none untold', async () => {
    let first: string | null = null
    deaf = group => {
      first ??= group
      return group === first
    }
    await campaign(1)
    assert.notEqual(first, null)
    assert.equal(told.length, 1)
    assert.deepEqual(struck(), told)
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
