import { isAlive } from './candidate.ts'
import type { NotCompared } from './declaration.ts'
import type { Candidate, Evidence, Tracking } from './drill.ts'
import type { Finding } from './finding.ts'
import {
  diedYoung,
  groupGone,
  healthUnproven,
  heldUp,
  interrupted,
  late,
  noCapacity,
  notReplaced,
  notStruck,
  preBuilt,
  slow,
  taken,
  unhealthy,
  unobservable,
  untold,
} from './findings.ts'
import type { PlatformEvent } from './group.ts'
import { after, between, isAfter } from './instants.ts'
import { deadlineOf, endOf, holdOf, isWell, soakEndOf, standingOf } from './phase.ts'
import { failedLaunches, isBroken } from './platform-events.ts'
import { contenders, successors } from './successor.ts'

/** What came of one possible successor, or (candidate null) of there being none. */
export interface Outcome {
  readonly candidate: Candidate | null
  readonly result: 'passed' | 'failed' | 'undecided'
  readonly findings: readonly Finding[]
  readonly proven: readonly string[]
  readonly notCompared: readonly NotCompared[]
}

/** Did a successor come, get healthy and stay so? At least one outcome; nothing is compared yet. */
export function recoveryOutcomes(evidence: Evidence): readonly Outcome[] {
  const { tracking, order, policy } = evidence
  if (tracking.groupGoneAt !== null) return [undecided(null, groupGone())]
  const possible = successors(tracking, order)
  const { candidates, certain } = contenders({ ...tracking, candidates: possible.candidates }, policy)
  if (candidates.length === 0) return [withoutCandidate(evidence)]
  const judged = deciding(candidates, certain && lacksOnlyTheVictim(evidence) ? thrownOutOf(candidates, tracking) : [])
  const stillborn = judged.filter(candidate => failedLaunchOf(candidate, tracking) !== null)
  const broken = brokenLaunch(judged, tracking)
  const isSameLoop = broken === undefined ? () => false : isUnexplainedLoss
  const born = chains(judged.filter(candidate => !stillborn.includes(candidate) && !isSameLoop(candidate)))
  // A launch that failed and was tried again is no second successor, once what came of it fills the group.
  const made = tracking.wholeAt !== null && born.some(({ first }) => standingOf(first) === 'recovered')
  const outcomes = [...(made ? [] : stillbornOutcome(stillborn, broken, evidence)), ...born.map(chain => outcomeOf(chain, evidence))]
  const doubtful = !certain && tracking.desired > order.desired && tracking.wholeAt === null
  return doubtful
    ? outcomes.map(outcome => (outcome.result === 'passed' ? undecided(outcome.candidate, outgrown(possible.how)) : outcome))
    : outcomes
}

/**
 * Whom the verdict is about. One that others took says nothing while another is there; one that came after an
 * earlier one had failed, or was taken once it was well, and is not healthy itself, stands in for that one and not for the victim.
 * So does a healthy one that came after one of those `thrownOut`, where it can stand in for nobody else.
 */
function deciding(candidates: readonly Candidate[], thrownOut: readonly Candidate[]): readonly Candidate[] {
  const lost = candidates.flatMap(candidate => lostAt(candidate) ?? endOf(candidate) ?? [])
  const thrown = thrownOut.flatMap(candidate => lostAt(candidate) ?? [])
  const follows = (candidate: Candidate, losses: readonly Temporal.Instant[]): boolean => losses.some(at => !isAfter(at, candidate.seenAt))
  const standsIn = (candidate: Candidate): boolean =>
    (standingOf(candidate) === 'waiting' && follows(candidate, lost)) ||
    (standingOf(candidate) === 'recovered' && follows(candidate, thrown))
  const own = candidates.filter(candidate => !standsIn(candidate))
  const left = own.filter(candidate => standingOf(candidate) !== 'taken')
  return left.length > 0 ? left : own
}

/** Whole at its old size with a single newcomer: of those that were there before, only the victim was lost. */
function lacksOnlyTheVictim({ tracking, order }: Evidence): boolean {
  const newcomers = tracking.candidates.filter(({ gone }) => gone === null)
  return newcomers.length === 1 && tracking.wholeAt !== null && tracking.desired === order.desired
}

