import type { GroupSummary } from '../../domain/group.ts'
import { ask, type SwarmContext } from './context.ts'
import { summaryOf } from './map.ts'

/**
 * Services that carry the label in any spelling, and those that firedrill.yaml names. The engine's filter knows one spelling only,
 * and a Swarm's services are one page: so all are listed, and near misses are not missed.
 */
export async function* discover(context: SwarmContext, signal: AbortSignal): AsyncGenerator<GroupSummary> {
  for (const service of await ask(context, api => api.services([], signal), signal)) {
    const summary = summaryOf(service, context)
    const labelled = Object.keys(summary.tags).some(key => /^fire-?drill$/i.test(key))
    if (labelled || summary.optInById !== null) yield summary
  }
}
