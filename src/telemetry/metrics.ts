import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { proofSince } from '../domain/coverage.ts'
import type { Schedule } from '../domain/schedule.ts'
import { shownOfCount } from '../domain/standing.ts'
import type { Conclusion, ConclusionCursor, Ledger } from '../ledger/ledger.ts'
import { breakerTripped } from '../rules/s03-limits.ts'
import type { ApiCalls } from './api-calls.ts'

/** What is known of this process alone. */
interface ProcessNeeds {
  readonly apiCalls: ApiCalls
  /** How late the most overdue look or strike of this process is, in ms. */
  readonly watchLag: () => Promise<number>
}

export interface MetricsNeeds extends ProcessNeeds {
  readonly ledger: Ledger
  readonly schedules: readonly Schedule[]
  readonly haltFileExists: () => boolean
  /** Conclusions are counted from here on. */
  readonly since: Temporal.Instant
}

const batch = 500
const mostDue = 1_000

/**
 * Read from the ledger when they are asked for, so that they cover every worker, and so that nothing is counted where nobody asks.
 * The answer is Prometheus' text.
 */
export function openMetrics(needs: MetricsNeeds): () => Promise<string> {
  const registry = new Registry()
  const own = processInstruments(registry)
  const shown = instruments(registry)
  let cursor: ConclusionCursor = { at: needs.since, drill: '' }
  let last: Promise<unknown> = Promise.resolve()

  async function readNews(): Promise<void> {
    for (;;) {
      const news = await needs.ledger.conclusions(cursor, batch)
      for (const conclusion of news) {
        await countConclusion(needs.ledger, shown, conclusion)
        cursor = conclusion
      }
      if (news.length < batch) return
    }
  }

  async function collect(): Promise<string> {
    await readNews()
    await readProcess(needs, own)
    await readState(needs, shown)
    await readFleet(needs, shown)
    return registry.metrics()
  }

  // One at a time: two scrapes at once would count a conclusion twice.
  return () => {
    const text = last.catch(() => {}).then(collect)
    last = text
    return text
  }
}

/**
 * What a further worker tells: its own process and its own calls. What stands in the ledger is told by the service, once, so that
 * sums over all processes stay right.
 */
export function openProcessMetrics(needs: ProcessNeeds): () => Promise<string> {
  const registry = new Registry()
  const own = processInstruments(registry)
  return async () => {
    await readProcess(needs, own)
    return registry.metrics()
  }
}

function processInstruments(registry: Registry) {
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    lag: new Gauge({ name: 'firedrill_watch_lag_seconds', help: 'How late the most overdue look or strike is.', registers }),
    calls: new Counter({
      name: 'firedrill_api_calls_total',
      help: 'Requests of this process to platforms, each retry of its own.',
      labelNames: ['provider', 'operation', 'outcome'],
      registers,
    }),
  }
}

async function readProcess({ apiCalls, watchLag }: ProcessNeeds, own: ReturnType<typeof processInstruments>): Promise<void> {
  own.lag.set((await watchLag()) / 1000)
  // They are counted where they are made, whether somebody asks or not.
  own.calls.reset()
  for (const { count, ...labels } of apiCalls.all()) own.calls.inc(labels, count)
}

type Instruments = ReturnType<typeof instruments>

