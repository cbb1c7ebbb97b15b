import type { ReportedDrill } from '../../reports/model.ts'

/** Everything that is stored of a drill. Instants become ISO 8601 texts when it is written as JSON. */
export function drillRecord({ drill, events, before, after }: ReportedDrill): ReportedDrill {
  return { drill, events, before, after }
}