/** Those that the platform, by its own word, threw out because they failed their checks; a launch that failed is another matter. */
function thrownOutOf(candidates: readonly Candidate[], tracking: Tracking): readonly Candidate[] {
  return candidates.filter(candidate => candidate.gone?.cause === 'unhealthy' && failedLaunchOf(candidate, tracking) === null)
}

interface Chain {
  readonly first: Candidate
  /** How many came after it had failed, and failed as well. */
  readonly repeats: number
}

/**
 * A crash loop is one fault, however many generations of it came before the deadline: who fails after an earlier one had failed
 * repeats it. The verdict stays with the first, which came for the victim or for another lost member.
 */
function chains(candidates: readonly Candidate[]): readonly Chain[] {
  const inOrder = [...candidates].sort(inOrderOfBirth)
  const comesAfterEndOf = (candidate: Candidate, earlier: Candidate): boolean => {
    const end = lostAt(earlier)
    return end !== null && !isAfter(end, candidate.seenAt)
  }
  const isRepeat = (candidate: Candidate, index: number): boolean =>
    lostAt(candidate) !== null && inOrder.slice(0, index).some(earlier => comesAfterEndOf(candidate, earlier))
  const repeats = inOrder.filter(isRepeat)
  return inOrder
    .filter(candidate => !repeats.includes(candidate))
    .map(first => ({ first, repeats: repeats.filter(repeat => comesAfterEndOf(repeat, first)).length }))
}

/** Of those first seen in the same look, who was launched earlier; it may have come and gone between two looks. */
function inOrderOfBirth(a: Candidate, b: Candidate): number {
  const seen = Temporal.Instant.compare(a.seenAt, b.seenAt)
  return seen !== 0 || a.launchedAt === null || b.launchedAt === null ? seen : Temporal.Instant.compare(a.launchedAt, b.launchedAt)
}

/** The failed launch of one that was seen to start and never got healthy: by the platform's own account it never came. */
function failedLaunchOf(candidate: Candidate, { events }: Tracking): PlatformEvent | null {
  if (standingOf(candidate) !== 'removed' || candidate.healthyAt !== null) return null
  return failedLaunches(events).findLast(event => event.instance === candidate.id) ?? null
}

/**
 * By the platform's own word a rebuild cannot work. Where it tries several times a second it has forgotten those that were seen by the time
 * that it is asked; then any other launch that it knows to be broken speaks for them.
 */
function brokenLaunch(candidates: readonly Candidate[], tracking: Tracking): PlatformEvent | undefined {
  const launches = candidates.every(isUnexplainedLoss)
    ? failedLaunches(tracking.events)
    : candidates.flatMap(candidate => failedLaunchOf(candidate, tracking) ?? [])
  return launches.findLast(isBroken)
}

/** Never well and gone, and the platform has forgotten why: beside launches that it knows to be broken this is one more of them. */
function isUnexplainedLoss(candidate: Candidate): boolean {
  return standingOf(candidate) === 'removed' && candidate.healthyAt === null && candidate.gone?.cause === 'unknown'
}

/** Launches that failed one after the other are one thing: nothing came. */
function stillbornOutcome(stillborn: readonly Candidate[], broken: PlatformEvent | undefined, { tracking, policy }: Evidence): Outcome[] {
  const launches = stillborn.flatMap(candidate => failedLaunchOf(candidate, tracking) ?? [])
  if (broken !== undefined) return [failed(null, notReplaced(policy.deadline, broken))]
  const passing = launches.at(-1)
  return passing === undefined ? [] : [undecided(null, noCapacity(passing))]
}

/** When a candidate was lost by its own fault. */
function lostAt(candidate: Candidate): Temporal.Instant | null {
  const standing = standingOf(candidate)
  if (standing === 'removed') return candidate.gone?.at ?? null
  return standing === 'failed' ? (endOf(candidate) ?? candidate.failedAt) : null
}

function outcomeOf({ first: candidate, repeats }: Chain, evidence: Evidence): Outcome {
  const madeSmaller = madeSmallerAround(candidate, evidence)
  if (madeSmaller !== null) return undecided(candidate, interrupted(madeSmaller))
  switch (standingOf(candidate)) {
    case 'failed':
      return failed(candidate, diedYoung(candidate, repeats))
    case 'removed':
      return failed(candidate, unhealthy(candidate, repeats))
    case 'taken':
      return undecided(candidate, taken(candidate))
    case 'recovered':
      return soaked(candidate, evidence)
    case 'waiting':
      return waiting(candidate, evidence)
  }
}

