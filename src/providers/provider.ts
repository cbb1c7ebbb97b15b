import type { Configuration, Declaration, PathGlob } from '../domain/declaration.ts'
import type { AskedSize, Inside, StrikeOrder } from '../domain/drill.ts'
import type { Finding } from '../domain/finding.ts'
import type { GroupId, GroupSummary, InstanceId, Observation, Scope } from '../domain/group.ts'
import type { StrikeMethod } from '../domain/schedule.ts'
import type { Guard } from '../guards/guard.ts'

/**
 * One kind of place where groups live. Every method throws only ProviderError. Reads may be retried by
 * the adapter; strike() sends its call once. A signal that is aborted ends a call with the signal's reason.
 */
export interface Provider {
  readonly name: string
  readonly capabilities: Capabilities
  scopes(): readonly Scope[]
  /** Groups that are opted in, and near misses (`Enabled`, `true`), filtered on the server where the API can. */
  discover(scope: Scope, signal: AbortSignal): AsyncIterable<GroupSummary>
  /**
   * One reading of several groups in as few calls as the API allows; every asked group is in the answer.
   * `since` bounds the platform's own events (activities, errors); what is older is left out.
   */
  observe(
    scope: Scope,
    groups: readonly GroupId[],
    options: ObserveOptions,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<GroupId, Observation>>
  /** What a rebuild is made from, resolved now. A group that is missing from the answer could not be read. */
  declare(scope: Scope, groups: readonly GroupId[], signal: AbortSignal): Promise<ReadonlyMap<GroupId, Declaration>>
  /** What instances really are. An instance that is missing from the answer could not be read. */
  describe(scope: Scope, instances: readonly InstanceRef[], signal: AbortSignal): Promise<ReadonlyMap<InstanceId, Configuration>>
  /**
   * Sends the call that terminates the order's victim, once: no retries. `mayStillSend` is asked immediately before the
   * request leaves (after credentials and signing); where it says no, nothing is sent and `mayHaveActed` is false.
   */
  strike(order: StrikeOrder, signal: AbortSignal, mayStillSend: () => boolean): Promise<Receipt>
  /**
   * Brings a group back to its recorded size where the platform does not; idempotent. Absent where it does. What it asks for goes
   * through `asking` first.
   */
  readonly restore?: (order: StrikeOrder, signal: AbortSignal, asking: Asking) => Promise<Restored>
  /**
   * What is inside an instance by the platform's own account, where the schedule names no fingerprint of its own. Absent where the
   * platform cannot look inside. `ignore` are globs over `state/<key>`: what matches need not be read. Cheap enough to be
   * asked right before a strike, and bounded: what is too much to read is in `unread`. Throws where nothing could be read.
   */
  readonly fingerprint?: (
    scope: Scope,
    instance: InstanceRef,
    options: { readonly ignore: readonly PathGlob[] },
    signal: AbortSignal,
  ) => Promise<Inside>
  /** Would a rebuild work? Findings by group; an empty list is a good forecast; a missing group could not be read. */
  forecast(scope: Scope, groups: readonly GroupId[], signal: AbortSignal): Promise<ReadonlyMap<GroupId, readonly Finding[]>>
  /** Guards of its own, opened from what its schema in the registry made of a schedule. Absent where it brings none. */
  readonly guards?: Readonly<Record<string, (settings: Readonly<Record<string, unknown>>) => Guard>>
  /** What its documentation leaves open and a live platform tells without a strike, for `verify-live`. Absent where there is nothing. */
  readonly openQuestions?: readonly OpenQuestion[]
  close(): Promise<void>
}

export interface OpenQuestion {
  readonly question: string
  /** What is sent to find out, for who is asked whether it may be. Nothing is ever changed by it. */
  readonly sends: string
  /** What is sent is a write that the platform cannot carry out: it is left out under a halt or a leash. */
  readonly writes: boolean
  /** The answer as a sentence, also that there was none to be had. Throws ProviderError. */
  ask(scope: Scope, group: GroupId, signal: AbortSignal): Promise<string>
}

export interface ObserveOptions {
  readonly since: Temporal.Instant
  /**
   * `full` reads everything that safety rules need (deployments, protections, every health check);
   * `watch` reads only what a drill under way needs: members, health, events;
   * `brief` reads only what the listing of groups itself shows, for a look at a whole scope (S15).
   */
  readonly depth: 'full' | 'watch' | 'brief'
  /** Also what only explains (hooks for `ownRecoveryTime`); a strike does not need it. */
  readonly explain?: boolean
}

export interface InstanceRef {
  /** It came after a strike; nobody will strike it, so what only protects from that need not be read. */
  readonly rebuilt?: true
  readonly group: GroupId
  readonly id: InstanceId
}

export interface Capabilities {
  readonly methods: readonly StrikeMethod[]
  /** False: `restore` is there and must be called. */
  readonly replacesItself: boolean
  /** True: `fingerprint` is there. Absent: false. */
  readonly looksInside?: boolean
  /** Methods whose call names the very instance, so that it may be sent again after an unknown outcome (S9). */
  readonly namesInstance: readonly StrikeMethod[]
  /** How long a read may lag behind the truth, in milliseconds. */
  readonly staleness: number
  /** Paths that differ by design (ids, addresses) or that known controllers change. */
  readonly driftIgnore: readonly PathGlob[]
  /** What gives a group a check beyond the platform's own "running", said to its owner: "attach a target group with a health check". */
  readonly healthCheck: string
}

export interface Receipt {
  readonly acceptedAt: Temporal.Instant
  /** The platform's own id of what it started (an activity, an operation), or null. */
  readonly reference: string | null
}

/** What a restore asks for, kept in the ledger: a process that dies must not leave behind a size that nobody knows to be ours. */
export interface Asking {
  /** As kept before this call; null: nothing has been asked for yet, or a version that did not keep it has asked. */
  readonly last: AskedSize | null
  /** Called before a size is asked for, and with the one before where the platform refused it. False: somebody else moved the drill. Send nothing then. */
  keep(asked: AskedSize | null): Promise<boolean>
}

export interface Restored {
  readonly state: 'waiting' | 'requested' | 'done' | 'yielded'
  readonly detail: string
}
