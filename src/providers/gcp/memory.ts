import type { GroupId, InstanceId, PlatformEvent } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { Remembered } from '../shared/remembered.ts'
import type { Template } from './wire.ts'

/** What Compute Engine says of an instance that does not change while it lives. */
export interface KnownInstance {
  readonly name: string
  readonly zone: string
  readonly launchedAt: Temporal.Instant | null
  readonly image: string | null
  readonly bornFrom: string | null
  readonly deletionProtection: boolean
}

/** How a group's drills look between two looks. */
export interface Watched {
  /** Size before the strike. */
  readonly desired: number
  /** Size when last seen, and when it was last seen to have fallen: that explains who was taken. */
  size: number
  fellAt: Temporal.Instant | null
  readonly old: ReadonlySet<InstanceId>
  readonly fresh: Set<InstanceId>
  /** What the latest listing of operations explained. */
  explained: string
  operationsAskedAt: Milliseconds
  errorsAskedAt: Milliseconds
}

/**
 * What was read in one project and cannot change, or not within the time that a reading may be old. Only watching uses what may
 * change; a look before a strike reads everything anew (S1).
 */
export class ProjectMemory {
  readonly instances = new Remembered<InstanceId, KnownInstance>(50_000)
  readonly events = new Remembered<GroupId, readonly PlatformEvent[]>(20_000)
  readonly watched = new Remembered<GroupId, Watched>(20_000)
  /** Every name that a group's members were seen with: an operation on another name is not the group's. */
  readonly names = new Remembered<GroupId, Set<string>>(20_000)
  /** Templates cannot be changed. */
  readonly templates = new Remembered<string, Template>(5_000)
}
