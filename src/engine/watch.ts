import type { ConcludedDrill, Drill, DrillId, OpenDrill, StrikingDrill, Tracking } from '../domain/drill.ts'
import type { GroupId, Observation } from '../domain/group.ts'
import { wholeNotice } from '../domain/notice.ts'
import { nextLook } from '../domain/pace.ts'
import { expectedOf, type Recovery, recoveryOf, withRecovery } from '../domain/recoveries.ts'
import { phaseOf, track } from '../domain/tracking.ts'
import { transition } from '../domain/transition.ts'
import { concludeAll, readAgainAfter } from './conclude.ts'
import { type Engine, type NextLook, reasonOf, type ScopeHandle } from './context.ts'
import { probeCandidates } from './probes.ts'
import { recoveriesIn } from './recoveries.ts'
import { restore } from './restore.ts'
import { resume } from './resume.ts'
import { advance } from './write.ts'

type Wounded = ConcludedDrill & { readonly tracking: Tracking }
type Tracked = Exclude<OpenDrill, StrikingDrill> | Wounded

/** Where a look is made at all, drills whose own is due this soon are looked at in the same breath: it costs no further listing. */
const together = 2_000
/** Groups handed to one observation: the memory of a watch grows with this, not with the number of open drills. */
const batch = 200

/**
 * One look at every open or wounded drill of a scope that is due, in as few calls as the API allows (DESIGN.md §5). Where
 * plans wait for room, moments that nobody expects are looked for more often.
 */
export async function watchScope(engine: Engine, handle: ScopeHandle, signal: AbortSignal, othersWait = false): Promise<Watched> {
  const now = await engine.ledger.now()
  const drills = await engine.ledger.watched(handle.scope.id)
  const noted = notesThatHold(drills, engine.nextLooks.get(handle.scope.id))
  engine.nextLooks.set(handle.scope.id, noted)
  const wakeAt = (drill: Drill) => noted.get(drill.id)?.at ?? drill.wakeAt ?? now
  const someoneIsDue = drills.some(drill => Temporal.Instant.compare(wakeAt(drill), now) <= 0)
  const [due = [], later = []] = [true, false].map(wanted =>
    drills.filter(drill => (someoneIsDue && isDue(drill, { at: wakeAt(drill), noted: noted.get(drill.id), now })) === wanted),
  )
  const next = later.map(wakeAt)
  let concluded = 0
  for (let start = 0; start < due.length && !signal.aborted; start += batch) {
    const watched = await watchBatch(engine, handle, { drills: due.slice(start, start + batch), noted, othersWait, signal })
    next.push(...watched.next)
    concluded += watched.concluded
  }
  return { next: next.sort(Temporal.Instant.compare)[0] ?? null, concluded }
}

function notesThatHold(drills: readonly Drill[], noted: ReadonlyMap<DrillId, NextLook> | undefined): Map<DrillId, NextLook> {
  const held = new Map<DrillId, NextLook>()
  for (const { id, wakeAt } of drills) {
    const note = noted?.get(id)
    if (note !== undefined && String(note.row) === String(wakeAt)) held.set(id, note)
  }
  return held
}

/**
 * A look is brought forward by at most half its wait: two bad looks in the same moment would be one reading told twice. A
 * strike that may still be under way is left alone until its patience is over.
 */
function isDue(drill: Drill, { at, noted, now }: { at: Temporal.Instant; noted: NextLook | undefined; now: Temporal.Instant }): boolean {
  const lookedAt = noted?.lookedAt ?? (isTracked(drill) ? (drill.tracking.lookedAt ?? drill.tracking.struckAt) : at)
  const early = Math.max(0, Math.min(together, at.since(lookedAt).total('milliseconds') / 2))
  return Temporal.Instant.compare(at, now.add({ milliseconds: Math.floor(early) })) <= 0
}

export interface Watched {
  /** When the scope must be looked at next; null: nothing is left to watch. */
  readonly next: Temporal.Instant | null
  /** How many drills got their verdict, or became whole: limits may have room again. */
  readonly concluded: number
}

