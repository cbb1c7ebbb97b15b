import assert from 'node:assert/strict'
import fc from 'fast-check'
import { comingDraws, countedFrom, type DrawInput, dailyOdds, drawFor, type Gaps } from '../../src/domain/draw.ts'
import { fits, isOpenDay, openDaysBetween, windowAt } from '../../src/domain/window.ts'
import { at, day, everyDay, hours, schedule, wholeDays, workdays, zones } from './calendars.ts'

const minute = 60_000
const policy = { deadline: 15 * minute, soak: 5 * minute }

/** The expected gap by summing it up: independent of how the odds were solved. */
function meanGap(odds: number, { min, max }: Gaps): number {
  let mean = 0
  let alive = 1
  for (let gap = min; gap <= max; gap++) {
    const here = gap === max ? 1 : odds
    mean += gap * alive * here
    alive *= 1 - here
  }
  return mean
}

const gaps = fc
  .record({
    min: fc.integer({ min: 1, max: 30 }),
    room: fc.integer({ min: 0, max: 200 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ min, room, share }): Gaps => ({ min, max: min + room, mean: min + room * share }))

describe('daily odds', () => {
  it('make the expected gap exactly the mean', () => {
    fc.assert(
      fc.property(gaps, given => {
        const odds = dailyOdds(given)
        assert.ok(odds >= 0 && odds <= 1)
        assert.ok(Math.abs(meanGap(odds, given) - given.mean) < 1e-6, `${meanGap(odds, given)} for ${given.mean}`)
      }),
    )
  })

  it('are certainty at the smallest mean and next to nothing at the largest', () => {
    assert.equal(dailyOdds({ mean: 1, min: 1, max: 20 }), 1)
    assert.ok(dailyOdds({ mean: 20, min: 1, max: 20 }) < 1e-12)
    assert.ok(Math.abs(dailyOdds({ mean: 2, min: 1, max: 3 }) - (3 - Math.sqrt(5)) / 2) < 1e-12, 'q + q² = 1')
  })

  it('are total: a mean outside the bounds counts as the nearer bound', () => {
    assert.equal(dailyOdds({ mean: 0.2, min: 1, max: 20 }), 1)
    assert.ok(dailyOdds({ mean: 50, min: 1, max: 20 }) < 1e-12)
  })
})

/** One object for all: what its days are is then computed once. */
const weekdays = schedule()

function input(changes: Partial<DrawInput> = {}): DrawInput {
  return {
    salt: 'salt',
    schedule: weekdays,
    pausedUntil: null,
    group: 'cloud:1/eu/asg/web',
    date: day('2026-11-23'),
    lastCountedDate: day('2026-11-16'),
    policy,
    ...changes,
  }
}

describe('a draw', () => {
  const inputs = fc
    .record({
      salt: fc.string(),
      group: fc.string({ minLength: 1 }),
      timezone: fc.constantFrom(...zones),
      hours: fc.constantFrom(hours('09:30', '15:30'), hours('22:00', '04:00'), hours('02:30', '03:30'), wholeDays, hours('00:30', '00:00')),
      days: fc.constantFrom(everyDay, workdays),
      date: fc.oneof(
        fc.constantFrom(...['2026-03-08', '2026-03-29', '2026-04-24', '2026-10-25', '2026-11-01', '2026-10-24', '2018-11-04'].map(day)),
        fc.integer({ min: 0, max: 3000 }).map(offset => day('2020-01-01').add({ days: offset })),
      ),
      ago: fc.integer({ min: 0, max: 60 }),
    })
    .map(({ salt, group, date, ago, ...rest }) =>
      input({ salt, group, date, lastCountedDate: date.subtract({ days: ago }), schedule: schedule(rest) }),
    )

  it('is the same whenever it is drawn again', () => {
    fc.assert(fc.property(inputs, given => assert.deepEqual(drawFor({ ...given, schedule: { ...given.schedule } }), drawFor(given))))
  })

  it('S4 lies within its own day’s window and leaves room for deadline and soak', () => {
    let drilled = 0
    fc.assert(
      fc.property(inputs, given => {
        const { at: moment, drilled: yes, why } = drawFor(given)
        assert.equal(yes, moment !== null)
        assert.equal(yes, why === null)
        if (moment === null) return
        drilled++
        assert.equal(windowAt(given.schedule, moment)?.date.toString(), given.date.toString())
        assert.ok(fits(given.schedule, moment, policy.deadline + policy.soak))
      }),
      { numRuns: 400 },
    )
    assert.ok(drilled > 50, `only ${drilled} drills among the examples`)
  })

  it('never comes before minDays and always at maxDays', () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 20 }), (given, min, room) => {
        const bounded = {
          ...given.schedule,
          minDaysBetweenDrills: min,
          meanDaysBetweenDrills: min + room / 2,
          maxDaysBetweenDrills: min + room,
        }
        const draw = drawFor({ ...given, schedule: bounded })
        assert.equal(draw.gap, openDaysBetween(bounded, given.lastCountedDate, given.date))
        if (draw.gap < min) assert.deepEqual([draw.drilled, draw.odds], [false, 0])
        assert.equal(draw.due, draw.gap >= min + room)
        if (draw.due && isOpenDay(bounded, given.date)) assert.deepEqual([draw.drilled, draw.odds], [true, 1])
      }),
      { numRuns: 200 },
    )
  })

  it('does not happen on a closed day, and says why', () => {
    assert.match(drawFor(input({ date: day('2026-11-22') })).why ?? '', /Sunday/)
    assert.match(drawFor(input({ schedule: schedule({ closedOn: ['2026-11-23'] }) })).why ?? '', /2026-11-23 is a holiday/)
  })

  it('S4 does not happen where deadline and soak do not fit, even when due', () => {
    const fitting = input({ lastCountedDate: day('2026-01-01'), policy: { deadline: 359 * minute, soak: minute } })
    assert.equal(drawFor(fitting).at?.toString(), '2026-11-23T08:30:00Z', 'exactly the whole window: only its first moment is left')
    const tooLong = drawFor({ ...fitting, policy: { deadline: 359 * minute, soak: minute + 1 } })
    assert.deepEqual([tooLong.drilled, tooLong.due, tooLong.at], [false, true, null])
    assert.match(tooLong.why ?? '', /shorter than deadline and soak/)
  })

  it('spreads its moments over the whole window', () => {
    const minutes = Array.from({ length: 2000 }, (_, index) => {
      const moment = drawFor(input({ group: `web-${index}`, lastCountedDate: day('2026-01-01') })).at
      return ((moment?.epochMilliseconds ?? 0) - at('2026-11-23T08:30Z').epochMilliseconds) / minute
    })
    assert.ok(Math.min(...minutes) >= 0 && Math.min(...minutes) < 2)
    assert.ok(Math.max(...minutes) <= 340 && Math.max(...minutes) > 338)
    const mean = minutes.reduce((sum, value) => sum + value, 0) / minutes.length
    assert.ok(Math.abs(mean - 170) < 8, `${mean}`)
  })

  it('differs by salt, schedule name, group and date', () => {
    const due = { lastCountedDate: day('2026-01-01') }
    const moments = [
      input(due),
      input({ ...due, salt: 'other' }),
      input({ ...due, group: 'cloud:1/eu/asg/api' }),
      input({ ...due, schedule: schedule({ name: 'nights' }) }),
      input({ ...due, date: day('2026-11-24') }),
    ].map(given => drawFor(given).at?.toZonedDateTimeISO('UTC').toPlainTime().toString())
    assert.equal(new Set(moments).size, moments.length)
  })
})

