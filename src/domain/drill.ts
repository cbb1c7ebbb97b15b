import type { AcceptedDifference } from './accepted.ts'
import type { Configuration, Declaration, NotCompared } from './declaration.ts'
import type { Finding, Verdict } from './finding.ts'
import type { GroupId, GroupSnapshot, InstanceId, PlatformEvent, ScopeId } from './group.ts'
import type { DrillPolicy, StrikeMethod } from './schedule.ts'

export type DrillId = string

/**
 * The life of a drill (DESIGN.md §2):
 *
 *   planned ──► refused | leashed
 *      ▼
 *   striking ─► [restoring] ─► recovering ─► soaking ─► concluded (verdict)
 *      └──────────────────────────────────────────────► concluded (not-struck)
 *
 * Open states are striking, restoring, recovering and soaking.
 */
export type Drill = PlannedDrill | RefusedDrill | LeashedDrill | OpenDrill | ConcludedDrill
export type OpenDrill = StrikingDrill | RestoringDrill | RecoveringDrill | SoakingDrill
export type DrillState = Drill['state']

interface DrillBase {
  readonly id: DrillId
  readonly schedule: string
  readonly provider: string
  readonly scope: ScopeId
  readonly group: GroupId
  readonly groupName: string
  readonly incarnation: string
  readonly service: string
  /** The slug of `firedrill-owner`, or null. */
  readonly owner: string | null
  /** Local date on which the window opens: with schedule and group the key of a plan. For a run on demand, the run's id. */
  readonly planKey: string
  readonly plannedFor: Temporal.Instant
  readonly policy: DrillPolicy
  /** Counts every change; a write names the revision it read, so that a stalled worker changes nothing. */
  readonly revision: number
  /** When this drill must be looked at next; null: never again. */
  readonly wakeAt: Temporal.Instant | null
}

export interface PlannedDrill extends DrillBase {
  readonly state: 'planned'
}

export interface RefusedDrill extends DrillBase {
  readonly state: 'refused'
  readonly refusal: Refusal
  readonly refusedAt: Temporal.Instant
  /** What S13 found; empty for other rules. */
  readonly findings: readonly Finding[]
}

export interface LeashedDrill extends DrillBase {
  readonly state: 'leashed'
  readonly victim: VictimRef
  readonly leashedAt: Temporal.Instant
  readonly findings: readonly Finding[]
}

export interface StrikingDrill extends DrillBase {
  readonly state: 'striking'
  readonly order: StrikeOrder
  /** How often a call may have been sent; 0 until the first. */
  readonly attempts: number
  readonly lastAttemptAt: Temporal.Instant | null
}

export interface RestoringDrill extends DrillBase {
  readonly state: 'restoring'
  readonly order: StrikeOrder
  readonly tracking: Tracking
}

export interface RecoveringDrill extends DrillBase {
  readonly state: 'recovering'
  readonly order: StrikeOrder
  readonly tracking: Tracking
}

export interface SoakingDrill extends DrillBase {
  readonly state: 'soaking'
  readonly order: StrikeOrder
  readonly tracking: Tracking
  readonly soakEndsAt: Temporal.Instant
}

export interface ConcludedDrill extends DrillBase {
  readonly state: 'concluded'
  readonly order: StrikeOrder
  /** Null where nothing was struck. */
  readonly tracking: Tracking | null
  readonly judgement: Judgement
  readonly concludedAt: Temporal.Instant
  /** True until the group is seen back at its size with every member healthy (S3); wakeAt stays set till then. */
  readonly wounded: boolean
}

/** Why nothing was struck: the rule by its number (`S5`), or the guard's name, and a sentence. */
export interface Refusal {
  readonly rule: string
  readonly reason: string
}

export interface VictimRef {
  readonly id: InstanceId
  readonly name: string
  readonly zone: string | null
  readonly image: string | null
  readonly bornFrom: string | null
}

