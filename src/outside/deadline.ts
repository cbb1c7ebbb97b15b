import { describeDuration } from '../domain/duration.ts'
import type { Milliseconds } from '../domain/time.ts'

/** A question that is told to end may still say what that means: a hung instance is an answer to a probe. */
const LAST_WORDS = 250

/**
 * Gives a question a limit of its own. The signal that `question` gets ends with the limit, and a moment later so does the
 * waiting, even where the question does not obey it. Ends with the outer signal's reason where that is aborted.
 */
export async function within<T>(timeout: Milliseconds, signal: AbortSignal, question: (signal: AbortSignal) => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const limit = new AbortController()
  const ended = Promise.withResolvers<never>()
  const stop = () => ended.reject(signal.reason)
  const late = new TimeoutError(`there was no answer within ${describeDuration(timeout)}`)
  const timers = [setTimeout(() => limit.abort(late), timeout), setTimeout(() => ended.reject(late), timeout + LAST_WORDS)]
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([question(AbortSignal.any([signal, limit.signal])), ended.promise])
  } finally {
    for (const timer of timers) clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    // Whatever the question still holds (a socket, a process) is let go.
    limit.abort(new Error('the question is over'))
  }
}

export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}
