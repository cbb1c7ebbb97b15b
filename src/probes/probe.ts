import type { GroupSummary, InstanceSnapshot } from '../domain/group.ts'

/** A check that a successor must pass, beyond the provider's own health. */
export interface Probe {
  readonly name: string
  check(group: GroupSummary, successor: InstanceSnapshot, signal: AbortSignal): Promise<ProbeAnswer>
}

export interface ProbeAnswer {
  readonly passed: boolean
  readonly detail: string
}
