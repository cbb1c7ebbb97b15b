import { z } from 'zod'
import type { Drill } from '../domain/drill.ts'
import type { FindingKind } from '../domain/finding.ts'

/**
 * The report as JSON (DESIGN.md §7): what `run --json` and `report --format json` write. The JSON Schema
 * in docs/report.schema.json is made from this file, and every report is checked against it in tests.
 */

const instant = z.iso.datetime().describe('A moment in UTC, ISO 8601.')
const moment = instant.nullable()
const count = z.int().nonnegative()
const seconds = z.number().nonnegative().nullable()

const findingKinds = [
  'not-replaced',
  'unhealthy',
  'wrong-image',
  'stale-image',
  'config-drift',
  'state-drift',
  'died-young',
  'outdated',
  'environment-changed',
  'slow',
  'pre-built',
  'health-unproven',
  'no-capacity',
  'late',
  'interrupted',
  'group-changed',
  'not-struck',
  'unobservable',
  'cannot-rebuild',
] as const satisfies readonly FindingKind[]

const drillStates = [
  'planned',
  'refused',
  'leashed',
  'striking',
  'restoring',
  'recovering',
  'soaking',
  'concluded',
] as const satisfies readonly Drill['state'][]

const value = z
  .union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])
  .describe('A setting as the platform shows it; sets are sorted arrays; null: there is none.')

const finding = z.strictObject({
  kind: z.enum(findingKinds),
  level: z.enum(['fail', 'warn']).describe('`fail` decides a verdict, `warn` informs.'),
  path: z.string().nullable().describe('The setting it is about, or null.'),
  expected: value,
  actual: value,
  summary: z.string().describe('One sentence that tells the owner what to fix.'),
  accepted: z
    .strictObject({ until: instant, by: z.string(), note: z.string() })
    .optional()
    .describe('Somebody knows of this difference and accepted it until then; absent: nobody did.'),
})

const instance = z
  .strictObject({ id: z.string(), image: z.string().nullable() })
  .nullable()
  .describe('Null: none was chosen, or none came.')

const timeline = z.strictObject({
  plannedFor: instant,
  struck: moment,
  victimGone: moment,
  launched: moment.describe('Of the successor; before `struck` where it came from a warm pool.'),
  healthy: moment.describe("Healthy by the provider's own checks."),
  recovered: moment.describe('Probes passed as well. Time to recover is struck → recovered.'),
  recoveredAfter: moment.describe(
    'Where looks were missed: the latest that saw it not yet well. It recovered after this, and at `recovered` at the latest. Null: `recovered` is exact.',
  ),
  concluded: moment,
  whole: moment.describe('The group is back at its size with every member healthy.'),
})

export const drillSchema = z.strictObject({
  id: z.string(),
  schedule: z.string(),
  provider: z.string(),
  group: z.string(),
  groupName: z.string(),
  service: z.string(),
  state: z.enum(drillStates),
  verdict: z
    .enum(['phoenix', 'snowflake', 'inconclusive'])
    .nullable()
    .describe('Null until a drill is concluded, and when it never struck.'),
  method: z.enum(['retire', 'crash']),
  findings: z.array(finding),
  proven: z.array(z.string()).describe('`replaced`, `health`, `image`, `configuration`, `state`.'),
  notCompared: z.array(z.strictObject({ what: z.string(), why: z.string() })),
  refusal: z.strictObject({ rule: z.string().describe("`S5`, or a guard's name."), reason: z.string() }).nullable(),
  victim: instance,
  successor: instance,
  declaredImages: z.array(z.string()).nullable().describe('Images promised for the successor; null: nothing was recorded.'),
  timeline,
})

export const reportDocument = z
  .strictObject({
    version: z.literal(1),
    generatedAt: instant,
    period: z.strictObject({ from: instant, to: instant }),
    summary: z.strictObject({
      phoenix: count,
      snowflake: count,
      snowflakeByForecast: count.describe(
        'Refused by S13 because a rebuild would fail or the victim has drifted: seen without a strike. Not counted again in `refused`.',
      ),
      inconclusive: count,
      refused: count.describe('Refused for any other reason.'),
      leashed: count,
      coverage: z.strictObject({
        provenGroups: count.describe(
          'Opted-in groups whose latest conclusive verdict within `days` is phoenix, and that no later forecast contradicts.',
        ),
        optedInGroups: count,
        days: count,
      }),
      timeToRecover: z
        .strictObject({
          p50Seconds: seconds,
          p95Seconds: seconds,
          maxSeconds: seconds,
          leftOut: count.describe(
            'Drills that recovered while looks were missed (`recoveredAfter`): when is not known, so they are left out.',
          ),
        })
        .describe('Struck → recovered, over every drill of the report whose recovery was seen (nearest rank). Null: none was.'),
    }),
    drills: z.array(drillSchema),
  })
  .meta({ title: 'Firedrill report', description: 'Absent moments and parts are null.' })

export type ReportDocument = z.infer<typeof reportDocument>
export type DrillDocument = z.infer<typeof drillSchema>
export type FindingDocument = z.infer<typeof finding>
export type SummaryDocument = ReportDocument['summary']

/** The published JSON Schema (2020-12). */
export function reportJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(reportDocument) }
}