/**
 * A platform may not tell why somebody went, or have told it to a process that is gone. Gone without a word, from a group that others
 * have made smaller meanwhile: they took it, for all that can be known. While a restore is owed, the size is small by the strike itself.
 */
function madeSmallerAround({ gone, failedAt, name }: Candidate, { tracking, order }: Evidence): string | null {
  const { restore, desired } = tracking
  if (gone?.cause !== 'unknown' || failedAt !== null) return null
  const said = `the successor ${name} is gone and nobody says why, and others changed the size of the group meanwhile`
  if (restore?.state === 'yielded') return `${said}: ${restore.detail}`
  const isSmaller = (restore === null || restore.state === 'done') && desired < order.desired
  return isSmaller ? `${said}: it is ${desired} and was ${order.desired}` : null
}

function soaked(candidate: Candidate, evidence: Evidence): Outcome {
  const { tracking, policy } = evidence
  const soakEnd = soakEndOf([candidate], policy)
  const { lookedAt, unreadableSince } = tracking
  if (soakEnd === null || lookedAt === null || isAfter(soakEnd, lookedAt)) {
    const why = unreadableSince === null ? '' : ` (${tracking.unreadableWhy})`
    return undecided(candidate, unobservable('health', `the successor ${candidate.name} could not be read at the end of its soak${why}`))
  }
  if (isWell(candidate)) return passed(candidate, evidence)
  const waitedOut = !isAfter(after(soakEnd, holdOf(policy)), lookedAt)
  if (waitedOut && candidate.health !== 'unknown' && !candidate.probeUnknown) return failed(candidate, diedYoung(candidate))
  const doubt = candidate.probeUnknown || candidate.healthDetail
  return undecided(candidate, unobservable('health', `the health of ${candidate.name} was in doubt at the end of its soak: ${doubt}`))
}

function passed(candidate: Candidate, evidence: Evidence): Outcome {
  const { tracking, policy } = evidence
  const vouched = candidate.independentlyHealthy || policy.probes.length > 0
  const took = candidate.recoveredAt === null ? 0 : between(tracking.struckAt, candidate.recoveredAt)
  const atLeast = candidate.recoveredAfter === undefined ? took : between(tracking.struckAt, candidate.recoveredAfter)
  const earlier = takenBefore(candidate, evidence)
  const findings = [
    ...(atLeast > policy.target && earlier === undefined ? [slow(candidate, { atLeast, atMost: took }, policy.target)] : []),
    ...(candidate.origin === 'pre-built' ? [preBuilt(candidate)] : []),
    ...(vouched ? [] : [healthUnproven(candidate, evidence.before.healthCheck)]),
  ]
  const proven = vouched ? ['replaced', 'health'] : ['replaced']
  const cannotBeTold = took > policy.target && (atLeast <= policy.target || earlier !== undefined)
  const why = earlier === undefined ? untold({ atLeast, atMost: took }, policy.target) : heldUp(earlier, took, policy.target)
  return { candidate, result: 'passed', findings, proven, notCompared: cannotBeTold ? [{ what: 'recovery', why }] : [] }
}

/** Whoever came after a successor that others took is not late by the group's own fault. */
function takenBefore({ seenAt }: Candidate, { tracking, order }: Evidence): Candidate | undefined {
  return successors(tracking, order).candidates.find(
    one => standingOf(one) === 'taken' && one.gone !== null && !isAfter(one.gone.at, seenAt),
  )
}

function waiting(candidate: Candidate, evidence: Evidence): Outcome {
  const { tracking } = evidence
  if (!sawDeadline(evidence)) return undecided(candidate, blind(tracking))
  if (tracking.victimGoneAt === null || tracking.victimBackAt)
    return undecided(candidate, late('the victim was still in service at the deadline', adviceForVictim))
  if (candidate.health === 'unknown')
    return undecided(
      candidate,
      unobservable('health', `the health of the successor ${candidate.name} could not be read: ${candidate.healthDetail || 'unknown'}`),
    )
  if (candidate.health === 'healthy' && candidate.probeUnknown)
    return undecided(candidate, unobservable('health', `the probes of ${candidate.name} could not be asked: ${candidate.probeUnknown}`))
  if (candidate.health === 'unhealthy' || (candidate.health === 'healthy' && candidate.lastProbeFailure !== null))
    return restoredLate(evidence) ? undecided(candidate, late(askedLate)) : failed(candidate, unhealthy(candidate))
  if (candidate.health === 'healthy')
    return undecided(
      candidate,
      late(`the successor ${candidate.name} was healthy at the deadline, and its probes had not passed yet`, adviceForStart),
    )
  const doing = candidate.healthDetail ? ` (${candidate.healthDetail})` : ''
  return undecided(candidate, late(`the successor ${candidate.name} was still starting at the deadline${doing}`, adviceForStart))
}

