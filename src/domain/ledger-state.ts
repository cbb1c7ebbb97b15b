import type { DrillId } from './drill.ts'
import type { Verdict } from './finding.ts'
import type { GroupId, ScopeId } from './group.ts'

/** What the ledger knows that limits strikes, read under its lock (S2, S3, S6, S15). */
export interface LedgerState {
  readonly now: Temporal.Instant
  readonly halts: readonly Halt[]
  readonly quarantines: readonly Quarantine[]
  /** Open drills, and concluded ones whose group is not whole again. In a decision under the lock only as many as it can tell apart. */
  readonly busy: readonly BusyDrill[]
  /** Every strike of the last 24 h and at least the newest one. */
  readonly strikes: readonly StrikeRecord[]
  /** Conclusions of the last 24 h and at least the newest ten of each schedule, newest first; those before a breaker's reset left out. */
  readonly conclusions: readonly ConclusionRecord[]
  readonly scopes: readonly ScopeReading[]
}

export type HaltTarget =
  | { readonly kind: 'installation' }
  | { readonly kind: 'schedule' | 'scope' | 'service' | 'group'; readonly name: string }

export interface Halt {
  readonly id: string
  readonly target: HaltTarget
  readonly reason: string
  readonly by: string
  readonly since: Temporal.Instant
  readonly until: Temporal.Instant | null
}

export interface Quarantine {
  readonly service: string
  readonly drill: DrillId
  readonly reason: string
  readonly since: Temporal.Instant
}

export interface BusyDrill {
  readonly drill: DrillId
  readonly schedule: string
  readonly scope: ScopeId
  readonly service: string
  readonly group: GroupId
  /** True: concluded, the group not yet whole. */
  readonly wounded: boolean
  /** Wounded after a rebuild that was not a phoenix. */
  readonly failedRebuild: boolean
}

export interface StrikeRecord {
  readonly drill: DrillId
  readonly schedule: string
  readonly service: string
  readonly group: GroupId
  readonly run: string | null
  /** When it was last permitted: a call with an unknown outcome may be made again. */
  readonly at: Temporal.Instant
}

export interface ConclusionRecord {
  readonly schedule: string
  readonly verdict: Verdict
  readonly at: Temporal.Instant
}

/** How a scope looked when it was last discovered. */
export interface ScopeReading {
  readonly scope: ScopeId
  readonly at: Temporal.Instant
  readonly optedIn: number
  readonly unsteady: number
  /** Null: readable. */
  readonly unreadable: string | null
}
