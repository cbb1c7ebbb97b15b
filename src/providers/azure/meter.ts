import type { Milliseconds } from '../../domain/time.ts'
import { ProviderError } from '../provider-error.ts'

/** Counts every request, retries too, and compares clocks by the answers' Date headers. */
export interface Meter {
  skew(): Milliseconds | null
  measure(request: Request, send: () => Promise<Response>): Promise<Response>
}

/** Just enough of the pipeline's requests and answers. */
interface Request {
  readonly method: string
  readonly url: string
}

interface Response {
  readonly status: number
  readonly headers: { get(name: string): string | undefined }
}

export function meter(now: () => Temporal.Instant, onCall: (operation: string, outcome: string) => void): Meter {
  let skew: Milliseconds | null = null
  return {
    skew: () => skew,
    async measure(request, send) {
      const sent = now()
      const operation = operationName(request)
      try {
        const answer = await send()
        const date = Date.parse(answer.headers.get('date') ?? '')
        // The header has whole seconds, so on average it is half a second behind; the answer was made about half-way.
        if (!Number.isNaN(date)) skew = Math.round((sent.epochMilliseconds + now().epochMilliseconds) / 2 - (date + 500))
        onCall(operation, answer.status < 400 ? 'ok' : String(answer.status))
        return answer
      } catch (error) {
        onCall(operation, error instanceof Error ? error.name : 'unknown')
        throw error
      }
    },
  }
}

/** `GET virtualMachineScaleSets/virtualMachines`: the kinds of resource in a path, without anybody's names. */
export function operationName({ method, url }: Request): string {
  const path = new URL(url).pathname
  const behind = path.split(/\/providers\/[^/]+\//i).at(-1) ?? path
  const segments = behind.split('/').filter(segment => segment !== '')
  return `${method} ${segments.filter((_, index) => index % 2 === 0).join('/')}`
}

export function notSent(operation: string): ProviderError {
  const message = `${operation}: the permit for this strike ran out before it could be sent. Nothing was sent.`
  return new ProviderError(message, { code: 'conflict', operation, mayHaveActed: false })
}
