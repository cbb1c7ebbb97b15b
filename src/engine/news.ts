import type { Drill, StrikeOrder, Tracking } from '../domain/drill.ts'
import type { NewEvent } from '../ledger/ledger.ts'

interface Watched {
  readonly order: StrikeOrder
  readonly tracking: Tracking
}

/** What a look changed beyond its own time: only that is worth a write. */
export function isNews(before: Drill, after: Drill): boolean {
  return before.state !== after.state || fingerprint(before) !== fingerprint(after)
}

function fingerprint(drill: Drill): string {
  return 'tracking' in drill && drill.tracking !== null ? JSON.stringify({ ...drill.tracking, lookedAt: null, observedAt: null }) : ''
}

/** The moments of a timeline, as they are first seen. */
export function newsOf(before: Watched, after: Drill, at: Temporal.Instant): readonly NewEvent[] {
  if (!('tracking' in after) || after.tracking === null) return []
  const was = before.tracking
  const is = after.tracking
  const events: NewEvent[] = []
  if (was.victimGoneAt === null && is.victimGoneAt !== null)
    events.push({ at, kind: 'victim-gone', data: { victim: before.order.victim.id } })
  for (const candidate of is.candidates) {
    const known = was.candidates.find(one => one.id === candidate.id)
    if (known === undefined) events.push({ at, kind: 'launched', data: { instance: candidate.id } })
    if (candidate.healthyAt !== null && (known?.healthyAt ?? null) === null)
      events.push({ at, kind: 'healthy', data: { instance: candidate.id } })
    if (candidate.recoveredAt !== null && (known?.recoveredAt ?? null) === null)
      events.push({ at, kind: 'recovered', data: { instance: candidate.id } })
    if (candidate.failedAt !== null && (known?.failedAt ?? null) === null) {
      events.push({ at, kind: 'failed', data: { instance: candidate.id, why: candidate.healthDetail } })
    }
    if (candidate.gone !== null && (known?.gone ?? null) === null)
      events.push({ at, kind: 'gone', data: { instance: candidate.id, why: candidate.gone.detail } })
  }
  if (was.desired !== is.desired) events.push({ at, kind: 'size-changed', data: { from: was.desired, to: is.desired } })
  if (was.declarationVersion !== is.declarationVersion) {
    events.push({ at, kind: 'declaration-changed', data: { from: was.declarationVersion, to: is.declarationVersion } })
  }
  return events
}
