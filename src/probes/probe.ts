import type { GroupSummary, InstanceId } from '../domain/group.ts'
import type { Milliseconds } from '../domain/time.ts'

/** A check that a successor must pass, beyond the provider's own health. */
export interface Probe {
  readonly name: string
  /** At least so long between two checks of one instance. */
  readonly interval: Milliseconds
  /** So many in a row make an instance pass. */
  readonly passes: number
  /** Throwing is `unknown`: what could not be asked speaks neither for nor against an instance. */
  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer>
}

export interface ProbeTarget {
  readonly group: GroupSummary
  readonly id: InstanceId
  readonly name: string
  /** On its own network; null where it is not known. */
  readonly address: string | null
}

export interface ProbeAnswer {
  /** `unknown`: whoever was to be asked could not be, so nothing is known of the instance. */
  readonly result: 'passed' | 'failed' | 'unknown'
  readonly detail: string
}
