import {
  foldMember,
  gone,
  hasLeft,
  isAlive,
  newCandidate,
  SHUT_DOWN,
  type Sight,
  withBadLook,
  withGap,
  withLaterCause,
} from './candidate.ts'
import type { Candidate, StrikeOrder, Tracking } from './drill.ts'
import type { GroupSnapshot, InstanceId, Observation } from './group.ts'
import { isAfter } from './instants.ts'
import { foldEvents, terminationOf } from './platform-events.ts'
import type { DrillPolicy } from './schedule.ts'
import type { Milliseconds } from './time.ts'

export { phaseOf } from './phase.ts'

/*
 * What watching has seen so far. Platforms answer late, twice and from older views, so facts only grow: what
 * was seen to happen stays happened, a look that is not newer than the last adds its events and nothing else,
 * and one bad reading is never a failure.
 */

export interface Look {
  /** When the reading began, by our clock. */
  readonly at: Temporal.Instant
  readonly observation: Observation
  /** The policy has probes: the provider's word alone does not make a candidate recovered. */
  readonly hasProbes: boolean
  /** How far back a reading may show: what is bad so soon after a candidate was well is not counted yet. Left out: not at all. */
  readonly olderViews?: Milliseconds
  /** Sets the pace of the looks, so that a gap in them is known. Left out: none is. */
  readonly policy?: Pick<DrillPolicy, 'deadline'>
}

export interface ProbeResult {
  readonly id: InstanceId
  /** Its place in the policy. */
  readonly probe: number
  /** `unknown`: it could not be asked, which speaks neither for nor against the candidate. */
  readonly result: 'passed' | 'failed' | 'unknown'
  readonly detail: string
}

/** What was asked in one look. */
export interface ProbeRound {
  readonly results: readonly ProbeResult[]
  /** Passes in a row that each probe of the policy needs. */
  readonly needed: readonly number[]
  readonly at: Temporal.Instant
  /** The look before that read the group, and what set the pace of the looks; left out: no gap is told. */
  readonly paced?: { readonly before: Temporal.Instant; readonly policy: Pick<DrillPolicy, 'deadline'> }
}

export function startTracking(
  order: StrikeOrder,
  struckAt: Temporal.Instant,
  facts: { readonly desired?: number; readonly declarationVersion?: string; readonly mustRestore?: boolean } = {},
): Tracking {
  return {
    struckAt,
    victimGoneAt: null,
    victimDraining: false,
    victimBackAt: null,
    candidates: [],
    events: [],
    desired: facts.desired ?? order.desired,
    declarationVersion: facts.declarationVersion ?? order.declarationVersion,
    groupGoneAt: null,
    lookedAt: null,
    observedAt: null,
    unreadableSince: null,
    unreadableWhy: null,
    restore: facts.mustRestore === true ? { state: 'waiting', detail: 'the restore has not been asked for yet' } : null,
    wholeAt: null,
  }
}

/** Folds one look in. A look that is repeated or comes late changes nothing but the events it adds. */
export function track(tracking: Tracking, order: StrikeOrder, look: Look): Tracking {
  const { at, observation } = look
  if (tracking.lookedAt !== null && !isAfter(at, tracking.lookedAt)) return withEventsOf(tracking, order, observation)
  if (observation.kind === 'unreadable')
    return { ...tracking, unreadableSince: tracking.unreadableSince ?? at, unreadableWhy: observation.why }
  const read = { ...tracking, lookedAt: at, unreadableSince: null, unreadableWhy: null }
  if (observation.kind === 'gone' || observation.snapshot.summary.incarnation !== order.incarnation)
    return { ...read, groupGoneAt: tracking.groupGoneAt ?? at, wholeAt: null }
  const { snapshot } = observation
  if (tracking.observedAt && isAfter(tracking.observedAt, snapshot.observedAt)) return withEventsOf(tracking, order, observation)
  const before = tracking.lookedAt ?? tracking.struckAt
  return foldSnapshot({ ...read, groupGoneAt: null, observedAt: snapshot.observedAt }, order, { ...look, before, snapshot })
}

