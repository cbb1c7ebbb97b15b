import type { Milliseconds } from '../domain/time.ts'
import type { Engine } from './context.ts'

/** Ends a wait of the same process early: something may be possible now that was not. A ring that nobody waits for is kept. */
export interface Bell {
  ring(): void
  /** True: it was rung. */
  wait(atMost: Milliseconds, signal: AbortSignal): Promise<boolean>
}

export function newBell({ clock }: Pick<Engine, 'clock'>): Bell {
  let rung = new AbortController()
  return {
    ring: () => rung.abort(),
    async wait(atMost, signal) {
      if (!rung.signal.aborted) await clock.sleep(atMost, AbortSignal.any([signal, rung.signal])).catch(() => {})
      const was = rung.signal.aborted
      rung = new AbortController()
      return was
    },
  }
}
