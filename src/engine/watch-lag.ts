import type { Milliseconds } from '../domain/time.ts'
import type { Engine } from './context.ts'

const looked = 1_000

/**
 * How late the most overdue look or strike is; 0 where nothing is late. A look without news leaves its row as it was, so what this
 * process has looked at meanwhile counts from its own next look (docs/decisions/0003).
 */
export async function watchLag(engine: Pick<Engine, 'ledger' | 'nextLooks'>): Promise<Milliseconds> {
  const now = await engine.ledger.now()
  const due = await engine.ledger.due(now, looked)
  const lags = due.map(({ id, scope, wakeAt }) => {
    const next = engine.nextLooks.get(scope)?.get(id)
    const at = next !== undefined && Temporal.Instant.compare(next.at, wakeAt) > 0 ? next.at : wakeAt
    return now.epochMilliseconds - at.epochMilliseconds
  })
  return Math.max(0, ...lags)
}