function instruments(registry: Registry) {
  const registers = [registry]
  return {
    drills: new Counter({
      name: 'firedrill_drills_total',
      help: 'Drills concluded since this process started, by verdict.',
      labelNames: ['provider', 'verdict'],
      registers,
    }),
    recovery: new Histogram({
      name: 'firedrill_time_to_recover_seconds',
      help: 'From the strike until the successor was healthy and passed its probes; drills concluded since this process started, without those whose recovery fell between looks that were missed.',
      labelNames: ['provider'],
      buckets: [5, 15, 30, 60, 120, 180, 300, 450, 600, 900, 1800, 3600],
      registers,
    }),
    refusals: new Gauge({
      name: 'firedrill_refusals_last_day',
      help: 'Drills planned in the last 24 h and refused, by rule or guard.',
      labelNames: ['rule'],
      registers,
    }),
    open: new Gauge({ name: 'firedrill_open_drills', help: 'Drills that are struck and not yet judged.', registers }),
    wounded: new Gauge({
      name: 'firedrill_wounded_groups',
      help: 'Struck groups that are not back at their size with every member healthy.',
      registers,
    }),
    due: new Gauge({
      name: 'firedrill_wakeups_due',
      help: 'Drills that should have been woken by now; what the queue still holds.',
      registers,
    }),
    inFlight: new Gauge({ name: 'firedrill_strikes_in_flight', help: 'Strikes whose call may still be sent.', registers }),
    halted: new Gauge({ name: 'firedrill_halted', help: '1 while everything is halted.', registers }),
    halts: new Gauge({ name: 'firedrill_halts', help: 'Halts in force, of everything or a part.', registers }),
    quarantines: new Gauge({ name: 'firedrill_quarantines', help: 'Services that get no drills until somebody clears them.', registers }),
    coverage: new Gauge({
      name: 'firedrill_coverage_ratio',
      help: 'Share of the opted-in groups proven to be rebuildable within the days that count.',
      registers,
    }),
    groups: new Gauge({
      name: 'firedrill_groups',
      help: 'Opted-in groups by how they stand.',
      labelNames: ['provider', 'standing'],
      registers,
    }),
    unreadable: new Gauge({
      name: 'firedrill_scope_unreadable',
      help: '1 where the last discovery of a scope did not come to its end.',
      labelNames: ['scope'],
      registers,
    }),
    seen: new Gauge({
      name: 'firedrill_scope_discovered_timestamp_seconds',
      help: 'When a scope was last discovered.',
      labelNames: ['scope'],
      registers,
    }),
    degraded: new Gauge({
      name: 'firedrill_scope_degraded_groups',
      help: 'Opted-in groups that the last discovery of a scope found degraded or unreadable; too many stop every strike in it (S15).',
      labelNames: ['scope'],
      registers,
    }),
    breakers: new Gauge({
      name: 'firedrill_breaker_open',
      help: '1 while the circuit breaker of a schedule is open (S3): it strikes nothing.',
      labelNames: ['schedule'],
      registers,
    }),
    messages: new Gauge({
      name: 'firedrill_messages',
      help: 'Notifications that wait for their moment or fail and are tried again, and those of the last 24 h that were sent, dropped or given up.',
      labelNames: ['target', 'state'],
      registers,
    }),
  }
}

async function countConclusion(ledger: Ledger, shown: Instruments, { drill: id, provider, verdict }: Conclusion): Promise<void> {
  shown.drills.inc({ provider, verdict })
  const drill = await ledger.drill(id)
  if (drill?.state !== 'concluded' || drill.tracking === null) return
  const successor = drill.tracking.candidates.find(candidate => candidate.id === drill.judgement.successor)
  if (!successor?.recoveredAt || successor.recoveredAfter !== undefined) return
  shown.recovery.observe({ provider }, Math.max(0, seconds(successor.recoveredAt) - seconds(drill.tracking.struckAt)))
}

async function readState({ ledger, schedules, haltFileExists }: MetricsNeeds, shown: Instruments): Promise<void> {
  const state = await ledger.state()
  shown.open.set(state.busy.filter(drill => !drill.wounded).length)
  shown.wounded.set(state.busy.filter(drill => drill.wounded).length)
  shown.halted.set(haltFileExists() || state.halts.some(halt => halt.target.kind === 'installation') ? 1 : 0)
  shown.halts.set(state.halts.length)
  shown.quarantines.set(state.quarantines.length)
  shown.inFlight.set((await ledger.strikesInFlight()).length)
  shown.due.set((await ledger.due(state.now, mostDue)).length)
  shown.unreadable.reset()
  for (const { scope, unreadable, unsteady, at } of state.scopes) {
    shown.unreadable.set({ scope }, unreadable === null ? 0 : 1)
    shown.degraded.set({ scope }, unsteady)
    shown.seen.set({ scope }, seconds(at))
  }
  for (const schedule of schedules)
    shown.breakers.set({ schedule: schedule.name }, breakerTripped(schedule, state.conclusions, state.now) === null ? 0 : 1)
  shown.messages.reset()
  for (const { messages, ...labels } of await ledger.messageCounts(state.now.subtract({ hours: 24 }))) shown.messages.set(labels, messages)
  shown.refusals.reset()
  for (const { rule, drills } of await ledger.refusalCounts(state.now.subtract({ hours: 24 }))) shown.refusals.set({ rule }, drills)
}

async function readFleet({ ledger }: MetricsNeeds, shown: Instruments): Promise<void> {
  shown.groups.reset()
  let total = 0
  let proven = 0
  for (const { provider, standing, fresh, groups } of await ledger.fleetCounts(proofSince(await ledger.now()))) {
    const word = shownOfCount({ standing, fresh })
    shown.groups.inc({ provider, standing: word }, groups)
    total += groups
    if (word === 'phoenix') proven += groups
  }
  shown.coverage.set(total === 0 ? 0 : proven / total)
}

function seconds(at: Temporal.Instant): number {
  return at.epochMilliseconds / 1000
}
