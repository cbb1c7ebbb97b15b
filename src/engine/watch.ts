import type { ConcludedDrill, Drill, DrillId, OpenDrill, StrikingDrill, Tracking } from '../domain/drill.ts'
import { isWorthKeeping } from '../domain/gaps.ts'
import type { GroupId, Observation } from '../domain/group.ts'
import { between, isAfter } from '../domain/instants.ts'
import { wholeNotice } from '../domain/notice.ts'
import { nextLook } from '../domain/pace.ts'
import { expectedOf, type Recovery, recoveryOf, withRecovery } from '../domain/recoveries.ts'
import { phaseOf, track } from '../domain/tracking.ts'
import { transition } from '../domain/transition.ts'
import { concludeAll, readAgainAfter } from './conclude.ts'
import { type Engine, type NextLook, reasonOf, type ScopeHandle } from './context.ts'
import { isNews, newsOf } from './news.ts'
import { probeCandidates } from './probes.ts'
import { recoveriesIn } from './recoveries.ts'
import { restore } from './restore.ts'
import { resumeAll } from './resume.ts'
import { advance } from './write.ts'

type Wounded = ConcludedDrill & { readonly tracking: Tracking }
type Tracked = Exclude<OpenDrill, StrikingDrill> | Wounded

/** Where a look is made at all, drills whose own is due this soon are looked at in the same breath: it costs no further listing. */
const together = 2_000
/** Groups handed to one observation: the memory of a watch grows with this, not with the number of open drills. */
const batch = 200
/** Judged together: fewer cost more calls, and of more the first would wait for the last, and with it the plan that its room goes to. */
const portion = 8

export interface Others {
  /** Plans wait for room: moments that nobody expects are looked for more often. */
  readonly wait: boolean
  /** Called as soon as drills got their verdict, or became whole: limits may have room again. */
  readonly mayGoOn: () => void
}

const noOthers: Others = { wait: false, mayGoOn: () => {} }

/**
 * One look at every open or wounded drill of a scope that is due, in as few calls as the API allows (DESIGN.md §5). The answer is
 * when the scope must be looked at next; null: nothing is left to watch.
 */
