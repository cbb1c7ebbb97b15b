import type { Candidate, StrikeOrder, Tracking } from './drill.ts'
import type { EventCause, PlatformEvent } from './group.ts'
import type { DrillPolicy } from './schedule.ts'

/*
 * Who is the successor? Every identity that is new since the strike may be it, until the platform itself says
 * that something else made it. A wrong exclusion would judge a drill by a stranger, a missing one only makes
 * the verdict more careful: so a candidate is left out for a known other cause only, never because another
 * one has a better claim (its replacement may stand in for yet another member that was lost meanwhile).
 */

export interface Attribution {
  readonly candidates: readonly Candidate[]
  /** The platform named a cause for each of them. */
  readonly certain: boolean
  /** How this came about, in a sentence. */
  readonly how: string
}

/** Launch causes that can make up for a struck member. */
const MAKES_UP: readonly EventCause[] = ['replacement', 'unhealthy', 'strike']

export function successors(tracking: Tracking, order: Pick<StrikeOrder, 'members' | 'victim'>): Attribution {
  const isNew = (candidate: Candidate): boolean => candidate.id !== order.victim.id && !order.members.includes(candidate.id)
  return attribute({ events: tracking.events, candidates: tracking.candidates.filter(isNew) })
}

/** `successors` for a tracking whose candidates are known to be new. */
function attribute(tracking: Pick<Tracking, 'candidates' | 'events'>): Attribution {
  const claims = tracking.candidates.map(candidate => ({ candidate, claim: claimOf(candidate, tracking.events) }))
  const named = claims.filter(({ claim }) => claim === 'named')
  const unknown = claims.filter(({ claim }) => claim === 'unknown')
  const others = claims.length - named.length - unknown.length
  const candidates = [...named, ...unknown].map(({ candidate }) => candidate)
  return { candidates, certain: unknown.length === 0, how: sentence(named.length, unknown.length, others) }
}

/**
 * The successors that count for a drill with this policy: those that came before the deadline. Only where nobody
 * looked in time (every candidate was first seen later) do later ones count.
 */
export function contenders(tracking: Tracking, policy: Pick<DrillPolicy, 'deadline'>): Attribution {
  const attribution = attribute(tracking)
  const deadline = tracking.struckAt.add({ milliseconds: policy.deadline })
  const inTime = attribution.candidates.filter(candidate => Temporal.Instant.compare(candidate.seenAt, deadline) <= 0)
  return inTime.length === 0 ? attribution : { ...attribution, candidates: inTime }
}

function claimOf(candidate: Candidate, events: readonly PlatformEvent[]): 'named' | 'unknown' | 'other' {
  const launches = events.filter(event => event.kind === 'launch' && event.instance === candidate.id)
  if (launches.some(event => MAKES_UP.includes(event.cause))) return 'named'
  return launches.some(event => event.cause !== 'unknown') ? 'other' : 'unknown'
}

function sentence(named: number, unknown: number, others: number): string {
  const leftOut = others === 0 ? '' : `; ${others} more came for other reasons`
  if (named + unknown === 0) return `no new member that could be the successor${leftOut}`
  if (unknown === 0) return `the platform names ${named === 1 ? 'one new member' : `${named} new members`} as a replacement${leftOut}`
  if (named === 0) return `the platform names no cause for ${unknown === 1 ? 'the only new member' : `${unknown} new members`}${leftOut}`
  return `the platform names ${named} as a replacement and no cause for ${unknown} more${leftOut}`
}
