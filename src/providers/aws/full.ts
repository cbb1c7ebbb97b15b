import type { InstanceRefresh } from '@aws-sdk/client-auto-scaling'
import type { GroupId, PlatformEvent, Unsteady } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { ProviderError } from '../provider-error.ts'
import { mapLimited } from '../shared/batches.ts'
import { collect, firstItems } from '../shared/paging.ts'
import { eventsFrom } from './events.ts'
import { incarnationOf } from './ids.ts'
import type { Learner } from './learn.ts'
import type { GroupEvents } from './memory.ts'
import { activitiesOf, WIDTH } from './reads.ts'
import type { Look } from './watch.ts'

/** What only a full look reads of one group, besides what it reads of all groups together. */
export interface FullFacts {
  readonly events: GroupEvents
  readonly unsteady: readonly Unsteady[]
}

/** Hooks change the group's own recovery time, which is only pointed out. */
const HOOKS_GOOD_FOR = 600_000

/** By group; a string is why it could not be read. */
export async function readFullFacts(
  context: Learner,
  looks: readonly Look[],
  { explain, signal }: { readonly explain: boolean; readonly signal: AbortSignal },
): Promise<Map<GroupId, FullFacts | string>> {
  const read = await mapLimited(looks, WIDTH, async (look): Promise<[GroupId, FullFacts | string]> => {
    try {
      const [events, unsteady] = await Promise.all([
        readEvents(context, look, signal),
        readRefreshes(context, look, signal),
        explain ? readHooks(context, look, signal) : null,
        readWarmPool(context, look, signal),
      ])
      return [look.id, { events, unsteady: [...unsteady, ...underWay(events.events)] }]
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderError)) throw error
      return [look.id, error.message]
    }
  })
  return new Map(read)
}

async function readEvents({ api }: Learner, look: Look, signal: AbortSignal): Promise<GroupEvents> {
  return eventsFrom(await activitiesOf(api, nameOf(look), { since: look.since, signal }))
}

function underWay(events: readonly PlatformEvent[]): Unsteady[] {
  return events
    .filter(event => event.outcome === 'in-progress')
    .map(event => ({ reason: 'scaling', detail: `a scaling activity is in progress (${event.detail.slice(0, 120)})` }))
}

/** Everything that is not known to have ended is a deployment: new states are added from time to time. */
const ENDED = /^(Successful|Failed|Cancelled|RollbackFailed|RollbackSuccessful)$/

async function readRefreshes({ api }: Learner, look: Look, signal: AbortSignal): Promise<Unsteady[]> {
  // Newest first, and a group has one at a time: six weeks of history need not be read.
  const refreshes = await firstItems(async token => {
    const page = await api.describeInstanceRefreshes({ AutoScalingGroupName: nameOf(look), MaxRecords: 10, NextToken: token }, signal)
    return { items: page.InstanceRefreshes ?? [], next: page.NextToken }
  })
  return refreshes.filter(refresh => !ENDED.test(refresh.Status ?? '')).map(refreshing)
}

function refreshing(refresh: InstanceRefresh): Unsteady {
  const share = refresh.PercentageComplete === undefined ? '' : `, ${refresh.PercentageComplete} %`
  return { reason: 'refreshing', detail: `an instance refresh is in progress (${refresh.Status ?? 'status not shown'}${share})` }
}

async function readHooks({ api, memory, clock }: Learner, look: Look, signal: AbortSignal): Promise<void> {
  const key = incarnationOf(look.group)
  const known = memory.hooks.get(key)
  if (known !== undefined && clock.monotonic() - known.at < HOOKS_GOOD_FOR) return
  const answer = await api.describeLifecycleHooks({ AutoScalingGroupName: nameOf(look) }, signal)
  const waits = (answer.LifecycleHooks ?? []).map(hook => (hook.HeartbeatTimeout ?? 3600) * 1000)
  const value: Milliseconds = waits.reduce((sum, wait) => sum + wait, 0)
  memory.hooks.set(key, { value, at: clock.monotonic() })
}

async function readWarmPool({ api, memory }: Learner, look: Look, signal: AbortSignal): Promise<void> {
  if (look.group.WarmPoolConfiguration === undefined) return
  const waiting = await collect(async token => {
    const page = await api.describeWarmPool({ AutoScalingGroupName: nameOf(look), MaxRecords: 50, NextToken: token }, signal)
    return { items: page.Instances ?? [], next: page.NextToken }
  })
  const ids = waiting.flatMap(instance => instance.InstanceId ?? [])
  memory.warmPools.set(look.id, new Set([...(memory.warmPools.get(look.id) ?? []), ...ids]))
}

function nameOf(look: Look): string {
  return look.group.AutoScalingGroupName ?? ''
}
