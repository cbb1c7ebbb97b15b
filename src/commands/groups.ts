import { openInstallation } from '../compose.ts'
import type { GroupSnapshot } from '../domain/group.ts'
import type { LedgerState } from '../domain/ledger-state.ts'
import { chooseSchedule, policyFor, readOptIn } from '../domain/opt-in.ts'
import type { DrillPolicy, Schedule } from '../domain/schedule.ts'
import type { SeenGroup } from '../domain/seen-group.ts'
import { unknownOwner } from '../domain/tags.ts'
import { type Engine, limitsOf, type ScopeHandle, scopesOf } from '../engine/context.ts'
import { discover } from '../engine/discover.ts'
import { type Forecast, forecastScope } from '../engine/forecast.ts'
import { chooseVictim } from '../engine/fresh-look.ts'
import { plural } from '../reports/sentences.ts'
import type { GroupFacts, RuleRefusal } from '../rules/rule.ts'
import { allRefusals, driftRules, firstRefusal, groupRules, standingRules } from '../rules/rules.ts'
import { notMissed, unprotected } from '../rules/s07-victim.ts'
import { UsageError } from './exit.ts'
import { type Io, writeJson, writeLine } from './io.ts'
import type { GroupsOptions } from './options.ts'
import { table, writeSentence } from './terminal.ts'

const standingNumbers: ReadonlySet<string> = new Set(standingRules.map(({ number }) => number))

interface Explained {
  readonly group: string
  readonly name: string
  readonly optedIn: boolean
  readonly schedule: string | null
  readonly eligible: boolean
  readonly refusals: readonly { readonly rule: string; readonly reason: string }[]
  readonly hints: readonly string[]
}

/** Every group seen: opted in or not, eligible or not, and the reason for each no. Strikes nothing. */
export async function groups(options: GroupsOptions, io: Io): Promise<number> {
  const installation = await openInstallation(options, io, { worker: false, quiet: true })
  try {
    const { engine, settings } = installation
    const configured = Object.keys(settings.providers)
    if (options.provider !== undefined && !configured.includes(options.provider))
      throw new UsageError(`provider ${options.provider} is not configured; firedrill.yaml has ${configured.join(', ')}`)
    const discovered = await discover(engine, io.signal)
    const seen = discovered.groups.filter(group => options.provider === undefined || group.summary.provider === options.provider)
    const owners = Object.keys(settings.owners)
    const explained = (await Promise.all(scopesOf(engine).map(handle => explainScope(engine, handle, { seen, owners }, io.signal)))).flat()
    if (options.json === true) writeJson(io, { groups: explained, unreadable: discovered.unreadable })
    else if (explained.length > 0 || discovered.unreadable.length === 0) print(explained, io)
    for (const { scope, why } of discovered.unreadable) writeSentence(io.stderr, `${scope} could not be read: ${why}`)
    return discovered.unreadable.length > 0 ? 4 : 0
  } finally {
    await installation.close()
  }
}

/** A group that has a schedule, or the reason why it has none. */
interface Placed {
  readonly seen: SeenGroup
  readonly place: { readonly schedule: Schedule; readonly policy: DrillPolicy } | { readonly why: string }
  readonly hints: readonly string[]
}

async function explainScope(
  engine: Engine,
  handle: ScopeHandle,
  { seen, owners }: { readonly seen: readonly SeenGroup[]; readonly owners: readonly string[] },
  signal: AbortSignal,
): Promise<Explained[]> {
  const placed = seen.filter(group => group.summary.scope === handle.scope.id).map(group => placeOf(engine, group, owners))
  const accepted = await engine.ledger.accepted()
  const wishes = placed.flatMap(({ seen: { summary }, place }) =>
    'policy' in place ? [{ group: summary.id, policy: place.policy, accepted }] : [],
  )
  const settle = Math.max(0, ...engine.schedules.map(schedule => schedule.settle))
  const since = engine.clock.now().subtract({ milliseconds: settle })
  const forecasts = await forecastScope(handle, wishes, { since, signal })
  // A look that grew old while the rest was read forbids a strike; here it would only hide the other reasons.
  const lookedAt = engine.clock.now()
  const state = await engine.ledger.state()
  return placed.map(one => explain(engine, one, { forecast: forecasts.get(one.seen.summary.id), lookedAt, state }))
}

