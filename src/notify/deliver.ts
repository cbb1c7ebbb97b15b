import type { Log } from '../domain/log.ts'
import type { ClaimedMessage, Ledger, MessageEnd } from '../ledger/ledger.ts'
import { RetryLater } from './target.ts'

/** After the first, second … failure; the last one again and again. */
const pauses = [10_000, 30_000, 60_000, 2 * 60_000, 5 * 60_000, 10 * 60_000, 30 * 60_000, 60 * 60_000]
/** A message that could not be told for so long is given up, loudly. */
const longest = 24 * 60 * 60_000
/** Taken at a time; sent within a lease, since after one failure the rest for the same target waits too. */
const batch = 10
const lease = 2 * 60_000

export interface DeliveryNeeds {
  readonly ledger: Ledger
  readonly log: Log
  /** Sends it; `string`: there is nothing left to tell, and why. Throws where it could not be told. */
  readonly send: (message: ClaimedMessage, signal: AbortSignal) => Promise<string | null>
}

/**
 * Sends everything that is due. At least once: whoever dies after sending and before writing so leaves a message that is sent
 * again, with the same key. Returns when the next one is due; null: none waits.
 */
export async function deliverDue(needs: DeliveryNeeds, signal: AbortSignal): Promise<Temporal.Instant | null> {
  const { ledger } = needs
  const failed: Failed = new Map()
  for (;;) {
    const next = await ledger.nextMessageAt()
    if (signal.aborted || next === null || Temporal.Instant.compare(next, await ledger.now()) > 0) return next
    const claimed = await ledger.claimMessages({ limit: batch, lease })
    // Somebody else took them all.
    if (claimed.length === 0) return ledger.nextMessageAt()
    const byTarget = Map.groupBy(claimed, message => message.target)
    await Promise.all([...byTarget.values()].map(messages => sendInTurn(needs, messages, { failed, signal })))
  }
}

/** Targets that could not be told in this turn, and why. */
type Failed = Map<string, Failure>

interface Failure {
  readonly problem: string
  /** The receiver asked for so much patience. */
  readonly patience: number
}

/** One after the other: a receiver that is down costs one wait in a turn, not one for each message. */
async function sendInTurn(
  needs: DeliveryNeeds,
  messages: readonly ClaimedMessage[],
  { failed, signal }: { readonly failed: Failed; readonly signal: AbortSignal },
): Promise<void> {
  for (const message of messages) {
    const failure = failed.get(message.target)
    const end = failure === undefined ? await trySending(needs, message, { failed, signal }) : later(message, failure)
    await needs.ledger.settleMessage(message, await lastWord(needs, message, end))
    if (end.kind === 'sent') needs.log.info('told', { target: message.target, what: message.notice.key })
  }
}

async function trySending(
  needs: DeliveryNeeds,
  message: ClaimedMessage,
  { failed, signal }: { readonly failed: Failed; readonly signal: AbortSignal },
): Promise<MessageEnd> {
  if (signal.aborted) return ending
  try {
    const nothingLeft = await needs.send(message, signal)
    return nothingLeft === null ? { kind: 'sent' } : { kind: 'dropped', problem: nothingLeft }
  } catch (error) {
    if (signal.aborted) return ending
    const problem = error instanceof Error ? error.message : String(error)
    const failure = { problem, patience: error instanceof RetryLater ? error.after : 0 }
    failed.set(message.target, failure)
    return later(message, failure)
  }
}

const ending: MessageEnd = { kind: 'again', after: 0, problem: 'the program was ending' }

/** Each by its own count of tries: news must not wait as long as what has failed for hours. */
function later({ attempt }: ClaimedMessage, { problem, patience }: Failure): MessageEnd {
  const pause = pauses[Math.min(attempt, pauses.length) - 1] ?? longest
  return { kind: 'again', after: Math.max(pause, patience), problem }
}

/** What is too old to be tried once more is given up. */
async function lastWord({ ledger, log }: DeliveryNeeds, message: ClaimedMessage, end: MessageEnd): Promise<MessageEnd> {
  if (end.kind !== 'again') return end
  const { target, notice, attempt, since } = message
  const from = notice.notBefore !== null && Temporal.Instant.compare(notice.notBefore, since) > 0 ? notice.notBefore : since
  const age = (await ledger.now()).since(from).total('milliseconds')
  const about = { target, what: notice.key, attempt, why: end.problem }
  if (age + end.after <= longest) {
    log.warn('could not tell and will try again', { ...about, inSeconds: Math.round(end.after / 1000) })
    return end
  }
  log.error('could not tell and gave up', about)
  return { kind: 'gave-up', problem: end.problem }
}
