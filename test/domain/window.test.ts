import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type Calendar,
  dayOf,
  fits,
  isOpenDay,
  nextWindow,
  openDaysBetween,
  type Window,
  whyClosed,
  windowAt,
  windowOpening,
} from '../../src/domain/window.ts'
import { at, day, everyDay, hours, schedule, wholeDays, workdays, zones } from './calendars.ts'

const minute = 60_000

function shown(window: Window | null): string | null {
  return window === null ? null : `${window.date} ${window.opens} ${window.closes ?? 'never'}`
}

describe('windows', () => {
  it('belong to the day they open, at its own hours and in its own zone', () => {
    const berlin = schedule()
    assert.equal(shown(windowOpening(berlin, day('2026-11-23'))), '2026-11-23 2026-11-23T08:30:00Z 2026-11-23T14:30:00Z')
    assert.equal(shown(windowOpening(berlin, day('2026-07-20'))), '2026-07-20 2026-07-20T07:30:00Z 2026-07-20T13:30:00Z')
  })

  it('include the moment they open and exclude the moment they close', () => {
    const berlin = schedule()
    assert.equal(windowAt(berlin, at('2026-11-23T09:29:59.999+01:00')), null)
    assert.notEqual(windowAt(berlin, at('2026-11-23T09:30+01:00')), null)
    assert.notEqual(windowAt(berlin, at('2026-11-23T15:29:59.999+01:00')), null)
    assert.equal(windowAt(berlin, at('2026-11-23T15:30+01:00')), null)
  })

  it('do not open on other weekdays or on holidays', () => {
    const berlin = schedule({ closedOn: ['2026-12-24'] })
    assert.equal(windowOpening(berlin, day('2026-11-22')), null)
    assert.equal(windowOpening(berlin, day('2026-12-24')), null)
    assert.equal(isOpenDay(berlin, day('2026-12-23')), true)
    assert.equal(windowAt(berlin, at('2026-12-24T10:00+01:00')), null)
  })

  it('say why a day has none', () => {
    const berlin = schedule({ closedOn: ['2026-12-24'] })
    assert.equal(whyClosed(berlin, day('2026-12-24')), '2026-12-24 is a holiday')
    // From Monday on.
    const names = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
    for (const [n, name] of names.entries()) {
      const date = day('2026-11-23').add({ days: n })
      assert.equal(whyClosed(schedule({ days: [] }), date), `${date} is a ${name}, which the schedule leaves out`)
    }
    const skipped = schedule({ days: everyDay, hours: hours('02:10', '02:50') })
    assert.equal(whyClosed(skipped, day('2026-03-29')), 'a clock change leaves nothing of its hours on 2026-03-29')
  })

  it('across midnight are judged by the day and holiday on which they opened', () => {
    const night = schedule({ hours: hours('22:00', '04:00'), closedOn: ['2026-12-24'] })
    assert.equal(windowAt(night, at('2026-11-24T03:59+01:00'))?.date.toString(), '2026-11-23')
    assert.equal(windowAt(night, at('2026-11-24T04:00+01:00')), null)
    assert.equal(windowAt(night, at('2026-11-28T02:00+01:00'))?.date.toString(), '2026-11-27', 'Saturday morning belongs to Friday')
    assert.equal(windowAt(night, at('2026-11-23T02:00+01:00')), null, 'Monday morning would belong to Sunday')
    assert.equal(windowAt(night, at('2026-12-24T02:00+01:00'))?.date.toString(), '2026-12-23', 'a holiday begins after its eve has closed')
    assert.equal(windowAt(night, at('2026-12-25T02:00+01:00')), null, 'the night after a holiday belongs to it')
    assert.equal(dayOf(night, at('2026-11-24T03:00+01:00')).toString(), '2026-11-23')
    assert.equal(dayOf(night, at('2026-11-24T12:00+01:00')).toString(), '2026-11-24')
  })

  it('that adjoin are one: whole days on every day never close', () => {
    const always = schedule({ days: everyDay, hours: wholeDays })
    assert.equal(shown(windowAt(always, at('2026-11-23T12:00+01:00'))), '2026-11-23 2026-11-22T23:00:00Z never')
    assert.equal(fits(always, at('2026-11-23T23:59+01:00'), 10 * 24 * 60 * minute), true)
  })

  it('that adjoin are one: whole workdays close when Friday ends, and each plan keeps its own day', () => {
    const week = schedule({ hours: wholeDays })
    const wednesday = windowAt(week, at('2026-11-25T12:00+01:00'))
    assert.equal(shown(wednesday), '2026-11-25 2026-11-24T23:00:00Z 2026-11-27T23:00:00Z')
    assert.equal(fits(week, at('2026-11-25T23:59+01:00'), 20 * minute), true)
    assert.equal(fits(week, at('2026-11-27T23:41+01:00'), 20 * minute), false)
  })

  it('that adjoin at another hour than midnight are one as well, and a holiday parts them', () => {
    const shift = schedule({ days: everyDay, hours: hours('06:00', '06:00'), closedOn: ['2026-12-24'] })
    assert.equal(windowAt(shift, at('2026-12-22T12:00+01:00'))?.closes?.toString(), '2026-12-24T05:00:00Z')
    assert.equal(windowAt(shift, at('2026-12-24T12:00+01:00')), null)
  })

  it('with a gap of a minute between them are not one', () => {
    const nearly = schedule({ days: everyDay, hours: hours('00:00', '23:59') })
    assert.equal(windowAt(nearly, at('2026-11-23T12:00+01:00'))?.closes?.toString(), '2026-11-23T22:59:00Z')
  })

  it('are 23 and 25 hours long on whole days when clocks change', () => {
    const sundays = schedule({ days: [7], hours: wholeDays })
    const lengths = ['2026-03-29', '2026-10-25', '2026-11-01'].map(date => {
      const window = windowOpening(sundays, day(date))
      return window?.closes?.since(window.opens).total('hours')
    })
    assert.deepEqual(lengths, [23, 25, 24])
  })

  it('that open in a skipped hour open when clocks have jumped', () => {
    const gap = schedule({ days: everyDay, hours: hours('02:30', '05:00') })
    assert.equal(shown(windowOpening(gap, day('2026-03-29'))), '2026-03-29 2026-03-29T01:00:00Z 2026-03-29T03:00:00Z')
  })

  it('that close in a skipped hour close at the jump, and those wholly within it do not exist', () => {
    assert.equal(
      windowOpening(schedule({ days: everyDay, hours: hours('01:00', '02:30') }), day('2026-03-29'))?.closes?.toString(),
      '2026-03-29T01:00:00Z',
    )
    const within = schedule({ days: everyDay, hours: hours('02:10', '02:50') })
    assert.equal(windowOpening(within, day('2026-03-29')), null)
    assert.equal(isOpenDay(within, day('2026-03-29')), false)
    assert.equal(isOpenDay(within, day('2026-03-30')), true)
  })

  it('around a repeated hour never contain a wall-clock time outside their hours', () => {
    const closing = schedule({ days: everyDay, hours: hours('01:00', '02:30') })
    assert.equal(shown(windowOpening(closing, day('2026-10-25'))), '2026-10-25 2026-10-24T23:00:00Z 2026-10-25T00:30:00Z')
    const opening = schedule({ days: everyDay, hours: hours('02:30', '05:00') })
    assert.equal(shown(windowOpening(opening, day('2026-10-25'))), '2026-10-25 2026-10-25T01:30:00Z 2026-10-25T04:00:00Z')
    const within = schedule({ days: everyDay, hours: hours('02:15', '02:45') })
    assert.equal(shown(windowOpening(within, day('2026-10-25'))), '2026-10-25 2026-10-25T00:15:00Z 2026-10-25T00:45:00Z')
  })

  it('last through the whole night on which clocks change', () => {
    const night = schedule({ days: everyDay, hours: hours('22:00', '04:00') })
    assert.equal(windowOpening(night, day('2026-10-24'))?.closes?.toString(), '2026-10-25T03:00:00Z')
    assert.equal(windowOpening(night, day('2026-03-28'))?.closes?.toString(), '2026-03-29T02:00:00Z')
  })

  it('on a day that its zone skipped do not exist, and do not part their neighbours', () => {
    const apia = { timezone: 'Pacific/Apia', days: everyDay }
    assert.equal(windowOpening(schedule({ ...apia }), day('2011-12-30')), null)
    const always = schedule({ ...apia, hours: wholeDays })
    assert.equal(windowAt(always, at('2011-12-29T12:00-10:00'))?.closes, null)
  })

  it('fit what ends exactly when they close and nothing longer', () => {
    const berlin = schedule()
    assert.equal(fits(berlin, at('2026-11-23T15:10+01:00'), 20 * minute), true)
    assert.equal(fits(berlin, at('2026-11-23T15:10+01:00'), 20 * minute + 1), false)
    assert.equal(fits(berlin, at('2026-11-23T16:00+01:00'), 0), false)
  })

  it('to come are found beyond weekends and holidays, and never when none is left', () => {
    const berlin = schedule({ closedOn: ['2026-11-30'] })
    assert.equal(nextWindow(berlin, at('2026-11-27T10:00+01:00'))?.date.toString(), '2026-12-01')
    assert.equal(nextWindow(berlin, at('2026-11-27T08:00+01:00'))?.date.toString(), '2026-11-27')
    assert.equal(nextWindow(berlin, at('2026-11-27T09:30+01:00'))?.date.toString(), '2026-12-01', 'strictly after')
    const never = { ...berlin, holidays: { ...berlin.holidays, isHoliday: () => true } }
    assert.equal(nextWindow(never, at('2026-11-27T08:00+01:00')), null)
  })

  it('count open days after one date up to another', () => {
    const berlin = schedule({ closedOn: ['2026-11-25'] })
    assert.equal(openDaysBetween(berlin, day('2026-11-20'), day('2026-11-27')), 4)
    assert.equal(openDaysBetween(berlin, day('2026-11-23'), day('2026-11-23')), 0)
    assert.equal(openDaysBetween(berlin, day('2026-11-24'), day('2026-11-23')), 0)
  })
})

