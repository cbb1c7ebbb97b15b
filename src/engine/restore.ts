import type { ConcludedDrill, Drill, OpenDrill, RestoreProgress, StrikingDrill, Tracking } from '../domain/drill.ts'
import { restoreNotice } from '../domain/notice.ts'
import { transition } from '../domain/transition.ts'
import type { NewEvent } from '../ledger/ledger.ts'
import { type Engine, reasonOf, type ScopeHandle, traced } from './context.ts'
import { advance } from './write.ts'

/**
 * Brings a group back to its recorded size where the platform does not by itself. Idempotent: each look asks again until
 * the platform says done, or that somebody else changed the size. Halt and opt-out never stop it (S2).
 */
export async function restore(
  engine: Engine,
  handle: ScopeHandle,
  drill: Exclude<OpenDrill, StrikingDrill> | (ConcludedDrill & { readonly tracking: Tracking }),
  seen: { tracking: Tracking; at: Temporal.Instant; signal: AbortSignal; news?: readonly NewEvent[] },
): Promise<Drill | null> {
  const ask = handle.provider.restore
  if (ask === undefined) throw new Error(`${handle.provider.name} must restore and cannot: its capabilities contradict it`)
  let progress: Tracking['restore']
  try {
    const about = { drill: drill.id, name: `${handle.provider.name} restore`, under: 'recover', outside: true, attributes: {} } as const
    const tell = ({ state, detail }: RestoreProgress) => ({
      attributes: { 'firedrill.restore': state, 'firedrill.detail': detail },
      problem: null,
    })
    progress = withRequest(seen, await traced(engine, { ...about, tell }, () => ask.call(handle.provider, drill.order, seen.signal)))
  } catch (error) {
    progress = withRequest(seen, { state: 'waiting', detail: reasonOf(error) })
  }
  const looked = { ...drill, tracking: seen.tracking }
  const restored = transition(looked, { kind: 'restore', progress: progress ?? { state: 'waiting', detail: 'no answer' }, at: seen.at })
  const isNews = progress?.state !== drill.tracking.restore?.state || progress?.detail !== drill.tracking.restore?.detail
  const asked = isNews ? [{ at: seen.at, kind: 'restore', data: { state: progress?.state, detail: progress?.detail } }] : []
  const since = drill.tracking.struckAt
  const isLong = progress?.state === 'waiting' && seen.at.since(since).total('milliseconds') > drill.policy.target
  // Each look says so again; the ledger tells it once.
  const notices = isLong ? [restoreNotice(drill, progress?.detail ?? 'no answer', seen.at, since)] : []
  const written = await advance(engine, restored, [...(seen.news ?? []), ...asked], { notices })
  return written ? restored : null
}

/** The first request counts: later ones repeat it. */
function withRequest(seen: { tracking: Tracking; at: Temporal.Instant }, progress: RestoreProgress): RestoreProgress {
  const requestedAt = seen.tracking.restore?.requestedAt ?? (['requested', 'done'].includes(progress.state) ? seen.at : undefined)
  return requestedAt === undefined ? progress : { ...progress, requestedAt }
}
