import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { GroupId, InstanceId, PlatformEvent } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { statusReading } from './health.ts'
import { incarnationOf } from './ids.ts'
import { membersOf, phaseOf, weightOf } from './members.ts'
import type { Read, ScopeMemory, Watched } from './memory.ts'

/*
 * Watching costs one listing per hundred groups and look. All else is asked only when the listing shows that
 * there is something to learn:
 *
 * - launch time and image of a member: once in its life, many in a call;
 * - status checks: of new members, until they are ok, then now and then, a hundred in a call;
 * - target health: of groups in which a new member is in service, or that are at their size (again);
 * - activities: when the listing cannot be explained by one loss and one replacement, and, ever more
 *   rarely, while nothing comes (the group's own error is then what matters).
 *
 * How old a good reading may be grows with the time since the strike, so that a rehearsal of seconds and a
 * drill of an hour are both seen sharply enough: a fifth of it, at most `cap`.
 */

const SHORT_LOOKS_BEFORE_ASKING = 4
/** A group acts on a loss within seconds; before that, nothing is wrong yet. */
const SHORT_TIME_BEFORE_ASKING = 5_000
const LONGEST_WAIT_BETWEEN_QUESTIONS = 60_000
/** Why a new member went shows in the activities within a minute or two, if at all. */
const ASKED_AGAIN_AFTER = 5_000
const ASKED_FOR = 120_000

export function freshEnough(read: Read<unknown> | undefined, watched: Elapsed, limit: { cap: Milliseconds; share?: number }): boolean {
  return read !== undefined && watched.now - read.at < Math.min(limit.cap, watched.elapsed * (limit.share ?? 0.2))
}

/** Since the strike, and now on the monotonic clock. */
export interface Elapsed {
  readonly elapsed: Milliseconds
  readonly now: Milliseconds
}

/** A group that minds its load balancer shows sick targets in its own listing too, so a good reading of them keeps longer. */
export function targetLimit(group: AutoScalingGroup): { cap: Milliseconds; share: number } {
  return /\bELB\b/.test(group.HealthCheckType ?? '') ? { cap: 30_000, share: 0.5 } : { cap: 15_000, share: 0.2 }
}

export interface Look {
  readonly id: GroupId
  readonly group: AutoScalingGroup
  readonly since: Temporal.Instant
  /** Wall-clock and monotonic time of this look. */
  readonly now: Temporal.Instant
  readonly monotonic: Milliseconds
}

/** What one listing changes in what is known of a group's watch. */
export function noteLook(memory: ScopeMemory, look: Look): Watched {
  const watched = continued(memory.watched.get(look.id), look) ?? begun(look)
  for (const member of membersOf(look.group)) {
    if (!watched.old.has(member.InstanceId) && isNew(memory, member.InstanceId, watched)) watched.fresh.add(member.InstanceId)
    else watched.old.add(member.InstanceId)
  }
  watched.lookedAt = look.now
  const isShort = presentWeight(look.group) < (look.group.DesiredCapacity ?? 0)
  if (!isShort) Object.assign(watched, { shortLooks: 0, shortAskedAfter: 0 })
  else if (watched.shortLooks === 0) Object.assign(watched, { shortLooks: 1, shortSince: look.monotonic })
  else watched.shortLooks++
  memory.watched.set(look.id, watched)
  return watched
}

function continued(watched: Watched | undefined, look: Look): Watched | null {
  if (watched === undefined || watched.incarnation !== incarnationOf(look.group)) return null
  return Temporal.Instant.compare(look.since, watched.lookedAt) > 0 ? null : watched
}

function begun(look: Look): Watched {
  return {
    incarnation: incarnationOf(look.group),
    since: look.since,
    lookedAt: look.now,
    desired: look.group.DesiredCapacity ?? 0,
    old: new Set(),
    fresh: new Set(),
    warming: new Map(),
    coldAt: new Map(),
    shortLooks: 0,
    shortSince: look.monotonic,
    shortAskedAfter: 0,
    explained: '',
    riddleSince: look.monotonic,
    riddleAskedAt: look.monotonic,
  }
}

/** By its launch, where EC2 has shown it; else whoever was not there at the first look is new. */
function isNew(memory: ScopeMemory, id: InstanceId, watched: Watched): boolean {
  const launchedAt = memory.instances.get(id)?.launchedAt
  if (launchedAt) return Temporal.Instant.compare(launchedAt, watched.since.subtract({ seconds: 5 })) >= 0
  return watched.old.size > 0
}

/**
 * Must the group's activities be read to understand what the listing shows? Answers yes once for each new riddle, and now and
 * then again while a new member is lost and nobody has said why: the list of activities may lag behind the listing of groups.
 */
export function mustAskActivities(look: Look, watched: Watched, known: readonly PlatformEvent[]): boolean {
  const short = look.monotonic - watched.shortSince
  if (watched.shortLooks >= SHORT_LOOKS_BEFORE_ASKING && short >= SHORT_TIME_BEFORE_ASKING) {
    const wait = Math.min(watched.shortAskedAfter, LONGEST_WAIT_BETWEEN_QUESTIONS)
    if (watched.shortAskedAfter === 0 || short - watched.shortAskedAfter >= wait) {
      watched.shortAskedAfter = Math.max(short, 1)
      return true
    }
  }
  const riddle = riddleOf(look.group, watched)
  if (riddle === '') return false
  const now = look.monotonic
  if (riddle !== watched.explained) {
    Object.assign(watched, { explained: riddle, riddleSince: now, riddleAskedAt: now })
    return true
  }
  const isTooSoon = now - watched.riddleAskedAt < ASKED_AGAIN_AFTER
  if (isTooSoon || now - watched.riddleSince > ASKED_FOR || !hasUnexplainedLoss(look.group, watched, known)) return false
  watched.riddleAskedAt = now
  return true
}

