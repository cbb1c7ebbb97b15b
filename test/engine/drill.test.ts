import assert from 'node:assert/strict'
import { judge } from '../../src/domain/judge.ts'
import { attemptStrikes } from '../../src/engine/strike.ts'
import { watchScope } from '../../src/engine/watch.ts'
import { ProviderError } from '../../src/providers/provider-error.ts'
import { schedule } from '../domain/calendars.ts'
import { Stage } from './stage.ts'

const wide = {
  concurrent: 100,
  concurrentPerScope: 100,
  strikesPerDay: 100,
  strikesPerGroupPerDay: 1,
  strikesPerRun: 100,
  spacing: 0,
  breaker: null,
}

describe('the life of a drill', () => {
  let stage: Stage

  beforeEach(async () => {
    stage = await Stage.open()
  })

  afterEach(() => stage.ledger.close())

  async function one(tags: Record<string, string> = {}) {
    stage.platform.add('web', tags)
    const [plan] = await stage.plan()
    return plan ?? assert.fail('nothing was planned')
  }

  for (const [whom, isAnybodyElse] of [
    ['keeps nobody from a look where many are judged at once', true],
    ['judges all that have ended in one look where nobody else waits', false],
  ] as const) {
    it(whom, async () => {
      await stage.ledger.close()
      const base = await Stage.open()
      await base.ledger.close()
      stage = await Stage.open({ limits: { ...base.schedule.limits, ...wide }, recovery: { ...base.schedule.recovery, soak: 0 } })
      for (let group = 0; group < (isAnybodyElse ? 21 : 20); group++) stage.platform.add(`group-${group}`)
      const plans = await stage.plan()
      await stage.attempt(plans.slice(0, 20))
      await stage.clock.advance(28_000)
      await stage.attempt(plans.slice(20))
      await stage.clock.advance(2_000)
      const declare = stage.platform.declare.bind(stage.platform)
      stage.platform.declare = async (scope, groups) => {
        await stage.clock.advance(8_000)
        return declare(scope, groups)
      }
      const judged = async () => (await stage.ledger.drills({ states: ['concluded'] })).length
      const counts: number[] = []
      for (let look = 0; look < 3; look++) {
        await stage.look()
        counts.push(await judged())
      }
      assert.deepEqual(counts, isAnybodyElse ? [8, 20, 20] : [20, 20, 20])
    })
  }

  it('goes from plan to phoenix, with every moment of the timeline', async () => {
    const plan = await one()
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
    await stage.watchToTheEnd()
    const { judgement, order, tracking, wounded } = await stage.concluded(plan.id)
    assert.equal(judgement.verdict, 'phoenix', JSON.stringify(judgement))
    assert.deepEqual(judgement.successor, 'i-new-1')
    assert.deepEqual(judgement.proven.toSorted(), ['configuration', 'health', 'image', 'replaced'])
    assert.equal(wounded, false)
    assert.deepEqual(
      stage.platform.strikes.map(strike => strike.victim.id),
      [order.victim.id],
    )
    const kinds = (await stage.ledger.events(plan.id)).map(event => event.kind)
    assert.deepEqual(
      ['intended', 'sending', 'struck', 'victim-gone', 'launched', 'healthy', 'recovered', 'concluded'].filter(
        kind => !kinds.includes(kind),
      ),
      [],
    )
    const [before, after] = [await stage.ledger.before(plan.id), await stage.ledger.after(plan.id)]
    assert.ok(before && after && tracking)
    assert.deepEqual(judge({ order, policy: plan.policy, before, tracking, after }), judgement, 'judged again on what is stored')
    const [candidate] = tracking.candidates
    assert.ok(candidate?.recoveredAt && candidate.recoveredAt.since(order.intendedAt).total('seconds') < 45)
  })

  it('reads again what could not be read for the verdict, and judges then', async () => {
    const plan = await one()
    await stage.attempt([plan])
    const { describe } = stage.platform
    let failures = 0
    stage.platform.describe = async (...asked) => {
      if (++failures > 2) return describe.apply(stage.platform, asked)
      throw new ProviderError('Describe: throttled', { code: 'throttled', operation: 'Describe', mayHaveActed: false })
    }
    await stage.watchToTheEnd()
    assert.equal((await stage.concluded(plan.id)).judgement.verdict, 'phoenix')
    assert.equal(failures, 3)
  })

  it('S11 comes to a verdict though what must be compared can never be read', async () => {
    const plan = await one()
    await stage.attempt([plan])
    stage.platform.describe = async () => new Map()
    await stage.watchToTheEnd()
    const { judgement } = await stage.concluded(plan.id)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'unobservable'])
  })

  it('S8 makes no strike on a leash, and keeps the victim it would have taken', async () => {
    await stage.ledger.close()
    stage = await Stage.open({ leashed: true })
    const plan = await one()
    assert.deepEqual(await stage.attempt([plan]), ['leashed'])
    assert.equal(stage.platform.strikes.length, 0)
    assert.equal((await stage.drill(plan.id)).state, 'leashed')
  })

  it('S1 refuses a group that was opted out after its drill was planned', async () => {
    const plan = await one()
    for (const group of stage.platform.groups.values()) group.tags = {}
    assert.deepEqual(await stage.attempt([plan]), ['refused'])
    const drill = await stage.drill(plan.id)
    assert.equal(drill.state === 'refused' && drill.refusal.rule, 'S1')
    assert.equal(stage.platform.strikes.length, 0)
  })

  it('S2 refuses while a halt or the halt file stands, without asking the platform', async () => {
    const plan = await one()
    const calls = { ...stage.platform.calls }
    stage.haltFile = true
    assert.deepEqual(await stage.attempt([plan]), ['refused'])
    assert.deepEqual(stage.platform.calls, calls)
    assert.equal(stage.platform.strikes.length, 0)
  })

  it('S2 sends nothing when the permit ran out on the way to the socket; the drill ends without a strike', async () => {
    const plan = await one()
    stage.platform.beforeStrike = () => stage.clock.advance(11_000)
    await stage.attempt([plan])
    assert.equal(stage.platform.strikes.length, 0)
    await stage.ledger.halt({ target: { kind: 'installation' }, reason: 'an incident', by: 'test', until: null })
    await stage.watchToTheEnd()
    assert.equal(stage.platform.strikes.length, 0)
    const { judgement } = await stage.concluded(plan.id)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'not-struck'])
  })

  it('S10 looks once more at a group whose turn comes late, because the strikes before it took their time', async () => {
    await stage.ledger.close()
    stage = await Stage.open({ limits: { ...schedule().limits, ...wide } })
    for (const name of ['web', 'api', 'shop']) stage.platform.add(name)
    const plans = await stage.plan()
    stage.platform.beforeStrike = () => stage.clock.advance(4_500)
    assert.deepEqual(await stage.attempt(plans), ['struck', 'struck', 'struck'])
    assert.equal(new Set(stage.platform.strikes.map(({ group }) => group)).size, 3)
  })

  it('S9 strikes the recorded victim once more when a call was lost before it acted, and no other', async () => {
    const plan = await one()
    stage.platform.next = ['silent']
    await stage.attempt([plan])
    await stage.watchToTheEnd()
    const { judgement, order } = await stage.concluded(plan.id)
    assert.equal(judgement.verdict, 'phoenix')
    assert.deepEqual(
      stage.platform.strikes.map(strike => strike.victim.id),
      [order.victim.id, order.victim.id],
    )
  })

  it('S9 sends nothing again when the answer was lost but the victim is gone', async () => {
    const plan = await one()
    stage.platform.next = ['lost']
    await stage.attempt([plan])
    await stage.watchToTheEnd()
    assert.equal((await stage.concluded(plan.id)).judgement.verdict, 'phoenix')
    assert.equal(stage.platform.strikes.length, 1)
  })

  it('S9 never repeats a call that names only a reusable name: the victim is watched, then not struck', async () => {
    stage.platform.capabilities = { ...stage.platform.capabilities, namesInstance: [] }
    const plan = await one()
    stage.platform.next = ['silent']
    await stage.attempt([plan])
    await stage.watchToTheEnd()
    const { judgement } = await stage.concluded(plan.id)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'not-struck'])
    assert.equal(stage.platform.strikes.length, 1)
  })

  it('S11 ends, not struck, where a call is left without an answer again and again', async () => {
    const plan = await one()
    stage.platform.next = new Array(99).fill('silent')
    await stage.attempt([plan])
    await stage.watchToTheEnd()
    const { judgement } = await stage.concluded(plan.id)
    assert.equal(judgement.findings[0]?.kind, 'not-struck')
    assert.match(judgement.findings[0]?.summary ?? '', /the platform left 5 calls without an answer/)
    assert.equal(stage.platform.strikes.length, 5)
  })

  it('ends at once, not struck, where the platform certainly refused the call', async () => {
    const plan = await one()
    stage.platform.next = [
      new ProviderError('the policy does not allow it', { code: 'denied', operation: 'Terminate', mayHaveActed: false }),
    ]
    await stage.attempt([plan])
    const { judgement, wounded } = await stage.concluded(plan.id)
    assert.equal(judgement.findings[0]?.kind, 'not-struck')
    assert.match(judgement.findings[0]?.summary ?? '', /policy does not allow/)
    assert.equal(wounded, false)
  })

  it('S7 refuses a victim whose protection only shows in a look at the very instance', async () => {
    const plan = await one()
    stage.platform.protection = 'termination protection is on'
    assert.deepEqual(await stage.attempt([plan]), ['refused'])
    const drill = await stage.drill(plan.id)
    assert.deepEqual(drill.state === 'refused' && drill.refusal.rule, 'S7')
    assert.equal(stage.platform.strikes.length, 0)
  })

  it('S10 refuses what cannot be read', async () => {
    const plan = await one()
    stage.platform.unreadable = 'access denied'
    assert.deepEqual(await stage.attempt([plan]), ['refused'])
    const drill = await stage.drill(plan.id)
    assert.equal(drill.state === 'refused' && drill.refusal.rule, 'S10')
  })

  it('S10 refuses a victim whose declared image could not be read: neither it nor its successor could be judged', async () => {
    const plan = await one()
    stage.platform.imagesUnread = 'access denied'
    assert.deepEqual(await stage.attempt([plan]), ['refused'])
    const drill = await stage.drill(plan.id)
    assert.deepEqual(drill.state === 'refused' && drill.refusal, {
      rule: 'S10',
      reason: 'the victim could not be compared with its declaration: image is declared and could not be read (access denied)',
    })
    assert.equal(stage.platform.strikes.length, 0)
  })

  it('S10 refuses what the platform did not let it read, in the platform’s own words', async () => {
    const plan = await one()
    stage.platform.observe = async () => {
      throw new ProviderError('Describe: throttled', { code: 'throttled', operation: 'Describe', mayHaveActed: false })
    }
    assert.deepEqual(await stage.attempt([plan]), ['refused'])
    const drill = await stage.drill(plan.id)
    assert.deepEqual(drill.state === 'refused' && drill.refusal, {
      rule: 'S10',
      reason: 'the group could not be read: Describe: throttled',
    })
  })

  it('S11 refuses nothing because it is told to end, or has lost its turn, in the midst of a look: the plan waits for the next', async () => {
    const plan = await one()
    const { platform } = stage
    const { observe } = platform
    const told = new AbortController()
    platform.observe = async () => {
      told.abort(new Error('the queue is closing'))
      throw told.signal.reason
    }
    assert.deepEqual(await stage.attempt([plan], told.signal), ['waiting'])
    assert.equal((await stage.drill(plan.id)).state, 'planned')
    platform.observe = observe
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
  })

  it('S13 strikes a victim whose one difference was accepted, calls the rebuild a phoenix, and refuses again after that day', async () => {
    await stage.ledger.close()
    stage = await Stage.open({ limits: { ...stage.schedule.limits, ...wide, strikesPerGroupPerDay: 9 } })
    stage.platform.byHand = { securityGroups: ['sg-1', 'sg-2', 'sg-9'] }
    const plan = await one()
    assert.deepEqual(await stage.attempt([plan]), ['refused'])
    const refused = await stage.drill(plan.id)
    assert.ok(refused.state === 'refused' && refused.refusal.rule === 'S13')
    const [found] = refused.findings
    assert.ok(found?.path === 'securityGroups')
    const { kind, path, expected, actual } = found
    const until = stage.clock.now().add({ hours: 1 })
    await stage.ledger.accept({ drill: plan.id, group: plan.group, kind, path, expected, actual, note: 'known', by: 'test', until })
    const [again] = await stage.plan('again')
    assert.ok(again)
    assert.deepEqual(await stage.attempt([again]), ['struck'])
    await stage.watchToTheEnd()
    const { judgement } = await stage.concluded(again.id)
    assert.deepEqual([judgement.verdict, judgement.findings.map(finding => finding.level)], ['phoenix', ['warn']])
    assert.match(judgement.findings[0]?.summary ?? '', /accepted until .* by test: known/)
    stage.platform.add('web')
    await stage.clock.advance(2 * 3_600_000)
    const [late] = await stage.plan('late')
    assert.ok(late)
    assert.deepEqual(await stage.attempt([late]), ['refused'])
    assert.equal(((await stage.drill(late.id)) as typeof refused).refusal.rule, 'S13')
  })

  it('S11 comes to a verdict when nothing rises, puts the service in quarantine, and leaves the group wounded', async () => {
    stage.platform.replacementTime = 10 * 3_600_000
    const plan = await one()
    await stage.attempt([plan])
    await stage.watchToTheEnd()
    const { judgement, wounded } = await stage.concluded(plan.id)
    assert.notEqual(judgement.verdict, 'phoenix')
    assert.equal(wounded, true)
    await stage.clock.advance(11 * 3_600_000)
    await stage.look()
    assert.equal((await stage.concluded(plan.id)).wounded, false, 'whole again once the late one is up')
  })

  it('S11 comes to a verdict though a restore never ends', async () => {
    stage.platform.capabilities = { ...stage.platform.capabilities, replacesItself: false }
    stage.platform.restore = async () => ({ state: 'waiting', detail: 'the group is being updated' })
    const plan = await one()
    await stage.attempt([plan])
    await stage.watchToTheEnd()
    const { judgement, wounded } = await stage.concluded(plan.id)
    assert.deepEqual([judgement.verdict, wounded], ['inconclusive', true])

    await stage.ledger.halt({ target: { kind: 'installation' }, reason: 'an incident', by: 'test', until: null })
    stage.platform.restore = async () => stage.platform.refill()
    await stage.look()
    await stage.clock.advance(60_000)
    await stage.look()
    await stage.clock.advance(60_000)
    await stage.look()
    assert.equal((await stage.concluded(plan.id)).wounded, false, 'S2: a halt never stops a restore')
  })

  it('keeps what a restore asks for before it is sent, for whoever goes on with it, and lets nothing be sent where that fails', async () => {
    stage.platform.capabilities = { ...stage.platform.capabilities, replacesItself: false }
    const asked = { size: 3, from: 2, seen: 'mark' }
    const found: unknown[] = []
    const plan = await one()
    stage.platform.restore = async (_order, _signal, asking) => {
      found.push(asking.last)
      found.push(await asking.keep(asked))
      const row = await stage.ledger.drill(plan.id)
      found.push(row !== null && 'tracking' in row ? row.tracking?.restore?.asked : null)
      throw new Error('the process dies')
    }
    await stage.attempt([plan])
    await stage.clock.advance(60_000)
    await stage.look()
    assert.deepEqual(found, [null, true, asked])
    found.length = 0
    stage.platform.restore = async (_order, _signal, asking) => {
      found.push(asking.last)
      found.push(await asking.keep(null))
      return { state: 'waiting', detail: 'it was refused' }
    }
    await stage.clock.advance(60_000)
    await stage.look()
    stage.platform.restore = async (order, _signal, asking) => {
      found.push(asking.last)
      const row = await stage.ledger.drill(order.drill)
      if (row?.state === 'restoring') await stage.ledger.advance({ drill: { ...row, revision: row.revision + 1 }, events: [] })
      found.push(await asking.keep(asked))
      return { state: 'waiting', detail: 'somebody else is at it' }
    }
    await stage.clock.advance(60_000)
    await stage.look()
    assert.deepEqual(found, [asked, true, null, false])
  })

  it('S11 comes to the other verdicts though one drill cannot be concluded, and to that one as soon as it can', async () => {
    await stage.ledger.close()
    stage = await Stage.open({ limits: { ...stage.schedule.limits, ...wide } })
    for (const name of ['blue', 'green']) stage.platform.add(name)
    const [first, second] = await stage.plan()
    assert.ok(first && second)
    await stage.attempt([first, second])
    const { before } = stage.ledger
    stage.ledger.before = async id => (id === first.id ? Promise.reject(new Error('disk I/O error')) : before.call(stage.ledger, id))
    for (let look = 0; look < 200 && (await stage.drill(second.id)).state !== 'concluded'; look++) {
      await stage.look()
      await stage.clock.advance(5_000)
    }
    assert.deepEqual([(await stage.concluded(second.id)).judgement.verdict, (await stage.drill(first.id)).state], ['phoenix', 'soaking'])
    stage.ledger.before = before
    await stage.look()
    assert.equal((await stage.concluded(first.id)).judgement.verdict, 'phoenix')
  })

  it('reads a part again that was missing from the description of a successor, before it judges', async () => {
    const plan = await one()
    stage.platform.halfDescribed = 2
    await stage.attempt([plan])
    await stage.watchToTheEnd()
    assert.deepEqual((await stage.concluded(plan.id)).judgement.proven.includes('configuration'), true)
    assert.equal((await stage.concluded(plan.id)).judgement.verdict, 'phoenix')
  })

  it('reads declared images again that it could read before the strike, and judges the image of a successor then', async () => {
    const plan = await one()
    stage.platform.halfDeclared = 2
    stage.platform.successorImage = 'image-9'
    await stage.attempt([plan])
    await stage.watchToTheEnd()
    const { judgement } = await stage.concluded(plan.id)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['snowflake', 'wrong-image'])
  })

  it('says what could not be read where a part stays missing, some minutes later and not never', async () => {
    const plan = await one()
    stage.platform.halfDescribed = Number.POSITIVE_INFINITY
    await stage.attempt([plan])
    await stage.watchToTheEnd()
    const { judgement, tracking, concludedAt } = await stage.concluded(plan.id)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'unobservable'])
    const waited = concludedAt.since(tracking?.candidates[0]?.recoveredAt ?? concludedAt).total('minutes')
    assert.ok(waited >= 5 && waited <= 11, `${waited} min`)
  })

  it('S3 halts the schedule when its breaker trips, until somebody resumes it', async () => {
    await stage.ledger.close()
    stage = await Stage.open({ limits: { ...stage.schedule.limits, ...wide, woundedPerScope: 9, breaker: { inARow: 2, shareOfDay: 1 } } })
    stage.platform.replacementTime = 10 * 3_600_000
    for (const name of ['one', 'two', 'three']) stage.platform.add(name)
    const plans = await stage.plan()
    await stage.attempt(plans.slice(0, 2))
    await stage.watchToTheEnd()
    const target = { kind: 'schedule', name: 'weekdays' } as const
    const [halt] = (await stage.ledger.state()).halts
    assert.deepEqual(halt?.target, target)
    assert.match(halt?.reason ?? '', /circuit breaker tripped: the last 2 drills/)
    assert.deepEqual(await stage.attempt(plans.slice(2)), ['refused'])
    assert.equal((await stage.ledger.resume(target, 'test')).length, 1)
    assert.equal((await stage.ledger.state()).halts.length, 0)
  })

  it('S6 strikes no second group of a service, and lets the plan wait', async () => {
    stage.platform.add('blue', { 'firedrill-service': 'shop' })
    stage.platform.add('green', { 'firedrill-service': 'shop' })
    const plans = await stage.plan()
    assert.deepEqual((await stage.attempt(plans)).toSorted(), ['struck', 'waiting'])
    assert.equal(stage.platform.strikes.length, 1)
  })

  it('S3 waits for spacing and room, and strikes the next when they are there', async () => {
    stage.platform.add('blue')
    stage.platform.add('green')
    const plans = await stage.plan()
    assert.deepEqual(await stage.attempt(plans), ['struck', 'waiting'])
    const told: string[] = []
    const engine = {
      ...stage.engine(),
      waits: (plan: { groupName: string }, refusal: { rule: string }) => told.push(`${plan.groupName} ${refusal.rule}`),
    }
    await attemptStrikes(engine, plans.slice(1), { run: null, victim: null }, new AbortController().signal)
    assert.deepEqual(told, ['green S3'], 'nobody is left to wonder why nothing happens')
    await stage.watchToTheEnd()
    await stage.clock.advance(600_000)
    assert.deepEqual(await stage.attempt(plans.slice(1)), ['struck'])
  })

  it('S3 reads no group whose drill could only wait for one that is struck in the same turn', async () => {
    for (const name of ['blue', 'green', 'red']) stage.platform.add(name)
    const plans = await stage.plan()
    const before = stage.platform.asked.length
    assert.deepEqual(await stage.attempt(plans), ['struck', 'waiting', 'waiting'])
    const read = new Set(stage.platform.asked.slice(before).flat())
    assert.deepEqual([...read], [plans[0]?.group])
  })

  it('looks at drills that are due within moments of each other together, and never twice in one moment', async () => {
    await stage.ledger.close()
    stage = await Stage.open({ limits: { ...stage.schedule.limits, ...wide } })
    const engine = stage.engine()
    const handle = { scope: stage.platform.scope, provider: stage.platform }
    for (const name of ['blue', 'green']) stage.platform.add(name)
    const [first, second] = await stage.plan()
    assert.ok(first && second)
    await stage.attempt([first])
    await stage.clock.advance(1_000)
    await stage.attempt([second])
    const looks: string[][] = []
    for (let look = 0; look < 20; look++) {
      const before = stage.platform.asked.length
      const next = await watchScope(engine, handle, new AbortController().signal)
      looks.push(stage.platform.asked.slice(before).flat())
      const now = await stage.ledger.now()
      assert.ok(next !== null && Temporal.Instant.compare(next, now) > 0, 'a look must lie in the future')
      await stage.clock.advance(next.since(now).total('milliseconds'))
    }
    assert.ok(
      looks.slice(2).every(groups => groups.length === 2),
      JSON.stringify(looks),
    )
  })

  it('looks at fifty drills of a scope with one call', async () => {
    await stage.ledger.close()
    stage = await Stage.open({ limits: { ...stage.schedule.limits, ...wide } })
    for (let group = 0; group < 50; group++) stage.platform.add(`web-${group}`)
    const plans = await stage.plan()
    assert.deepEqual([...new Set(await stage.attempt(plans))], ['struck'])
    await stage.clock.advance(5_000)
    const before = stage.platform.calls.observe ?? 0
    await stage.look()
    assert.equal((stage.platform.calls.observe ?? 0) - before, 1)
    await stage.watchToTheEnd()
    for (const plan of plans) assert.equal((await stage.concluded(plan.id)).judgement.verdict, 'phoenix')
  })
})
