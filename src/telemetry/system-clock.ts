import type { Clock, Milliseconds } from '../domain/time.ts'

/** The longest delay that a Node timer keeps; a longer one would fire at once. */
const LONGEST_TIMER: Milliseconds = 2 ** 31 - 1

/** The machine's own time. */
export function systemClock(): Clock {
  return { now: () => Temporal.Now.instant(), monotonic: () => performance.now(), sleep }
}

async function sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const end = performance.now() + duration
  // A timer may fire a moment early, and none can be longer than 24.8 days.
  for (let left = duration; left > 0; left = end - performance.now()) await timer(Math.min(Math.ceil(left), LONGEST_TIMER), signal)
}

function timer(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timeout)
      reject(signal?.reason)
    }
    const timeout = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, duration)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
