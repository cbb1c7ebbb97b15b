import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { InstanceStatus } from '@aws-sdk/client-ec2'
import type { GroupId, InstanceId, PlatformEvent } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { Remembered } from '../shared/remembered.ts'
import type { TargetGroupReading } from './health.ts'
import type { LaunchData } from './launch-data.ts'

/** A value and when it was read, by the monotonic clock. */
export interface Read<Value> {
  readonly value: Value
  readonly at: Milliseconds
}

/** What EC2 says of an instance that does not change while it lives. */
export interface KnownInstance {
  readonly launchedAt: Temporal.Instant | null
  readonly image: string | null
  /** Its disk or interface was attached well before it was last started: it waited somewhere, stopped. */
  readonly startedAgain: boolean
  /** EC2 took it back, as it may with spot capacity; only known after its end. */
  readonly interrupted: boolean
}

export interface GroupEvents {
  readonly events: readonly PlatformEvent[]
  readonly changedAt: Temporal.Instant | null
}

/** What one scope's drills under way look like between two looks; see watch.ts. */
export interface Watched {
  incarnation: string
  /** The earliest cursor asked with: about when the strike was. */
  since: Temporal.Instant
  lookedAt: Temporal.Instant
  desired: number
  readonly old: Set<InstanceId>
  readonly fresh: Set<InstanceId>
  /** When each new member was first seen in service; until its targets are healthy. */
  readonly warming: Map<InstanceId, Milliseconds>
  /** How old each was when it was last seen not to be healthy. */
  readonly coldAt: Map<InstanceId, Milliseconds>
  shortLooks: number
  shortSince: Milliseconds
  shortAskedAfter: Milliseconds
  /** The riddle that was last asked about, when it first showed, and when it was last asked about. */
  explained: string
  riddleSince: Milliseconds
  riddleAskedAt: Milliseconds
}

/**
 * What was read in one scope and cannot change, or not within the time that a reading may be old. Only
 * watching uses what may change; a look before a strike reads everything anew (S1).
 */
export class ScopeMemory {
  readonly instances = new Remembered<InstanceId, KnownInstance>(50_000)
  readonly statuses = new Remembered<InstanceId, Read<InstanceStatus | undefined>>(50_000)
  readonly targets = new Remembered<string, Read<TargetGroupReading>>(20_000)
  readonly events = new Remembered<GroupId, GroupEvents>(20_000)
  /** New members whose end has been looked up. */
  readonly ends = new Remembered<InstanceId, true>(20_000)
  /** How old new members were, lately, when they were last seen before they were healthy targets. */
  readonly warmups: Milliseconds[] = []
  readonly watched = new Remembered<GroupId, Watched>(20_000)
  readonly hooks = new Remembered<string, Read<Milliseconds>>(20_000)
  readonly warmPools = new Remembered<GroupId, ReadonlySet<InstanceId>>(20_000)
  readonly aliases = new Remembered<string, Read<{ readonly latest: string; readonly default: string }>>(20_000)
  /** What numbered versions of launch templates say, by `lt-…:number`; and the templates of which one is here. */
  readonly versions = new Remembered<string, LaunchData>(2_000)
  readonly readTemplates = new Remembered<string, true>(2_000)
  /** Templates that groups of the latest discovery launch from by an alias. */
  aliased: ReadonlySet<string> = new Set()
  /** The one listing of their versions, and when it was begun; see versions.ts. */
  versionsListed: Read<Promise<void>> | null = null
  /** What discovery has just listed, for the brief look that follows it; each is taken once. */
  readonly justListed = new Map<string, Read<AutoScalingGroup>>()
  /** Groups with an activity that failed or had not ended, by when that was seen; a null value: one listing could not tell. */
  failures: Read<ReadonlyMap<string, Temporal.Instant> | null> | null = null
  readonly declaresProtection = new Remembered<GroupId, boolean>(20_000)
  /** Whether anything that it launches from, or that a member was born from, names a credit option. */
  readonly declaresCredits = new Remembered<GroupId, boolean>(20_000)
  readonly subnetVpcs = new Remembered<string, string>(5_000)
}