/** The recorded intent. Whatever crashes or runs twice, only this victim is ever struck (S9). */
export interface StrikeOrder {
  readonly drill: DrillId
  readonly scope: ScopeId
  readonly group: GroupId
  readonly groupName: string
  readonly incarnation: string
  readonly victim: VictimRef
  readonly method: StrikeMethod
  /** Desired size before the strike, in capacity units. */
  readonly desired: number
  /** Members before the strike: whoever is not among them is new. */
  readonly members: readonly InstanceId[]
  readonly declarationVersion: string
  readonly intendedAt: Temporal.Instant
  /** A UUID for platforms that take a request id. */
  readonly requestId: string
}

/** What the watching has seen so far; small, kept on the drill's row. */
export interface Tracking {
  /** When the call was sent (or, after a crash, when the victim was first seen gone). */
  readonly struckAt: Temporal.Instant
  /** First seen terminating, gone or absent: from here on a successor may count as recovered. */
  readonly victimGoneAt: Temporal.Instant | null
  /** It has left service but still drains or shuts down. */
  readonly victimDraining?: boolean
  /** Since when it reads as alive again although it was seen to go: an older view, or a strike that was undone. */
  readonly victimBackAt?: Temporal.Instant | null
  readonly candidates: readonly Candidate[]
  /** Platform events since the strike that matter for attribution and for `not-replaced`; bounded. */
  readonly events: readonly PlatformEvent[]
  /** Desired size as last seen; a change is noted, not a reason by itself. */
  readonly desired: number
  /** As last seen; once it differs from the order's it stays different, even if an edit is taken back. */
  readonly declarationVersion: string
  /** Why the group replaces nobody, as last seen; left out: it does. */
  readonly replacementOff?: string
  /** The group disappeared or became another incarnation; a second look confirms it. */
  readonly groupGoneAt: Temporal.Instant | null
  /** When the group was last read, by our clock. */
  readonly lookedAt: Temporal.Instant | null
  /** `observedAt` of the newest snapshot folded in, so that an older one is recognized. */
  readonly observedAt?: Temporal.Instant | null
  /** Since when the group has been unreadable; null while it can be read. */
  readonly unreadableSince: Temporal.Instant | null
  readonly unreadableWhy: string | null
  readonly restore: RestoreProgress | null
  /** Since when the group has been back at its size with every member healthy. */
  readonly wholeAt: Temporal.Instant | null
}

/** A new member since the strike that may be the successor. */
export interface Candidate {
  readonly id: InstanceId
  readonly name: string
  readonly launchedAt: Temporal.Instant | null
  readonly seenAt: Temporal.Instant
  readonly origin: 'launched' | 'pre-built'
  readonly bornFrom: string | null
  readonly image: string | null
  readonly health: 'healthy' | 'unhealthy' | 'starting' | 'unknown'
  /** Some checker beyond the platform's own "running" vouched for it. */
  readonly independentlyHealthy: boolean
  /** First healthy by the provider's checks in the current unbroken run; null before. */
  readonly healthyAt: Temporal.Instant | null
  /** Probes passed as well (equals healthyAt where there are none): recovered. */
  readonly recoveredAt: Temporal.Instant | null
  /**
   * Looks were missed (gaps.ts): the latest that told it was not yet well. It recovered after this and at `recoveredAt` at the latest;
   * while it has not, how it is since then could not be told. Absent where the looks were close.
   */
  readonly recoveredAfter?: Temporal.Instant
  readonly lastProbeFailure: string | null
  /** By probe in the policy's order: passes in a row, no more than are needed; 0 after a failure or where it could not be asked. */
  readonly probePasses?: readonly number[]
  /** Why a probe could not be asked at the last look that tried; null where all could. */
  readonly probeUnknown?: string | null
  /** On its own network, for probes; null where it has none, absent where it has not been read. */
  readonly address?: string | null
  /** Bad looks in a row since it was recovered; two mean it failed. */
  readonly badLooks: number
  readonly failedAt: Temporal.Instant | null
  /** Missing from the group since this look; a second such look means that it is gone. */
  readonly absentSince?: Temporal.Instant | null
  readonly gone: { readonly at: Temporal.Instant; readonly cause: PlatformEvent['cause']; readonly detail: string } | null
  /** The last unhealthy or waiting check, in a sentence, for findings. */
  readonly healthDetail: string
}

