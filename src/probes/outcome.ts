import { TimeoutError } from '../outside/deadline.ts'
import { ForbiddenAddressError } from '../outside/metadata-address.ts'
import type { ProbeAnswer } from './probe.ts'

export function passed(detail: string): ProbeAnswer {
  return { result: 'passed', detail }
}

export function failed(detail: string): ProbeAnswer {
  return { result: 'failed', detail }
}

/**
 * Where the instance itself is asked, silence and a refused connection are its failure. What Firedrill itself forbids or
 * cannot do (a metadata address, a secret that is missing) is not, and is thrown on.
 */
export async function instanceAsked(signal: AbortSignal, ask: () => Promise<ProbeAnswer>): Promise<ProbeAnswer> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ForbiddenAddressError) throw error
    if (signal.aborted && !(signal.reason instanceof TimeoutError)) throw signal.reason
    return failed(error instanceof Error ? error.message : String(error))
  }
}
