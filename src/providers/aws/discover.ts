import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { GroupSummary } from '../../domain/group.ts'
import { batches, mapLimited } from '../shared/batches.ts'
import { groupId, groupName } from './ids.ts'
import { summaryOf } from './map.ts'
import type { ScopeContext } from './observe.ts'
import { GROUPS_PER_CALL, groupsNamed, groupsTagged, WIDTH } from './reads.ts'
import { launchesOf } from './sources.ts'

/** The filter compares letters in their own case: the right spelling, and those that people write instead. */
const TAG_KEYS = ['firedrill', 'Firedrill', 'FireDrill', 'fireDrill', 'FIREDRILL', 'fire-drill', 'Fire-Drill']

/** Groups that carry the tag in any usual spelling, and those that firedrill.yaml names. */
export async function* discover(context: ScopeContext, signal: AbortSignal): AsyncGenerator<GroupSummary> {
  const { memory, clock } = context
  const seen = new Set<string>()
  const aliased = new Set<string>()
  const note = (name: string, group: AutoScalingGroup): void => {
    memory.justListed.set(name, { value: group, at: clock.monotonic() })
    for (const launch of launchesOf(group))
      if (launch.kind === 'template' && launch.id !== null && launch.version.startsWith('$')) aliased.add(launch.id)
  }
  memory.justListed.clear()
  for await (const group of groupsTagged(context.api, TAG_KEYS, signal)) {
    const name = group.AutoScalingGroupName
    if (name === undefined || seen.has(name)) continue
    seen.add(name)
    note(name, group)
    const id = groupId(context.scope, name)
    yield summaryOf(group, { id, scope: context.scope, optInById: context.optInById(id) })
  }
  const named = context.named.flatMap(id => groupName(context.scope, id) ?? []).filter(name => !seen.has(name))
  const parts = await mapLimited(batches(named, GROUPS_PER_CALL), WIDTH, part => groupsNamed(context.api, part, signal))
  for (const [name, group] of parts.flatMap(part => [...part])) {
    note(name, group)
    const id = groupId(context.scope, name)
    yield summaryOf(group, { id, scope: context.scope, optInById: context.optInById(id) })
  }
  memory.aliased = aliased
}
