import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ConcludedDrill, Drill, OpenDrill } from '../../src/domain/drill.ts'
import { type Expectation, expectedEnd, nextLook, STRIKE_PATIENCE } from '../../src/domain/pace.ts'
import { phaseOf } from '../../src/domain/tracking.ts'
import { transition } from '../../src/domain/transition.ts'
import { at, candidate, order, plannedDrill, policy, tracking } from './fixtures.ts'

const rehearsal = policy({ deadline: 8000, soak: 1000, target: 4000 })
const starting = candidate('i-new', { health: 'starting', healthyAt: null, recoveredAt: null })

function recovering(seconds: number, changes: Parameters<typeof tracking>[0] = {}, pace = policy()): OpenDrill {
  const struck: Drill = (
    [
      { kind: 'intend', order: order() },
      { kind: 'struck', at: at(0), mustRestore: false, declarationVersion: 'template:1', desired: 3 },
      { kind: 'looked', tracking: tracking({ candidates: [], lookedAt: at(seconds), wholeAt: null, ...changes }), at: at(seconds) },
    ] as const
  ).reduce<Drill>(transition, plannedDrill({ policy: pace }))
  assert.ok(struck.state === 'recovering' || struck.state === 'soaking')
  return struck
}

function interval(drill: OpenDrill | ConcludedDrill, seconds: number, expected: Expectation | null = null, othersWait = false): number {
  return nextLook(drill, at(seconds), { expected, othersWait }).epochMilliseconds - at(seconds).epochMilliseconds
}

