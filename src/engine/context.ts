import type { Drill, DrillId, PlannedDrill, Refusal } from '../domain/drill.ts'
import type { Scope, ScopeId } from '../domain/group.ts'
import type { Log } from '../domain/log.ts'
import type { Recovery } from '../domain/recoveries.ts'
import type { CheckSettings, InstallationLimits, Schedule } from '../domain/schedule.ts'
import type { Clock } from '../domain/time.ts'
import type { Traced, TracedWork } from '../domain/trace.ts'
import type { Fingerprinter } from '../fingerprints/fingerprint.ts'
import type { Guard } from '../guards/guard.ts'
import type { Ledger, NewEvent } from '../ledger/ledger.ts'
import type { Notifier } from '../notify/notifier.ts'
import type { Probe } from '../probes/probe.ts'
import type { Provider } from '../providers/provider.ts'
import type { ProbeTimes } from './probes.ts'

/** Everything the use cases are handed: ports, settings, clock. Made once, in compose.ts. */
export interface Engine {
  readonly clock: Clock
  readonly ledger: Ledger
  /** It grows where a platform could not be reached at the start. */
  readonly providers: readonly Provider[]
  /** Configured platforms that are not in yet, by name, and why. Left out: all are. */
  readonly unreachable?: ReadonlyMap<string, string>
  readonly schedules: readonly Schedule[]
  readonly never: readonly string[]
  /** Of all schedules together; left out: none beyond their own. */
  readonly limits?: InstallationLimits
  readonly openGuard: (settings: CheckSettings) => Guard
  readonly openProbe: (settings: CheckSettings) => Probe
  readonly openFingerprinter: (settings: CheckSettings) => Fingerprinter
  /** FIREDRILL_HALT_FILE exists (S2). Asked synchronously, in the very decision. */
  readonly haltFileExists: () => boolean
  readonly newId: () => string
  /**
   * When the drills of a scope must be looked at next, where that is later than their rows say: a look without news is not
   * written (docs/decisions/0003). Of this process only; what is lost here costs a look, never a verdict.
   */
  readonly nextLooks: Map<ScopeId, ReadonlyMap<DrillId, NextLook>>
  /** How long replacements took lately, by scope: read from the ledger once, then noted as they recover. */
  readonly recoveries: Map<ScopeId, readonly Recovery[]>
  readonly probed: ProbeTimes
  readonly log: Log
  /** Told of every change of a drill and what happened with it, after both are in the ledger. */
  readonly changed: (drill: Drill, events: readonly NewEvent[]) => void
  /** Told whenever a plan is left waiting by a limit that passes by itself, and why: silence would look like a hang. */
  readonly waits?: (plan: PlannedDrill, refusal: Refusal) => void
  /** Left out: nobody is told anything. */
  readonly notifier?: Notifier
  /** Left out: nobody asked for traces. */
  readonly traced?: Traced
  /** Told that messages were written that may be due. */
  readonly noticed?: () => void
}

/** How long an intent may be acted upon: long enough for one call, short enough for `halt --wait`. */
export const permitLength = 10_000

/** A look older than this is not fresh enough for a strike (S1). */
export const freshness = 5_000

export interface NextLook {
  readonly lookedAt: Temporal.Instant
  /** The latest look that read the group; null: none yet. */
  readonly readAt: Temporal.Instant | null
  readonly at: Temporal.Instant
  /** The row's own `wakeAt` when this was noted: where the row has another by now, somebody moved the drill. */
  readonly row: Temporal.Instant | null
}

export interface ScopeHandle {
  readonly scope: Scope
  readonly provider: Provider
}

export function scopesOf(engine: Engine): readonly ScopeHandle[] {
  return engine.providers.flatMap(provider => provider.scopes().map(scope => ({ scope, provider })))
}

/** Null: the scope is no longer configured, or its platform could not be reached yet. */
export function scopeHandle(engine: Engine, scope: string): ScopeHandle | null {
  return scopesOf(engine).find(handle => handle.scope.id === scope) ?? null
}

/** Why the platform of a scope could not be reached since this process started; null where that is not what keeps it away. */
export function whyUnreachable({ unreachable }: Engine, scope: ScopeId): string | null {
  const name = scope.slice(0, scope.indexOf(':'))
  const why = unreachable?.get(name)
  return why === undefined ? null : `${name} could not be reached since this process started: ${why}`
}

export function scheduleOf(engine: Engine, name: string): Schedule | null {
  return engine.schedules.find(schedule => schedule.name === name) ?? null
}

/** For the facts that rules are asked about. */
export function limitsOf({ limits }: Engine): { readonly limits?: InstallationLimits } {
  return limits === undefined ? {} : { limits }
}

/** Does it, and shows it in the drill's trace where somebody wants one. */
export function traced<T>(engine: Engine, about: TracedWork<T>, work: () => Promise<T>): Promise<T> {
  return engine.traced === undefined ? work() : engine.traced(about, work)
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