/** A question that got no answer is asked anew. */
export function forgetRiddle(watched: Watched | undefined): void {
  if (watched !== undefined) watched.explained = ''
}

function hasUnexplainedLoss(group: AutoScalingGroup, watched: Watched, known: readonly PlatformEvent[]): boolean {
  const explained = new Set(known.filter(({ kind, cause }) => kind === 'terminate' && cause !== 'unknown').map(({ instance }) => instance))
  return lostAmong(watched.fresh, group).some(id => !explained.has(id))
}

function lostAmong(ids: Iterable<InstanceId>, group: AutoScalingGroup): InstanceId[] {
  const present = new Map(membersOf(group).map(member => [member.InstanceId, member]))
  return [...ids].filter(id => {
    const member = present.get(id)
    if (member === undefined) return true
    return !(phaseOf(member) === 'pending' || phaseOf(member) === 'in-service') || /^unhealthy$/i.test(member.HealthStatus ?? '')
  })
}

/** What is not explained by one member lost and one gained; empty: nothing. */
function riddleOf(group: AutoScalingGroup, watched: Watched): string {
  const lost = lostAmong(watched.old, group)
  const failed = lostAmong(watched.fresh, group)
  const parts = [
    group.DesiredCapacity === watched.desired ? null : `size ${group.DesiredCapacity}`,
    lost.length > 1 ? `lost ${lost.sort().join(',')}` : null,
    watched.fresh.size > Math.max(1, lost.length) ? `new ${[...watched.fresh].sort().join(',')}` : null,
    failed.length > 0 ? `failed ${failed.sort().join(',')}` : null,
    group.WarmPoolConfiguration !== undefined && watched.fresh.size > 0 ? 'from a warm pool?' : null,
  ]
  return parts.filter(part => part !== null).join(' ')
}

/** Are the group's targets worth a question: a new member may have become healthy, or the group may be whole? */
export function mustAskTargets(look: Look, watched: Watched, memory: ScopeMemory): boolean {
  const inService = membersOf(look.group).filter(member => phaseOf(member) === 'in-service')
  const fresh = inService.filter(member => watched.fresh.has(member.InstanceId))
  for (const { InstanceId: id } of fresh) if (!watched.warming.has(id)) watched.warming.set(id, look.monotonic)
  if (fresh.length === 0) return inService.reduce((sum, member) => sum + weightOf(member), 0) >= (look.group.DesiredCapacity ?? 0)
  return fresh.some(({ InstanceId: id }) => {
    if (isChecked(memory, id) && (ageOf(memory, look, id) ?? Number.POSITIVE_INFINITY) >= soonestWarmup(memory)) return true
    const elapsed = look.now.epochMilliseconds - watched.since.epochMilliseconds
    return look.monotonic - (watched.warming.get(id) ?? 0) >= Math.min(WHILE_STARTING.cap, elapsed * WHILE_STARTING.share)
  })
}

/** A member whose status checks are not ok yet is not healthy, whatever its targets say: that they are sick may be learned later. */
export const WHILE_STARTING = { cap: 30_000, share: 0.5 }

export function isChecked(memory: ScopeMemory, id: InstanceId): boolean {
  return statusReading(memory.statuses.get(id)?.value).state !== 'starting'
}

/** Nothing has happened yet, as far as the listing shows: nobody has come, and nobody has gone. */
export function isQuiet({ group }: Look, watched: Watched): boolean {
  const present = new Map(membersOf(group).map(member => [member.InstanceId, phaseOf(member)]))
  return watched.fresh.size === 0 && [...watched.old].every(id => present.get(id) === 'in-service')
}

/** How many of the latest warm-ups are kept, and how many are needed to expect anything of the next. */
const WARMUPS = { kept: 20, needed: 5 }

/** As the quickest of the latest: before that, a new target is still starting, and asking tells nothing new. */
function soonestWarmup(memory: ScopeMemory): Milliseconds {
  return memory.warmups.length < WARMUPS.needed ? 0 : Math.min(...memory.warmups)
}

/**
 * Since EC2 launched it; null: not known. Not since it was first seen in service: how sharply that is known hangs on how often
 * was looked.
 */
function ageOf(memory: ScopeMemory, look: Look, id: InstanceId): Milliseconds | null {
  const launchedAt = memory.instances.get(id)?.launchedAt ?? null
  return launchedAt === null ? null : look.now.epochMilliseconds - launchedAt.epochMilliseconds
}

/** Learns how old a new member was when its targets were not healthy yet: when they were is only known as well as was looked. */
export function noteWarmth(memory: ScopeMemory, watched: Watched, seen: { id: InstanceId; look: Look; healthy: boolean }): void {
  if (watched.warming.get(seen.id) === DONE) return
  if (!seen.healthy) {
    const age = ageOf(memory, seen.look, seen.id)
    if (age !== null) watched.coldAt.set(seen.id, age)
    return
  }
  watched.warming.set(seen.id, DONE)
  const coldAt = watched.coldAt.get(seen.id)
  if (coldAt === undefined) return
  memory.warmups.push(coldAt)
  if (memory.warmups.length > WARMUPS.kept) memory.warmups.shift()
}

/** Long past: what has been healthy is always worth asking about. */
const DONE = Number.NEGATIVE_INFINITY

function presentWeight(group: AutoScalingGroup): number {
  return membersOf(group)
    .filter(member => phaseOf(member) === 'in-service' || phaseOf(member) === 'pending')
    .reduce((sum, member) => sum + weightOf(member), 0)
}
