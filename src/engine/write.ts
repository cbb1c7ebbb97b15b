import type { Drill } from '../domain/drill.ts'
import type { Notice } from '../domain/notice.ts'
import type { Advance, NewEvent } from '../ledger/ledger.ts'
import type { Engine } from './context.ts'
import { messagesFor } from './tell.ts'

/**
 * Writes a drill's next state, whatever made it; with `intend`, the only way in which a drill changes, so whoever listens to `changed` hears
 * of each end. False: somebody else moved it first; then what we know is old and nothing is announced.
 */
export async function advance(
  engine: Engine,
  drill: Drill,
  events: readonly NewEvent[],
  beside: Pick<Advance, 'before' | 'after' | 'quarantine' | 'audit'> & { readonly notices?: readonly Notice[] } = {},
): Promise<boolean> {
  const { notices = [], ...rest } = beside
  const told = messagesFor(engine, notices)
  const written = await engine.ledger.advance({ drill, events, ...rest, ...told })
  if (!written) {
    engine.log.debug('drill was changed by somebody else', { drill: drill.id, revision: drill.revision })
    return false
  }
  for (const event of events) engine.log.info('drill', { drill: drill.id, group: drill.group, what: event.kind, ...event.data })
  engine.changed(drill, events)
  if (told.messages !== undefined) engine.noticed?.()
  return true
}
