import type { GroupSummary } from '../domain/group.ts'
import type { Milliseconds } from '../domain/time.ts'

/** A question to the outside world right before a strike. What cannot be answered is a refusal (S10). */
export interface Guard {
  readonly name: string
  /** What of the question the answer depends on: where this is the same text, one answer serves many drills of one turn. */
  concerns(question: GuardQuestion): string
  /** Throwing is a refusal too. Secrets never stand in an answer. */
  ask(question: GuardQuestion, signal: AbortSignal): Promise<GuardAnswer>
}

/** May this group lose a member now, and be one short for so long? */
export interface GuardQuestion {
  readonly group: GroupSummary
  readonly schedule: string
  /** The schedule's own. */
  readonly timezone: string
  /** Deadline and soak: how long the drill may take. */
  readonly lasts: Milliseconds
}

export interface GuardAnswer {
  readonly proceed: boolean
  readonly reason: string
  /** Small, and kept with the drill. */
  readonly evidence: Readonly<Record<string, unknown>>
}
