import type { Schedule } from '../../src/domain/schedule.ts'
import type { Random } from '../../src/simulator/world/random.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** Two schedules that are always open and limit nothing but what a group may lose; one of them strikes drifted victims. */
export function soakSchedules(provider: string, chance: Random): Schedule[] {
  const method = chance.next() < 0.5 ? 'retire' : 'crash'
  return ['plain', 'drifted'].map(name => ({
    name,
    timezone: 'UTC',
    days: [1, 2, 3, 4, 5, 6, 7],
    hours: { opens: 0, closes: 24 * 60 },
    holidays: { country: null, region: null, isHoliday: () => false },
    groups: { providers: [provider], include: [name === 'drifted' ? '*-drifted' : '*-plain'], exclude: [] },
    meanDaysBetweenDrills: 5,
    minDaysBetweenDrills: 1,
    maxDaysBetweenDrills: 20,
    limits: {
      concurrent: 1000,
      concurrentPerScope: 1000,
      strikesPerDay: 1000,
      strikesPerGroupPerDay: 1,
      strikesPerRun: 1000,
      spacing: 0,
      maxCapacityLoss: 0.5,
      maxUnsteadyGroups: 1,
      woundedPerScope: 1000,
      breaker: null,
    },
    victim: { minAge: 60 * minute, minGroupSize: 2 },
    settle: 10 * minute,
    method,
    maxImageLag: 14 * day,
    strikeDrifted: name === 'drifted',
    recovery: { target: 5 * minute, deadline: 15 * minute, soak: 5 * minute },
    drift: { ignore: [], warn: ['tags/**'] },
    leashed: false,
    guards: [],
    probes: [],
    fingerprint: { kind: 'inside', settings: {} },
  }))
}
