import assert from 'node:assert/strict'
import { hours, schedule } from '../domain/calendars.ts'
import { Platform } from '../engine/platform.ts'
import { TestClock } from '../support/test-clock.ts'
import { Referee } from './referee.ts'
import { Services } from './services.ts'

const changes = [
  { name: 'Berlin puts its clocks forward', timezone: 'Europe/Berlin', night: '2026-03-28' },
  { name: 'Berlin puts its clocks back', timezone: 'Europe/Berlin', night: '2026-10-24' },
  { name: 'New York puts its clocks forward', timezone: 'America/New_York', night: '2026-03-07' },
  { name: 'New York puts its clocks back', timezone: 'America/New_York', night: '2026-10-31' },
]

describe('the service over a night on which the clocks change', () => {
  for (const { name, timezone, night } of changes) {
    it(`S4 strikes only inside a window across midnight while ${name}`, async () => {
      const nightly = schedule({
        timezone,
        days: [1, 2, 3, 4, 5, 6, 7],
        hours: hours('23:30', '04:00'),
        meanDaysBetweenDrills: 1,
        leashed: false,
        limits: { ...schedule().limits, concurrent: 3, concurrentPerScope: 3, breaker: null },
      })
      const opens = Temporal.PlainDate.from(night).toZonedDateTime({ timeZone: timezone, plainTime: '23:15' })
      const clock = new TestClock(opens.subtract({ days: 1 }).toInstant())
      const referee = new Referee([nightly])
      const services = await Services.open(clock, { schedules: [nightly], referee })
      const platform = new Platform(clock)
      for (let group = 0; group < 8; group++) platform.add(`web-${group}`)
      let struck = 0
      platform.onKill = order => {
        struck++
        referee.struck({ at: clock.now(), group: order.group, victim: order.victim.id, against: [] })
      }
      try {
        // Opted in on the day before: no group is drilled on its first day.
        await runUntil(services, platform, clock.now().add({ minutes: 2 }))
        await clock.advance(opens.toInstant().since(clock.now()).total('milliseconds'))
        // By the clock on the wall: five hours after the opening end an hour before the close where the clocks go back.
        await runUntil(services, platform, opens.add({ days: 1 }).withPlainTime('04:30').toInstant())
        await referee.close(services.ledger)
        assert.deepEqual(referee.violations, [])
        assert.deepEqual(services.troubles, [])
        assert.ok(struck >= 7, `only ${struck} strikes in that night`)
        const dates = (await services.ledger.drills({ limit: 1000 })).filter(drill => 'order' in drill).map(drill => drill.planKey)
        assert.deepEqual([...new Set(dates)], [night])
      } finally {
        await services.ledger.close()
      }
    })
  }
})

async function runUntil(services: Services, platform: Platform, end: Temporal.Instant): Promise<void> {
  services.start([platform, platform])
  await services.clock.advance(end.since(services.clock.now()).total('milliseconds'))
  await services.stop()
}
