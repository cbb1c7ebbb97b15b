import type { AcceptedDifference } from '../domain/accepted.ts'
import type {
  After,
  Before,
  Drill,
  DrillEvent,
  DrillId,
  DrillState,
  OpenDrill,
  PlannedDrill,
  Refusal,
  StrikeOrder,
} from '../domain/drill.ts'
import type { Verdict } from '../domain/finding.ts'
import type { GroupId, ScopeId } from '../domain/group.ts'
import type { Halt, HaltTarget, LedgerState, Quarantine } from '../domain/ledger-state.ts'
import type { NewMessage, Notice } from '../domain/notice.ts'
import type { GroupRecord, SeenGroup } from '../domain/seen-group.ts'
import type { Standing } from '../domain/standing.ts'
import type { Milliseconds } from '../domain/time.ts'

/**
 * The only source of truth. Times are the ledger's own where they decide something (`now`, permits).
 * Every method may throw LedgerError; a write that finds another revision changes nothing and says so.
 */
export interface Ledger {
  /** Ledger time: PostgreSQL's clock, or this machine's for an embedded ledger. */
  now(): Promise<Temporal.Instant>
  /** Drawn once at init; the draw of DESIGN.md §2 is a function of it. */
  salt(): Promise<string>

  // groups seen
  /** Upserts what a discovery saw. `optedInSince` starts again with each opt-in and each incarnation. */
  recordDiscovery(discovery: Discovery): Promise<void>
  groups(): Promise<readonly GroupRecord[]>
  group(id: GroupId): Promise<GroupRecord | null>
  /** A page of the opted-in groups that are there, by provider, scope and name; `total` counts all that match. */
  fleet(filter: FleetFilter): Promise<FleetPage>
  /** How many opted-in groups that are there stand how, in each scope. `proofSince`: what was shown before proves nothing any more. */
  fleetCounts(proofSince: Temporal.Instant): Promise<readonly FleetCount[]>

  // plans
  /** Adds plans that are not there yet (unique by schedule, group, planKey; never redrawn). Returns those added. */
  addPlans(plans: readonly NewPlan[]): Promise<readonly PlannedDrill[]>

  // one drill
  drill(id: DrillId): Promise<Drill | null>
  /** Open drills first, then newest; filters are combined. */
  drills(filter: DrillFilter): Promise<readonly Drill[]>
  /** Conclusions after `cursor`, oldest first; the cursor of the last one asks for what came since. */
  conclusions(cursor: ConclusionCursor, limit: number): Promise<readonly Conclusion[]>
  /** Refused drills that were planned for `since` or later, by rule. */
  refusalCounts(since: Temporal.Instant): Promise<readonly RefusalCount[]>
  /** Planned or open drills and wounded ones whose `wakeAt` is not after `now`, earliest first. */
  due(now: Temporal.Instant, limit: number): Promise<readonly DueDrill[]>
  /** Open and wounded drills of one scope: what a watch tick looks at. */
  watched(scope: ScopeId): Promise<readonly Drill[]>
  /**
   * Replaces a drill by its next state with its events, where the stored revision is `drill.revision - 1`;
   * false: somebody else was faster, nothing was written. `attach` stores evidence beside it; a conclusion may
   * put its service in quarantine in the same transaction.
   */
  advance(step: Advance): Promise<boolean>
  events(id: DrillId): Promise<readonly DrillEvent[]>
  before(id: DrillId): Promise<Before | null>
  after(id: DrillId): Promise<After | null>

  // strikes
  /**
   * One transaction under the ledger's lock: reads what limits strikes, asks `decide`, and where it
   * returns null writes the intent (drill → striking), the unique strike row, the evidence and a permit
   * of `permitFor` ms. Constraints are the last line: a second strike for a drill, or a second open drill
   * for a group or service, is a refusal as well.
   */
  intend(intent: Intent): Promise<IntentResult>
  /**
   * A new permit for an order that is already recorded (resuming after a crash), after `decide` agreed
   * again under the lock; refused where the drill has moved on.
   */
  renewPermit(renewal: Renewal): Promise<IntentResult>
  /** Permits that have not run out and whose call is not known to have ended: strikes in flight (S2). */
  strikesInFlight(): Promise<readonly InFlight[]>
  /** The call of this order has ended, however it ended: its permit is over. */
  endPermit(drill: DrillId): Promise<void>
  /** What limits strikes, read now without the lock: for explanations (`groups`, `plan`). */
  state(): Promise<LedgerState>

