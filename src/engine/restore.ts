import type { AskedSize, ConcludedDrill, Drill, OpenDrill, RestoreProgress, StrikingDrill, Tracking } from '../domain/drill.ts'
import { restoreNotice } from '../domain/notice.ts'
import { transition } from '../domain/transition.ts'
import type { NewEvent } from '../ledger/ledger.ts'
import type { Restored } from '../providers/provider.ts'
import { type Engine, reasonOf, type ScopeHandle, traced } from './context.ts'
import { advance } from './write.ts'

type Owed = Exclude<OpenDrill, StrikingDrill> | (ConcludedDrill & { readonly tracking: Tracking })

/**
 * Brings a group back to its recorded size where the platform does not by itself. Idempotent: each look asks again until
 * the platform says done, or that somebody else changed the size. Halt and opt-out never stop it (S2).
 */
export async function restore(
  engine: Engine,
  handle: ScopeHandle,
  drill: Owed,
  seen: { tracking: Tracking; at: Temporal.Instant; signal: AbortSignal; news?: readonly NewEvent[] },
): Promise<Drill | null> {
  const { drill: kept, asked, answer } = await ask(engine, handle, drill, seen.signal)
  const progress = progressOf(seen, answer, asked)
  const looked = { ...kept, tracking: seen.tracking }
  const restored = transition(looked, { kind: 'restore', progress, at: seen.at })
  const isNews = progress.state !== drill.tracking.restore?.state || progress.detail !== drill.tracking.restore?.detail
  const told = isNews ? [{ at: seen.at, kind: 'restore', data: { state: progress.state, detail: progress.detail } }] : []
  const since = drill.tracking.struckAt
  const isLong = progress.state === 'waiting' && seen.at.since(since).total('milliseconds') > drill.policy.target
  // Each look says so again; the ledger tells it once.
  const notices = isLong ? [restoreNotice(drill, progress.detail, seen.at, since)] : []
  const written = await advance(engine, restored, [...(seen.news ?? []), ...told], { notices })
  return written ? restored : null
}

interface Answered {
  /** With every write that the provider had made on its way. */
  readonly drill: Owed
  readonly asked: AskedSize | null
  readonly answer: Restored
}

async function ask(engine: Engine, handle: ScopeHandle, drill: Owed, signal: AbortSignal): Promise<Answered> {
  const { provider } = handle
  const call = provider.restore
  if (call === undefined) throw new Error(`${provider.name} must restore and cannot: its capabilities contradict it`)
  const last = drill.tracking.restore?.asked ?? null
  let kept = { drill, asked: last }
  const keep = async (asked: AskedSize | null): Promise<boolean> => {
    const next = withAsked(kept.drill, asked)
    if (!(await advance(engine, next, []))) return false
    kept = { drill: next, asked }
    return true
  }
  const about = { drill: drill.id, name: `${provider.name} restore`, under: 'recover', outside: true, attributes: {} } as const
  const tell = ({ state, detail }: Restored) => ({
    attributes: { 'firedrill.restore': state, 'firedrill.detail': detail },
    problem: null,
  })
  try {
    const answer = await traced(engine, { ...about, tell }, () => call.call(provider, drill.order, signal, { last, keep }))
    return { ...kept, answer }
  } catch (error) {
    return { ...kept, answer: { state: 'waiting', detail: reasonOf(error) } }
  }
}

/** Nothing else of the drill changes: what this look has seen is written when it is over. */
function withAsked(drill: Owed, asked: AskedSize | null): Owed {
  const { asked: _asked, ...progress } = drill.tracking.restore ?? { state: 'waiting' as const, detail: 'about to be asked for' }
  return transition(drill, { kind: 'restore', progress: asked === null ? progress : { ...progress, asked } }) as Owed
}

/** The first request counts: later ones repeat it. */
function progressOf(seen: { tracking: Tracking; at: Temporal.Instant }, answer: Restored, asked: AskedSize | null): RestoreProgress {
  const requestedAt = seen.tracking.restore?.requestedAt ?? (['requested', 'done'].includes(answer.state) ? seen.at : undefined)
  return { ...answer, ...(requestedAt === undefined ? {} : { requestedAt }), ...(asked === null ? {} : { asked }) }
}
