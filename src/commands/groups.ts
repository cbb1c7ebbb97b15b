import { openInstallation } from '../compose.ts'
import type { Declaration } from '../domain/declaration.ts'
import type { Finding } from '../domain/finding.ts'
import type { GroupSnapshot, Observation } from '../domain/group.ts'
import { chooseSchedule, policyFor, readOptIn } from '../domain/opt-in.ts'
import type { SeenGroup } from '../domain/seen-group.ts'
import { type Engine, reasonOf, type ScopeHandle, scheduleOf, scopesOf } from '../engine/context.ts'
import { discover } from '../engine/discover.ts'
import { chooseVictim } from '../engine/fresh-look.ts'
import type { GroupFacts } from '../rules/rule.ts'
import { allRefusals, groupRules } from '../rules/rules.ts'
import { type Io, writeJson, writeLine } from './io.ts'
import type { GroupsOptions } from './options.ts'
import { table } from './terminal.ts'

interface Explained {
  readonly group: string
  readonly name: string
  readonly optedIn: boolean
  readonly schedule: string | null
  readonly eligible: boolean
  readonly refusals: readonly { readonly rule: string; readonly reason: string }[]
  readonly hints: readonly string[]
}

const chunk = 20

/** Every group seen: opted in or not, eligible or not, and the reason for each no. Strikes nothing. */
export async function groups(options: GroupsOptions, io: Io): Promise<number> {
  const installation = await openInstallation(options, io, { worker: false })
  try {
    const { engine } = installation
    const discovered = await discover(engine, io.signal)
    const seen = discovered.groups.filter(group => options.provider === undefined || group.summary.provider === options.provider)
    const explained = (await Promise.all(scopesOf(engine).map(handle => explainScope(engine, handle, seen, io.signal)))).flat()
    if (options.json === true) writeJson(io, { groups: explained, unreadable: discovered.unreadable })
    else print(explained, io)
    for (const { scope, why } of discovered.unreadable) writeLine(io.stderr, `${scope} could not be read: ${why}`)
    return discovered.unreadable.length > 0 ? 4 : 0
  } finally {
    await installation.close()
  }
}

async function explainScope(engine: Engine, handle: ScopeHandle, seen: readonly SeenGroup[], signal: AbortSignal): Promise<Explained[]> {
  const mine = seen.filter(group => group.summary.scope === handle.scope.id)
  const explained: Explained[] = []
  for (let start = 0; start < mine.length; start += chunk) {
    explained.push(...(await explainChunk(engine, handle, mine.slice(start, start + chunk), signal)))
  }
  return explained
}

interface Reading {
  readonly observations: ReadonlyMap<string, Observation>
  readonly declarations: ReadonlyMap<string, Declaration>
  readonly forecasts: ReadonlyMap<string, readonly Finding[]>
  readonly lookedAt: Temporal.Instant
}

async function explainChunk(engine: Engine, handle: ScopeHandle, seen: readonly SeenGroup[], signal: AbortSignal): Promise<Explained[]> {
  const ids = seen.filter(group => group.optedIn).map(group => group.summary.id)
  const { provider, scope } = handle
  const settle = Math.max(0, ...engine.schedules.map(schedule => schedule.settle))
  const since = engine.clock.now().subtract({ milliseconds: settle })
  const [declarations, forecasts] = await Promise.all([
    orNothing(provider.declare(scope, ids, signal)),
    orNothing(provider.forecast(scope, ids, signal)),
  ])
  // Last, as before a strike: a look that grew old while the rest was read would be refused for its age alone.
  const lookedAt = engine.clock.now()
  const observations = await provider
    .observe(scope, ids, { since, depth: 'full', explain: true }, signal)
    .catch(error => unreadable(ids, reasonOf(error)))
  const now = await engine.ledger.now()
  return seen.map(group => explain(engine, group, { reading: { observations, declarations, forecasts, lookedAt }, now }))
}

async function orNothing<V>(reading: Promise<ReadonlyMap<string, V>>): Promise<ReadonlyMap<string, V>> {
  return reading.catch(() => new Map())
}

