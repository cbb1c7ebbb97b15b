import { ConfigError } from '../config/config-error.ts'
import { LedgerError } from '../ledger/ledger.ts'
import { redactText } from '../telemetry/redact.ts'
import { type Io, writeLine } from './io.ts'
import { clean, writeSentence } from './terminal.ts'

/** What the exit codes mean (DESIGN.md §7). Neither a usage error nor a crash may look like a snowflake. */
export const EXIT = { ok: 0, snowflake: 1, usage: 2, inconclusive: 3, failed: 4 } as const

/** A command was called in a way that it cannot mean. Ends it with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Says on stderr what went wrong, and returns the exit code for it: the one place that maps errors to codes. */
export function explainFailure(error: unknown, io: Pick<Io, 'stderr' | 'signal'>, debug: boolean): number {
  if (error instanceof ConfigError) {
    // Problems are built line by line; only their own line breaks are left.
    for (const line of error.message.split('\n')) writeSentence(io.stderr, line)
    return EXIT.usage
  }
  if (error instanceof UsageError) {
    writeSentence(io.stderr, `firedrill: ${error.message}`)
    return EXIT.usage
  }
  // Ctrl-C is no defect: whatever was cut short says what its command says of work left undone.
  if (io.signal.aborted && isAbort(error, io.signal)) {
    writeSentence(io.stderr, 'firedrill: interrupted')
    return EXIT.inconclusive
  }
  writeSentence(io.stderr, `firedrill: ${sentence(error)}`)
  if (debug) writeLine(io.stderr, stackOf(error))
  else if (!isExpected(error)) writeSentence(io.stderr, 'Run it again with --debug (or FIREDRILL_DEBUG=1) to see where it happened.')
  return EXIT.failed
}

/** Errors that say themselves what is wrong outside and what to do about it. */
function isExpected(error: unknown): boolean {
  return error instanceof LedgerError || (error instanceof Error && ['QueueError', 'ProviderError'].includes(error.name))
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError')
}

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return clean(redactText(message === '' ? 'something failed without saying why' : message))
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const stack = redactText(error.stack ?? '')
  return error.cause === undefined
    ? stack
    : `${stack}\ncaused by: ${error.cause instanceof Error ? stackOf(error.cause) : sentence(error.cause)}`
}
