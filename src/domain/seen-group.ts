import type { Refusal } from './drill.ts'
import type { GroupSummary } from './group.ts'

/** A group as a discovery saw it. */
export interface SeenGroup {
  readonly summary: GroupSummary
  readonly optedIn: boolean
  readonly service: string
  /** Null: steady. */
  readonly unsteady: string | null
  /** What its listing shows to forbid every strike until somebody changes it (S5, S7); what tags forbid can be read from them. */
  readonly barred: readonly Refusal[]
}

/** What the ledger remembers of a group. */
export interface GroupRecord extends SeenGroup {
  readonly firstSeen: Temporal.Instant
  readonly lastSeen: Temporal.Instant
  /** Opting in starts the count of days; null while not opted in. */
  readonly optedInSince: Temporal.Instant | null
  readonly lastStrikeAt: Temporal.Instant | null
  /** The newest conclusive verdict. */
  readonly lastVerdict: { readonly verdict: 'phoenix' | 'snowflake'; readonly at: Temporal.Instant } | null
  /** Since when a forecast that came after that verdict says that a rebuild would fail (S13); null: none does. */
  readonly forecastSince: Temporal.Instant | null
  /** Of the newest phoenix: the age of its proof. */
  readonly lastPhoenixAt: Temporal.Instant | null
  /** False: a complete discovery of its scope no longer found it. */
  readonly present: boolean
}
