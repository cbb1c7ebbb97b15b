import type { After, Before, Drill, DrillEvent } from '../domain/drill.ts'
import type { GroupRecord } from '../domain/seen-group.ts'

/** Everything a report is made from. JSON, HTML, Markdown and JUnit all start here. */
export interface ReportInput {
  readonly generatedAt: Temporal.Instant
  readonly from: Temporal.Instant
  readonly to: Temporal.Instant
  readonly coverageDays: number
  readonly drills: readonly ReportedDrill[]
  /** For coverage. */
  readonly groups: readonly GroupRecord[]
  readonly title: string
}

export interface ReportedDrill {
  readonly drill: Drill
  readonly events: readonly DrillEvent[]
  readonly before: Before | null
  readonly after: After | null
}
