import type { Milliseconds } from '../../domain/time.ts'
import { formatDuration, roundDuration } from '../durations.ts'
import { elapsed, successorOf } from '../moments.ts'
import type { DrillCard } from '../report.ts'
import { outcomeNames } from '../sentences.ts'

/**
 * A drill's life as a waterfall: one row per phase or moment, so that no two labels can meet at any width.
 * All times are milliseconds since the strike.
 */
export interface Timeline {
  readonly rows: readonly TimelineRow[]
  readonly limits: readonly { readonly kind: 'target' | 'deadline'; readonly at: Milliseconds; readonly label: string }[]
  readonly ticks: readonly { readonly at: Milliseconds; readonly label: string }[]
  /** The right edge. */
  readonly end: Milliseconds
}

export interface TimelineRow {
  readonly label: string
  readonly amount: string
  readonly from: Milliseconds
  readonly to: Milliseconds
  readonly tone: 'leave' | 'wait' | 'start' | 'probe' | 'soak' | 'fail' | 'undone' | 'moment' | 'verdict' | 'beyond'
}

/** Null: nothing was struck, so there is nothing to draw. `now` ends what is still going on. */
export function timelineOf(card: DrillCard, now: Temporal.Instant): Timeline | null {
  const { struck, concluded, whole } = card.moments
  if (!struck) return null
  const since = (at: Temporal.Instant | null) => (at ? Math.max(0, elapsed(struck, at)) : null)
  const stop = since(concluded) ?? Math.max(since(now) ?? 0, since(card.moments.soakOver) ?? 0, 1)
  const rows = [...phases(card, since, stop), ...endings(card, since, stop)]
  const wholeAt = since(whole)
  const last = Math.max(stop, wholeAt !== null && wholeAt <= stop * 1.5 ? wholeAt : 0, 1)
  const { target, deadline } = card.source.drill.policy
  const limits = [
    { kind: 'target' as const, at: target, label: `target ${roundDuration(target)}` },
    { kind: 'deadline' as const, at: deadline, label: `deadline ${roundDuration(deadline)}` },
  ].filter(({ at }) => at > 0 && at <= last * 1.35)
  const end = Math.max(last, ...limits.map(({ at }) => at))
  return { rows: rows.map(row => ({ ...row, from: Math.min(row.from, end), to: Math.min(row.to, end) })), limits, ticks: ticksTo(end), end }
}

type Since = (at: Temporal.Instant | null) => Milliseconds | null

function phases(card: DrillCard, since: Since, stop: Milliseconds): TimelineRow[] {
  const { moments, outcome } = card
  const unfinished = outcome === 'snowflake' ? 'fail' : 'undone'
  const words = outcome === 'open' ? wordsWhileOpen : wordsOfEnds
  const gone = since(moments.victimGone)
  const launched = since(moments.launched)
  const healthy = since(moments.healthy)
  const recovered = since(moments.recovered)
  const rows = [
    gone === null ? phase(words.victim, 0, stop, unfinished) : phase('Victim leaves', 0, gone, 'leave'),
    launched === null ? phase(words.successor, gone ?? 0, stop, unfinished) : phase(launchWord(card), 0, launched, 'wait'),
  ]
  if (launched === null) return rows
  rows.push(healthy === null ? phase(words.health, launched, stop, unfinished) : phase('Turns healthy', launched, healthy, 'start'))
  if (healthy === null) return rows
  if (recovered === null) return [...rows, phase(words.probes, healthy, stop, unfinished)]
  if (recovered > healthy) rows.push(phase('Probes', healthy, recovered, 'probe'))
  const after = since(moments.recoveredAfter)
  if (after !== null) rows.push(phase('No look could tell', after, recovered, 'undone'))
  rows.push(
    after === null ? moment('Recovered', recovered) : { ...moment('Recovered', recovered), amount: `at most ${formatDuration(recovered)}` },
  )
  return [...rows, soak(card, since, { recovered, stop })]
}

/** What has not come, and may come yet while the drill goes on. */
const wordsOfEnds = { victim: 'Victim not seen gone', successor: 'No successor came', health: 'Not healthy', probes: 'Probes not passed' }
const wordsWhileOpen: typeof wordsOfEnds = {
  victim: 'Victim is going',
  successor: 'No successor yet',
  health: 'Not healthy yet',
  probes: 'Probes not passed yet',
}

function launchWord(card: DrillCard): string {
  return successorOf(card.source.drill)?.origin === 'pre-built' ? 'From the warm pool' : 'Launch'
}

function soak(card: DrillCard, since: Since, { recovered, stop }: { recovered: Milliseconds; stop: Milliseconds }): TimelineRow {
  const over = since(card.moments.soakOver)
  if (over !== null)
    return phase(card.outcome === 'open' ? 'Soak (until)' : 'Soak', recovered, over, card.outcome === 'open' ? 'undone' : 'soak')
  const successor = successorOf(card.source.drill)
  const broken = since(successor?.failedAt ?? successor?.gone?.at ?? null) ?? stop
  return phase('Soak broken off', recovered, Math.max(recovered, broken), card.outcome === 'snowflake' ? 'fail' : 'undone')
}

function endings(card: DrillCard, since: Since, stop: Milliseconds): TimelineRow[] {
  const { concluded, whole } = card.moments
  if (!concluded) return []
  const verdict: TimelineRow = { ...moment(`Concluded: ${outcomeNames[card.outcome]}`, stop), tone: 'verdict' }
  const wholeAt = since(whole)
  if (wholeAt === null) return [verdict, { label: 'Not whole again yet →', amount: '', from: stop, to: stop, tone: 'beyond' }]
  const row = moment('Whole again', wholeAt)
  if (wholeAt < stop) return [row, verdict]
  return [verdict, wholeAt > stop * 1.5 ? { ...row, amount: `${row.amount} →`, tone: 'beyond' } : row]
}

function phase(label: string, from: Milliseconds, to: Milliseconds, tone: TimelineRow['tone']): TimelineRow {
  const end = Math.max(from, to)
  return { label, amount: end === from ? '' : formatDuration(end - from), from, to: end, tone }
}

function moment(label: string, at: Milliseconds): TimelineRow {
  return { label, amount: `at ${formatDuration(at)}`, from: at, to: at, tone: 'moment' }
}

const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 604800]

function ticksTo(end: Milliseconds): Timeline['ticks'] {
  const step = 1000 * (steps.find(seconds => end / (seconds * 1000) <= 5) ?? end / 4000)
  const count = Math.floor(end / step)
  return Array.from({ length: count + 1 }, (_, index) => ({
    at: index * step,
    label: index === 0 ? 'struck' : roundDuration(index * step),
  }))
}
