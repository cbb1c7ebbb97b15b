import { z } from 'zod'
import { shownStandings } from '../fleet/standing.ts'

/** What the API takes and gives; /api/v1/openapi.json is made from these, and tests check answers against them. */

const instant = z.iso.datetime({ offset: true }).describe('A moment in UTC, ISO 8601.')
const moment = instant.nullable()
const count = z.int().nonnegative()

export const targetDocument = z
  .union(
    [
      z.strictObject({ kind: z.literal('installation') }),
      z.strictObject({ kind: z.enum(['schedule', 'scope', 'service', 'group']), name: z.string().min(1).max(500) }),
    ],
    'must be of the kind "installation", or of the kind "schedule", "scope", "service" or "group" with its name',
  )
  .describe('What a halt is about.')

const groupDocument = z.strictObject({
  id: z.string(),
  name: z.string(),
  provider: z.string(),
  scope: z.string(),
  service: z.string(),
  owner: z.string().nullable(),
  standing: z
    .enum(shownStandings)
    .describe('`expired`: a phoenix older than the days for which coverage counts it. `unproven`: never judged.'),
  at: moment.describe('When that was last shown.'),
  since: moment.describe('Since when it has been so without a break.'),
  unsteady: z.string().nullable().describe('What its last listing showed to be wrong with it.'),
})

export const groupsDocument = z.strictObject({ total: count, offset: count, groups: z.array(groupDocument) })

export const haltDocument = z.strictObject({
  id: z.string(),
  target: targetDocument,
  reason: z.string(),
  by: z.string(),
  since: instant,
  until: moment,
})
export const haltsDocument = z.strictObject({
  haltFile: z.boolean().describe('FIREDRILL_HALT_FILE exists, or cannot be looked for: everything is halted.'),
  halts: z.array(haltDocument),
})
export const haltRequest = z.strictObject({
  target: targetDocument,
  reason: z.string().trim().max(500).default('').describe('Empty: “no reason given”.'),
  until: moment.default(null),
})
export const resumeRequest = z.strictObject({ target: targetDocument.nullable().describe('Null: every halt.') })
export const endedDocument = z.strictObject({ ended: z.array(haltDocument) })
export const inFlightDocument = z.strictObject({
  strikes: z.array(z.strictObject({ drill: z.string(), group: z.string(), victim: z.string(), permitEnds: instant })),
})

const quarantineDocument = z.strictObject({ service: z.string(), drill: z.string(), reason: z.string(), since: instant })
export const quarantinesDocument = z.strictObject({ quarantines: z.array(quarantineDocument) })
export const clearRequest = z.strictObject({
  service: z.string().min(1).max(500),
  note: z.string().trim().min(1).max(1000).describe('What was done about it.'),
})

export const coverageDocument = z.strictObject({
  days: count.describe('A proof counts for so many days.'),
  optedInGroups: count,
  standings: z.record(z.enum(shownStandings), count),
  history: z
    .array(z.strictObject({ at: instant, provenGroups: count }))
    .describe(
      'Of the groups opted in today: how many were proven at the end of each day. A forecast that was taken back since is not known any more, and takes nothing from the days on which it held.',
    ),
})

export const refusalsDocument = z.strictObject({
  since: instant,
  rules: z.array(z.strictObject({ rule: z.string(), name: z.string(), drills: count })),
})

const scheduleDocument = z.strictObject({
  name: z.string(),
  timezone: z.string(),
  leashed: z.boolean(),
  method: z.enum(['retire', 'crash']),
  meanDaysBetweenDrills: z.number(),
  breaker: z.string().nullable().describe('Why its circuit breaker is open, so that it strikes nothing. Null: it is closed.'),
  coming: z
    .array(z.strictObject({ group: z.string(), name: z.string(), at: instant }))
    .describe('Over the coming two weeks, by the draw as it stands now.'),
})
export const schedulesDocument = z.strictObject({ schedules: z.array(scheduleDocument) })

export const auditDocument = z.strictObject({
  changes: z.array(
    z.strictObject({
      id: z.string(),
      at: instant,
      by: z.string(),
      action: z.enum(['halt', 'resume', 'clear-quarantine', 'accept', 'veto']),
      subject: z.string(),
      note: z.string(),
    }),
  ),
})

export const problemDocument = z.strictObject({ error: z.string() })
