import type { DrillId } from '../../domain/drill.ts'

/** What Google's audit log shows of a strike as the request's reason: `firedrill/<drill id>`. */
export function requestReason(drill: DrillId): string {
  return `firedrill/${drill}`.replace(/[^\x21-\x7e]/g, '-').slice(0, 200)
}
