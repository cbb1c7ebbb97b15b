import type { Schedule, Weekday } from '../../src/domain/schedule.ts'

const minute = 60_000

export const everyDay: readonly Weekday[] = [1, 2, 3, 4, 5, 6, 7]
export const workdays: readonly Weekday[] = [1, 2, 3, 4, 5]

/** The defaults of DESIGN.md §7 with what a test changes; guards and probes none. */
export function schedule(changes: Partial<Schedule> & { readonly closedOn?: readonly string[] } = {}): Schedule {
  const { closedOn = [], ...rest } = changes
  return {
    name: 'weekdays',
    timezone: 'Europe/Berlin',
    days: workdays,
    hours: hours('09:30', '15:30'),
    holidays: { country: null, region: null, isHoliday: date => closedOn.includes(date.toString()) },
    groups: { providers: ['cloud'], include: ['*'], exclude: [] },
    meanDaysBetweenDrills: 5,
    minDaysBetweenDrills: 1,
    maxDaysBetweenDrills: 20,
    limits: {
      concurrent: 3,
      concurrentPerScope: 1,
      strikesPerDay: 20,
      strikesPerGroupPerDay: 1,
      strikesPerRun: 20,
      spacing: 10 * minute,
      maxCapacityLoss: 0.5,
      maxUnsteadyGroups: 0.1,
      woundedPerScope: 0,
      breaker: { inARow: 2, shareOfDay: 0.5 },
    },
    victim: { minAge: 60 * minute, minGroupSize: 2 },
    settle: 10 * minute,
    method: 'retire',
    maxImageLag: 14 * 24 * 60 * minute,
    strikeDrifted: false,
    recovery: { target: 5 * minute, deadline: 15 * minute, soak: 5 * minute },
    drift: { ignore: [], warn: ['tags/**'] },
    leashed: true,
    guards: [],
    probes: [],
    fingerprint: null,
    ...rest,
  }
}

/** `hours('22:00', '04:00')`, as config/ hands them over. */
export function hours(opens: string, closes: string): Schedule['hours'] {
  return { opens: minutes(opens), closes: minutes(closes) }
}

export const wholeDays = hours('00:00', '24:00')

function minutes(clock: string): number {
  const [hour = 0, rest = 0] = clock.split(':').map(Number)
  return hour * 60 + rest
}

export function day(text: string): Temporal.PlainDate {
  return Temporal.PlainDate.from(text)
}

/** `at('2026-11-23T09:30+01:00')`. */
export function at(text: string): Temporal.Instant {
  return Temporal.Instant.from(text)
}

/** Zones with and without clock changes, with half hours, midnight changes, a skipped day. */
export const zones = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Havana',
  'America/Sao_Paulo',
  'Africa/Cairo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
] as const
