import { lacksPromisedImages } from '../domain/comparison.ts'
import type { Configuration, Declaration } from '../domain/declaration.ts'
import type { After, ConcludedDrill, Drill, Evidence, Fingerprint, Inside, Judgement, OpenDrill, StrikingDrill } from '../domain/drill.ts'
import type { InstanceId } from '../domain/group.ts'
import { judge } from '../domain/judge.ts'
import { breakerNotice, conclusionNotice } from '../domain/notice.ts'
import { deadlineOf, holdOf } from '../domain/phase.ts'
import { successors } from '../domain/successor.ts'
import type { TraceOutcome } from '../domain/trace.ts'
import { transition } from '../domain/transition.ts'
import { breakerTripped } from '../rules/s03-limits.ts'
import { type Engine, reasonOf, type ScopeHandle, scheduleOf, traced } from './context.ts'
import { lookInside } from './inside.ts'
import { messagesFor } from './tell.ts'
import { advance } from './write.ts'

type Judgeable = Exclude<OpenDrill, StrikingDrill>

/** How soon what could not be read for a verdict is read again. */
export const readAgainAfter = 5_000

/**
 * Reads what must be compared for all of them together, judges each, and records verdict and evidence in one write. A drill
 * that is missing from the answer could not be compared yet: it is to be tried again.
 */
export async function concludeAll(
  engine: Engine,
  handle: ScopeHandle,
  drills: readonly Judgeable[],
  signal: AbortSignal,
): Promise<Drill[]> {
  if (drills.length === 0) return []
  const reading = readAfter(engine, handle, drills, signal)
  const concluded = await Promise.all(
    drills.map(drill => {
      const about = { drill: drill.id, name: 'conclude', under: 'drill', outside: false, attributes: {}, tell: outcomeOf } as const
      return traced(engine, about, async () => concludeOne(engine, handle, drill, await reading))
    }),
  )
  for (const schedule of new Set(drills.map(drill => drill.schedule))) await haltIfTripped(engine, schedule)
  return concluded.filter(drill => drill !== null)
}

/** What keeps one drill from its verdict must not keep the others from theirs (S11); it is tried again with the next tick. */
async function concludeOne(engine: Engine, handle: ScopeHandle, drill: Judgeable, read: ReadAfter): Promise<ConcludedDrill | null> {
  try {
    return await conclude(engine, handle, drill, read)
  } catch (error) {
    read.signal.throwIfAborted()
    engine.log.error('a drill could not be concluded and will be tried again', {
      drill: drill.id,
      group: drill.group,
      why: reasonOf(error),
    })
    return null
  }
}

interface ReadAfter {
  readonly at: Temporal.Instant
  readonly declarations: MaybeRead<Declaration>
  readonly configurations: MaybeRead<Configuration>
  readonly signal: AbortSignal
}

async function readAfter(engine: Engine, handle: ScopeHandle, drills: readonly Judgeable[], signal: AbortSignal): Promise<ReadAfter> {
  const at = await engine.ledger.now()
  const groups = [...new Set(drills.map(drill => drill.group))]
  const instances = drills.flatMap(drill => candidatesOf(drill).map(id => ({ group: drill.group, id, rebuilt: true as const })))
  const { provider, scope } = handle
  const [declarations, configurations] = await Promise.all([
    readOrWhy(provider.declare(scope, groups, signal)),
    readOrWhy(instances.length === 0 ? Promise.resolve(new Map<InstanceId, Configuration>()) : provider.describe(scope, instances, signal)),
  ])
  signal.throwIfAborted()
  return { at, declarations, configurations, signal }
}

/** Null: not yet, and it will be tried again. */
function outcomeOf(concluded: ConcludedDrill | null): TraceOutcome {
  if (concluded === null) return { attributes: { 'firedrill.judged': false }, problem: null }
  const { verdict, findings, proven, notCompared } = concluded.judgement
  const attributes = {
    'firedrill.judged': true,
    'firedrill.verdict': verdict,
    'firedrill.findings': findings.map(({ kind }) => kind),
    'firedrill.proven': proven,
    'firedrill.not_compared': notCompared.map(({ what }) => what),
  }
  return { attributes, problem: null }
}

interface MaybeRead<V> {
  readonly values: ReadonlyMap<string, V>
  readonly why: string | null
}

async function readOrWhy<V>(reading: Promise<ReadonlyMap<string, V>>): Promise<MaybeRead<V>> {
  try {
    return { values: await reading, why: null }
  } catch (error) {
    return { values: new Map(), why: reasonOf(error) }
  }
}

function candidatesOf(drill: Judgeable): InstanceId[] {
  return successors(drill.tracking, drill.order)
    .candidates.filter(candidate => candidate.gone === null)
    .map(candidate => candidate.id)
}

async function conclude(engine: Engine, handle: ScopeHandle, drill: Judgeable, read: ReadAfter): Promise<ConcludedDrill | null> {
  const before = await engine.ledger.before(drill.id)
  if (before === null) throw new Error(`the ledger holds no evidence for ${drill.id}`)
  const ids = candidatesOf(drill)
  const configurations = Object.fromEntries(ids.flatMap(id => pair(id, read.configurations.values.get(id))))
  const { mayPass, ...inside } = await insideOf(engine, handle, { drill, configurations }, read.signal)
  const after: After = {
    at: read.at,
    declaration: read.declarations.values.get(drill.group) ?? null,
    declarationWhy: read.declarations.values.has(drill.group) ? null : (read.declarations.why ?? 'the platform did not answer for it'),
    configurations,
    ...inside,
    accepted: await engine.ledger.accepted(drill.group),
  }
  const evidence: Evidence = {
    order: drill.order,
    policy: drill.policy,
    before,
    tracking: drill.tracking,
    after,
  }
  const judgement = judge(evidence)
  const isBlind = mayPass && before.fingerprint !== null && judgement.verdict === 'phoenix'
  if ((isBlind || isForWantOfReading(judgement, drill, evidence)) && mayReadAgain(drill, read.at)) {
    engine.log.info('not judged yet: what must be compared could not be read and will be read again', { drill: drill.id })
    return null
  }
  return record(engine, drill, { judgement, after })
}

