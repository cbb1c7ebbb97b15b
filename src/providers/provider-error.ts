export type ProviderErrorCode = 'throttled' | 'denied' | 'not-found' | 'conflict' | 'invalid' | 'unavailable' | 'unknown'

/** The one error a provider throws. `operation` is the platform's own name of the call. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly code: ProviderErrorCode
  readonly operation: string
  /** For a write: false when the platform certainly did nothing; true when it may have acted. */
  readonly mayHaveActed: boolean

  constructor(message: string, details: { code: ProviderErrorCode; operation: string; mayHaveActed: boolean; cause?: unknown }) {
    super(message, { cause: details.cause })
    this.code = details.code
    this.operation = details.operation
    this.mayHaveActed = details.mayHaveActed
  }
}
