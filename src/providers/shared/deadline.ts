/**
 * Waits for `work`, or rejects with the signal's own reason as soon as it is aborted. Needed where a
 * library honours a signal while it sends but not while it waits between two attempts.
 */
export async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) {
    work.catch(() => {})
    throw signal.reason
  }
  const stop = new AbortController()
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: stop.signal })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    stop.abort()
    work.catch(() => {})
  }
}