function unreadable(ids: readonly string[], why: string): ReadonlyMap<string, Observation> {
  return new Map(ids.map(id => [id, { kind: 'unreadable', why }]))
}

function explain(engine: Engine, seen: SeenGroup, read: { reading: Reading; now: Temporal.Instant }): Explained {
  const { summary } = seen
  const optIn = readOptIn(summary, read.now.toZonedDateTimeISO('UTC').toPlainDate())
  const about = { group: summary.id, name: summary.name, optedIn: seen.optedIn }
  if (!seen.optedIn) return { ...about, schedule: null, eligible: false, refusals: [{ rule: 'S1', reason: optIn.why }], hints: [] }
  const chosen = chooseSchedule(summary, optIn, engine.schedules)
  if (chosen.kind !== 'schedule')
    return { ...about, schedule: null, eligible: false, refusals: [{ rule: 'S1', reason: chosen.why }], hints: [] }
  const schedule = scheduleOf(engine, chosen.schedule.name) ?? chosen.schedule
  const { policy } = policyFor(schedule, optIn)
  const { reading } = read
  const facts: GroupFacts = {
    now: read.now,
    ledgerSkew: engine.clock.now().since(read.now).total('milliseconds'),
    plan: null,
    group: summary.id,
    schedule,
    policy,
    never: engine.never,
    observation: reading.observations.get(summary.id) ?? { kind: 'unreadable', why: 'the platform did not answer for it' },
    lookedAt: reading.lookedAt,
    declaration: reading.declarations.get(summary.id) ?? null,
    forecast: reading.forecasts.get(summary.id) ?? null,
    schedules: engine.schedules,
  }
  const refusals = [...allRefusals(groupRules, facts)]
  const hints: string[] = []
  if (facts.observation.kind === 'snapshot') {
    const { snapshot } = facts.observation
    const chosenVictim = chooseVictim({ now: read.now, schedule, snapshot, drill: 'explanation', only: null })
    if ('refusal' in chosenVictim) refusals.push(chosenVictim.refusal)
    hints.push(...protectedMembers(snapshot, refusals))
    if (policy.deadline < snapshot.ownRecoveryTime) {
      hints.push(
        `its own grace, hooks and warm-up take up to ${snapshot.ownRecoveryTime / 1000} s, longer than the deadline of ${policy.deadline / 1000} s: a slow rebuild would be called late`,
      )
    }
  }
  const plain = refusals.map(({ rule, reason }) => ({ rule, reason }))
  return { ...about, schedule: schedule.name, eligible: plain.length === 0, refusals: plain, hints }
}

/** Members that are never chosen, where the group is drilled all the same: its owner may take all of them for proven. */
function protectedMembers({ instances }: GroupSnapshot, refusals: readonly { reason: string }[]): string[] {
  return instances
    .filter(({ protection }) => protection !== null)
    .map(({ name, protection }) => `${name} must not be struck: ${protection}`)
    .filter(hint => !refusals.some(({ reason }) => reason === hint))
}

function print(explained: readonly Explained[], io: Io): void {
  if (explained.length === 0) {
    writeLine(io.stdout, 'No group carries the tag firedrill. Opt one in with the tag firedrill = enabled.')
    return
  }
  const rows = explained.flatMap(one => {
    const reasons = [...one.refusals.map(({ rule, reason }) => `${rule} ${reason}`), ...one.hints.map(hint => `note: ${hint}`)]
    const [first = 'may be drilled', ...rest] = reasons
    return [[one.name, one.optedIn ? 'yes' : 'no', one.eligible ? 'yes' : 'no', first], ...rest.map(reason => ['', '', '', reason])]
  })
  const columns = [{ title: 'GROUP', max: 28 }, { title: 'OPTED IN' }, { title: 'ELIGIBLE' }, { title: 'WHY' }]
  for (const line of table(rows, columns, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
  const eligible = explained.filter(one => one.eligible).length
  writeLine(io.stdout)
  writeLine(
    io.stdout,
    `${explained.length} groups seen, ${explained.filter(one => one.optedIn).length} opted in, ${eligible} eligible now.`,
  )
}
