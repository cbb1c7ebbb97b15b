import type { GroupSummary } from '../domain/group.ts'

/** A question to the outside world right before a strike. What cannot be answered is a refusal (S10). */
export interface Guard {
  readonly name: string
  ask(about: GroupSummary, signal: AbortSignal): Promise<GuardAnswer>
}

export interface GuardAnswer {
  readonly proceed: boolean
  readonly reason: string
  readonly evidence: Readonly<Record<string, unknown>>
}