describe('a long run of draws', () => {
  const runs: readonly [string, Gaps, readonly string[]][] = [
    ['the defaults', { mean: 5, min: 1, max: 20 }, []],
    ['a narrow range', { mean: 3, min: 2, max: 4 }, []],
    ['rare drills', { mean: 15, min: 5, max: 30 }, ['2026-12-24', '2026-12-25']],
  ]
  for (const [name, bounds, closedOn] of runs) {
    it(`has the mean gap that was asked for: ${name}`, () => {
      const calendar = schedule({
        closedOn,
        minDaysBetweenDrills: bounds.min,
        meanDaysBetweenDrills: bounds.mean,
        maxDaysBetweenDrills: bounds.max,
      })
      const found: number[] = []
      for (let group = 0; group < 12; group++) {
        const draws = comingDraws({
          ...input({ schedule: calendar, group: `g${group}`, lastCountedDate: day('2026-01-01'), date: day('2026-01-02') }),
          days: 2000,
        })
        found.push(...draws.filter(draw => draw.drilled).map(draw => draw.gap))
      }
      assert.ok(Math.min(...found) >= bounds.min && Math.max(...found) <= bounds.max)
      const mean = found.reduce((sum, gap) => sum + gap, 0) / found.length
      assert.ok(Math.abs(mean - bounds.mean) < bounds.mean * 0.06, `${mean} over ${found.length} drills`)
    })
  }

  it('makes drills rarer with a larger mean of the group’s own', () => {
    const drills = (meanDays: number) => comingDraws({ ...input({ meanDays }), days: 1500 }).filter(draw => draw.drilled).length
    assert.ok(drills(5) > drills(10) && drills(10) > drills(18))
  })
})