/**
 * Comparing needs a dozen reads, and one that fails must not cost the drill: a repeated call may bring what is missing. What is
 * inside a successor that was late or taken is compared with nothing, so it is not waited for.
 */
function isForWantOfReading({ verdict, findings }: Judgement, drill: Judgeable, evidence: Evidence): boolean {
  if (verdict !== 'inconclusive') return false
  const { declaration, configurations, fingerprints } = evidence.after
  // Instance and declaration are each read by several calls: where one of them failed, a part is missing.
  const lacksPart = findings.some(({ kind }) => kind === 'unobservable')
  const isMissing = (id: InstanceId) =>
    configurations[id] === undefined ||
    (lacksPart && configurations[id].unread.length > 0) ||
    (lacksPart && drill.policy.fingerprint !== null && fingerprints[id] === undefined)
  if (declaration === null || candidatesOf(drill).some(isMissing)) return true
  return findings.some(({ kind, path }) => kind === 'unobservable' && path === 'image') && lacksPromisedImages(evidence)
}

/** As long as a verdict waits for a look that can be trusted, counted from the moment that it is about. */
function mayReadAgain(drill: Judgeable, now: Temporal.Instant): boolean {
  const due = drill.state === 'soaking' ? drill.soakEndsAt : deadlineOf(drill.tracking, drill.policy)
  return Temporal.Instant.compare(now, due.add({ milliseconds: Math.floor(holdOf(drill.policy)) })) < 0
}

function pair<V>(id: string, value: V | undefined): [string, V][] {
  return value === undefined ? [] : [[id, value]]
}

async function insideOf(
  engine: Engine,
  handle: ScopeHandle,
  about: { drill: Judgeable; configurations: Readonly<Record<InstanceId, Configuration>> },
  signal: AbortSignal,
): Promise<Pick<After, 'fingerprints' | 'fingerprintsUnread' | 'fingerprintsWhy'> & { readonly mayPass: boolean }> {
  const { drill, configurations } = about
  const fingerprints: Record<InstanceId, Fingerprint> = {}
  const unread: Record<InstanceId, Inside['unread']> = {}
  const why: Record<InstanceId, string> = {}
  let mayPass = false
  for (const { id, name, gone } of drill.tracking.candidates) {
    if (gone !== null) continue
    const target = { group: drill.group, id, name, address: configurations[id]?.address ?? null }
    const looked = await lookInside(engine, handle, { policy: drill.policy, target }, signal)
    if (looked.inside === null) {
      why[id] = looked.why
      mayPass ||= looked.mayPass
      continue
    }
    fingerprints[id] = looked.inside.fingerprint
    if (looked.inside.unread.length > 0) unread[id] = looked.inside.unread
  }
  return { fingerprints, fingerprintsUnread: unread, fingerprintsWhy: why, mayPass }
}

async function record(engine: Engine, drill: Judgeable, outcome: { judgement: Judgement; after: After }): Promise<ConcludedDrill | null> {
  const { judgement, after } = outcome
  const whole = drill.tracking.wholeAt !== null
  const concluded = transition(drill, { kind: 'conclude', judgement, at: after.at, whole })
  const [first] = judgement.findings
  const events = [
    { at: after.at, kind: 'concluded', data: { verdict: judgement.verdict, findings: judgement.findings.map(finding => finding.kind) } },
  ]
  // A snowflake may have brothers: nobody loses the next server before somebody has looked (DESIGN.md §1, quarantine).
  const quarantine = judgement.verdict === 'snowflake' ? { quarantine: first?.summary ?? 'the rebuild failed' } : {}
  if (concluded.state !== 'concluded') throw new Error(`drill ${drill.id} became ${concluded.state} instead of concluded; this is a defect`)
  const notices = [conclusionNotice(concluded, judgement.verdict === 'snowflake')]
  const written = await advance(engine, concluded, events, { after, ...quarantine, notices })
  return written ? concluded : null
}

/** A breaker that trips halts its schedule where everybody sees it; S3 refuses all the same should this write be lost. */
async function haltIfTripped(engine: Engine, name: string): Promise<void> {
  const schedule = scheduleOf(engine, name)
  if (schedule === null || schedule.limits.breaker === null) return
  const { conclusions, halts, now } = await engine.ledger.state()
  const tripped = breakerTripped(schedule, conclusions, now)
  const isHalted = halts.some(({ target }) => target.kind === 'schedule' && target.name === name)
  if (tripped === null || isHalted) return
  const [newest] = conclusions.filter(one => one.schedule === name)
  const told = messagesFor(engine, [breakerNotice(name, tripped, newest?.at ?? now)])
  await engine.ledger.halt({
    target: { kind: 'schedule', name },
    reason: `the circuit breaker tripped: ${tripped}`,
    by: 'firedrill',
    until: null,
    ...told,
  })
  if (told.messages !== undefined) engine.noticed?.()
  engine.log.warn('circuit breaker halted a schedule', { schedule: name, why: tripped })
}
