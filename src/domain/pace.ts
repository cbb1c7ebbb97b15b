import type { ConcludedDrill, OpenDrill, SoakingDrill, StrikingDrill, Tracking } from './drill.ts'
import { ceilingFor, LONGEST_CEILING, SHORTEST_FLOOR } from './gaps.ts'
import { after, between, earliest, isAfter, latest } from './instants.ts'
import { phaseOf, standingOf } from './phase.ts'
import type { DrillPolicy } from './schedule.ts'
import type { Milliseconds } from './time.ts'

/*
 * When a drill must be looked at next. A look costs one batched call per scope and page, so what matters is that
 * moments are recorded soon after they happen, relative to how long they take: the interval is a tenth of the time
 * that has passed, between a floor and a ceiling that shrink with a compressed policy. Where the latest recoveries
 * agreed with each other, the next is expected when they were (recoveries.ts): looks are few before, and close then.
 */

/** Longer than a permit (10 s): a worker that wakes then is not racing a strike that may still be sent. */
export const STRIKE_PATIENCE: Milliseconds = 12_000
/** The next look at a strike whose outcome stays unknown. */
const STRIKE_RETRY: Milliseconds = 2_000
/** A lag of a tenth of the time to recover changes no number that anybody acts on … */
const SHARE_OF_ELAPSED = 0.1
/** … but others may be waiting for the end of it. */
const SHARE_WHILE_OTHERS_WAIT = 0.03
/** Clouds answer from views that are seconds old: looking more often than every two seconds shows nothing new … */
const LONGEST_FLOOR: Milliseconds = 2_000
/** … and a rehearsal of seconds is still over within a thirtieth of its deadline. */
const FLOORS_PER_DEADLINE = 32
/** A candidate that is there may be healthy any moment. */
const CANDIDATE_CEILING: Milliseconds = 5_000
/** A soak is looked at often enough for two bad looks within it, and to see a short illness. */
const LOOKS_PER_SOAK = 8
const LONGEST_SOAK_INTERVAL: Milliseconds = 30_000
/** Before anybody is expected, each look comes at twice the time of the last … */
const SHARE_BEFORE_EXPECTED = 1
const BEATS_BEFORE_EXPECTED = 4
/** … and from a little before the quickest of the latest (which may have been seen a tenth late) until well after the slowest, moments are seen twice as sharply. */
const WINDOW = { opens: 0.91, closes: 1.25 }
const LOOKS_PER_SPREAD = 8
const SPREADS_BEFORE_SOONEST = 2
/** Right around them, where plans wait, the closer they agreed, the sharper: up to so many looks a beat, from so many looks before the soonest, or from when it was last missed. */
const LOOKS_PER_BEAT = 20
const LOOKS_BEFORE_SOONEST = 2
/** A platform that takes its time to answer is not asked again before it has. */
const SHORTEST_PAUSE: Milliseconds = 50
/** Recoveries that differ by more than this tell how long the next takes, but not when it is there. */
const LONGEST_GUESS: Milliseconds = 4_000
/** A wounded group holds up its scope: found whole within a minute. */
const LONGEST_WOUNDED_INTERVAL: Milliseconds = 60_000

/** How long replacements took lately, from the strike until they were recovered. */
export interface Expectation {
  readonly soonest: Milliseconds
  readonly latest: Milliseconds
  /** Before this none of them was there; from this until the soonest nobody had looked. Missing where it is not known. */
  readonly notYet?: Milliseconds
  /** So many agreed that the time before needs few looks. A first one says only when to look more closely. */
  readonly isSure: boolean
}

/** What is known besides the drill itself. */
export interface Foresight {
  /** Null: nothing is expected. */
  readonly expected: Expectation | null
  /** Plans wait for the room that this drill takes up. */
  readonly othersWait: boolean
}

const noForesight: Foresight = { expected: null, othersWait: false }

/** Never before `now`; a moment that decides something (deadline, end of the soak) is never slept through. */
export function nextLook(drill: OpenDrill | ConcludedDrill, now: Temporal.Instant, foresight: Foresight = noForesight): Temporal.Instant {
  switch (drill.state) {
    case 'striking':
      return nextStrikeLook(drill, now)
    case 'soaking':
      return nextSoakLook(drill, now)
    case 'concluded':
      return after(now, woundedInterval(drill, now))
    case 'restoring':
    case 'recovering':
      return nextRecoveryLook(drill, now, foresight)
  }
}

/**
 * When a drill is expected to make room for the next one; null where nobody can say. Only a soak's end is known; while
 * it recovers, it is when the latest recoveries say.
 */
export function expectedEnd(drill: OpenDrill, expected: Expectation | null): Temporal.Instant | null {
  if (drill.state === 'soaking') return drill.soakEndsAt
  if (drill.state !== 'recovering' || expected === null || expected.latest - expected.soonest > LONGEST_GUESS) return null
  return after(drill.tracking.struckAt, missedUntil(expected, beatOf(drill.policy)) + drill.policy.soak)
}

function nextStrikeLook(drill: StrikingDrill, now: Temporal.Instant): Temporal.Instant {
  const patience = after(drill.lastAttemptAt ?? drill.order.intendedAt, STRIKE_PATIENCE)
  return isAfter(patience, now) ? patience : after(now, STRIKE_RETRY)
}

type Recovering = Extract<OpenDrill, { readonly state: 'restoring' | 'recovering' }>