/** Candidates that probes are waited for: healthy by the provider and not gone; during the soak as well. */
export function awaitingProbes(tracking: Tracking): readonly Candidate[] {
  if (tracking.victimGoneAt === null) return []
  return tracking.candidates.filter(candidate => candidate.health === 'healthy' && isAlive(candidate))
}

/**
 * Folds in what the probes said. A candidate recovers when each has passed as often in a row as it must; after that
 * two bad looks in a row are a failure, and a look with a failed probe is one.
 */
export function recordProbes(tracking: Tracking, round: ProbeRound): Tracking {
  const candidates = tracking.candidates.map(candidate => {
    const own = round.results.filter(result => result.id === candidate.id)
    return own.length === 0 || !isAlive(candidate) ? candidate : foldProbes(candidate, own, { ...round, tracking })
  })
  return { ...tracking, candidates }
}

function foldProbes(
  candidate: Candidate,
  own: readonly ProbeResult[],
  { needed, at, paced, tracking }: Omit<ProbeRound, 'results'> & { readonly tracking: Tracking },
): Candidate {
  if (candidate.recoveredAt !== null || paced === undefined) return withAnswers(candidate, own, { needed, at, tracking })
  const answered = withAnswers(candidate, own, { needed, at, tracking })
  const look = { at, before: paced.before, paced: { struckAt: tracking.struckAt, policy: paced.policy } }
  return withGap(
    answered,
    look,
    own.some(({ result }) => result === 'failed'),
  )
}

function withAnswers(
  candidate: Candidate,
  own: readonly ProbeResult[],
  { needed, at, tracking }: Pick<ProbeRound, 'needed' | 'at'> & { readonly tracking: Tracking },
): Candidate {
  const probePasses = needed.map((most, probe) => {
    const before = candidate.probePasses?.[probe] ?? 0
    const now = own.find(result => result.probe === probe)
    if (now === undefined) return before
    return now.result === 'passed' ? Math.min(most, before + 1) : 0
  })
  const failures = own.filter(({ result }) => result === 'failed').map(({ detail }) => detail)
  const unknown = own.filter(({ result }) => result === 'unknown').map(({ detail }) => detail)
  const told: Candidate = {
    ...candidate,
    probePasses,
    lastProbeFailure: failures.length > 0 ? failures.join('; ') : candidate.lastProbeFailure,
    probeUnknown: unknown.length > 0 ? unknown.join('; ') : (candidate.probeUnknown ?? null),
  }
  if (failures.length > 0) return candidate.recoveredAt === null ? told : withBadLook(told, at)
  if (probePasses.includes(0)) return told
  const complete = probePasses.every((passes, probe) => passes >= (needed[probe] ?? 1))
  const recovers = complete && tracking.victimGoneAt !== null && candidate.healthyAt !== null
  const recoveredAt = candidate.recoveredAt ?? (recovers ? at : null)
  const lastProbeFailure = recoveredAt === null ? told.lastProbeFailure : null
  return { ...told, lastProbeFailure, probeUnknown: null, recoveredAt, badLooks: 0 }
}

/** Notes where candidates can be reached; one that is missing here has not been read. */
export function recordAddresses(tracking: Tracking, addresses: ReadonlyMap<InstanceId, string | null>): Tracking {
  const candidates = tracking.candidates.map(candidate => {
    const address = addresses.get(candidate.id)
    return address === undefined ? candidate : { ...candidate, address }
  })
  return { ...tracking, candidates }
}

type SnapshotLook = Look & Pick<Sight, 'before'> & { readonly snapshot: GroupSnapshot }

function sight({ at, before, hasProbes, olderViews = 0, policy, snapshot }: SnapshotLook, { struckAt }: Tracking): Sight {
  const seen = { at, before, hasProbes, olderViews, instances: snapshot.instances }
  return policy === undefined ? seen : { ...seen, paced: { struckAt, policy } }
}

