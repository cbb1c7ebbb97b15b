/** The queue's server cannot be used. The message says which one (never its credentials), why, and what to do. */
export class QueueError extends Error {
  override readonly name = 'QueueError'
}
