import type { GroupSummary } from '../../domain/group.ts'
import { ProviderError } from '../provider-error.ts'
import type { ScopeContext } from './context.ts'
import { templatesOf } from './learn.ts'
import { summaryOf } from './map.ts'
import { everyManager } from './reads.ts'
import { versionsOf } from './templates.ts'
import type { Template } from './wire.ts'

/**
 * Groups whose instances carry the label in any spelling, and those that firedrill.yaml names. The API can filter by none of these,
 * so all groups are listed, and their templates read once. A zone that cannot be reached makes the listing incomplete, and a
 * listing that is incomplete is an error after what there was has been given.
 */
export async function* discover(context: ScopeContext, signal: AbortSignal): AsyncGenerator<GroupSummary> {
  const { api, scope } = context
  const { groups, unreachable } = await everyManager(api, signal)
  const templates = await templatesOf(context, groups.values(), signal)
  for (const [id, manager] of groups) {
    const own = versionsOf(manager, api.project).map(({ key }) => templates.get(key))
    const read = own.filter((template): template is Template => typeof template === 'object')
    const optInById = context.optInById(id)
    const summary = summaryOf(manager, read, { id, scope, optInById })
    // A template that is gone hides a label: what the others say counts, and the look before a strike refuses.
    if (optInById === null && !Object.keys(summary.tags).some(isNear)) continue
    yield summary
  }
  const [lost] = unreachable
  if (lost === undefined) return
  const message = `instanceGroupManagers.aggregatedList: ${lost[0]} of project ${api.project} could not be listed: ${lost[1]}`
  throw new ProviderError(message, { code: 'unavailable', operation: 'instanceGroupManagers.aggregatedList', mayHaveActed: false })
}

/** Whether such a label is a mark, and what it says, is decided elsewhere. */
function isNear(key: string): boolean {
  return (
    /^_?f[ie]?re?[-_]?d?r?i?ll?/i.test(key) ||
    key
      .replace(/[^a-z]/gi, '')
      .toLowerCase()
      .includes('firedrill')
  )
}