function placeOf(engine: Engine, seen: SeenGroup, owners: readonly string[]): Placed {
  const optIn = readOptIn(seen.summary, engine.clock.now().toZonedDateTimeISO('UTC').toPlainDate())
  if (!seen.optedIn) return { seen, place: { why: optIn.why }, hints: [] }
  const hints = [unknownOwner(optIn.tags.owner, owners)].filter(hint => hint !== null)
  const chosen = chooseSchedule(seen.summary, optIn, engine.schedules)
  if (chosen.kind !== 'schedule') return { seen, place: { why: chosen.why }, hints }
  return { seen, place: { schedule: chosen.schedule, policy: policyFor(chosen.schedule, optIn).policy }, hints }
}

interface Look {
  readonly forecast: Forecast | undefined
  readonly lookedAt: Temporal.Instant
  readonly state: LedgerState
}

function explain(engine: Engine, { seen, place, hints: own }: Placed, { forecast, lookedAt, state }: Look): Explained {
  const { summary } = seen
  const { now } = state
  const about = { group: summary.id, name: summary.name, optedIn: seen.optedIn }
  if ('why' in place) return { ...about, schedule: null, eligible: false, refusals: [{ rule: 'S1', reason: place.why }], hints: own }
  const { schedule, policy } = place
  const facts: GroupFacts = {
    now,
    ledgerSkew: engine.clock.now().since(now).total('milliseconds'),
    plan: null,
    group: summary.id,
    schedule,
    policy,
    never: engine.never,
    observation: forecast?.observation ?? { kind: 'unreadable', why: 'the platform did not answer for it' },
    lookedAt,
    declaration: forecast?.declaration ?? null,
    forecast: forecast?.rebuild ?? null,
    schedules: engine.schedules,
  }
  const refusals = [...allRefusals(groupRules, facts)]
  const hints = [...own, ...hintsFor(facts)]
  const drift = driftOf(schedule, forecast)
  if (facts.observation.kind === 'snapshot') {
    const { snapshot } = facts.observation
    const chosen = chooseVictim({ now, schedule, snapshot, drill: 'explanation', only: null })
    if ('refusal' in chosen) refusals.push(chosen.refusal)
    else if (drift !== null && drift.sound === 0) refusals.push(drift.refusal)
    else if (drift !== null) hints.push(`${drift.instance} could not be struck: ${drift.refusal.reason}`)
    hints.push(...neverStruck(snapshot, refusals))
  }
  const standing = standingRefusals(engine, { seen, schedule, state })
  refusals.push(...standing.filter(({ transient }) => transient !== true))
  const [wait] = standing
  if (refusals.length === 0 && wait !== undefined) hints.push(`a strike would have to wait: ${wait.reason}`)
  const plain = refusals.map(({ rule, reason }) => ({ rule, reason }))
  return { ...about, schedule: schedule.name, eligible: plain.length === 0, refusals: plain, hints }
}

/** What is no fault of the group's own: halts, its service in quarantine, limits, an open breaker, a scope in an incident. */
function standingRefusals(
  engine: Engine,
  { seen, schedule, state }: { readonly seen: SeenGroup; readonly schedule: Schedule; readonly state: LedgerState },
): readonly RuleRefusal[] {
  const { summary, service } = seen
  const plan = { id: 'explanation', schedule: schedule.name, scope: summary.scope, service, group: summary.id, groupName: summary.name }
  const facts = { state, plan, schedule, ...limitsOf(engine), run: null, haltFile: engine.haltFileExists() }
  return allRefusals(standingRules, facts)
}

function hintsFor({ observation, policy }: GroupFacts): string[] {
  if (observation.kind !== 'snapshot' || policy.deadline >= observation.snapshot.ownRecoveryTime) return []
  const own = observation.snapshot.ownRecoveryTime / 1000
  return [
    `its own grace, hooks and warm-up take up to ${own} s, longer than the deadline of ${policy.deadline / 1000} s: a slow rebuild would be called late`,
  ]
}