function foldSnapshot(tracking: Tracking, order: StrikeOrder, look: SnapshotLook): Tracking {
  const { at, snapshot } = look
  const events = foldEvents(tracking, order, snapshot)
  const victim = snapshot.instances.find(instance => instance.id === order.victim.id)
  const left = victim === undefined || hasLeft(victim) || terminationOf(events, order.victim.id)?.outcome === 'succeeded'
  // Alive again after it was seen to go: an older view. Nothing that it lacks or shows as ill is believed.
  const olderView = tracking.victimGoneAt !== null && victim !== undefined && !hasLeft(victim)
  const victimGoneAt = tracking.victimGoneAt ?? (left ? at : null)
  const base: Tracking = {
    ...tracking,
    events,
    victimGoneAt,
    victimDraining: victimGoneAt !== null && (olderView ? tracking.victimDraining === true : victim?.phase === 'terminating'),
    victimBackAt: olderView ? (tracking.victimBackAt ?? at) : null,
  }
  if (olderView) return { ...base, candidates: [...tracking.candidates, ...newcomers(base, order, look)] }
  const known = tracking.candidates.map(candidate => foldMember(candidate, base, sight(look, base)))
  const { replacementOff: _before, ...rest } = base
  return {
    ...rest,
    ...(snapshot.replacementOff !== null && { replacementOff: snapshot.replacementOff }),
    candidates: [...known, ...newcomers(base, order, look), ...unseen(base, order, look)],
    desired: snapshot.desired,
    declarationVersion:
      tracking.declarationVersion === order.declarationVersion
        ? (snapshot.declarationVersion ?? tracking.declarationVersion)
        : tracking.declarationVersion,
    wholeAt: isWhole(base, order, snapshot) ? (tracking.wholeAt ?? at) : null,
  }
}

/**
 * Back at its size, every member in service and healthy. Members on their way out no longer count, those set
 * aside by hand neither; a deployment or a pause does not make a group wounded, S5 minds them.
 */
function isWhole(tracking: Tracking, order: StrikeOrder, snapshot: GroupSnapshot): boolean {
  if (tracking.victimGoneAt === null || (tracking.restore !== null && !isRestored(tracking))) return false
  const members = snapshot.instances.filter(({ id, phase }) => id !== order.victim.id && (phase === 'in-service' || phase === 'pending'))
  const weight = members.reduce((sum, member) => sum + member.weight, 0)
  return weight >= snapshot.desired && members.every(member => member.phase === 'in-service' && member.health === 'healthy')
}

function isRestored(tracking: Tracking): boolean {
  return tracking.restore?.state === 'done' || tracking.restore?.state === 'yielded'
}

function newcomers(tracking: Tracking, order: StrikeOrder, look: SnapshotLook): readonly Candidate[] {
  const known = new Set([order.victim.id, ...order.members, ...tracking.candidates.map(candidate => candidate.id)])
  return look.snapshot.instances
    .filter(instance => !known.has(instance.id))
    .map(instance => foldMember(newCandidate(instance, look.at), tracking, sight(look, tracking)))
}

/** Came and went between two looks: only the platform's events know of it. */
function unseen(tracking: Tracking, order: StrikeOrder, look: SnapshotLook): readonly Candidate[] {
  const seen = [...tracking.candidates, ...look.snapshot.instances].map(({ id }) => id)
  const known = new Set([order.victim.id, ...order.members, ...seen])
  const launches = new Map(
    tracking.events.flatMap(event => (event.kind === 'launch' && event.instance !== null ? [[event.instance, event]] : [])),
  )
  return [...launches]
    .filter(([id]) => !known.has(id) && terminationOf(tracking.events, id)?.outcome === 'succeeded')
    .map(([id, launch]) => {
      const instance = { id, name: id, launchedAt: launch.at, origin: 'launched', bornFrom: null, image: null } as const
      return gone(newCandidate(instance, look.at), tracking.events, { at: look.at, detail: SHUT_DOWN })
    })
}

function withEventsOf(tracking: Tracking, order: StrikeOrder, observation: Observation): Tracking {
  if (observation.kind !== 'snapshot' || observation.snapshot.summary.incarnation !== order.incarnation) return tracking
  const events = foldEvents(tracking, order, observation.snapshot)
  return { ...tracking, events, candidates: tracking.candidates.map(candidate => withLaterCause(candidate, events)) }
}