async function watchBatch(
  engine: Engine,
  handle: ScopeHandle,
  {
    drills,
    noted,
    othersWait,
    signal,
  }: { drills: readonly Drill[]; noted: Map<DrillId, NextLook>; othersWait: boolean; signal: AbortSignal },
): Promise<{ next: Temporal.Instant[]; concluded: number }> {
  const striking = drills.filter(drill => drill.state === 'striking')
  const tracked = drills.filter(isTracked)
  const at = await engine.ledger.now()
  const observations = await observe(engine, handle, tracked, signal)
  const next: Temporal.Instant[] = []
  const looked = await Promise.all(
    tracked.map(drill => look(engine, handle, { drill, observation: observations.get(drill.group), at, signal })),
  )
  const recoveries = await noteRecovered(engine, handle, { before: tracked, looked })
  for (const one of looked) {
    if (one?.state !== 'watching') continue
    noted.delete(one.drill.id)
    if (!isWatched(one.drill)) continue
    const again = nextLook(one.drill, at, { expected: expectedOf(recoveries, one.drill.group), othersWait })
    next.push(again)
    noted.set(one.drill.id, { lookedAt: at, at: again, row: one.drill.wakeAt })
  }
  const ready = looked.filter(one => one?.state === 'ready').map(one => one.drill)
  const concluded = await concludeAll(engine, handle, ready, signal)
  for (const drill of ready) {
    noted.delete(drill.id)
    engine.probed.delete(drill.id)
    if (concluded.some(({ id }) => id === drill.id)) continue
    const again = at.add({ milliseconds: readAgainAfter })
    noted.set(drill.id, { lookedAt: at, at: again, row: drill.wakeAt })
    next.push(again)
  }
  for (const drill of concluded) if (drill.wakeAt !== null) next.push(drill.wakeAt)
  for (const drill of striking) next.push(...(await resume(engine, handle, drill, signal)))
  return { next, concluded: concluded.length + looked.filter(one => one?.state === 'watching' && one.drill.wakeAt === null).length }
}

/** What is known of recoveries in this scope, with those that this look was the first to see. */
async function noteRecovered(
  engine: Engine,
  { scope }: ScopeHandle,
  { before, looked }: { readonly before: readonly Tracked[]; readonly looked: readonly (Looked | null)[] },
): Promise<readonly Recovery[]> {
  let known = await recoveriesIn(engine, scope.id)
  for (const [index, one] of looked.entries()) {
    const was = before[index]
    const recovery = one !== null && 'tracking' in one.drill ? recoveryOf(one.drill) : null
    if (was !== undefined && recovery !== null && recoveryOf(was) === null) known = withRecovery(known, recovery)
  }
  engine.recoveries.set(scope.id, known)
  return known
}

function isTracked(drill: Drill): drill is Tracked {
  return isUnderWay(drill) || (drill.state === 'concluded' && drill.tracking !== null)
}

function isWatched(drill: Drill): drill is OpenDrill | ConcludedDrill {
  return isUnderWay(drill) || drill.state === 'striking' || (drill.state === 'concluded' && drill.wakeAt !== null)
}

function isUnderWay(drill: Drill): drill is Exclude<OpenDrill, StrikingDrill> {
  return drill.state === 'restoring' || drill.state === 'recovering' || drill.state === 'soaking'
}

async function observe(
  engine: Engine,
  handle: ScopeHandle,
  drills: readonly Tracked[],
  signal: AbortSignal,
): Promise<ReadonlyMap<GroupId, Observation>> {
  if (drills.length === 0) return new Map()
  const since = drills.map(drill => drill.tracking.struckAt).sort(Temporal.Instant.compare)[0] ?? engine.clock.now()
  const groups = [...new Set(drills.map(drill => drill.group))]
  try {
    return await handle.provider.observe(handle.scope, groups, { since, depth: 'watch' }, signal)
  } catch (error) {
    signal.throwIfAborted()
    const why = reasonOf(error)
    engine.log.warn('scope could not be observed', { scope: handle.scope.id, why })
    return new Map(groups.map(group => [group, { kind: 'unreadable', why }]))
  }
}

interface LookAt<D extends Drill> {
  readonly drill: D
  readonly observation: Observation | undefined
  readonly at: Temporal.Instant
  readonly signal: AbortSignal
}

type Looked =
  | { readonly state: 'ready'; readonly drill: Exclude<OpenDrill, StrikingDrill> }
  | { readonly state: 'watching'; readonly drill: Drill }