/**
 * No new member could be the successor. In this order: nobody looked; the victim never left; the loss was made
 * up or called off by others; an error that needs the owner; the victim still drains or the restore still waits;
 * errors that pass by themselves; a launch under way; nothing at all.
 */
function withoutCandidate(evidence: Evidence): Outcome {
  const { tracking, order, policy } = evidence
  if (!sawDeadline(evidence)) return undecided(null, blind(tracking))
  if (tracking.victimGoneAt === null) return undecided(null, notStruck('the victim was still in service at the deadline'))
  if (tracking.victimBackAt) return undecided(null, notStruck('the victim was seen to go and is in service again'))
  const madeUp = madeUpByOthers(evidence)
  if (madeUp !== null) return undecided(null, interrupted(madeUp))
  const failures = failedLaunches(tracking.events)
  const broken = failures.findLast(isBroken)
  if (broken !== undefined) return failed(null, notReplaced(policy.deadline, broken))
  if (tracking.victimDraining) return undecided(null, late('the victim was still draining at the deadline', adviceForVictim))
  if (tracking.restore?.state === 'waiting')
    return undecided(null, late(`the restore could not be asked for before the deadline (${tracking.restore.detail})`))
  const passing = failures.at(-1)
  if (passing !== undefined) return undecided(null, noCapacity(passing))
  const known = new Set([...order.members, order.victim.id])
  const launching = tracking.events.some(
    event => event.kind === 'launch' && event.outcome === 'in-progress' && (event.instance === null || !known.has(event.instance)),
  )
  if (launching) return undecided(null, late('a launch was still in progress at the deadline', adviceForStart))
  return restoredLate(evidence)
    ? undecided(null, late(askedLate))
    : failed(null, notReplaced(policy.deadline, null, tracking.replacementOff))
}

const adviceForStart = 'the deadline is too short for this group, or something holds its start-up'
const adviceForVictim = 'the deadline is too short for how long this group drains, or something holds the victim'
const askedLate = 'the platform was asked for a replacement only when most of the time was over, so it had no fair chance'

/** Where the platform does not replace by itself, a successor has less time when we were away: that is not the group's fault. */
function restoredLate({ tracking, policy }: Evidence): boolean {
  const requestedAt = tracking.restore?.requestedAt
  return requestedAt !== undefined && between(tracking.struckAt, requestedAt) > policy.deadline / 2
}

function madeUpByOthers({ tracking, order }: Evidence): string | null {
  if (tracking.restore?.state === 'yielded') return `the restore gave way to somebody else: ${tracking.restore.detail}`
  if (tracking.restore === null && tracking.desired < order.desired)
    return `the group was scaled in from ${order.desired} to ${tracking.desired} before the victim was replaced`
  if (tracking.wholeAt === null) return null
  return tracking.candidates.some(isAlive)
    ? "the victim's place was taken by a member that was launched for another reason"
    : `nothing was launched in the victim's place: the group was at its desired size of ${tracking.desired} without it`
}

function sawDeadline({ tracking, policy }: Evidence): boolean {
  return tracking.lookedAt !== null && !isAfter(deadlineOf(tracking, policy), tracking.lookedAt)
}

function blind(tracking: Tracking): Finding {
  return unobservable('group', `the group could not be read at the deadline: ${tracking.unreadableWhy ?? 'nobody looked'}`)
}

function outgrown(how: string): Finding {
  return unobservable(
    'successor',
    `the group grew meanwhile and is not back at its size, and ${how}: who replaced the victim cannot be told`,
  )
}

function failed(candidate: Candidate | null, finding: Finding): Outcome {
  return { candidate, result: 'failed', findings: [finding], proven: [], notCompared: [] }
}

function undecided(candidate: Candidate | null, finding: Finding): Outcome {
  return { candidate, result: 'undecided', findings: [finding], proven: [], notCompared: [] }
}
