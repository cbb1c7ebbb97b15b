import type { Log } from '../../src/domain/log.ts'
import type { Clock } from '../../src/domain/time.ts'

export interface Said {
  readonly at: string
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Keeps what is logged, to be told when a drill is replayed. */
export function quietLog(clock: Clock): { readonly log: Log; readonly said: readonly Said[] } {
  const said: Said[] = []
  const keep =
    (level: Said['level']) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      said.push({ at: clock.now().toString(), level, message, fields })
    }
  return { log: { debug: () => {}, info: keep('info'), warn: keep('warn'), error: keep('error') }, said }
}
