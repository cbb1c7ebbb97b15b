import type { Refusal } from '../domain/drill.ts'
import type { GroupId, GroupSummary, Observation } from '../domain/group.ts'
import { type OptIn, policyFor, readOptIn, scheduleOnRecord, serviceOf } from '../domain/opt-in.ts'
import type { SeenGroup } from '../domain/seen-group.ts'
import { barring } from '../rules/lasting.ts'
import { allRefusals } from '../rules/rules.ts'
import { type Engine, reasonOf, type ScopeHandle, scopesOf } from './context.ts'
import { degradation } from './degradation.ts'

/** What one pass over every configured scope saw. */
export interface Discovered {
  readonly groups: readonly SeenGroup[]
  readonly unreadable: readonly { readonly scope: string; readonly why: string }[]
}

const chunk = 100

/** Lists opted-in groups and near misses of every scope, reads how the opted-in ones stand (S15), and records both. */
export async function discover(engine: Engine, signal: AbortSignal): Promise<Discovered> {
  const scopes = await Promise.all(scopesOf(engine).map(handle => discoverScope(engine, handle, signal)))
  return { groups: scopes.flatMap(scope => scope.groups), unreadable: scopes.flatMap(scope => scope.unreadable) }
}

/** A scope that cannot be read to its end is recorded as unreadable; what was known of it is kept. */
export async function discoverScope(engine: Engine, handle: ScopeHandle, signal: AbortSignal): Promise<Discovered> {
  const at = await engine.ledger.now()
  const groups: SeenGroup[] = []
  let unreadable: string | null = null
  try {
    const summaries: GroupSummary[] = []
    for await (const summary of handle.provider.discover(handle.scope, signal)) summaries.push(summary)
    groups.push(...(await describeStates(engine, handle, summaries, signal)))
  } catch (error) {
    signal.throwIfAborted()
    unreadable = reasonOf(error)
    engine.log.warn('scope could not be read', { scope: handle.scope.id, why: unreadable })
  }
  await engine.ledger.recordDiscovery({ scope: handle.scope.id, at, unreadable, groups })
  return { groups, unreadable: unreadable === null ? [] : [{ scope: handle.scope.id, why: unreadable }] }
}

async function describeStates(
  engine: Engine,
  handle: ScopeHandle,
  summaries: readonly GroupSummary[],
  signal: AbortSignal,
): Promise<SeenGroup[]> {
  const now = engine.clock.now()
  const today = now.toZonedDateTimeISO('UTC').toPlainDate()
  const seen = summaries.map(summary => ({ summary, optIn: readOptIn(summary, today) }))
  const optedIn = seen.filter(({ optIn }) => optIn.state === 'in').map(({ summary }) => summary.id)
  const observations = new Map<string, Observation>()
  for (let start = 0; start < optedIn.length; start += chunk) {
    const ids = optedIn.slice(start, start + chunk)
    const answer = await handle.provider.observe(handle.scope, ids, { since: now, depth: 'brief' }, signal)
    for (const [id, observation] of answer) observations.set(id, observation)
  }
  const underDrill = await groupsUnderDrill(engine, handle)
  return seen.map(({ summary, optIn }) => {
    const observation = observations.get(summary.id)
    const isExpected = observation?.kind === 'snapshot' && underDrill.has(summary.id)
    return {
      summary,
      optedIn: optIn.state === 'in',
      service: serviceOf(summary, optIn),
      unsteady: optIn.state === 'in' && !isExpected ? degradation(observation) : null,
      barred: observation === undefined ? [] : barredBy(engine, { summary, optIn }, observation),
    }
  })
}

function barredBy(
  { schedules }: Engine,
  { summary, optIn }: { readonly summary: GroupSummary; readonly optIn: OptIn },
  observation: Observation,
): readonly Refusal[] {
  const schedule = scheduleOnRecord(summary, optIn, schedules)
  if (schedule === null) return []
  const { policy } = policyFor(schedule, optIn)
  return allRefusals(barring, { observation, schedule, policy }).map(({ rule, reason }) => ({ rule, reason }))
}

/**
 * They are short of a member because Firedrill took it: S15 is about what else is wrong. Once a drill has its verdict, a group that is
 * still not whole counts like any other.
 */
async function groupsUnderDrill(engine: Engine, { scope }: ScopeHandle): Promise<ReadonlySet<GroupId>> {
  const open = (await engine.ledger.watched(scope.id)).filter(drill => drill.state !== 'concluded')
  return new Set(open.map(drill => drill.group))
}
