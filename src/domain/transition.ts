import type {
  ConcludedDrill,
  Drill,
  Judgement,
  OpenDrill,
  PlannedDrill,
  RecoveringDrill,
  Refusal,
  RestoreProgress,
  RestoringDrill,
  SoakingDrill,
  StrikeOrder,
  StrikingDrill,
  Tracking,
  VictimRef,
} from './drill.ts'
import type { Finding } from './finding.ts'
import { notStruck } from './findings.ts'
import { after } from './instants.ts'
import { nextLook, STRIKE_PATIENCE } from './pace.ts'
import { phaseOf } from './phase.ts'
import { startTracking } from './tracking.ts'

/*
 * The life of a drill, and the only place that changes its state.
 *
 *   planned ──refuse──► refused                                    (end)
 *      ├─────leash────► leashed                                    (end)
 *      └─────intend───► striking ─attempt─► striking
 *                          ├──not-struck──► concluded              (end)
 *                          └──struck──► restoring | recovering
 *
 *   restoring ─restore, looked─► restoring | recovering | soaking
 *   recovering ────────looked──► recovering | soaking
 *   soaking ───────────looked──► soaking | recovering              (a further candidate showed up)
 *   restoring, recovering, soaking ─conclude─► concluded           (end, where the group is whole)
 *   concluded & wounded ─looked-wounded─► concluded & wounded | concluded & whole (end)
 *
 * A restore goes on whatever the state: recovering, soaking and wounded drills take `restore` too, and stay
 * what they are. A look that leaves nothing to wait for keeps the state and wakes at once, to be concluded.
 */

export type DrillStep =
  | { readonly kind: 'refuse'; readonly refusal: Refusal; readonly findings: readonly Finding[]; readonly at: Temporal.Instant }
  | { readonly kind: 'leash'; readonly victim: VictimRef; readonly findings: readonly Finding[]; readonly at: Temporal.Instant }
  | { readonly kind: 'intend'; readonly order: StrikeOrder }
  /** A call is about to be sent. */
  | { readonly kind: 'attempt'; readonly at: Temporal.Instant }
  | {
      readonly kind: 'struck'
      readonly at: Temporal.Instant
      /** The platform does not replace by itself. */
      readonly mustRestore: boolean
      readonly declarationVersion: string
      readonly desired: number
    }
  | { readonly kind: 'not-struck'; readonly at: Temporal.Instant; readonly why: string }
  /** With `at`, the drill's tracking has just been looked at too, and its phase is taken from it. */
  | { readonly kind: 'restore'; readonly progress: RestoreProgress; readonly at?: Temporal.Instant }
  | { readonly kind: 'looked'; readonly tracking: Tracking; readonly at: Temporal.Instant }
  | { readonly kind: 'conclude'; readonly judgement: Judgement; readonly at: Temporal.Instant; readonly whole: boolean }
  | { readonly kind: 'looked-wounded'; readonly tracking?: Tracking; readonly at: Temporal.Instant; readonly whole: boolean }

/** A step that this state does not know: a defect of the caller, never a thing that happens to a drill. */
export class IllegalTransition extends TypeError {
  override readonly name = 'IllegalTransition'
}

/** The next state, its revision one more; total over legal pairs, else it throws IllegalTransition. */
export function transition(drill: Drill, step: DrillStep): Drill {
  switch (drill.state) {
    case 'planned':
      return fromPlanned(drill, step)
    case 'striking':
      return fromStriking(drill, step)
    case 'restoring':
    case 'recovering':
    case 'soaking':
      return fromStruck(drill, step)
    case 'concluded':
      return fromConcluded(drill, step)
    case 'refused':
    case 'leashed':
      throw illegal(drill, step)
  }
}

type StruckDrill = RestoringDrill | RecoveringDrill | SoakingDrill

function fromPlanned(drill: PlannedDrill, step: DrillStep): Drill {
  const base = { ...drill, revision: drill.revision + 1 }
  switch (step.kind) {
    case 'refuse':
      return { ...base, state: 'refused', refusal: step.refusal, refusedAt: step.at, findings: step.findings, wakeAt: null }
    case 'leash':
      return { ...base, state: 'leashed', victim: step.victim, leashedAt: step.at, findings: step.findings, wakeAt: null }
    case 'intend': {
      const { order } = step
      if (order.drill !== drill.id || order.group !== drill.group || order.incarnation !== drill.incarnation)
        throw new IllegalTransition(`the order is for drill ${order.drill} on ${order.group}, not for drill ${drill.id} on ${drill.group}`)
      const wakeAt = after(order.intendedAt, STRIKE_PATIENCE)
      return { ...base, state: 'striking', order, attempts: 0, lastAttemptAt: null, wakeAt }
    }
    default:
      throw illegal(drill, step)
  }
}