async function look(engine: Engine, handle: ScopeHandle, what: LookAt<Tracked>): Promise<Looked | null> {
  const { drill, at, signal } = what
  const observation = what.observation ?? { kind: 'unreadable', why: 'the platform did not answer for it' }
  const probed = await trackAndProbe(engine, handle, drill, { observation, at, signal })
  if (drill.state === 'concluded') return lookWounded(engine, handle, drill, { tracking: probed, at, signal })
  if (isOwed(probed)) {
    const news = newsOf(drill, { ...drill, tracking: probed }, at)
    return judgeable(await restore(engine, handle, drill, { tracking: probed, at, signal, news }), at)
  }
  const phase = phaseOf(probed, drill.policy, at)
  const looked = transition(drill, { kind: 'looked', tracking: probed, at })
  const news = newsOf(drill, looked, at)
  const written = phase.phase === 'judge' || isNews(drill, looked) ? await advance(engine, looked, news) : true
  if (!written) return null
  if (phase.phase === 'judge' && isUnderWay(looked)) return { state: 'ready', drill: looked }
  return { state: 'watching', drill: isNews(drill, looked) ? looked : drill }
}

/** A size that a strike took and that is not yet back: asked for in every look, also once a successor soaks. */
function isOwed({ restore: progress }: Tracking): boolean {
  return progress !== null && progress.state !== 'done' && progress.state !== 'yielded'
}

/** A restore that never ends must not keep a drill from its verdict (S11). Null: somebody else moved it. */
function judgeable(drill: Drill | null, at: Temporal.Instant): Looked | null {
  if (drill === null) return null
  if (isUnderWay(drill) && phaseOf(drill.tracking, drill.policy, at).phase === 'judge') return { state: 'ready', drill }
  return { state: 'watching', drill }
}

async function trackAndProbe(
  engine: Engine,
  handle: ScopeHandle,
  drill: Tracked,
  seen: Omit<LookAt<Drill>, 'drill' | 'observation'> & { observation: Observation },
): Promise<Tracking> {
  const { observation, at, signal } = seen
  const { probes, soak } = drill.policy
  // A short soak is not spent on doubt.
  const olderViews = Math.floor(Math.min(handle.provider.capabilities.staleness, soak / 4))
  const tracking = track(drill.tracking, drill.order, { at, observation, hasProbes: probes.length > 0, olderViews })
  if (probes.length === 0 || observation.kind !== 'snapshot' || drill.state === 'concluded') return tracking
  return probeCandidates(engine, handle, drill, { tracking, snapshot: observation.snapshot, at, signal })
}

/** After its verdict a group is still owed its size: a restore that is not done goes on (S2, S11). */
async function lookWounded(
  engine: Engine,
  handle: ScopeHandle,
  concluded: Wounded,
  seen: { readonly tracking: Tracking; readonly at: Temporal.Instant; readonly signal: AbortSignal },
): Promise<Looked | null> {
  const { at } = seen
  const owed = isOwed(seen.tracking)
  const drill = owed ? await restore(engine, handle, concluded, seen) : concluded
  if (drill === null || drill.state !== 'concluded') return null
  const tracking = owed ? (drill.tracking ?? seen.tracking) : seen.tracking
  const whole = tracking.wholeAt !== null || tracking.groupGoneAt !== null
  const looked = transition(drill, { kind: 'looked-wounded', tracking, at, whole })
  const news = whole ? [{ at, kind: 'whole', data: { group: drill.group } }] : []
  const notices = tracking.wholeAt === null ? [] : [wholeNotice(drill, at, tracking.struckAt)]
  if (!(await advance(engine, looked, news, { notices }))) return null
  return { state: 'watching', drill: looked }
}

/** What a look changed beyond its own time: only that is worth a write. */
function isNews(before: Drill, after: Drill): boolean {
  return before.state !== after.state || fingerprint(before) !== fingerprint(after)
}

function fingerprint(drill: Drill): string {
  return 'tracking' in drill && drill.tracking !== null ? JSON.stringify({ ...drill.tracking, lookedAt: null, observedAt: null }) : ''
}

/** The moments of a timeline, as they are first seen. */
function newsOf(before: Tracked, after: Drill, at: Temporal.Instant) {
  if (!('tracking' in after) || after.tracking === null) return []
  const was = before.tracking
  const is = after.tracking
  const events: { at: Temporal.Instant; kind: string; data: Record<string, unknown> }[] = []
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