function nextRecoveryLook({ tracking, policy }: Recovering, now: Temporal.Instant, foresight: Foresight): Temporal.Instant {
  if (phaseOf(tracking, policy, now).phase === 'judge') return now
  const next = isDoubtful(tracking) ? after(now, floorOf(policy)) : recoveryLook({ tracking, policy, foresight }, now)
  const deadline = after(tracking.struckAt, policy.deadline)
  return isAfter(deadline, now) ? earliest(next, deadline) : next
}

interface Recovery {
  readonly tracking: Tracking
  readonly policy: DrillPolicy
  readonly foresight: Foresight
}

function recoveryLook({ tracking, policy, foresight }: Recovery, now: Temporal.Instant): Temporal.Instant {
  const { expected, othersWait } = foresight
  const elapsed = between(tracking.struckAt, now)
  const floor = floorOf(policy)
  const pace = othersWait ? { share: SHARE_WHILE_OTHERS_WAIT, floor: beatOf(policy) } : { share: SHARE_OF_ELAPSED, floor }
  const usual = after(now, grown(elapsed, { ...pace, ceiling: ceilingOf(tracking, policy) }))
  // What went wrong already is not what is expected.
  if (expected === null || tracking.unreadableSince !== null || tracking.candidates.some(one => standingOf(one) !== 'waiting')) return usual
  const beat = beatOf(policy)
  const sharpest = othersWait ? sharpBeatOf(beat) : beat
  const nearFrom = Math.min(missedUntil(expected, beat), expected.soonest - LOOKS_BEFORE_SOONEST * sharpest)
  const opens = opensAt(expected, beat)
  if (elapsed < opens) {
    // A look of others may come right before it, and the next whole beat be too late.
    const opening = earliest(onBeat(now, opens - elapsed, beat), onBeat(now, Math.max(opens, nearFrom) - elapsed, sharpest))
    if (!expected.isSure) return earliest(usual, opening)
    const early = grown(elapsed, { share: SHARE_BEFORE_EXPECTED, floor, ceiling: LONGEST_CEILING })
    return earliest(onBeat(now, early, BEATS_BEFORE_EXPECTED * beat), opening)
  }
  if (elapsed > expected.latest * WINDOW.closes) return usual
  const spread = (expected.latest - expected.soonest) / LOOKS_PER_SPREAD
  const shared = onBeat(now, Math.max(beat, spread), beat)
  if (elapsed < nearFrom) return earliest(usual, earliest(shared, onBeat(now, nearFrom - elapsed, sharpest)))
  const sharp = elapsed < expected.latest + beat ? sharpest : beat
  return earliest(usual, onBeat(now, Math.max(sharp, spread), sharp))
}

/** Later than usual where it is known how late the latest were seen, and they were alike: nobody is there much sooner then. */
function opensAt(expected: Expectation, beat: Milliseconds): Milliseconds {
  const usual = expected.soonest * WINDOW.opens
  if (expected.notYet === undefined || !expected.isSure) return usual
  return Math.max(usual, missedUntil(expected, beat) - beat - SPREADS_BEFORE_SOONEST * (expected.latest - expected.soonest))
}

/** The soonest may have been there since somebody last looked, but a look longer ago than a beat tells of no moment. */
function missedUntil({ notYet, soonest }: Expectation, beat: Milliseconds): Milliseconds {
  return Math.max(notYet ?? soonest, soonest - beat)
}

/** The last beat of a clock that all drills share, not after `interval` but after `now`: drills that are due on the same beat share a look. */
function onBeat(now: Temporal.Instant, interval: Milliseconds, beat: Milliseconds): Temporal.Instant {
  const at = Math.floor((now.epochMilliseconds + interval) / beat) * beat
  return Temporal.Instant.fromEpochMilliseconds(at > now.epochMilliseconds ? at : at + beat)
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
  const ceiling = ceilingFor(policy)
  const expected = tracking.unreadableSince === null && tracking.candidates.some(candidate => standingOf(candidate) === 'waiting')
  return expected ? Math.min(ceiling, CANDIDATE_CEILING) : ceiling
}

function floorOf(policy: Pick<DrillPolicy, 'deadline'>): Milliseconds {
  return Math.min(LONGEST_FLOOR, Math.max(SHORTEST_FLOOR, policy.deadline / FLOORS_PER_DEADLINE))
}

/** Where a moment is expected, half of that; whole milliseconds. */
function beatOf(policy: Pick<DrillPolicy, 'deadline'>): Milliseconds {
  return Math.round(Math.max(SHORTEST_FLOOR, floorOf(policy) / 2))
}

function sharpBeatOf(beat: Milliseconds): Milliseconds {
  return Math.max(SHORTEST_PAUSE, Math.round(beat / LOOKS_PER_BEAT))
}

function woundedInterval({ concludedAt, policy }: ConcludedDrill, now: Temporal.Instant): Milliseconds {
  return grown(between(concludedAt, now), { share: SHARE_OF_ELAPSED, floor: floorOf(policy), ceiling: LONGEST_WOUNDED_INTERVAL })
}

function grown(elapsed: Milliseconds, limits: { share: number; floor: Milliseconds; ceiling: Milliseconds }): Milliseconds {
  return Math.max(limits.floor, Math.min(limits.ceiling, elapsed * limits.share))
}