  // halts and quarantines
  /** Who changed what, newest first. */
  audit(limit: number): Promise<readonly AuditEntry[]>
  /** Another text as soon as an open drill, a halt or a quarantine has changed, a drill was planned or judged. */
  pulse(): Promise<string>
  /** `messages` tell of it, in the same transaction. */
  halt(halt: {
    target: HaltTarget
    reason: string
    by: string
    until: Temporal.Instant | null
    messages?: readonly NewMessage[]
  }): Promise<Halt>
  /** Ends every halt on exactly this target; null: all halts. Returns those ended. A schedule's breaker starts counting anew. */
  resume(target: HaltTarget | null, by: string): Promise<readonly Halt[]>
  quarantines(): Promise<readonly Quarantine[]>
  /** Clears by service name; false where there is none. The note and who are kept. */
  clearQuarantine(service: string, note: string, by: string): Promise<boolean>

  // what must be told
  /** Adds messages that are not there yet (unique by key and target). */
  post(messages: readonly NewMessage[]): Promise<void>
  /** Takes due messages for `lease` ms, so that nobody else sends them meanwhile. */
  claimMessages(claim: { readonly limit: number; readonly lease: Milliseconds }): Promise<readonly ClaimedMessage[]>
  /** False: the claim had run out and the message is somebody else's. */
  settleMessage(claim: Pick<ClaimedMessage, 'id' | 'attempt'>, end: MessageEnd): Promise<boolean>
  /** When a message must be sent next; null: none waits. */
  nextMessageAt(): Promise<Temporal.Instant | null>
  messagesAbout(drill: DrillId): Promise<readonly MessageStanding[]>
  /** Those that wait, and those that ended `since` then, by target and state. */
  messageCounts(since: Temporal.Instant): Promise<readonly MessageCount[]>

  // known differences
  /** Records that this difference is accepted from now on; what was accepted at the same place of the group before ends. */
  accept(difference: Omit<AcceptedDifference, 'since'>): Promise<AcceptedDifference>
  /** Those in force now, of one group or of all. */
  accepted(group?: GroupId): Promise<readonly AcceptedDifference[]>

  close(): Promise<void>
}

export interface Discovery {
  readonly scope: ScopeId
  readonly at: Temporal.Instant
  /** Null: the scope was read to its end. Else nothing is forgotten, and S15 sees why it could not be read. */
  readonly unreadable: string | null
  readonly groups: readonly SeenGroup[]
}

export type NewPlan = Omit<PlannedDrill, 'id' | 'revision' | 'state'>

export interface DrillFilter {
  readonly states?: readonly DrillState[]
  readonly group?: GroupId
  readonly service?: string
  readonly schedule?: string
  /** Only refusals by this rule. */
  readonly rule?: string
  readonly since?: Temporal.Instant
  readonly until?: Temporal.Instant
  readonly limit?: number
}

export interface FleetFilter {
  /** Only this one. */
  readonly group?: GroupId
  /** A part of the name, id, service or owner, in any case. */
  readonly text?: string
  readonly provider?: string
  readonly scope?: string
  readonly service?: string
  readonly owner?: string
  /** `expired`: a phoenix from before `proofSince`. */
  readonly standing?: Standing | 'unproven' | 'expired'
  readonly proofSince: Temporal.Instant
  /** Only what cannot be rebuilt: snowflakes, then forecasts, the newest first, instead of all by provider, scope and name. */
  readonly worstFirst?: boolean
  readonly limit: number
  readonly offset: number
}

export interface FleetPage {
  readonly groups: readonly FleetGroup[]
  readonly total: number
}

