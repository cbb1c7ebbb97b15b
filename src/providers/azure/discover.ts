import type { GroupSummary } from '../../domain/group.ts'
import { groupId } from './ids.ts'
import { refOf, summaryOf } from './map.ts'
import type { ScopeContext } from './observe.ts'

/** The tag in any spelling that people use. The API cannot filter, so the whole subscription is listed. */
const LOOKS_LIKE_US = /fire[^a-z0-9]?dril/i

/** Sets that carry the tag in any usual spelling, and those that firedrill.yaml names. */
export async function* discover(context: ScopeContext, signal: AbortSignal): AsyncGenerator<GroupSummary> {
  for (const set of await context.api.listScaleSets(signal)) {
    const ref = refOf(set)
    if (ref === null) continue
    const id = groupId(context.scope, ref)
    const optInById = context.optInById(id)
    if (optInById === null && !Object.keys(set.tags ?? {}).some(key => LOOKS_LIKE_US.test(key))) continue
    yield summaryOf(set, { id, scope: context.scope, optInById })
  }
}
