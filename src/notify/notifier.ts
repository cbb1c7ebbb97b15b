import type { NewMessage, Notice } from '../domain/notice.ts'

/** Tells people: what the engine knows of it. The engine writes messages with what they tell of, and names no target. */
export interface Notifier {
  /** One message for each target that wants to hear of this; none where nobody does. The same for the same notice. */
  messagesFor(notice: Notice): readonly NewMessage[]
  /** What is told by the calendar and was due within the last day: the digest. Its keys are the same for everybody. */
  periodic(now: Temporal.Instant): readonly NewMessage[]
  /** Sends what is due, and says when the next is; null: nothing waits. Ends early, with what is left kept, at the signal. */
  deliver(signal: AbortSignal): Promise<Temporal.Instant | null>
}