export interface FleetGroup {
  readonly id: GroupId
  readonly name: string
  readonly provider: string
  readonly scope: ScopeId
  readonly service: string
  readonly owner: string | null
  readonly unsteady: string | null
  readonly standing: Standing | null
  readonly at: Temporal.Instant | null
  readonly since: Temporal.Instant | null
}

export interface FleetCount {
  readonly provider: string
  readonly scope: ScopeId
  readonly standing: Standing | null
  /** Shown at `proofSince` or later. */
  readonly fresh: boolean
  readonly groups: number
}

export interface ConclusionCursor {
  readonly at: Temporal.Instant
  readonly drill: DrillId
}

export interface Conclusion extends ConclusionCursor {
  readonly group: GroupId
  readonly provider: string
  readonly verdict: Verdict
}

export interface RefusalCount {
  readonly rule: string
  readonly drills: number
}

export interface AuditEntry {
  readonly id: string
  readonly at: Temporal.Instant
  readonly by: string
  readonly action: 'halt' | 'resume' | 'clear-quarantine' | 'accept' | 'veto'
  readonly subject: string
  readonly note: string
}

export interface DueDrill {
  readonly id: DrillId
  readonly state: DrillState
  readonly scope: ScopeId
  readonly wakeAt: Temporal.Instant
}

export interface Advance {
  /** The next state, its revision one more than the stored one. */
  readonly drill: Drill
  readonly events: readonly NewEvent[]
  readonly before?: Before
  readonly after?: After
  /** Quarantine the drill's service, with this reason. */
  readonly quarantine?: string
  /** Tell of it, in the same transaction. */
  readonly messages?: readonly NewMessage[]
  /** Somebody did this: the line that says who. */
  readonly audit?: Omit<AuditEntry, 'id' | 'at'>
}

export interface ClaimedMessage {
  readonly id: string
  readonly target: string
  readonly notice: Notice
  /** 1 for the first. */
  readonly attempt: number
  readonly since: Temporal.Instant
}

export type MessageEnd =
  | { readonly kind: 'sent' }
  | { readonly kind: 'again'; readonly after: Milliseconds; readonly problem: string }
  /** `dropped`: there was nothing left to tell. */
  | { readonly kind: 'gave-up' | 'dropped'; readonly problem: string }

export interface MessageStanding {
  readonly key: string
  readonly target: string
  readonly state: 'waiting' | 'sent' | 'gave-up' | 'dropped'
  readonly attempts: number
  readonly endedAt: Temporal.Instant | null
  readonly problem: string | null
}

export interface MessageCount {
  readonly target: string
  /** `failing`: it waits for another try. */
  readonly state: MessageStanding['state'] | 'failing'
  readonly messages: number
}

export interface NewEvent {
  readonly at: Temporal.Instant
  readonly kind: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface Intent {
  readonly drill: PlannedDrill
  /** When it is intended is the moment under the lock: who waited for that may send its call only from then on. */
  readonly order: Omit<StrikeOrder, 'intendedAt'>
  readonly before: Before
  /** The run that strikes, for `strikesPerRun`; null for the service. */
  readonly run: string | null
  readonly permitFor: number
  /** So many busy drills of each kind are read for `decide` at most; left out: all. */
  readonly busyAtMost?: number
  readonly decide: (state: LedgerState) => Refusal | null
}

export interface Renewal {
  readonly drill: OpenDrill
  readonly permitFor: number
  readonly busyAtMost?: number
  readonly decide: (state: LedgerState) => Refusal | null
}

export type IntentResult =
  /** The permit's length counts from when the answer was asked for, on the caller's monotonic clock. */
  | { readonly kind: 'permitted'; readonly drill: OpenDrill; readonly permitFor: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Somebody else has changed the drill meanwhile. */
  | { readonly kind: 'lost' }

export interface InFlight {
  readonly drill: DrillId
  readonly group: GroupId
  readonly victim: string
  readonly permitEnds: Temporal.Instant
}

export type LedgerErrorCode = 'missing' | 'newer' | 'foreign' | 'corrupt' | 'unreachable' | 'denied' | 'in-use' | 'failed'

/** What is wrong with the ledger and what to do, in one sentence. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError'
  readonly code: LedgerErrorCode

  constructor(code: LedgerErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}
