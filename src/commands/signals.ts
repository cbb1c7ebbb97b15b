import type { Writable } from 'node:stream'
import { endAtOnce } from './end-at-once.ts'
import { writeSentence } from './terminal.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM: the command ends in its own order. */
  readonly signal: AbortSignal
  /** Names what a second signal leaves behind. */
  whenCutOff(words: () => string): void
  /** Nothing is left to interrupt. */
  stop(): void
}

/** The first signal asks politely; a second one ends the process at once, with 4: what it was doing is unknown. Says so on `stderr`. */
export function onSignals(stderr: Writable): Signals {
  const controller = new AbortController()
  let behind: (() => string) | null = null
  const abort = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      const words = behind === null ? '' : `; ${behind()}`
      writeSentence(stderr, `firedrill: ended at once by a second signal${words}`)
      endAtOnce(4)
    }
    controller.abort(new DOMException(`interrupted by ${signal}`, 'AbortError'))
  }
  for (const name of SIGNALS) process.on(name, abort)
  return {
    signal: controller.signal,
    whenCutOff(words) {
      behind = words
    },
    stop() {
      for (const name of SIGNALS) process.off(name, abort)
    },
  }
}
