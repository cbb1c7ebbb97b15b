import type { DrillId } from '../../domain/drill.ts'

/** What CloudTrail shows of a strike: `firedrill-<drill id>`, in the characters and the length of a role session name. */
export function auditName(drill: DrillId): string {
  return `firedrill-${drill}`.replace(/[^\w+=,.@-]/g, '-').slice(0, 64)
}
