import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { GroupId, PlatformEvent } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { ProviderError } from '../provider-error.ts'
import { mapLimited } from '../shared/batches.ts'
import { firstItems } from '../shared/paging.ts'
import { eventsFrom } from './events.ts'
import type { ScopeContext } from './observe.ts'
import { regionalActivities, WIDTH } from './reads.ts'

/** Failures older than this say little about the next launch. */
export const RECENT: Milliseconds = 24 * 3_600_000
/** A launch that failed since leaves its group below its size, which a look before the strike sees (S5). */
const LISTING_GOOD_FOR = 30_000
/** The listing of a region may be slow (AWS says so); then each group is asked, and the listing is not tried again for a while. */
const LISTING_PATIENCE = 3_000
const GIVEN_UP_FOR = 600_000
const MOST_PAGES = 10
/** Activities show up late, and stamps may be whole seconds. */
const OVERLAP = 60_000

/**
 * How launches of each group went lately; a string is why that could not be read. Few groups have failures at all, so the
 * region's own listing, read on from where it was left, says which need be asked; all others have none.
 */
export async function readLatestLaunches(
  context: ScopeContext,
  groups: ReadonlyMap<GroupId, AutoScalingGroup>,
  signal: AbortSignal,
): Promise<Map<GroupId, readonly PlatformEvent[] | string>> {
  const failing = await groupsWithFailures(context, signal)
  const read = await mapLimited([...groups], WIDTH, async ([id, group]) => {
    const name = group.AutoScalingGroupName ?? ''
    return [id, failing === null || failing.has(name) ? await newestOf(context, name, signal) : []] as const
  })
  return new Map(read)
}

async function newestOf(context: ScopeContext, name: string, signal: AbortSignal): Promise<readonly PlatformEvent[] | string> {
  try {
    const newest = await firstItems(async token => {
      const page = await context.shared.describeScalingActivities({ AutoScalingGroupName: name, MaxRecords: 20, NextToken: token }, signal)
      return { items: page.Activities ?? [], next: page.NextToken }
    })
    return eventsFrom(newest).events
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return error.message
  }
}

/**
 * The groups of this region with an activity of the last day that failed, or that had not ended when it was seen; null
 * where one listing cannot tell. (AWS filters by status only within one group.)
 */
async function groupsWithFailures(context: ScopeContext, signal: AbortSignal): Promise<ReadonlySet<string> | null> {
  const { memory, clock } = context
  const known = memory.failures
  const age = known === null ? Number.POSITIVE_INFINITY : clock.monotonic() - known.at
  if (known !== null && age < (known.value === null ? GIVEN_UP_FOR : LISTING_GOOD_FOR)) return known.value && new Set(known.value.keys())
  const at = clock.monotonic()
  const dayAgo = clock.now().subtract({ milliseconds: RECENT })
  const before = known?.value ?? null
  const since = before === null ? dayAgo : clock.now().subtract({ milliseconds: Math.min(RECENT, Math.ceil(age) + OVERLAP) })
  const found = await suspects(context, since, signal)
  const still = [...(before ?? [])].filter(([, seen]) => Temporal.Instant.compare(seen, dayAgo) >= 0)
  memory.failures = { value: found === null ? null : new Map([...still, ...found]), at }
  return memory.failures.value && new Set(memory.failures.value.keys())
}

async function suspects(
  { api, clock, log, scope }: ScopeContext,
  since: Temporal.Instant,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Temporal.Instant> | null> {
  const patience = AbortSignal.timeout(LISTING_PATIENCE)
  try {
    const activities = await regionalActivities(api, { since, pages: MOST_PAGES, signal: AbortSignal.any([signal, patience]) })
    if (activities === null) return null
    const unsure = activities.filter(activity => activity.StatusCode !== 'Successful')
    return new Map(unsure.flatMap(({ AutoScalingGroupName: name }) => (name === undefined ? [] : [[name, clock.now()] as const])))
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!patience.aborted && !(error instanceof ProviderError)) throw error
    log.debug('the regional list of activities could not be read', { scope })
    return null
  }
}
