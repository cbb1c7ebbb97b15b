import type { DrillId, OpenDrill, PlannedDrill, StrikingDrill, Tracking } from '../domain/drill.ts'
import type { GroupSnapshot, InstanceId } from '../domain/group.ts'
import type { CheckSettings } from '../domain/schedule.ts'
import type { DrillPart, TraceOutcome } from '../domain/trace.ts'
import { awaitingProbes, recordAddresses, recordProbes } from '../domain/tracking.ts'
import type { Probe, ProbeAnswer, ProbeTarget } from '../probes/probe.ts'
import { type Engine, reasonOf, type ScopeHandle, traced } from './context.ts'

/** By drill, and there by candidate and probe: when it was last asked. Of this process only; what is lost costs one probe more. */
export type ProbeTimes = Map<DrillId, Map<string, Temporal.Instant>>

/** Looks do not come to the millisecond: one that is this share of its interval early is on time. */
const ALMOST = 0.9

interface Probing {
  readonly tracking: Tracking
  /** The look before that read the group, or the strike. */
  readonly before: Temporal.Instant
  readonly snapshot: GroupSnapshot
  readonly at: Temporal.Instant
  readonly signal: AbortSignal
}

/** Asks the probes of every candidate that the provider calls healthy, each not more often than its interval. */
export async function probeCandidates(
  engine: Engine,
  handle: ScopeHandle,
  drill: Exclude<OpenDrill, StrikingDrill>,
  look: Probing,
): Promise<Tracking> {
  const tracking = await withAddresses(engine, handle, drill, look)
  const { snapshot, before, at, signal } = look
  const times = engine.probed.get(drill.id) ?? new Map<string, Temporal.Instant>()
  engine.probed.set(drill.id, times)
  const probes = drill.policy.probes.map(settings => openOrWhy(engine, settings))
  const during = drill.state === 'soaking' ? 'soak' : 'recover'
  const results = await Promise.all(
    awaitingProbes(tracking).flatMap(candidate =>
      probes.flatMap((probe, index) => {
        const key = `${index} ${candidate.id}`
        if (!isDue(drill, { last: times.get(key), interval: probe.interval, at })) return []
        times.set(key, at)
        const { id, name, address = null } = candidate
        const target = { group: snapshot.summary, id, name, address }
        return [ask(engine, probe, { drill: drill.id, during, target, signal }).then(answer => ({ id, probe: index, ...answer }))]
      }),
    ),
  )
  signal.throwIfAborted()
  const { policy } = drill
  return recordProbes(tracking, { results, needed: probes.map(probe => probe.passes), at, paced: { before, policy } })
}

/** At the end of the soak each is asked once more: the verdict speaks of that moment. */
function isDue(
  drill: OpenDrill,
  { last, interval, at }: { readonly last: Temporal.Instant | undefined; readonly interval: number; readonly at: Temporal.Instant },
): boolean {
  if (last === undefined || at.since(last).total('milliseconds') >= ALMOST * interval) return true
  if (drill.state !== 'soaking') return false
  const { soakEndsAt } = drill
  return Temporal.Instant.compare(at, soakEndsAt) >= 0 && Temporal.Instant.compare(last, soakEndsAt) < 0
}

type Opened = Pick<Probe, 'interval' | 'passes' | 'check'> & { readonly kind: string }

function openOrWhy(engine: Engine, { kind, settings }: CheckSettings): Opened {
  try {
    const probe = engine.openProbe({ kind, settings })
    return { kind, interval: probe.interval, passes: probe.passes, check: (target, signal) => probe.check(target, signal) }
  } catch (error) {
    return { kind, interval: 0, passes: 1, check: () => Promise.reject(error) }
  }
}

interface Asking {
  readonly drill: DrillId
  readonly during: DrillPart
  readonly target: ProbeTarget
  readonly signal: AbortSignal
}

async function ask(engine: Engine, probe: Opened, { drill, during, target, signal }: Asking): Promise<ProbeAnswer> {
  const attributes = { 'firedrill.instance': target.id }
  const shown = { drill, name: `probe ${probe.kind}`, under: during, outside: true, attributes, tell: outcomeOf } as const
  try {
    return await traced(engine, shown, () => probe.check(target, signal))
  } catch (error) {
    return { result: 'unknown', detail: reasonOf(error) }
  }
}

/** Whatever is still starting fails its probes: only what could not be asked is an error. */
function outcomeOf({ result, detail }: ProbeAnswer): TraceOutcome {
  return { attributes: { 'firedrill.result': result, 'firedrill.detail': detail }, problem: result === 'unknown' ? detail : null }
}

/** Where a candidate can be reached is read once, and kept with it. Without it, probes that need it are unknown. */
async function withAddresses(
  engine: Engine,
  { provider, scope }: ScopeHandle,
  drill: OpenDrill,
  { tracking, signal }: Probing,
): Promise<Tracking> {
  const unread = awaitingProbes(tracking).filter(({ address }) => address === undefined)
  if (unread.length === 0) return tracking
  try {
    const instances = unread.map(({ id }) => ({ group: drill.group, id, rebuilt: true as const }))
    const described = await provider.describe(scope, instances, signal)
    return recordAddresses(tracking, new Map([...described].map(([id, { address }]): [InstanceId, string | null] => [id, address])))
  } catch (error) {
    signal.throwIfAborted()
    engine.log.warn('address of a successor could not be read', { drill: drill.id, why: reasonOf(error) })
    return tracking
  }
}

/**
 * Null where every probe passes on the victim-to-be, which is known to be well; else why not. A probe that does not pass on the
 * victim would call its successor a snowflake whatever it is made of.
 */
export async function whyProbesFail(
  engine: Engine,
  { id, policy }: Pick<PlannedDrill, 'id' | 'policy'>,
  { target, signal }: { readonly target: ProbeTarget; readonly signal: AbortSignal },
): Promise<string | null> {
  const answers = await Promise.all(
    policy.probes.map(async settings => {
      const answer = await ask(engine, openOrWhy(engine, settings), { drill: id, during: 'planned', target, signal })
      return answer.result === 'passed' ? null : `${settings.kind}: ${answer.detail}`
    }),
  )
  signal.throwIfAborted()
  return answers.find(answer => answer !== null) ?? null
}
