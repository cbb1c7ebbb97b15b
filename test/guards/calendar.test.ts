import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventsBetween } from '../../src/guards/calendar-events.ts'
import { HttpStage } from '../support/http.ts'
import { complaints, guard, never, question } from './guards.ts'

const calendar = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n')
const event = (...lines: string[]) => ['BEGIN:VEVENT', 'UID:1', 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT'].join('\r\n')

/** Whether an event is held at a moment, for one minute, in Berlin. */
async function held(text: string, at: string, timezone = 'Europe/Berlin'): Promise<boolean> {
  const from = Temporal.ZonedDateTime.from(at).toInstant()
  return (await eventsBetween(text, { from, to: from.add({ minutes: 1 }), timezone }, never)).length > 0
}

const berlin = (time: string) => `${time}[Europe/Berlin]`

describe('events of a calendar', () => {
  it('take whole days in the zone of the schedule', async () => {
    const text = calendar(event('DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20270102'))
    assert.equal(await held(text, berlin('2026-12-23T23:58')), false)
    assert.equal(await held(text, berlin('2026-12-24T00:00')), true)
    assert.equal(await held(text, berlin('2027-01-01T23:59')), true)
    assert.equal(await held(text, berlin('2027-01-02T00:00')), false)
    assert.equal(await held(text, berlin('2026-12-24T00:00'), 'America/New_York'), false)
  })

  it('last a day without an end, and a moment where they have a time', async () => {
    assert.equal(await held(calendar(event('DTSTART;VALUE=DATE:20261224')), berlin('2026-12-24T23:59')), true)
    const moment = calendar(event('DTSTART:20261224T100000Z'))
    assert.equal(await held(moment, berlin('2026-12-24T11:00')), true)
    assert.equal(await held(moment, berlin('2026-12-24T11:01')), false)
  })

  it('recur at their own wall-clock time on both sides of a change of clocks', async () => {
    const text = calendar(
      event('DTSTART;TZID=Europe/Berlin:20260302T090000', 'DTEND;TZID=Europe/Berlin:20260302T100000', 'RRULE:FREQ=WEEKLY;BYDAY=MO'),
    )
    for (const day of ['2026-03-23', '2026-03-30', '2026-10-19', '2026-10-26', '2031-06-02']) {
      assert.equal(await held(text, berlin(`${day}T09:00`)), true, day)
      assert.equal(await held(text, berlin(`${day}T08:58`)), false, day)
      assert.equal(await held(text, berlin(`${day}T10:00`)), false, day)
    }
  })

  it('are read by the time zone database, whatever old rules the file carries for a zone of that name', async () => {
    const wrong = [
      'BEGIN:VTIMEZONE',
      'TZID:Europe/Berlin',
      'BEGIN:STANDARD',
      'DTSTART:19700101T000000',
      'TZOFFSETFROM:+0500',
      'TZOFFSETTO:+0500',
      'END:STANDARD',
      'END:VTIMEZONE',
    ]
    const text = calendar(...wrong, event('DTSTART;TZID=Europe/Berlin:20260702T090000', 'DURATION:PT1H'))
    assert.equal(await held(text, berlin('2026-07-02T09:30')), true)
  })

  it('are read by the rules in the file where the database does not know the name', async () => {
    const own = [
      'BEGIN:VTIMEZONE',
      'TZID:W. Europe Standard Time',
      'BEGIN:STANDARD',
      'DTSTART:16010101T030000',
      'TZOFFSETFROM:+0200',
      'TZOFFSETTO:+0100',
      'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10',
      'END:STANDARD',
      'BEGIN:DAYLIGHT',
      'DTSTART:16010101T020000',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0200',
      'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3',
      'END:DAYLIGHT',
      'END:VTIMEZONE',
    ]
    const text = calendar(
      ...own,
      event(
        'DTSTART;TZID=W. Europe Standard Time:20260702T090000',
        'DTEND;TZID=W. Europe Standard Time:20260702T100000',
        'RRULE:FREQ=MONTHLY',
      ),
    )
    assert.equal(await held(text, berlin('2026-07-02T09:30')), true)
    assert.equal(await held(text, berlin('2026-12-02T09:30')), true)
    assert.equal(await held(text, berlin('2026-12-02T08:30')), false)
  })

  it('S10 cannot be read in a zone that nobody knows', async () => {
    await assert.rejects(
      held(calendar(event('DTSTART;TZID=Middle Earth:20260702T090000')), berlin('2030-01-01T00:00')),
      /not known: Middle Earth/,
    )
  })

  it('recur in periods that have a length of their own, by their end or their duration, beside the first occurrence', async () => {
    const text = calendar(
      event(
        'DTSTART;TZID=Europe/Berlin:20261002T090000',
        'DURATION:PT1H',
        'RDATE;VALUE=PERIOD:20261129T000000Z/20261130T000000Z,20261205T000000Z/PT5H',
        'RDATE;TZID=Europe/Berlin;VALUE=PERIOD:20261025T000000/P1D',
        'RDATE;VALUE=PERIOD:20261225T000000Z/PT5H',
        'EXDATE:20261225T000000Z',
      ),
    )
    const cases: readonly [string, boolean][] = [
      [berlin('2026-10-02T09:59'), true],
      [berlin('2026-10-02T10:00'), false],
      [berlin('2026-10-25T23:59'), true],
      [berlin('2026-10-26T00:00'), false],
      ['2026-11-28T23:58Z[UTC]', false],
      ['2026-11-29T00:00Z[UTC]', true],
      ['2026-11-29T23:59Z[UTC]', true],
      ['2026-11-30T00:00Z[UTC]', false],
      ['2026-12-05T04:59Z[UTC]', true],
      ['2026-12-05T05:00Z[UTC]', false],
      ['2026-12-25T01:00Z[UTC]', false],
    ]
    for (const [at, isHeld] of cases) assert.equal(await held(text, at), isHeld, at)
  })

  it('last as long as the longer of an occurrence by rule and a period that start together', async () => {
    const rule = ['DTSTART:20261101T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=3']
    const text = calendar(event(...rule, 'RDATE;VALUE=PERIOD:20261101T090000Z/PT3H,20261102T090000Z/PT10M'))
    for (const at of ['2026-11-01T11:59Z[UTC]', '2026-11-02T09:59Z[UTC]', '2026-11-03T09:59Z[UTC]'])
      assert.equal(await held(text, at), true, at)
    assert.equal(await held(text, '2026-11-02T10:00Z[UTC]'), false)
  })

  it('keep their first occurrence where only single dates repeat it', async () => {
    const text = calendar(event('DTSTART:20261101T090000Z', 'DURATION:PT1H', 'RDATE:20261105T090000Z'))
    for (const at of ['2026-11-01T09:30Z[UTC]', '2026-11-05T09:30Z[UTC]']) assert.equal(await held(text, at), true, at)
  })

  it('leave out what is excluded, cancelled or moved away, and count what is moved here', async () => {
    const daily = event(
      'DTSTART;TZID=Europe/Berlin:20261101T090000',
      'DURATION:PT1H',
      'RRULE:FREQ=DAILY;COUNT=10',
      'EXDATE;TZID=Europe/Berlin:20261104T090000',
      'EXDATE:20261107T080000Z',
    )
    const moved = event('RECURRENCE-ID;TZID=Europe/Berlin:20261105T090000', 'DTSTART;TZID=Europe/Berlin:20261105T150000', 'DURATION:PT1H')
    const cancelled = event(
      'RECURRENCE-ID;TZID=Europe/Berlin:20261106T090000',
      'DTSTART;TZID=Europe/Berlin:20261106T090000',
      'STATUS:CANCELLED',
    )
    const text = calendar(daily, moved, cancelled)
    assert.equal(await held(text, berlin('2026-11-03T09:30')), true)
    assert.equal(await held(text, berlin('2026-11-04T09:30')), false)
    assert.equal(await held(text, berlin('2026-11-05T09:30')), false)
    assert.equal(await held(text, berlin('2026-11-05T15:30')), true)
    assert.equal(await held(text, berlin('2026-11-06T09:30')), false)
    assert.equal(await held(text, berlin('2026-11-07T09:30')), false)
    assert.equal(await held(text, berlin('2026-11-10T09:30')), true)
    assert.equal(await held(text, berlin('2026-11-11T09:30')), false)
  })

  it('follow a change of this and all later occurrences, and dates that are listed', async () => {
    const series = event('DTSTART:20261101T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY', 'RDATE:20261101T200000Z')
    const later = event('RECURRENCE-ID;RANGE=THISANDFUTURE:20261110T090000Z', 'DTSTART:20261110T120000Z', 'DURATION:PT2H')
    const text = calendar(series, later)
    assert.equal(await held(text, '2026-11-09T09:30+00:00[UTC]'), true)
    assert.equal(await held(text, '2026-11-01T20:30+00:00[UTC]'), true)
    assert.equal(await held(text, '2026-11-20T09:30+00:00[UTC]'), false)
    assert.equal(await held(text, '2026-11-20T13:30+00:00[UTC]'), true)
  })

  it('stop at their end, in whatever zone that is written', async () => {
    const text = calendar(
      event('DTSTART;TZID=America/New_York:20261101T200000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20261105T010000Z'),
    )
    assert.equal(await held(text, '2026-11-04T20:30-05:00[America/New_York]'), true)
    assert.equal(await held(text, '2026-11-05T20:30-05:00[America/New_York]'), false)
  })

  it('count a day of a duration as a day of the calendar', async () => {
    const text = calendar(event('DTSTART;TZID=Europe/Berlin:20260328T120000', 'DURATION:P1D'))
    assert.equal(await held(text, berlin('2026-03-29T11:58')), true)
    assert.equal(await held(text, berlin('2026-03-29T12:00')), false)
  })

  it('S10 cannot be read from what is no calendar, or has an event without a start', async () => {
    for (const text of ['', '<html>log in</html>', 'BEGIN:VCARD\r\nEND:VCARD\r\n', calendar(event('SUMMARY:no start'))])
      await assert.rejects(
        eventsBetween(
          text,
          {
            from: Temporal.Instant.from('2026-01-01T00:00Z'),
            to: Temporal.Instant.from('2026-01-02T00:00Z'),
            timezone: 'UTC',
          },
          never,
        ),
        /calendar/,
        text,
      )
  })

  it('let the rest of the process have its turns while they are read, and stop when they are told to', async () => {
    const old = Array.from({ length: 100 }, () => event('DTSTART:20100101T000000Z', 'DURATION:PT1H', 'RRULE:FREQ=HOURLY;INTERVAL=4'))
    const controller = new AbortController()
    const span = { from: Temporal.Instant.from('2026-01-01T00:00Z'), to: Temporal.Instant.from('2026-01-01T01:00Z'), timezone: 'UTC' }
    const reading = eventsBetween(calendar(...old), span, controller.signal)
    setTimeout(() => controller.abort(), 50)
    await assert.rejects(reading, { name: 'AbortError' })
  })

  it('S10 do not go on for ever', async () => {
    const endless = calendar(event('SUMMARY:tick', 'DTSTART:20000101T000000Z', 'RRULE:FREQ=SECONDLY'))
    await assert.rejects(held(endless, berlin('2026-01-01T00:00')), /recurs more than/)
  })
})

describe('the calendar guard', () => {
  const freeze = calendar(
    event('SUMMARY:Winter freeze', 'DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20270102'),
    event('UID:2', 'SUMMARY:Lunch', 'DTSTART:20261103T094500Z', 'DURATION:PT30M'),
  )
  let folder = ''

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-calendar-'))
    await writeFile(join(folder, 'freezes.ics'), freeze)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('refuses where an event begins before the drill could be over, and proceeds where it begins later', async () => {
    const opened = guard('calendar', { file: 'freezes.ics' }, { folder, now: '2026-11-03T09:30:00Z' })
    const said = await opened.ask(question, never)
    assert.deepEqual(
      [said.proceed, said.reason],
      [false, '"Lunch" is in the calendar from 2026-11-03T10:45+01:00 to 2026-11-03T11:15+01:00'],
    )
    assert.equal((await opened.ask({ ...question, lasts: 60_000 }, never)).proceed, true)
  })

  it('minds only events that contain what the schedule says', async () => {
    const settings = { file: 'freezes.ics', containing: ['FREEZE'] }
    assert.equal((await guard('calendar', settings, { folder }).ask(question, never)).proceed, true)
    const christmas = await guard('calendar', settings, { folder, now: '2026-12-24T10:00:00Z' }).ask(question, never)
    assert.equal(christmas.proceed, false)
  })

  it('reads a private address from the environment and never shows it', async () => {
    const server = new HttpStage()
    await server.start()
    try {
      server.answer = response => response.end(freeze)
      const opened = guard('calendar', { url: { env: 'CALENDAR' } }, { env: { CALENDAR: `${server.url}/private-canary/basic.ics` } })
      assert.equal((await opened.ask(question, never)).proceed, false)
      server.answer = response => response.writeHead(404).end()
      const error = await opened.ask(question, never).catch(one => one)
      assert.match(error.message, /answered 404/)
      assert.doesNotMatch(error.message, /canary/)
    } finally {
      await server.stop()
    }
  })

  it('S10 refuses where the file is missing', async () => {
    await assert.rejects(guard('calendar', { file: 'none.ics' }, { folder }).ask(question, never), /none.ics cannot be read \(ENOENT\)/)
  })

  it('is a file or a url', () => {
    assert.match(complaints('calendar', {}).join(), /a file or a url/)
    assert.match(complaints('calendar', { file: 'a', url: 'http://b/' }).join(), /a file or a url/)
  })
})
