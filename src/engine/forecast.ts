import { type AcceptedDifference, withAccepted } from '../domain/accepted.ts'
import type { Configuration, Declaration } from '../domain/declaration.ts'
import { type Drift, driftOptions, victimDrift } from '../domain/drift.ts'
import type { Finding } from '../domain/finding.ts'
import { isSnowflakeByForecast } from '../domain/findings.ts'
import type { GroupId, InstanceId, InstanceSnapshot, Observation } from '../domain/group.ts'
import type { DrillPolicy } from '../domain/schedule.ts'
import { reasonOf, type ScopeHandle } from './context.ts'

/** What one member already differs in. */
export type MemberForecast = Drift & { readonly instance: InstanceId }

/** A look at a group without any strike: would a rebuild work, and what has drifted already? */
export interface Forecast {
  readonly observation: Observation
  readonly declaration: Declaration | null
  /** What stands in the way of a rebuild; null where that could not be read. */
  readonly rebuild: readonly Finding[] | null
  readonly members: readonly MemberForecast[]
  /** Why a part could not be read; null where all was. */
  readonly unreadable: string | null
}

export interface ForecastWish {
  readonly group: GroupId
  readonly policy: Pick<DrillPolicy, 'drift'>
  /** Known differences of any group: those of this one are warnings. */
  readonly accepted: readonly AcceptedDifference[]
}

/** Groups read together: what is held of them at once stays small, however many there are. */
const chunk = 50

/** Reads groups of one scope with all their members and compares each member with what it was born from. */
export async function forecastScope(
  handle: ScopeHandle,
  wishes: readonly ForecastWish[],
  { since, signal }: { since: Temporal.Instant; signal: AbortSignal },
): Promise<Map<GroupId, Forecast>> {
  const found = new Map<GroupId, Forecast>()
  for (let start = 0; start < wishes.length; start += chunk) {
    const part = await forecastPart(handle, wishes.slice(start, start + chunk), { since, signal })
    for (const [group, forecast] of part) found.set(group, forecast)
  }
  return found
}

async function forecastPart(
  { provider, scope }: ScopeHandle,
  wishes: readonly ForecastWish[],
  { since, signal }: { since: Temporal.Instant; signal: AbortSignal },
): Promise<[GroupId, Forecast][]> {
  const groups = wishes.map(wish => wish.group)
  const [declared, rebuilds, seen] = await Promise.all([
    readOrWhy(provider.declare(scope, groups, signal), signal),
    readOrWhy(provider.forecast(scope, groups, signal), signal),
    readOrWhy(provider.observe(scope, groups, { since, depth: 'full', explain: true }, signal), signal),
  ])
  const members = groups.flatMap(group => membersOf(seen.values.get(group)).map(({ id }) => ({ group, id })))
  const described =
    members.length === 0
      ? { values: new Map<InstanceId, Configuration>(), why: null }
      : await readOrWhy(provider.describe(scope, members, signal), signal)
  const ignore = provider.capabilities.driftIgnore
  return wishes.map(({ group, policy, accepted }) => {
    const known = accepted.filter(one => one.group === group)
    const observation = seen.values.get(group) ?? { kind: 'unreadable', why: seen.why ?? 'the platform did not answer for it' }
    const declaration = declared.values.get(group) ?? null
    const rebuild = rebuilds.values.get(group) ?? null
    const isImageGone = rebuild?.some(({ level, path }) => level === 'fail' && path === 'image') ?? false
    const compare = (instance: InstanceSnapshot): MemberForecast => {
      const configuration = described.values.get(instance.id)
      if (declaration === null || configuration === undefined) {
        const why = (declaration === null ? declared.why : described.why) ?? 'the platform did not answer for it'
        return { instance: instance.id, findings: null, why }
      }
      const options = { ...driftOptions(policy, ignore), subject: 'member', isImageGone } as const
      const drift = victimDrift({ declaration, victim: configuration }, instance.bornFrom, options)
      return { instance: instance.id, ...withAccepted(drift, known) }
    }
    // What is known to be gone is not unread: there is nothing to compare members with.
    const isDeclaredGone = declaration === null && declared.why === null && isSnowflakeByForecast(rebuild ?? [])
    const compared = isDeclaredGone ? [] : membersOf(observation).map(compare)
    const unreadable =
      (observation.kind === 'unreadable' && !rebuild?.some(({ summary }) => summary === observation.why) ? observation.why : null) ??
      (rebuild === null ? (rebuilds.why ?? 'the platform did not answer for it') : null) ??
      compared.find(member => member.why !== null)?.why ??
      null
    return [group, { observation, declaration, rebuild, members: compared, unreadable }]
  })
}

function membersOf(observation: Observation | undefined): readonly InstanceSnapshot[] {
  return observation?.kind === 'snapshot' ? observation.snapshot.instances.filter(instance => instance.phase === 'in-service') : []
}

async function readOrWhy<Value>(
  reading: Promise<ReadonlyMap<string, Value>>,
  signal: AbortSignal,
): Promise<{ readonly values: ReadonlyMap<string, Value>; readonly why: string | null }> {
  try {
    return { values: await reading, why: null }
  } catch (error) {
    signal.throwIfAborted()
    return { values: new Map(), why: reasonOf(error) }
  }
}