const calendars = fc
  .record({
    timezone: fc.constantFrom(...zones),
    opens: fc.integer({ min: 0, max: 1439 }),
    closes: fc.integer({ min: 0, max: 1440 }),
    days: fc.constantFrom(everyDay, workdays),
  })
  .map(({ opens, closes, ...rest }): Calendar => schedule({ ...rest, hours: { opens, closes } }))

/** Days around clock changes in the zones above, and any others. */
const days = fc.oneof(
  fc.constantFrom(
    ...['2026-03-08', '2026-03-29', '2026-04-05', '2026-04-24', '2026-10-25', '2026-11-01', '2018-11-04', '2018-02-17', '2011-12-30'].map(
      day,
    ),
  ),
  fc.integer({ min: 0, max: 5000 }).map(offset => day('2015-01-01').add({ days: offset })),
)

describe('any window', () => {
  it('is found again at its opening and at each of its moments', () => {
    fc.assert(
      fc.property(calendars, days, fc.double({ min: 0, max: 0.999, noNaN: true }), (calendar, date, share) => {
        const window = windowOpening(calendar, date)
        if (window === null) return
        assert.deepEqual(shown(windowAt(calendar, window.opens)), shown(window))
        const own = (window.closes ?? window.opens.add({ hours: 12 })).epochMilliseconds - window.opens.epochMilliseconds
        const moment = window.opens.add({ milliseconds: Math.floor(own * share) })
        const found = windowAt(calendar, moment)
        assert.equal(found?.closes?.toString(), window.closes?.toString())
        assert.deepEqual(shown(found), shown(windowOpening(calendar, found?.date ?? date)))
      }),
      { numRuns: 300 },
    )
  })

  it('contains only wall-clock times within the written hours', () => {
    fc.assert(
      fc.property(calendars, days, fc.integer({ min: 0, max: 48 * 60 }), (calendar, date, minutes) => {
        const moment = date.toZonedDateTime(calendar.timezone).toInstant().add({ minutes })
        const window = windowAt(calendar, moment)
        if (window === null) return
        const { opens, closes } = calendar.hours
        const local = moment.toZonedDateTimeISO(calendar.timezone)
        const clock = local.hour * 60 + local.minute
        const crosses = closes <= opens
        if (opens % 1440 === closes % 1440) return
        assert.ok(crosses ? clock >= opens || clock < closes : clock >= opens && clock < closes, `${local} in ${opens}-${closes}`)
        const opened = crosses && clock < closes ? local.toPlainDate().subtract({ days: 1 }) : local.toPlainDate()
        assert.equal(window.date.toString(), opened.toString())
      }),
      { numRuns: 500 },
    )
  })

  it('that comes next opens later, and none opens in between', () => {
    fc.assert(
      fc.property(calendars, days, (calendar, date) => {
        const after = date.toZonedDateTime(calendar.timezone).toInstant()
        const next = nextWindow(calendar, after)
        if (next === null) return assert.fail('each of these calendars opens within a week')
        assert.ok(Temporal.Instant.compare(next.opens, after) > 0)
        for (
          let between = date.subtract({ days: 1 });
          Temporal.PlainDate.compare(between, next.date) < 0;
          between = between.add({ days: 1 })
        ) {
          const other = windowOpening(calendar, between)
          assert.ok(other === null || Temporal.Instant.compare(other.opens, after) <= 0)
        }
      }),
      { numRuns: 100 },
    )
  })
})
