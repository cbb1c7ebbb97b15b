const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM: the command ends in its own order. */
  readonly signal: AbortSignal
  /** Nothing is left to interrupt. */
  stop(): void
}

/** The first signal asks politely; a second one ends the process at once, with 4: what it was doing is unknown. */
export function onSignals(): Signals {
  const controller = new AbortController()
  const abort = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(4)
    controller.abort(new DOMException(`interrupted by ${signal}`, 'AbortError'))
  }
  for (const name of SIGNALS) process.on(name, abort)
  return {
    signal: controller.signal,
    stop() {
      for (const name of SIGNALS) process.off(name, abort)
    },
  }
}