describe('coming draws', () => {
  it('name the open days only and agree with each day drawn alone', () => {
    const given = input()
    const draws = comingDraws({ ...given, days: 60 })
    let lastCountedDate = given.lastCountedDate
    assert.ok(draws.some(draw => draw.drilled))
    for (const draw of draws) {
      assert.ok(isOpenDay(given.schedule, draw.date))
      const { date, ...alone } = draw
      assert.deepEqual(alone, drawFor({ ...given, date, lastCountedDate }))
      if (draw.drilled) lastCountedDate = date
    }
    assert.equal(draws.length, openDaysBetween(given.schedule, day('2026-11-22'), day('2027-01-21')))
  })

  it('S1 have no odds on a day before a pause ends, and the odds that any group has from that day on', () => {
    const pausedUntil = day('2026-12-07')
    const draws = comingDraws({ ...input({ pausedUntil }), days: 60 })
    const isBefore = (draw: { date: Temporal.PlainDate }) => Temporal.PlainDate.compare(draw.date, pausedUntil) < 0
    const [before, after] = [draws.filter(isBefore), draws.filter(draw => !isBefore(draw))]
    assert.deepEqual(
      [...new Set(before.map(({ odds, drilled, at, why }) => `${odds} ${drilled} ${at} ${why}`))],
      ['0 false null paused until 2026-12-07'],
    )
    assert.equal(after[0]?.date.toString(), '2026-12-07')
    assert.ok(after.some(draw => draw.drilled))
    for (const { date, odds } of after.slice(0, 1)) assert.equal(odds, drawFor(input({ date })).odds)
  })
})

describe('the count of open days', () => {
  const night = schedule({ hours: hours('22:00', '04:00') })
  it('begins at the last strike or at opting in, whichever is later', () => {
    const optedInSince = at('2026-11-10T12:00Z')
    assert.equal(countedFrom(night, { optedInSince, lastStrikeAt: null })?.toString(), '2026-11-10')
    assert.equal(countedFrom(night, { optedInSince, lastStrikeAt: at('2026-11-02T12:00Z') })?.toString(), '2026-11-10')
    assert.equal(countedFrom(night, { optedInSince, lastStrikeAt: at('2026-11-12T12:00Z') })?.toString(), '2026-11-12')
    assert.equal(countedFrom(night, { optedInSince: null, lastStrikeAt: at('2026-11-12T12:00Z') }), null)
  })

  it('takes a strike after midnight for the day its window opened', () => {
    assert.equal(
      countedFrom(night, { optedInSince: at('2026-11-01T12:00Z'), lastStrikeAt: at('2026-11-13T02:00+01:00') })?.toString(),
      '2026-11-12',
    )
  })
})