export async function watchScope(
  engine: Engine,
  handle: ScopeHandle,
  signal: AbortSignal,
  others: Others = noOthers,
): Promise<Temporal.Instant | null> {
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
  for (let start = 0; start < due.length && !signal.aborted; start += batch) {
    const drills = due.slice(start, start + batch)
    next.push(...(await watchBatch(engine, handle, { drills, awaited: [...next], noted, others, signal })))
  }
  return next.sort(Temporal.Instant.compare)[0] ?? null
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

async function watchBatch(
  engine: Engine,
  handle: ScopeHandle,
  {
    drills,
    awaited,
    noted,
    others,
    signal,
  }: {
    readonly drills: readonly Drill[]
    /** When those of the scope that are not in this batch must be looked at. */
    readonly awaited: readonly Temporal.Instant[]
    readonly noted: Map<DrillId, NextLook>
    readonly others: Others
    readonly signal: AbortSignal
  },
): Promise<Temporal.Instant[]> {
  const striking = drills.filter(drill => drill.state === 'striking')
  const tracked = drills.filter(isTracked)
  const at = await engine.ledger.now()
  const observations = await observe(engine, handle, tracked, signal)
  const next: Temporal.Instant[] = []
  const looked = await Promise.all(
    tracked.map(drill =>
      look(engine, handle, {
        drill,
        readAt: noted.get(drill.id)?.readAt ?? null,
        observation: observations.get(drill.group),
        at,
        signal,
      }),
    ),
  )
  const recoveries = await noteRecovered(engine, handle, { before: tracked, looked, noted })
  for (const one of looked) {
    if (one?.state !== 'watching') continue
    noted.delete(one.drill.id)
    if (!isWatched(one.drill)) continue
    const again = nextLook(one.drill, at, { expected: expectedOf(recoveries, one.drill.group), othersWait: others.wait })
    next.push(again)
    noted.set(one.drill.id, { lookedAt: at, readAt: one.readAt, at: again, row: one.drill.wakeAt })
  }
  if (looked.some(one => one?.state === 'watching' && one.drill.wakeAt === null)) others.mayGoOn()
  const ready = looked.filter(one => one?.state === 'ready').map(one => one.drill)
  for (let start = 0; start < ready.length; start += portion) {
    if (start > 0 && (await isLate(engine, [...awaited, ...next]))) {
      next.push(...putOff(ready.slice(start), noted, at))
      break
    }
    const judged = await concludeReady(engine, handle, { ready: ready.slice(start, start + portion), noted, at, signal })
    next.push(...judged.next)
    if (judged.concluded > 0) others.mayGoOn()
  }
  return [...next, ...(await resumeAll(engine, handle, striking, signal))]
}

/** Somebody has waited for a look for a while: whoever has ended can wait better than whoever may fall ill meanwhile. */
async function isLate(engine: Engine, moments: readonly Temporal.Instant[]): Promise<boolean> {
  const now = await engine.ledger.now()
  return moments.some(moment => !isAfter(moment.add({ milliseconds: together }), now))
}

/** They are judged with the next look, which is due at once. */
function putOff(
  drills: readonly Exclude<OpenDrill, StrikingDrill>[],
  noted: Map<DrillId, NextLook>,
  at: Temporal.Instant,
): Temporal.Instant[] {
  for (const { id, tracking, wakeAt } of drills) noted.set(id, { lookedAt: at, readAt: tracking.lookedAt, at, row: wakeAt })
  return drills.map(() => at)
}

async function concludeReady(
  engine: Engine,
  handle: ScopeHandle,
  what: { readonly ready: readonly Exclude<OpenDrill, StrikingDrill>[]; readonly noted: Map<DrillId, NextLook> } & Pick<
    LookAt<Drill>,
    'at' | 'signal'
  >,
): Promise<{ readonly next: readonly Temporal.Instant[]; readonly concluded: number }> {
  const { ready, noted, at, signal } = what
  const concluded = await concludeAll(engine, handle, ready, signal)
  const next = concluded.flatMap(({ wakeAt }) => wakeAt ?? [])
  for (const drill of ready) {
    noted.delete(drill.id)
    engine.probed.delete(drill.id)
    if (concluded.some(({ id }) => id === drill.id)) continue
    const again = at.add({ milliseconds: readAgainAfter })
    noted.set(drill.id, { lookedAt: at, readAt: drill.tracking.lookedAt, at: again, row: drill.wakeAt })
    next.push(again)
  }
  return { next, concluded: concluded.length }
}

/** What is known of recoveries in this scope, with those that this look was the first to see. */
async function noteRecovered(
  engine: Engine,
  { scope }: ScopeHandle,
  seen: {
    readonly before: readonly Tracked[]
    readonly looked: readonly (Looked | null)[]
    readonly noted: ReadonlyMap<DrillId, NextLook>
  },
): Promise<readonly Recovery[]> {
  let known = await recoveriesIn(engine, scope.id)
  for (const [index, one] of seen.looked.entries()) {
    const was = seen.before[index]
    const recovery = one !== null && 'tracking' in one.drill ? recoveryOf(one.drill) : null
    if (was === undefined || recovery === null || recoveryOf(was) !== null) continue
    const lookedAt = seen.noted.get(was.id)?.lookedAt
    known = withRecovery(known, lookedAt === undefined ? recovery : { ...recovery, notYet: between(was.tracking.struckAt, lookedAt) })
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
  /** The latest look of this process that read the group: the row knows only of those with news. */
  readonly readAt: Temporal.Instant | null
  readonly observation: Observation | undefined
  readonly at: Temporal.Instant
  readonly signal: AbortSignal
}

type Looked =
  | { readonly state: 'ready'; readonly drill: Exclude<OpenDrill, StrikingDrill> }
  | { readonly state: 'watching'; readonly drill: Drill; readonly readAt: Temporal.Instant | null }

async function look(engine: Engine, handle: ScopeHandle, what: LookAt<Tracked>): Promise<Looked | null> {
  const { drill, at, signal } = what
  const observation = what.observation ?? { kind: 'unreadable', why: 'the platform did not answer for it' }
  const probed = await trackAndProbe(engine, handle, sinceReadAt(drill, what.readAt), { observation, at, signal })
  if (drill.state === 'concluded') return lookWounded(engine, handle, drill, { tracking: probed, at, signal })
  if (isOwed(probed)) {
    const news = newsOf(drill, { ...drill, tracking: probed }, at)
    return judgeable(await restore(engine, handle, drill, { tracking: probed, at, signal, news }), at)
  }
  const phase = phaseOf(probed, drill.policy, at)
  const looked = transition(drill, { kind: 'looked', tracking: probed, at })
  const news = newsOf(drill, looked, at)
  const isWritten = phase.phase === 'judge' || isNews(drill, looked) || isLongUnwritten(drill, probed)
  if (isWritten && !(await advance(engine, looked, news))) return null
  if (phase.phase === 'judge' && isUnderWay(looked)) return { state: 'ready', drill: looked }
  return { state: 'watching', drill: isWritten ? looked : drill, readAt: probed.lookedAt }
}

/** The row may be older than the latest look (docs/decisions/0003): a look that was not written is no gap. */
function sinceReadAt<D extends Tracked>(drill: D, readAt: Temporal.Instant | null): D {
  const { lookedAt } = drill.tracking
  const isNewer = readAt !== null && (lookedAt === null || isAfter(readAt, lookedAt))
  return isNewer ? { ...drill, tracking: { ...drill.tracking, lookedAt: readAt } } : drill
}

/** While a recovery is awaited, whoever goes on after a crash, or beside this process, must know how far it was looked at. */
function isLongUnwritten({ state, tracking, policy }: Tracked, { lookedAt }: Tracking): boolean {
  const { struckAt } = tracking
  if (lookedAt === null || (state !== 'recovering' && state !== 'restoring')) return false
  return isWorthKeeping(tracking.lookedAt ?? struckAt, lookedAt, { struckAt, policy })
}

/** A size that a strike took and that is not yet back: asked for in every look, also once a successor soaks. */
function isOwed({ restore: progress }: Tracking): boolean {
  return progress !== null && progress.state !== 'done' && progress.state !== 'yielded'
}

/** A restore that never ends must not keep a drill from its verdict (S11). Null: somebody else moved it. */
function judgeable(drill: Drill | null, at: Temporal.Instant): Looked | null {
  if (drill === null) return null
  if (isUnderWay(drill) && phaseOf(drill.tracking, drill.policy, at).phase === 'judge') return { state: 'ready', drill }
  return { state: 'watching', drill, readAt: 'tracking' in drill ? (drill.tracking?.lookedAt ?? null) : null }
}

async function trackAndProbe(
  engine: Engine,
  handle: ScopeHandle,
  drill: Tracked,
  seen: Pick<LookAt<Drill>, 'at' | 'signal'> & { observation: Observation },
): Promise<Tracking> {
  const { observation, at, signal } = seen
  const { policy } = drill
  const { probes, soak } = policy
  // A short soak is not spent on doubt.
  const olderViews = Math.floor(Math.min(handle.provider.capabilities.staleness, soak / 4))
  const tracking = track(drill.tracking, drill.order, { at, observation, hasProbes: probes.length > 0, olderViews, policy })
  if (probes.length === 0 || observation.kind !== 'snapshot' || drill.state === 'concluded') return tracking
  const before = drill.tracking.lookedAt ?? drill.tracking.struckAt
  return probeCandidates(engine, handle, drill, { tracking, before, snapshot: observation.snapshot, at, signal })
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
  return { state: 'watching', drill: looked, readAt: tracking.lookedAt }
}
