import { z } from 'zod'
import { date, daysBetween, duration, globs, hours, percentage, weekday, wholeNumber, yesOrNo } from './fields.ts'
import { scheduleNotify } from './notify-schema.ts'
import { called } from './phrases.ts'
import { isTimeZone } from './timezone.ts'

/** What a schedule may name; which of them this version can drill is said by firedrill.yaml's `providers`. */
export const PROVIDER_NAMES = ['aws', 'gcp', 'azure', 'swarm'] as const

const name = called(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/), 'a name of letters, digits, ".", "_" and "-"', 'weekdays')

const timezone = called(z.string().refine(isTimeZone), 'a time zone', 'Europe/Berlin')

const days = called(
  z
    .array(weekday)
    .min(1)
    .refine(list => new Set(list).size === list.length, 'days names a day twice'),
  'a list of days',
  '[mon, tue, wed, thu, fri]',
)

/** One guard, probe or fingerprint: its kind, or its kind with settings. Which kinds there are is checked with the registries. */
const check = called(z.record(z.string(), z.unknown()), 'one kind with its settings', '{ http: { url: "…" } }')
const checkList = (what: string, example: string) =>
  called(
    z.array(called(z.union([z.string().min(1), check]), `a ${what}`, 'its name, or a map of its name and settings')),
    `a list of ${what}s`,
    example,
  )

const guardExample = '[{ http: { url: "https://status.internal/health" } }]'

export const holidays = called(
  z.strictObject({
    country: called(z.string().min(1), 'the two letters of a country', 'DE').optional(),
    region: called(z.string().min(1), 'the code of a region', 'BE').optional(),
    dates: called(z.array(date), 'a list of dates', '[2026-12-24]').default([]),
  }),
  'a map with country, region and dates',
  '{ country: DE, region: BE, dates: [2026-12-24] }',
)

export const groups = z.strictObject({
  providers: called(z.array(z.string()).min(1), 'a list of providers', '[aws]').default([...PROVIDER_NAMES]),
  include: globs('*').pipe(z.array(z.string()).min(1, 'groups.include must name at least one group; "*" means all')).default(['*']),
  exclude: globs('*-db').default(['*-db']),
})

const breaker = z.strictObject({ inARow: wholeNumber(1, '2').default(2), shareOfDay: percentage('50%', 1).default(0.5) })

const limits = z.strictObject({
  concurrent: wholeNumber(1, '3').default(3),
  concurrentPerScope: wholeNumber(1, '1').default(1),
  strikesPerDay: wholeNumber(1, '20').default(20),
  strikesPerGroupPerDay: wholeNumber(1, '1').default(1),
  strikesPerRun: wholeNumber(1, '20').default(20),
  spacing: duration('10m').default(600_000),
  serviceCooldown: called(duration('30m').pipe(z.number().max(86_400_000)), 'a duration of at most 24h', '30m').default(1_800_000),
  maxCapacityLoss: percentage('50%', 1).default(0.5),
  maxUnsteadyGroups: percentage('10%').default(0.1),
  woundedPerScope: wholeNumber(0, '0').default(0),
  breaker: called(z.union([z.literal('off').transform(() => null), breaker]), 'off, or a map', '{ inARow: 2, shareOfDay: 50% }').prefault(
    {},
  ),
})

/** Nothing but stars and slashes leaves no setting to compare: every victim would look the same as its successor. */
function wrongIgnore(glob: string): string | null {
  if (!/^[*/]+$/.test(glob)) return null
  return `drift.ignore must not hold "${glob}", which would leave nothing to compare`
}

/** One file in schedules/. Only name, timezone and meanDaysBetweenDrills are required (DESIGN.md §7). */
export const scheduleSchema = z.strictObject({
  name,
  timezone,
  days: days.default([1, 2, 3, 4, 5, 6, 7]),
  hours: hours.default({ opens: 570, closes: 930 }),
  holidays: holidays.prefault({}),
  groups: groups.prefault({}),
  meanDaysBetweenDrills: daysBetween('5'),
  minDaysBetweenDrills: wholeNumber(1, '1').default(1),
  maxDaysBetweenDrills: wholeNumber(1, '20').default(20),
  limits: limits.prefault({}),
  victim: z.strictObject({ minAge: duration('1h').default(3_600_000), minGroupSize: wholeNumber(1, '2').default(2) }).prefault({}),
  settle: duration('10m').default(600_000),
  method: called(z.enum(['retire', 'crash']), 'retire or crash').default('retire'),
  maxImageLag: duration('14d').default(14 * 86_400_000),
  strikeDrifted: yesOrNo.default(false),
  recovery: z
    .strictObject({
      target: duration('5m', 1).default(300_000),
      deadline: duration('15m', 1).default(900_000),
      soak: duration('5m').default(300_000),
    })
    .prefault({}),
  drift: z
    .strictObject({
      ignore: globs('tags/**', { many: 'globs of paths', refuse: wrongIgnore }).default([]),
      warn: globs('tags/**', { many: 'globs of paths' }).default([]),
    })
    .prefault({}),
  leashed: yesOrNo.default(true),
  guards: called(
    z.union([z.literal('none').transform(() => []), checkList('guard', guardExample)]),
    'none, or a list',
    guardExample,
  ).default([]),
  probes: checkList('probe', '[{ tcp: { port: 5432 } }]').default([]),
  fingerprint: check.optional(),
  notify: scheduleNotify.default({ before: null, to: [] }),
})

export type WrittenSchedule = z.output<typeof scheduleSchema>
