import type { StrikeMethod } from './schedule.ts'
import type { Milliseconds } from './time.ts'

/** `aws:123456789012/eu-west-1`: the unit that one API call can see. */
export type ScopeId = string
/** `aws:123456789012/eu-west-1/asg/web`. */
export type GroupId = string
/** An identity that is never used twice (EC2 id, GCE numeric id, Azure vmId+creation time, task id). */
export type InstanceId = string

export interface Scope {
  readonly id: ScopeId
  readonly provider: string
}

/** What a listing shows of a group: enough to plan, never enough to strike. */
export interface GroupSummary {
  readonly id: GroupId
  readonly provider: string
  readonly scope: ScopeId
  readonly name: string
  /** Changes when a group is deleted and made again under the same name. */
  readonly incarnation: string
  /** All tags or labels of the group itself. */
  readonly tags: Readonly<Record<string, string>>
  /** Set where firedrill.yaml opts the group in or out by id; a tag that says "out" still wins. */
  readonly optInById: 'in' | 'out' | null
}

export type Observation =
  | { readonly kind: 'snapshot'; readonly snapshot: GroupSnapshot }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly why: string }

/** A group as the platform shows it at one moment. */
export interface GroupSnapshot {
  readonly summary: GroupSummary
  /** By the provider's own clock where its answers carry one, so that skew can be seen; else by ours. */
  readonly observedAt: Temporal.Instant
  /** Our clock minus the provider's, from the answers' Date header; null where there is none. */
  readonly clockSkew: Milliseconds | null
  /** Desired size in capacity units (weights count); the same unit as `InstanceSnapshot.weight`. */
  readonly desired: number
  readonly minimum: number
  readonly maximum: number
  readonly instances: readonly InstanceSnapshot[]
  /** Why the group is not steady by the platform's own account (S5). Settling time is judged by the rules. */
  readonly unsteady: readonly Unsteady[]
  /** Null: the platform replaces lost instances. Else a sentence on what stops it. */
  readonly replacementOff: string | null
  /** Methods after which the platform would not replace the victim, with a sentence on why; absent: there are none. */
  readonly notReplacedAfter?: Readonly<Partial<Record<StrikeMethod, string>>>
  /** A sentence when another controller owns this group (EKS, ECS …), or null (S7). */
  readonly controller: string | null
  /** Last time membership or size changed, as far as the platform tells; null where it does not know of any. */
  readonly membershipChangedAt: Temporal.Instant | null
  /** Names the declaration in force (template and version, …); equal strings mean an unchanged declaration. Null: this look could not tell. */
  readonly declarationVersion: string | null
  /** What happened in the group, oldest first, since the cursor (or recently), with the platform's own causes. */
  readonly events: readonly PlatformEvent[]
  /** The group's own grace + hooks + warm-up: a deadline shorter than this is pointed out. */
  readonly ownRecoveryTime: Milliseconds
}

export interface Unsteady {
  readonly reason: 'deploying' | 'refreshing' | 'scaling' | 'deleting' | 'paused' | 'unknown'
  /** A sentence without the group's name: "an instance refresh is in progress (30 %)". */
  readonly detail: string
}

export interface InstanceSnapshot {
  readonly id: InstanceId
  /** What people call it; equals the id where the platform has no names. */
  readonly name: string
  readonly zone: string | null
  readonly launchedAt: Temporal.Instant | null
  readonly phase: 'pending' | 'in-service' | 'standby' | 'terminating' | 'gone'
  /** Over every checker attached: one that fails means unhealthy, one that still waits means starting. */
  readonly health: 'healthy' | 'unhealthy' | 'starting' | 'unknown'
  readonly checks: readonly HealthReading[]
  /** Capacity units that this instance stands for. */
  readonly weight: number
  /** A sentence when it must not be a victim: protected, stateful, attached by hand; else null (S7). */
  readonly protection: string | null
  /** The declaration version it was born from; null where the platform does not say. */
  readonly bornFrom: string | null
  readonly origin: 'launched' | 'pre-built'
  readonly image: string | null
}

/** What one checker says. A checker that only repeats "running" is not `independent`. */
export interface HealthReading {
  readonly source: string
  readonly state: 'healthy' | 'unhealthy' | 'starting' | 'unknown'
  /** Looks inside or at traffic (a load balancer, a container health check), beyond the platform's "running". */
  readonly independent: boolean
  readonly detail: string
}

/** One thing the platform says happened: a launch, a termination, an attempt at either. */
export interface PlatformEvent {
  readonly id: string
  readonly at: Temporal.Instant
  readonly kind: 'launch' | 'terminate' | 'other'
  readonly instance: InstanceId | null
  readonly cause: EventCause
  readonly outcome: 'in-progress' | 'succeeded' | 'failed'
  /** The platform's own words. */
  readonly detail: string
  readonly error: PlatformFailure | null
}

export type EventCause =
  | 'replacement' // makes up for an instance that is lost
  | 'unhealthy' // the platform removed it because a check failed
  | 'strike' // a terminate call of a user or a tool, ours among them
  | 'scale-out'
  | 'scale-in'
  | 'rebalance'
  | 'interruption' // spot or maintenance
  | 'deployment'
  | 'unknown'

export interface PlatformFailure {
  /** Capacity and quota pass by themselves; broken needs the owner. */
  readonly category: 'capacity' | 'quota' | 'broken'
  readonly message: string
}