function fromStriking(drill: StrikingDrill, step: DrillStep): Drill {
  const revision = drill.revision + 1
  switch (step.kind) {
    case 'attempt':
      return woken({ ...drill, revision, attempts: drill.attempts + 1, lastAttemptAt: step.at }, step.at)
    case 'struck': {
      const { attempts: _attempts, lastAttemptAt: _lastAttemptAt, ...base } = drill
      const tracking = startTracking(drill.order, step.at, step)
      return woken({ ...base, revision, state: step.mustRestore ? 'restoring' : 'recovering', tracking }, step.at)
    }
    case 'not-struck': {
      const { attempts: _attempts, lastAttemptAt: _lastAttemptAt, ...base } = drill
      const judgement: Judgement = {
        verdict: 'inconclusive',
        findings: [notStruck(step.why)],
        proven: [],
        notCompared: [],
        successor: null,
      }
      const concluded = { tracking: null, judgement, concludedAt: step.at, wounded: false, wakeAt: null }
      return { ...base, revision, state: 'concluded', ...concluded }
    }
    default:
      throw illegal(drill, step)
  }
}

function fromStruck(drill: StruckDrill, step: DrillStep): Drill {
  switch (step.kind) {
    case 'looked':
      return looked(drill, step.tracking, step.at)
    case 'restore': {
      const tracking = { ...drill.tracking, restore: step.progress }
      if (step.at !== undefined) return looked(drill, tracking, step.at)
      const next = { ...drill, revision: drill.revision + 1, tracking }
      return next.state === 'restoring' && !isRestoring(tracking) ? { ...next, state: 'recovering' } : next
    }
    case 'conclude':
      return concluded(drill, step)
    default:
      throw illegal(drill, step)
  }
}

function looked(drill: StruckDrill, tracking: Tracking, at: Temporal.Instant): Drill {
  const phase = phaseOf(tracking, drill.policy, at)
  const next: StruckDrill = { ...drill, revision: drill.revision + 1, tracking }
  if (phase.phase === 'judge') return woken(next, at)
  const base = withoutSoak(next)
  if (phase.phase === 'soaking') return woken({ ...base, state: 'soaking', soakEndsAt: phase.endsAt }, at)
  return woken({ ...base, state: drill.state === 'restoring' && isRestoring(tracking) ? 'restoring' : 'recovering' }, at)
}

function concluded(drill: StruckDrill, step: DrillStep & { kind: 'conclude' }): ConcludedDrill {
  const { judgement, at, whole } = step
  const tracking = whole ? { ...drill.tracking, wholeAt: drill.tracking.wholeAt ?? at } : { ...drill.tracking, wholeAt: null }
  const base = { ...withoutSoak(drill), revision: drill.revision + 1, tracking }
  const next: ConcludedDrill = { ...base, state: 'concluded', judgement, concludedAt: at, wounded: !whole, wakeAt: null }
  return whole ? next : { ...next, wakeAt: nextLook(next, at) }
}

function fromConcluded(drill: ConcludedDrill, step: DrillStep): Drill {
  if (!drill.wounded || drill.tracking === null) throw illegal(drill, step)
  const revision = drill.revision + 1
  if (step.kind === 'restore') return { ...drill, revision, tracking: { ...drill.tracking, restore: step.progress } }
  if (step.kind !== 'looked-wounded') throw illegal(drill, step)
  const tracking = step.tracking ?? drill.tracking
  if (step.whole)
    return { ...drill, revision, tracking: { ...tracking, wholeAt: tracking.wholeAt ?? step.at }, wounded: false, wakeAt: null }
  return { ...drill, revision, tracking, wakeAt: nextLook(drill, step.at) }
}

function woken<D extends OpenDrill>(drill: D, at: Temporal.Instant): D {
  return { ...drill, wakeAt: nextLook(drill, at) }
}

function isRestoring(tracking: Tracking): boolean {
  return tracking.restore?.state === 'waiting' || tracking.restore?.state === 'requested'
}

function withoutSoak(drill: StruckDrill): Omit<RecoveringDrill, 'state'> {
  if (drill.state !== 'soaking') return drill
  const { soakEndsAt: _soakEndsAt, ...base } = drill
  return base
}

function illegal(drill: Drill, step: DrillStep): IllegalTransition {
  return new IllegalTransition(`a ${drill.state} drill knows no step "${step.kind}" (drill ${drill.id}, revision ${drill.revision})`)
}
