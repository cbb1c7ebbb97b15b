import type { Notice } from '../domain/notice.ts'
import type { SecretReader } from '../outside/secrets.ts'
import type { DigestContents } from './digest.ts'
import type { Letter } from './letter.ts'

/** What is sent, the same however often it is. */
export interface Dispatch {
  readonly notice: Notice
  readonly letter: Letter
  readonly digest: DigestContents | null
  /** Where the dashboard is; null: nobody said so. */
  readonly origin: string | null
  readonly target: string
  readonly now: Temporal.Instant
}

/** One way to reach somebody. Throws where it could not; a RetryLater says for how long to wait. */
export interface Target {
  send(dispatch: Dispatch, secrets: SecretReader, signal: AbortSignal): Promise<void>
}

/** The receiver asks for patience. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly after: number

  constructor(message: string, after: number) {
    super(message)
    this.after = after
  }
}