/** The first member that its drift keeps from being struck, and how many are sound; null where every one is. */
function driftOf(schedule: Schedule, forecast: Forecast | undefined): { instance: string; refusal: RuleRefusal; sound: number } | null {
  const members = forecast?.members ?? []
  const refused = members.flatMap(member => {
    const refusal = firstRefusal(driftRules, { schedule, drift: member })
    return refusal === null ? [] : [{ instance: member.instance, refusal }]
  })
  const [first] = refused
  return first === undefined ? null : { ...first, sound: members.length - refused.length }
}

/** Members that are never chosen, where the group is drilled all the same: its owner may take all of them for proven. */
function neverStruck(snapshot: GroupSnapshot, refusals: readonly RuleRefusal[]): string[] {
  const guarded = snapshot.instances.flatMap(instance => unprotected(instance) ?? [])
  const isNew = (hint: string): boolean => !refusals.some(({ reason }) => reason === hint)
  // A group above its size needs none of its members: S5 says so once.
  const spare = refusals.some(({ rule }) => rule === 'S5') ? [] : spareMembers(snapshot).filter(isNew)
  return [...guarded.filter(isNew), ...firstForAll(spare)]
}

function spareMembers(snapshot: GroupSnapshot): string[] {
  return snapshot.instances
    .filter(({ phase, protection }) => phase === 'in-service' && protection === null)
    .flatMap(member => notMissed(snapshot, member) ?? [])
}

/** Where weights differ, half of a large group may be spare. */
function firstForAll([first, ...others]: readonly string[]): string[] {
  if (first === undefined) return []
  return [others.length === 0 ? first : `${first} (and so for ${plural(others.length, 'other member')})`]
}

function print(explained: readonly Explained[], io: Io): void {
  if (explained.length === 0) {
    writeLine(io.stdout, 'No group carries the tag firedrill. Opt one in with the tag firedrill = enabled.')
    return
  }
  const common = commonReasons(explained)
  const rows = explained.flatMap(one => {
    const shared = one.refusals.filter(refusal => common.has(words(refusal)))
    const own = one.refusals.filter(refusal => !shared.includes(refusal))
    const below = [...new Set(shared.map(({ rule }) => rule))].join(', ')
    const reasons = [...own.map(words), ...(below === '' ? [] : [`${below}, see below`]), ...one.hints.map(hint => `note: ${hint}`)]
    const [first = 'may be drilled', ...rest] = reasons
    return [[one.name, one.optedIn ? 'yes' : 'no', one.eligible ? 'yes' : 'no', first], ...rest.map(reason => ['', '', '', reason])]
  })
  const columns = [{ title: 'GROUP', max: 28 }, { title: 'OPTED IN' }, { title: 'ELIGIBLE' }, { title: 'WHY' }]
  for (const line of table(rows, columns, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
  const eligible = explained.filter(one => one.eligible).length
  writeLine(io.stdout)
  for (const [reason, groups] of common) writeSentence(io.stdout, `${reason} (${plural(groups, 'group')})`)
  if (common.size > 0) writeLine(io.stdout)
  writeSentence(
    io.stdout,
    `${plural(explained.length, 'group')} seen, ${explained.filter(one => one.optedIn).length} opted in, ${eligible} eligible now.`,
  )
}

/** What stops a schedule, a scope or everything stops many groups at once: it is said once, with how many. */
function commonReasons(explained: readonly Explained[]): ReadonlyMap<string, number> {
  const told = explained.flatMap(({ refusals }) => refusals.filter(({ rule }) => standingNumbers.has(rule)).map(words))
  const counts = [...Map.groupBy(told, reason => reason)].map(([reason, all]) => [reason, all.length] as const)
  return new Map(counts.filter(([, groups]) => groups > 1))
}

function words({ rule, reason }: Explained['refusals'][number]): string {
  return `${rule} ${reason}`
}