export interface RestoreProgress {
  readonly state: 'waiting' | 'requested' | 'done' | 'yielded'
  readonly detail: string
  /** When the platform first took the request; a successor could not come before. */
  readonly requestedAt?: Temporal.Instant
  /** What was asked for last, written before it was sent. Absent: nothing yet. */
  readonly asked?: AskedSize
}

/** A size that a restore has asked for, so that whoever goes on after a crash can tell it from somebody else's. */
export interface AskedSize {
  readonly size: number
  /** The size that stood then. */
  readonly from: number
  /** The platform's own mark of the reading that it was decided on (an etag): while that stands, nothing has come of it. */
  readonly seen: string
}

/** A flat record of what is inside an instance. */
export type Fingerprint = Readonly<Record<string, string>>

/** In a list of changes: the image has it, and the instance does not any more. */
export const DELETED = 'deleted'
/** Said of what is missing in a list of changes. */
export const UNCHANGED = 'as the image has it'

/** One look inside an instance. */
export interface Inside {
  readonly fingerprint: Fingerprint
  /**
   * `everything`: a key that is missing is not there. `changes`: only what differs from the image is listed, so that a key which
   * is missing is as the image has it, and what a successor alone changed is its own start and no loss.
   */
  readonly shows: 'everything' | 'changes'
  /** What is inside and could not be read, or not to its end. */
  readonly unread: readonly NotCompared[]
}

/** Read before the strike and stored with the intent. */
export interface Before {
  readonly snapshot: GroupSnapshot
  readonly declaration: Declaration
  readonly victim: Configuration
  /** Null with a reason: not taken. */
  readonly fingerprint: Fingerprint | null
  readonly fingerprintWhy: string | null
  /** Absent: everything. */
  readonly fingerprintShows?: Inside['shows']
  readonly fingerprintUnread?: readonly NotCompared[]
  /** The provider's drift globs of that day: a later version's must not change a verdict that is judged again. */
  readonly driftIgnore: readonly string[]
  /** What the provider says that gives a group a health check of its own; absent: it said nothing. */
  readonly healthCheck?: string
  /** What the guards said right before; absent where there are none. */
  readonly guards?: readonly GuardReading[]
}

/** The answer of one guard, kept as evidence: small, and without secrets. */
export interface GuardReading {
  readonly guard: string
  readonly proceed: boolean
  readonly reason: string
  readonly evidence: Readonly<Record<string, unknown>>
}

/** Read at the end of the soak, or at the deadline. */
export interface After {
  readonly at: Temporal.Instant
  /** Null: could not be read (why says). */
  readonly declaration: Declaration | null
  readonly declarationWhy: string | null
  /** By candidate; one that is missing could not be read. */
  readonly configurations: Readonly<Record<InstanceId, Configuration>>
  readonly fingerprints: Readonly<Record<InstanceId, Fingerprint>>
  readonly fingerprintsUnread?: Readonly<Record<InstanceId, readonly NotCompared[]>>
  /** Why one is missing. */
  readonly fingerprintsWhy?: Readonly<Record<InstanceId, string>>
  /** Differences of this group that were accepted when it was judged; left out: none. */
  readonly accepted?: readonly AcceptedDifference[]
}

/** Everything judge() looks at, as it is stored; judging it again gives the same judgement. */
export interface Evidence {
  readonly order: StrikeOrder
  readonly policy: DrillPolicy
  readonly before: Before
  readonly tracking: Tracking
  readonly after: After
}

export interface Judgement {
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
  /** `replaced`, `health`, `image`, `configuration`, `state`. */
  readonly proven: readonly string[]
  readonly notCompared: readonly NotCompared[]
  /** The successor that the verdict is about (the first that passed, or the worst), or null. */
  readonly successor: InstanceId | null
}

/** One line of a drill's append-only history. */
export interface DrillEvent {
  readonly drill: DrillId
  readonly seq: number
  readonly at: Temporal.Instant
  readonly kind: string
  readonly data: Readonly<Record<string, unknown>>
}
