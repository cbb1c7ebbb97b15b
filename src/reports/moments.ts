import type { Candidate, Drill, Tracking, VictimRef } from '../domain/drill.ts'
import type { Milliseconds } from '../domain/time.ts'

/** The moments of DESIGN.md §2; null: not reached, or not recorded. */
export interface Moments {
  readonly plannedFor: Temporal.Instant
  readonly struck: Temporal.Instant | null
  readonly victimGone: Temporal.Instant | null
  readonly launched: Temporal.Instant | null
  readonly healthy: Temporal.Instant | null
  readonly recovered: Temporal.Instant | null
  /** Looks were missed: it recovered between this and `recovered`. Null: `recovered` is exact, or not reached. */
  readonly recoveredAfter: Temporal.Instant | null
  readonly soakOver: Temporal.Instant | null
  readonly concluded: Temporal.Instant | null
  readonly whole: Temporal.Instant | null
}

export function momentsOf(drill: Drill): Moments {
  const tracking = trackingOf(drill)
  const successor = successorOf(drill)
  const concluded = drill.state === 'concluded' ? drill.concludedAt : null
  return {
    plannedFor: drill.plannedFor,
    struck: tracking?.struckAt ?? null,
    victimGone: tracking?.victimGoneAt ?? null,
    launched: successor?.launchedAt ?? successor?.seenAt ?? null,
    healthy: successor?.healthyAt ?? null,
    recovered: successor?.recoveredAt ?? null,
    recoveredAfter: successor?.recoveredAt ? (successor.recoveredAfter ?? null) : null,
    soakOver: soakOver(drill, successor),
    concluded,
    whole: tracking?.wholeAt ?? null,
  }
}

export function trackingOf(drill: Drill): Tracking | null {
  return 'tracking' in drill ? drill.tracking : null
}

export function victimOf(drill: Drill): VictimRef | null {
  if ('order' in drill) return drill.order.victim
  return drill.state === 'leashed' ? drill.victim : null
}

/** The one the verdict is about; before a verdict, the candidate that has come furthest. */
export function successorOf(drill: Drill): Candidate | null {
  const candidates = trackingOf(drill)?.candidates ?? []
  if (drill.state === 'concluded') return candidates.find(candidate => candidate.id === drill.judgement.successor) ?? null
  const present = candidates.filter(candidate => candidate.gone === null)
  return present.find(candidate => candidate.recoveredAt) ?? present.find(candidate => candidate.healthyAt) ?? present[0] ?? null
}

/** Struck → recovered, or null. At most that, where `recoveredAfter` is not null. */
export function timeToRecover(moments: Moments): Milliseconds | null {
  return moments.struck && moments.recovered ? elapsed(moments.struck, moments.recovered) : null
}

export function elapsed(from: Temporal.Instant, to: Temporal.Instant): Milliseconds {
  return to.epochMilliseconds - from.epochMilliseconds
}

function soakOver(drill: Drill, successor: Candidate | null): Temporal.Instant | null {
  if (drill.state === 'soaking') return drill.soakEndsAt
  if (drill.state !== 'concluded' || !successor?.recoveredAt || successor.failedAt || successor.gone) return null
  const end = successor.recoveredAt.add({ milliseconds: drill.policy.soak })
  return Temporal.Instant.compare(end, drill.concludedAt) <= 0 ? end : null
}
