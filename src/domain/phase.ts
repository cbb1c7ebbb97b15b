import { isTaken } from './candidate.ts'
import type { Candidate, Tracking } from './drill.ts'
import { after, isAfter, latest } from './instants.ts'
import { failedLaunches, isBroken } from './platform-events.ts'
import type { DrillPolicy } from './schedule.ts'
import { contenders } from './successor.ts'
import type { Milliseconds } from './time.ts'

/** Where a struck drill stands. `judge`: nothing more is to be waited for. */
export type Phase =
  | { readonly phase: 'recovering' }
  | { readonly phase: 'soaking'; readonly endsAt: Temporal.Instant }
  | { readonly phase: 'judge'; readonly because: 'soaked' | 'deadline' | 'failed' | 'group-gone' }

/** Where one candidate stands. `removed`: gone before it was ever healthy, and nobody else's doing. */
export type Standing = 'waiting' | 'recovered' | 'failed' | 'removed' | 'taken'

/** A verdict that hangs on one unreadable or doubtful look is held for so long at most. */
const LONGEST_HOLD: Milliseconds = 300_000

/** Platforms tell why an instance went some time after it is gone; their listings of causes lag by a minute. */
const CAUSE_PATIENCE: Milliseconds = 90_000

export function standingOf(candidate: Candidate): Standing {
  if (candidate.failedAt !== null) return 'failed'
  if (isTaken(candidate)) return 'taken'
  if (candidate.gone !== null) return candidate.recoveredAt === null ? 'removed' : 'failed'
  return candidate.recoveredAt === null ? 'waiting' : 'recovered'
}

/** When a candidate that was recovered stopped being so. */
export function endOf(candidate: Candidate): Temporal.Instant | null {
  return candidate.recoveredAt === null ? null : (candidate.failedAt ?? candidate.gone?.at ?? null)
}

/**
 * The deadline counts from the strike and is about recovery only: a soak that began before it runs to its end.
 * Waiting for a second candidate never outlives the deadline.
 */
export function phaseOf(tracking: Tracking, policy: Pick<DrillPolicy, 'deadline' | 'soak'>, now: Temporal.Instant): Phase {
  if (isGroupGone(tracking)) return { phase: 'judge', because: 'group-gone' }
  const { candidates } = contenders(tracking, policy)
  const waiting = candidates.filter(candidate => standingOf(candidate) === 'waiting')
  const recovered = candidates.filter(candidate => standingOf(candidate) === 'recovered')
  const unexplained = isUnexplained(candidates, { tracking, policy, now })
  if (recovered.length === 0 && isDecided(candidates, waiting) && !unexplained) return { phase: 'judge', because: 'failed' }
  const deadline = deadlineOf(tracking, policy)
  const overdue = !isAfter(deadline, now)
  if (recovered.length > 0 && (waiting.length === 0 || overdue)) return soak(recovered, { tracking, policy, now, unexplained })
  const seen = tracking.lookedAt !== null && !isAfter(deadline, tracking.lookedAt) && !unexplained
  const held = !isAfter(after(deadline, holdOf(policy)), now)
  return overdue && (seen || held) ? { phase: 'judge', because: 'deadline' } : { phase: 'recovering' }
}

export function deadlineOf(tracking: Tracking, policy: Pick<DrillPolicy, 'deadline'>): Temporal.Instant {
  return after(tracking.struckAt, policy.deadline)
}

/** How long a verdict waits for a look that can be trusted, after its moment has come. */
export function holdOf(policy: Pick<DrillPolicy, 'deadline'>): Milliseconds {
  return Math.min(policy.deadline, LONGEST_HOLD)
}

export function soakEndOf(recovered: readonly Candidate[], policy: Pick<DrillPolicy, 'soak'>): Temporal.Instant | null {
  const [first, ...others] = recovered.flatMap(candidate => (candidate.recoveredAt === null ? [] : [candidate.recoveredAt]))
  return first === undefined ? null : after(latest(first, ...others), policy.soak)
}

/** Nothing in its last look speaks against it. */
export function isWell(candidate: Candidate): boolean {
  return candidate.health === 'healthy' && candidate.badLooks === 0 && !candidate.absentSince && !candidate.probeUnknown
}

function isGroupGone(tracking: Tracking): boolean {
  return tracking.groupGoneAt !== null && tracking.lookedAt !== null && isAfter(tracking.lookedAt, tracking.groupGoneAt)
}

/** One that was recovered has failed or was taken, and whoever is still awaited came to replace it. */
function isDecided(candidates: readonly Candidate[], waiting: readonly Candidate[]): boolean {
  const ends = candidates.flatMap(candidate => endOf(candidate) ?? [])
  return ends.length > 0 && waiting.every(candidate => ends.some(end => !isAfter(end, candidate.seenAt)))
}

/**
 * One went and nobody has said why: scaled in, or ill? Judged now, a decision of others would count as a bad rebuild. Looks
 * that read the group must have gone on for a while without an answer; where nothing can be read the hold ends it.
 */
function isUnexplained(
  candidates: readonly Candidate[],
  { tracking, policy, now }: { tracking: Tracking; policy: Pick<DrillPolicy, 'deadline'>; now: Temporal.Instant },
): boolean {
  const patience = Math.min(policy.deadline, CAUSE_PATIENCE)
  const isBrokenLoop = failedLaunches(tracking.events).some(isBroken)
  return candidates.some(({ gone, failedAt, healthyAt }) => {
    if (gone === null || gone.cause !== 'unknown' || failedAt !== null) return false
    // One more of those launches that the platform knows to be broken: nobody took it.
    if (isBrokenLoop && healthyAt === null) return false
    const asked = tracking.lookedAt !== null && !isAfter(after(gone.at, patience), tracking.lookedAt)
    return !asked && isAfter(after(gone.at, holdOf(policy)), now)
  })
}

function soak(
  recovered: readonly Candidate[],
  about: { tracking: Tracking; policy: Pick<DrillPolicy, 'deadline' | 'soak'>; now: Temporal.Instant; unexplained: boolean },
): Phase {
  const { tracking, policy, now, unexplained } = about
  const endsAt = soakEndOf(recovered, policy) ?? now
  if (isAfter(endsAt, now)) return { phase: 'soaking', endsAt }
  const seen = tracking.lookedAt !== null && !isAfter(endsAt, tracking.lookedAt) && recovered.every(isWell) && !unexplained
  const held = !isAfter(after(endsAt, holdOf(policy)), now)
  return seen || held ? { phase: 'judge', because: 'soaked' } : { phase: 'soaking', endsAt }
}
