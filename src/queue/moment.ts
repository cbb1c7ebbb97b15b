import type { Clock, Milliseconds } from '../domain/time.ts'

/** Rounded so that a timer never fires before the moment: what is not due yet when looked at would wait for the next tick. */
export function millisecondsUntil(at: Temporal.Instant, clock: Clock): Milliseconds {
  const due = at.add({ nanoseconds: 999_999 }).epochMilliseconds
  return Math.max(0, due - clock.now().epochMilliseconds)
}
