import type { ConcludedDrill, OpenDrill, SoakingDrill, StrikingDrill, Tracking } from './drill.ts'
import { after, between, earliest, isAfter, latest } from './instants.ts'
import { phaseOf, standingOf } from './phase.ts'
import type { DrillPolicy } from './schedule.ts'
import type { Milliseconds } from './time.ts'

/*
 * When a drill must be looked at next. A look costs one batched call per scope and page, so what matters is that
 * moments are recorded soon after they happen, relative to how long they take: the interval is a tenth of the time
 * that has passed, between a floor and a ceiling that shrink with a compressed policy.
 */

/** Longer than a permit (10 s): a worker that wakes then is not racing a strike that may still be sent. */
export const STRIKE_PATIENCE: Milliseconds = 12_000
/** The next look at a strike whose outcome stays unknown. */
const STRIKE_RETRY: Milliseconds = 2_000
/** A lag of a tenth of the time to recover changes no number that anybody acts on. */
const SHARE_OF_ELAPSED = 0.1
/** Clouds answer from views that are seconds old: looking more often than every two seconds shows nothing new … */
const LONGEST_FLOOR: Milliseconds = 2_000
/** … and a rehearsal of seconds is still over within a thirtieth of its deadline. */
const SHORTEST_FLOOR: Milliseconds = 250
const FLOORS_PER_DEADLINE = 32
/** Nothing that takes minutes needs to be known to less than a quarter of one. */
const LONGEST_CEILING: Milliseconds = 15_000
const CEILINGS_PER_DEADLINE = 16
/** A candidate that is there may be healthy any moment. */
const CANDIDATE_CEILING: Milliseconds = 5_000
/** A soak is looked at often enough for two bad looks within it, and to see a short illness. */
const LOOKS_PER_SOAK = 8
const LONGEST_SOAK_INTERVAL: Milliseconds = 30_000
/** A wounded group holds up its scope: found whole within a minute. */
const LONGEST_WOUNDED_INTERVAL: Milliseconds = 60_000

/** Never before `now`; a moment that decides something (deadline, end of the soak) is never slept through. */
export function nextLook(drill: OpenDrill | ConcludedDrill, now: Temporal.Instant): Temporal.Instant {
  switch (drill.state) {
    case 'striking':
      return nextStrikeLook(drill, now)
    case 'soaking':
      return nextSoakLook(drill, now)
    case 'concluded':
      return after(now, grown(between(drill.concludedAt, now), floorOf(drill.policy), LONGEST_WOUNDED_INTERVAL))
    case 'restoring':
    case 'recovering':
      return nextRecoveryLook(drill.tracking, drill.policy, now)
  }
}

function nextStrikeLook(drill: StrikingDrill, now: Temporal.Instant): Temporal.Instant {
  const patience = after(drill.lastAttemptAt ?? drill.order.intendedAt, STRIKE_PATIENCE)
  return isAfter(patience, now) ? patience : after(now, STRIKE_RETRY)
}

function nextRecoveryLook(tracking: Tracking, policy: DrillPolicy, now: Temporal.Instant): Temporal.Instant {
  if (phaseOf(tracking, policy, now).phase === 'judge') return now
  const floor = floorOf(policy)
  const next = after(now, isDoubtful(tracking) ? floor : grown(between(tracking.struckAt, now), floor, ceilingOf(tracking, policy)))
  const deadline = after(tracking.struckAt, policy.deadline)
  return isAfter(deadline, now) ? earliest(next, deadline) : next
}

function nextSoakLook(drill: SoakingDrill, now: Temporal.Instant): Temporal.Instant {
  const { tracking, policy, soakEndsAt } = drill
  if (phaseOf(tracking, policy, now).phase === 'judge') return now
  const floor = floorOf(policy)
  if (!isAfter(soakEndsAt, now)) return after(now, floor)
  const interval = Math.min(LONGEST_SOAK_INTERVAL, Math.max(floor, policy.soak / LOOKS_PER_SOAK))
  return latest(now, earliest(soakEndsAt, after(now, isDoubtful(tracking) ? floor : interval)))
}

/** Something was seen that the next look settles: a bad reading, a missing member, a probe to be repeated. */
function isDoubtful(tracking: Tracking): boolean {
  if (tracking.groupGoneAt !== null || tracking.victimBackAt) return true
  return tracking.candidates.some(candidate => {
    const standing = standingOf(candidate)
    if (standing === 'recovered')
      return candidate.health !== 'healthy' || candidate.badLooks > 0 || Boolean(candidate.absentSince || candidate.probeUnknown)
    return standing === 'waiting' && (Boolean(candidate.absentSince) || candidate.healthyAt !== null)
  })
}

function ceilingOf(tracking: Tracking, policy: DrillPolicy): Milliseconds {
  const ceiling = Math.min(LONGEST_CEILING, Math.max(2 * SHORTEST_FLOOR, policy.deadline / CEILINGS_PER_DEADLINE))
  const expected = tracking.unreadableSince === null && tracking.candidates.some(candidate => standingOf(candidate) === 'waiting')
  return expected ? Math.min(ceiling, CANDIDATE_CEILING) : ceiling
}

function floorOf(policy: Pick<DrillPolicy, 'deadline'>): Milliseconds {
  return Math.min(LONGEST_FLOOR, Math.max(SHORTEST_FLOOR, policy.deadline / FLOORS_PER_DEADLINE))
}

function grown(elapsed: Milliseconds, floor: Milliseconds, ceiling: Milliseconds): Milliseconds {
  return Math.max(floor, Math.min(ceiling, elapsed * SHARE_OF_ELAPSED))
}
