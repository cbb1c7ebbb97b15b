import type { Candidate, Tracking } from './drill.ts'
import { isGap, type Paced } from './gaps.ts'
import type { InstanceSnapshot, PlatformEvent } from './group.ts'
import { after, isAfter, latest } from './instants.ts'
import { takenByOthers, terminationOf } from './platform-events.ts'
import type { Milliseconds } from './time.ts'

/** Looks in a row that make a bad reading a failure. */
const BAD_LOOKS_TO_FAIL = 2

export function newCandidate(
  instance: Pick<InstanceSnapshot, 'id' | 'name' | 'launchedAt' | 'origin' | 'bornFrom' | 'image'>,
  seenAt: Temporal.Instant,
): Candidate {
  return {
    id: instance.id,
    name: instance.name,
    launchedAt: instance.launchedAt,
    seenAt,
    origin: instance.origin,
    bornFrom: instance.bornFrom,
    image: instance.image,
    health: 'unknown',
    independentlyHealthy: false,
    healthyAt: null,
    recoveredAt: null,
    lastProbeFailure: null,
    badLooks: 0,
    failedAt: null,
    absentSince: null,
    gone: null,
    healthDetail: '',
  }
}

/** What one look shows of a group's members. */
export interface Sight {
  readonly at: Temporal.Instant
  /** A bad reading so soon after a candidate was well may show it as it was before; left out: none may. */
  readonly olderViews?: Milliseconds
  readonly hasProbes: boolean
  readonly instances: readonly InstanceSnapshot[]
  /** The look before that read the group, or the strike. */
  readonly before: Temporal.Instant
  /** Left out: no gap is told. */
  readonly paced?: Paced
}

type Surroundings = Pick<Tracking, 'victimGoneAt' | 'events'>

export const SHUT_DOWN = 'it was shut down'
const DISAPPEARED = 'it disappeared from the group'

/** What a look tells about one candidate. */
export function foldMember(candidate: Candidate, tracking: Surroundings, sight: Sight): Candidate {
  const instance = sight.instances.find(({ id }) => id === candidate.id)
  const wrongly = instance !== undefined && isThereAgain(candidate, tracking.events)
  if (candidate.gone !== null && !wrongly) return withLaterCause(candidate, tracking.events)
  if (instance === undefined) return absent(candidate, tracking.events, sight.at)
  if (hasLeft(instance)) return gone(candidate, tracking.events, { at: sight.at, detail: SHUT_DOWN })
  const health = healthOf(instance)
  const seen: Candidate = {
    ...candidate,
    gone: null,
    absentSince: null,
    launchedAt: candidate.launchedAt ?? instance.launchedAt,
    bornFrom: instance.bornFrom ?? candidate.bornFrom,
    image: instance.image ?? candidate.image,
    health,
    healthDetail: healthDetail(instance) || candidate.healthDetail,
  }
  const told = health === 'healthy' ? healthy(seen, instance, { sight, victimGoneAt: tracking.victimGoneAt }) : notHealthy(seen, sight)
  return candidate.recoveredAt === null ? withGap(told, sight, isToldNotWell(told, tracking)) : told
}

/** Until the victim is seen gone nobody counts as recovered. */
function isToldNotWell({ health }: Candidate, { victimGoneAt }: Surroundings): boolean {
  return victimGoneAt === null || health === 'starting' || health === 'unhealthy'
}

/**
 * What a look tells about when a candidate recovers. One that tells it is not yet well ends every doubt; one that cannot tell, or comes
 * after a gap, leaves it open since the look before, and so it stays until it is told or recovers within what the pace explains.
 */
export function withGap(candidate: Candidate, look: Pick<Sight, 'at' | 'before' | 'paced'>, isNotWell: boolean): Candidate {
  const { recoveredAfter, ...rest } = candidate
  const { at, before, paced } = look
  if (paced === undefined || isNotWell) return rest
  const since = recoveredAfter ?? before
  if (candidate.recoveredAt !== null) return isGap(since, at, paced) ? { ...rest, recoveredAfter: since } : rest
  const cannotTell = candidate.health === 'unknown' || Boolean(candidate.probeUnknown) || isGap(before, at, paced)
  return recoveredAfter !== undefined || cannotTell ? { ...rest, recoveredAfter: since } : rest
}