describe('pace', () => {
  it('looks every second or two right after a strike, and every fifteen at most later', () => {
    assert.equal(interval(recovering(1), 1), 2000)
    assert.equal(interval(recovering(30), 30), 3000)
    assert.equal(interval(recovering(400), 400), 15_000)
  })

  it('looks three times as often where nothing is expected and plans wait for the room', () => {
    assert.equal(interval(recovering(1), 1, null, true), 1000)
    assert.equal(interval(recovering(60), 60, null, true), 1800)
    assert.equal(interval(recovering(400), 400, null, true), 12_000)
    assert.equal(interval(recovering(400, { candidates: [starting] }), 400, null, true), 5000)
  })

  it('watches a compressed rehearsal every 250 to 500 ms', () => {
    for (const seconds of [0.1, 1, 3, 7]) {
      const ms = interval(recovering(seconds, {}, rehearsal), seconds)
      assert.ok(ms >= 250 && ms <= 500, `${ms} ms`)
    }
    const soaking = recovering(3, { candidates: [candidate('i-new', { healthyAt: at(3), recoveredAt: at(3) })] }, rehearsal)
    assert.equal(soaking.state, 'soaking')
    assert.equal(interval(soaking, 3), 250)
  })

  describe('where the latest recoveries agreed', () => {
    const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000
    const expected = { soonest: 100_000, latest: 104_000, isSure: true }
    const waiting = (seconds: number) => recovering(seconds, { candidates: [starting] })

    it('looks rarely before the next is due, each second around it, and where plans wait the sharper the closer they agreed', () => {
      const looks: number[] = []
      for (let seconds = 2; seconds < 104; seconds += interval(waiting(seconds), seconds, expected, true) / 1000) looks.push(seconds)
      const [before, around] = [looks.filter(second => second < 99), looks.filter(second => second >= 99)]
      assert.deepEqual(before, [2, 4, 8, 16, 28, 40, 52, 64, 76, 88, 91, 92, 93, 94, 95, 96, 97, 98])
      assert.deepEqual(around.map(rounded), [99, 99.9, 100.4, 100.9, 101.4, 101.9, 102.4, 102.9, 103.4, 103.9])
      const [alike, apart] = [
        { soonest: 100_000, latest: 100_400, isSure: true },
        { soonest: 100_000, latest: 120_000, isSure: true },
      ]
      assert.equal(interval(waiting(99), 99, alike, true), 900, 'a little before the soonest')
      assert.equal(interval(waiting(99.9), 99.9, alike, true), 50)
      assert.equal(interval(waiting(101), 101, alike, true), 50)
      assert.equal(interval(waiting(101), 101, alike), 1000, 'nobody waits for the room')
      assert.equal(interval(waiting(101.4), 101.4, alike, true), 600, 'the next whole second: nothing is expected any more')
      assert.equal(interval(waiting(110), 110, apart, true), 2500)
      assert.equal(interval(waiting(110), 110, expected, true), 1000)
    })

    it('looks sharply from the moment at which the others were last missed, a second before they were found at most', () => {
      const found = { soonest: 100_000, latest: 100_400, isSure: true }
      assert.equal(interval(waiting(99), 99, { ...found, notYet: 99_200 }, true), 200, 'the moment itself')
      assert.equal(interval(waiting(99.25), 99.25, { ...found, notYet: 99_200 }, true), 50)
      assert.equal(interval(waiting(98), 98, { ...found, notYet: 90_000 }, true), 1000, 'a look that was missed tells of no moment')
      assert.equal(interval(waiting(99), 99, { ...found, notYet: 90_000 }, true), 50)
      assert.equal(interval(waiting(99), 99, { ...found, notYet: 99_990 }, true), 900, 'a little before the soonest all the same')
    })

    it('does not sleep past the moment where a look of others came right before the window opens', () => {
      const quick = { soonest: 4_127, latest: 4_570, notYet: 3_509, isSure: true }
      assert.equal(interval(waiting(3), 3, quick, true), 750)
      assert.equal(interval(waiting(3.69), 3.69, quick, true), 60)
      assert.equal(interval(waiting(3.69), 3.69, quick), 310, 'nobody waits for the room: the next whole second')
    })

    it('needs no early look where all were alike and it is known how late they were seen', () => {
      const looksAfter = (from: number, recoveries: typeof expected & { notYet?: number }) => {
        const looks: number[] = []
        for (let seconds = from; seconds < 99.99; seconds += interval(waiting(seconds), seconds, recoveries, true) / 1000)
          looks.push(seconds)
        return looks
      }
      const alike = { soonest: 100_000, latest: 100_000, isSure: true, notYet: 99_950 }
      assert.deepEqual(looksAfter(88, alike).map(rounded), [88, 98, 99, 99.9, 99.95])
      assert.deepEqual(looksAfter(88, { ...alike, latest: 101_000 }).slice(0, 4), [88, 96, 97, 98], 'sooner where they differed')
      assert.equal(
        looksAfter(88, { ...alike, isSure: false }).findLast(look => look <= 91),
        91,
        'few have agreed',
      )
      assert.equal(looksAfter(88, { ...alike, latest: 110_000 })[1], 91, 'they differed much')
    })

    it('looks as often as ever before the next is due where few have agreed, and more closely around it all the same', () => {
      const unsure = { ...expected, isSure: false }
      for (const seconds of [2, 30, 60]) assert.equal(interval(waiting(seconds), seconds, unsure), interval(waiting(seconds), seconds))
      assert.equal(interval(waiting(90), 90, unsure), 1000, 'not past the moment from which it may be there')
      assert.equal(interval(waiting(101), 101, unsure, true), 500)
    })

    it('falls back to a tenth of the time when the next is late, something failed, or cannot be read', () => {
      assert.equal(interval(waiting(140), 140, expected), 5000)
      const failed = candidate('i-bad', { health: 'unhealthy', healthyAt: null, recoveredAt: null, failedAt: at(20) })
      assert.equal(interval(recovering(40, { candidates: [failed, starting] }), 40, expected), 4000)
      assert.equal(interval(recovering(40, { candidates: [starting], unreadableSince: at(35) }), 40, expected), 4000)
    })

    it('looks at drills that were struck at different moments in the same ones', () => {
      const due = [0, 0.3, 0.9].map(struck =>
        nextLook(recovering(96.2, { candidates: [starting], struckAt: at(struck) }), at(96.2), { expected, othersWait: false }),
      )
      assert.deepEqual(due.map(String), [at(97), at(97), at(97)].map(String))
    })

    it('never stands still, and never sleeps through the deadline', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 890_000 }),
          fc.integer({ min: 1, max: 900_000 }),
          fc.boolean(),
          (elapsed, soonest, isSure) => {
            const ms = interval(waiting(elapsed / 1000), elapsed / 1000, { soonest, latest: soonest * 1.2, isSure })
            assert.ok(ms > 0 && ms <= 15_000 && elapsed + ms <= 900_000, `${ms} ms`)
          },
        ),
      )
    })

    it('knows when a drill will make room: at the end of its soak, or when the latest did where they came within seconds', () => {
      assert.equal(String(expectedEnd(waiting(10), expected)), String(at(100 + policy().soak / 1000)))
      const soak = policy().soak / 1000
      assert.equal(
        String(expectedEnd(waiting(10), { ...expected, notYet: 99_200 })),
        String(at(99.2 + soak)),
        'or when they were still missed',
      )
      assert.equal(String(expectedEnd(waiting(10), { ...expected, notYet: 90_000 })), String(at(99 + soak)), 'a second before at most')
      assert.equal(expectedEnd(waiting(10), { soonest: 100_000, latest: 110_000, isSure: true }), null)
      assert.equal(expectedEnd(waiting(10), null), null)
      const soaking = recovering(320, { candidates: [candidate('i-new')] })
      assert.ok(soaking.state === 'soaking')
      assert.equal(String(expectedEnd(soaking, null)), String(soaking.soakEndsAt))
    })
  })

  it('looks more often once a candidate is there, or a bad look waits for its second', () => {
    assert.equal(interval(recovering(400, { candidates: [starting] }), 400), 5000)
    const bad = candidate('i-new', { health: 'unhealthy', badLooks: 1 })
    assert.equal(interval(recovering(100, { candidates: [bad] }), 100), 2000)
  })

  it('looks again soon while anything is in doubt, and no sooner where nothing is', () => {
    const soon = 2000
    const soaks = (changes: Parameters<typeof candidate>[1], more: Parameters<typeof tracking>[0] = {}) =>
      interval(recovering(60, { candidates: [candidate('i-new', changes)], ...more }), 60)
    assert.equal(soaks({}), 30_000)
    assert.equal(soaks({ health: 'unknown' }), soon)
    assert.equal(soaks({ badLooks: 1 }), soon)
    assert.equal(soaks({ absentSince: at(55) }), soon)
    assert.equal(soaks({ probeUnknown: 'timed out' }), soon)
    assert.equal(soaks({}, { victimBackAt: at(55) }), soon)
    const waits = (changes: Parameters<typeof candidate>[1]) =>
      interval(recovering(100, { candidates: [candidate('i-new', { recoveredAt: null, healthyAt: null, ...changes })] }), 100)
    assert.equal(waits({ health: 'starting' }), 5000)
    assert.equal(waits({ health: 'starting', absentSince: at(95) }), soon)
    assert.equal(waits({ healthyAt: at(95) }), soon, 'a probe is to be asked again')
    assert.equal(waits({ health: 'unhealthy', failedAt: at(60), absentSince: at(95) }), 10_000, 'who has failed is waited for no longer')
  })

  it('sleeps through neither the deadline nor the end of a soak', () => {
    assert.equal(interval(recovering(899), 899), 1000)
    assert.equal(interval(recovering(320, { candidates: [candidate('i-new')] }), 320), 10_000)
  })

  it('waits with a strike until its permit has run out', () => {
    const striking = transition(plannedDrill(), { kind: 'intend', order: order() })
    assert.ok(striking.state === 'striking')
    assert.equal(nextLook(striking, at(0)).epochMilliseconds, order().intendedAt.epochMilliseconds + STRIKE_PATIENCE)
  })

  it('keeps the lag below a tenth of the time to recover, or one floor', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 890 }), seconds => {
        const ms = interval(recovering(seconds), seconds)
        assert.ok(ms <= Math.max(2000, seconds * 100))
      }),
    )
  })

  it('never looks back, and never stands still unless there is something to judge', () => {
    const moment = fc.integer({ min: 0, max: 2_000_000 })
    fc.assert(
      fc.property(moment, moment, fc.constantFrom(policy(), rehearsal), fc.boolean(), (looked, now, pace, soaks) => {
        const seen = tracking({ candidates: soaks ? [candidate('i-new')] : [starting], lookedAt: at(looked / 1000), wholeAt: null })
        const phase = phaseOf(seen, pace, at(now / 1000))
        const base = recovering(0, {}, pace)
        const drill = {
          ...base,
          tracking: seen,
          ...(phase.phase === 'soaking' ? { state: 'soaking', soakEndsAt: phase.endsAt } : {}),
        } as OpenDrill
        const ms = interval(drill, now / 1000)
        if (phase.phase === 'judge') assert.equal(ms, 0)
        else assert.ok(ms > 0 && ms <= 30_000, `${ms} ms`)
      }),
    )
  })
})
