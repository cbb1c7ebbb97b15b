import assert from 'node:assert/strict'
import { recoveriesOf } from '../../src/domain/recoveries.ts'
import { runCampaign } from '../../src/engine/campaign.ts'
import type { Engine } from '../../src/engine/context.ts'
import { attemptStrikes, lookAhead } from '../../src/engine/strike.ts'
import { Stage } from './stage.ts'

const never = new AbortController().signal
const run = { run: null, victim: null }
const limits = { concurrent: 4, concurrentPerScope: 4, strikesPerDay: 100, strikesPerRun: 100, spacing: 0 }

async function opened(groups: number): Promise<Stage> {
  const base = await Stage.open()
  await base.ledger.close()
  const stage = await Stage.open({
    limits: { ...base.schedule.limits, ...limits },
    recovery: { ...base.schedule.recovery, soak: 0 },
  })
  for (let group = 0; group < groups; group++) stage.platform.add(`group-${group}`)
  return stage
}

function campaign(engine: Engine): { readonly ended: Promise<unknown>; isOver(): boolean } {
  let over = false
  const ended = runCampaign(engine, { run: 'one', all: true, group: null, victim: null, max: null }, never).finally(() => {
    over = true
  })
  return { ended, isOver: () => over }
}

describe('a campaign', () => {
  it('keeps its limits while it looks ahead, and hands room over within a second, also before it knows how long a replacement takes', async () => {
    const stage = await opened(20)
    const engine = stage.engine()
    try {
      const { ended, isOver } = campaign(engine)
      await stage.clock.runUntil(isOver)
      await ended
      const struck = stage.platform.sent.map(({ at }) => at.epochMilliseconds)
      assert.equal(struck.length, 20, 'S15 groups that miss a member because of a drill are no incident')
      for (const [index, moment] of struck.entries()) {
        const underWay = struck.filter((other, place) => place < index && moment - other < stage.platform.replacementTime)
        assert.ok(underWay.length < 4, `${underWay.length + 1} at once`)
      }
      const rounds = [4, 8, 12, 16].map(first => ((struck[first] ?? 0) - (struck[first - 4] ?? 0)) / 1000)
      assert.ok(Math.max(...rounds) <= 31, `rounds of ${rounds.join(', ')} s`)
    } finally {
      await stage.ledger.close()
    }
  })

  it('brings drills together again that drifted apart, so that they share their reads', async () => {
    const stage = await opened(32)
    const { platform } = stage
    let before: number | undefined
    platform.onKill = () => {
      if (platform.sent.length === 20) before = platform.calls.forecast
      platform.replacementTime = 30_000 + (platform.sent.length < 12 ? (platform.sent.length % 4) * 700 : 0)
    }
    try {
      const { ended, isOver } = campaign(stage.engine())
      await stage.clock.runUntil(isOver)
      await ended
      assert.equal(platform.sent.length, 32)
      const moments = platform.sent.map(({ at }) => at.epochMilliseconds)
      assert.equal(new Set(moments.slice(-16)).size, 4, `struck at ${moments.join(', ')}`)
      const looks = platform.calls.forecast ?? 0
      assert.ok(looks <= 16, `${looks} looks for 8 rounds of 4, of which three did not end together`)
      assert.equal(looks - (before ?? 0), 3, 'one look for each of the last rounds')
    } finally {
      await stage.ledger.close()
    }
  })

  it('sees the last recoveries as sharply as those that others waited for', async () => {
    const stage = await opened(12)
    stage.platform.onKill = () => {
      stage.platform.replacementTime = 30_330
    }
    try {
      const { ended, isOver } = campaign(stage.engine())
      await stage.clock.runUntil(isOver)
      await ended
      const drills = await stage.ledger.drills({ states: ['concluded'] })
      const times = recoveriesOf(drills).map(({ took }) => took)
      assert.equal(times.length, 12)
      // The first round is not foreseen.
      assert.ok(Math.max(...times.slice(4)) <= 30_400, `seen after ${times.join(', ')} ms`)
    } finally {
      await stage.ledger.close()
    }
  })

  it('gives room to the next as soon as it is there where the others end within a second', async () => {
    const stage = await opened(24)
    const { platform } = stage
    const takes = (index: number) => 30_000 + (index < 8 ? (index % 4) * 250 : 0)
    platform.onKill = () => {
      platform.replacementTime = takes(platform.sent.length)
    }
    try {
      const { ended, isOver } = campaign(stage.engine())
      await stage.clock.runUntil(isOver)
      await ended
      const moments = platform.sent.map(({ at }) => at.epochMilliseconds)
      const ends = moments.map((moment, index) => moment + takes(index)).sort((a, b) => a - b)
      // The first round is not foreseen.
      const lags = moments.flatMap((moment, index) => (index < 8 ? [] : [moment - (ends[index - 4] ?? 0)]))
      assert.equal(lags.length, 16)
      assert.ok(Math.max(...lags) <= 250, `room was there, and used after ${lags.join(', ')} ms`)
    } finally {
      await stage.ledger.close()
    }
  })

  it('with --max makes no pause for what is refused', async () => {
    const stage = await opened(40)
    for (const group of [...stage.platform.groups.values()].slice(0, 39)) group.desired = 2
    try {
      const started = stage.clock.monotonic()
      const options = { run: 'one', all: true, group: null, victim: null, max: 1 }
      const ended = runCampaign(stage.engine(), options, never)
      await stage.clock.runUntil(() => stage.platform.sent.length === 1)
      assert.ok(stage.clock.monotonic() - started < 2_000, `the strike came after ${stage.clock.monotonic() - started} ms`)
      let over = false
      ended.finally(() => {
        over = true
      })
      await stage.clock.runUntil(() => over)
    } finally {
      await stage.ledger.close()
    }
  })

  it('that is interrupted refuses what it has not begun: nobody strikes it later', async () => {
    const stage = await opened(6)
    const leave = new AbortController()
    try {
      let over = false
      const ended = runCampaign(stage.engine(), { run: 'one', all: true, group: null, victim: null, max: null }, leave.signal).finally(
        () => {
          over = true
        },
      )
      await stage.clock.runUntil(() => stage.platform.sent.length === 4)
      leave.abort()
      await stage.clock.runUntil(() => over)
      assert.equal((await ended).interrupted, true)
      const drills = await stage.ledger.drills({})
      const left = drills.flatMap(drill => (drill.state === 'refused' ? [drill.refusal] : []))
      const refusal = { rule: 'run-ended', reason: 'this run was interrupted before its turn' }
      assert.deepEqual(left, [refusal, refusal])
      assert.equal(stage.platform.sent.length, 4)
    } finally {
      await stage.ledger.close()
    }
  })

  it('S1 strikes on a look that was made ahead only while it is as fresh as any other', async () => {
    const stage = await opened(1)
    try {
      const plans = await stage.plan()
      const engine = stage.engine()
      const ahead = await lookAhead(engine, plans, run, never)
      assert.equal(ahead.size, 1)
      const group = stage.platform.groups.get('cloud:here/group/group-0')
      if (group !== undefined) group.tags = {}
      await stage.clock.advance(4_100)
      await attemptStrikes(engine, plans, run, never, ahead)
      assert.equal(stage.platform.sent.length, 0, 'the group was opted out, and the look had grown old')
    } finally {
      await stage.ledger.close()
    }
  })

  it('looks once where the look that was made ahead is fresh', async () => {
    const stage = await opened(1)
    try {
      const plans = await stage.plan()
      const engine = stage.engine()
      const ahead = await lookAhead(engine, plans, run, never)
      const observed = stage.platform.calls.observe
      await stage.clock.advance(3_000)
      await attemptStrikes(engine, plans, run, never, ahead)
      assert.equal(stage.platform.sent.length, 1)
      assert.equal(stage.platform.calls.observe, observed)
      assert.equal(ahead.size, 0, 'it is good for one strike')
    } finally {
      await stage.ledger.close()
    }
  })

  it('S2 strikes nothing that was looked at ahead of a halt', async () => {
    const stage = await opened(1)
    try {
      const plans = await stage.plan()
      const engine = stage.engine()
      const ahead = await lookAhead(engine, plans, run, never)
      await stage.ledger.halt({ target: { kind: 'installation' }, reason: 'incident', by: 'test', until: null })
      await attemptStrikes(engine, plans, run, never, ahead)
      assert.equal(stage.platform.sent.length, 0)
    } finally {
      await stage.ledger.close()
    }
  })

  it('sends strikes side by side: a slow answer keeps no other from leaving', async () => {
    const stage = await opened(3)
    try {
      const plans = await stage.plan()
      let waiting = 0
      let most = 0
      stage.platform.beforeStrike = async () => {
        most = Math.max(most, ++waiting)
        await stage.clock.sleep(500)
        waiting--
      }
      const attempt = attemptStrikes(stage.engine(), plans, run, never)
      await stage.clock.runUntil(() => stage.platform.sent.length === 3)
      await attempt
      assert.equal(most, 3)
    } finally {
      await stage.ledger.close()
    }
  })
})
