import type { Milliseconds } from '../../domain/time.ts'
import { ProviderError } from '../provider-error.ts'

/** Counts every request, retries too, and compares clocks by the answers' Date headers. */
export interface Meter {
  skew(): Milliseconds | null
  measure(operation: string, request: () => Promise<unknown>): Promise<unknown>
}

export function meter(now: () => Temporal.Instant, onCall: (operation: string, outcome: string) => void): Meter {
  let skew: Milliseconds | null = null
  function compare(answer: unknown, sent: Temporal.Instant): void {
    const date = dateOf(answer)
    // The header has whole seconds, so on average it is half a second behind; the answer was made about half-way.
    if (date !== null) skew = Math.round((sent.epochMilliseconds + now().epochMilliseconds) / 2 - (date + 500))
  }
  return {
    skew: () => skew,
    async measure(operation, request) {
      const sent = now()
      try {
        const answer = await request()
        compare((answer as { response?: unknown }).response, sent)
        onCall(operation, 'ok')
        return answer
      } catch (error) {
        compare((error as { $response?: unknown } | null)?.$response, sent)
        onCall(operation, error instanceof Error ? error.name : 'unknown')
        throw error
      }
    },
  }
}

type Handler = (args: never) => Promise<never>
type Middleware = (next: Handler, context: { readonly commandName?: string }) => Handler
interface Stack {
  add(middleware: Middleware, options: { step: 'deserialize'; priority: 'high' | 'low'; name: string; override: boolean }): void
}

/** Just enough of an SDK client to hang a middleware into; each client types its plug-ins for its own operations. */
export interface MeteredClient {
  readonly middlewareStack: { use(plugin: never): void }
}

/** Outside the parsing of answers and inside the retries, so that each attempt is seen with its outcome. */
export function meterPlugin(measured: Meter): { applyToStack(stack: Stack): void } {
  const middleware: Middleware = (next, context) => args =>
    measured.measure((context.commandName ?? 'unknown').replace(/Command$/, ''), () => next(args)) as Promise<never>
  return {
    applyToStack: stack => stack.add(middleware, { step: 'deserialize', priority: 'high', name: 'firedrillMeter', override: true }),
  }
}

/** The innermost step, after credentials and signing: nothing but the connection comes after it. */
export function gatePlugin(mayStillSend: () => boolean): { applyToStack(stack: Stack): void } {
  const middleware: Middleware = (next, context) => async args => {
    if (mayStillSend()) return next(args)
    const operation = (context.commandName ?? 'unknown').replace(/Command$/, '')
    const message = `${operation}: the permit for this strike ran out before it could be sent. Nothing was sent.`
    throw new ProviderError(message, { code: 'conflict', operation, mayHaveActed: false })
  }
  return {
    applyToStack: stack => stack.add(middleware, { step: 'deserialize', priority: 'low', name: 'firedrillGate', override: true }),
  }
}

function dateOf(answer: unknown): number | null {
  const headers = (answer as { headers?: Record<string, string> } | undefined)?.headers
  const date = headers?.date ?? headers?.Date
  const milliseconds = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(milliseconds) ? null : milliseconds
}
