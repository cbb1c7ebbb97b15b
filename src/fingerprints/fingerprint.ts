import type { Fingerprint } from '../domain/drill.ts'
import type { GroupId, InstanceId } from '../domain/group.ts'

/** Looks inside an instance, before the strike and after the soak. Throws where it cannot be read. */
export interface Fingerprinter {
  take(instance: FingerprintTarget, signal: AbortSignal): Promise<Fingerprint>
}

export interface FingerprintTarget {
  readonly group: GroupId
  readonly id: InstanceId
  readonly name: string
  readonly address: string | null
}
