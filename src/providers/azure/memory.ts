import type { GroupId, InstanceId, PlatformEvent } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import type { Ongoing } from './api.ts'

export interface SeenMember {
  readonly spot: boolean
  /** It came after the strike. */
  readonly fresh: boolean
  /** Its creation had succeeded. */
  readonly made: boolean
  readonly createdAt: number
}

/** What one group's drills under way looked like at the last look. */
export interface Seen {
  readonly incarnation: string
  readonly capacity: number
  /** When the size was last seen to have fallen. */
  readonly fellAt: Temporal.Instant | null
  readonly members: ReadonlyMap<InstanceId, SeenMember>
  /** Members that the last list missed, which may have been an older one. */
  readonly missing: ReadonlySet<InstanceId>
  /** Members that were seen to go, and why as far as that can be told. */
  readonly gone: readonly PlatformEvent[]
}

/** What a restore of this process has sent, and how that goes. Times are monotonic. */
export interface Sent {
  readonly to: number
  readonly at: Milliseconds
  readonly ongoing: Ongoing
  ended: 'running' | 'succeeded' | 'failed'
  endedAt: Milliseconds | null
  detail: string
}

const LIMIT = 5_000

/**
 * What this process remembers of one subscription between two looks. Nothing here is needed to be right: what is lost
 * with the process costs a reason or a further, harmless request. What a restore must know again is in the ledger.
 */
export class ScopeMemory {
  readonly #seen = new Map<GroupId, Seen>()
  readonly #sent = new Map<string, Sent>()
  readonly #denied = new Map<string, string | null>()

  seen(group: GroupId): Seen | undefined {
    return this.#seen.get(group)
  }

  note(group: GroupId, seen: Seen): void {
    remember(this.#seen, group, seen)
  }

  sent(drill: string): Sent | undefined {
    return this.#sent.get(drill)
  }

  noteSent(drill: string, sent: Sent): void {
    remember(this.#sent, drill, sent)
  }

  /** Why the interfaces of a resource group may not be read, by the latest answer; null: they may. Undefined: not asked yet. */
  interfacesDenied(resourceGroup: string): string | null | undefined {
    return this.#denied.get(resourceGroup)
  }

  noteInterfaces(resourceGroup: string, denied: string | null): void {
    remember(this.#denied, resourceGroup, denied)
  }
}

function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > LIMIT && oldest !== undefined) map.delete(oldest)
}
