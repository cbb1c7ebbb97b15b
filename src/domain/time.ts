/** A length of time in whole milliseconds. All durations in settings and policies are kept so. */
export type Milliseconds = number

/** Time is passed in, never read: production has one clock, tests and rehearsals have others. */
export interface Clock {
  /** Wall-clock time. */
  now(): Temporal.Instant
  /** Milliseconds that never go backwards; comparable only within one process. Permits are checked on it. */
  monotonic(): Milliseconds
  /** Resolves after the given time, or rejects with the signal's reason as soon as it is aborted. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>
}