/** Only missed, or told to be gone by a word that was taken back: the looks that missed it were older views. */
function isThereAgain({ id, gone: known }: Candidate, events: readonly PlatformEvent[]): boolean {
  if (known === null || known.detail === SHUT_DOWN) return false
  return known.detail === DISAPPEARED || terminationOf(events, id) === undefined
}

function healthy(
  candidate: Candidate,
  instance: InstanceSnapshot,
  seen: { sight: Sight; victimGoneAt: Temporal.Instant | null },
): Candidate {
  const { sight, victimGoneAt } = seen
  const healthyAt = candidate.healthyAt ?? sight.at
  // Where there are probes, only their answer vouches and only their answer clears a bad look.
  const recovered = sight.hasProbes || victimGoneAt === null ? null : latest(healthyAt, victimGoneAt)
  return {
    ...candidate,
    healthyAt,
    recoveredAt: candidate.recoveredAt ?? recovered,
    independentlyHealthy: candidate.independentlyHealthy || instance.checks.some(check => check.independent && check.state === 'healthy'),
    badLooks: sight.hasProbes ? candidate.badLooks : 0,
  }
}

/** Only "unhealthy" is a bad look: "starting" and "unknown" neither vouch for a candidate nor fail it. */
function notHealthy(candidate: Candidate, { at, olderViews = 0 }: Sight): Candidate {
  if (candidate.recoveredAt === null) return { ...candidate, healthyAt: null, ...(candidate.probePasses && { probePasses: [] }) }
  const mayBeOlder = isAfter(after(candidate.recoveredAt, olderViews), at)
  return candidate.health === 'unhealthy' && !mayBeOlder ? withBadLook(candidate, at) : candidate
}

export function withBadLook(candidate: Candidate, at: Temporal.Instant): Candidate {
  const badLooks = candidate.badLooks + 1
  return { ...candidate, badLooks, failedAt: candidate.failedAt ?? (badLooks >= BAD_LOOKS_TO_FAIL ? at : null) }
}

/** Missing once may be an older view; missing twice, or missing with the platform's word for it, is gone. */
function absent(candidate: Candidate, events: readonly PlatformEvent[], at: Temporal.Instant): Candidate {
  const told = terminationOf(events, candidate.id)
  if (told === undefined && !candidate.absentSince) return { ...candidate, absentSince: at }
  return gone(candidate, events, { at: candidate.absentSince ?? at, detail: DISAPPEARED })
}

export function gone(candidate: Candidate, events: readonly PlatformEvent[], seen: { at: Temporal.Instant; detail: string }): Candidate {
  const termination = terminationOf(events, candidate.id)
  return { ...candidate, gone: { at: seen.at, cause: termination?.cause ?? 'unknown', detail: termination?.detail || seen.detail } }
}

/** The platform's account of a termination may come after the instance is gone. */
export function withLaterCause(candidate: Candidate, events: readonly PlatformEvent[]): Candidate {
  const { gone: known } = candidate
  const termination = terminationOf(events, candidate.id)
  if (known === null || termination === undefined || known.cause !== 'unknown') return candidate
  return { ...candidate, gone: { at: known.at, cause: termination.cause, detail: termination.detail || known.detail } }
}

/** Platforms call an instance healthy before it serves: until it is in service it is starting. */
function healthOf(instance: InstanceSnapshot): Candidate['health'] {
  return instance.phase !== 'in-service' && instance.health === 'healthy' ? 'starting' : instance.health
}

function healthDetail(instance: InstanceSnapshot): string {
  const check =
    instance.checks.find(({ state }) => state === 'unhealthy') ??
    instance.checks.find(({ state }) => state === 'starting' || state === 'unknown')
  return check === undefined ? '' : `${check.source}: ${check.detail || check.state}`
}

export function hasLeft(instance: InstanceSnapshot): boolean {
  return instance.phase === 'terminating' || instance.phase === 'gone'
}

export function isAlive(candidate: Candidate): boolean {
  return candidate.gone === null && !candidate.absentSince && candidate.failedAt === null
}

/** Taken by somebody else's decision, as opposed to lost by being bad. */
export function isTaken(candidate: Candidate): boolean {
  return candidate.gone !== null && candidate.failedAt === null && takenByOthers(candidate.gone.cause)
}
