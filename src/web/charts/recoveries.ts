import { scaleLinear } from 'd3-scale'
import { formatDuration, roundDuration } from '../../reports/durations.ts'
import { type Markup, markup } from '../../reports/html/markup.ts'
import { timeToRecover } from '../../reports/moments.ts'
import { recoveryInWords } from '../../reports/recovery.ts'
import type { DrillCard } from '../../reports/report.ts'
import { outcomeNames, plural } from '../../reports/sentences.ts'

const height = 110
const top = 14
const bottom = height - 20

interface Point {
  readonly at: number
  /** Null: it never recovered. */
  readonly took: number | null
  readonly card: DrillCard
}

/**
 * Each drill as a mark where and how long it recovered; what did not recover stands on the upper edge. Places are shares of the
 * width, so that one picture serves every screen.
 */
export function recoveryChart(cards: readonly DrillCard[]): Markup {
  const points = cards.flatMap(pointOf).sort((a, b) => a.at - b.at)
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined) return markup``
  const { target, deadline } = last.card.source.drill.policy
  const slowest = Math.max(target, ...points.map(point => point.took ?? 0), 1)
  const most = points.some(point => point.took === null) || slowest > deadline / 2 ? Math.max(slowest, deadline) : slowest * 1.15
  const x = scaleLinear([first.at, Math.max(last.at, first.at + 1)], points.length === 1 ? [50, 50] : [4, 96])
  const y = scaleLinear([0, most], [bottom, top])
  const recovered = points.filter(point => point.took !== null)
  const words = `Times to recover of ${plural(points.length, 'drill')}: ${recovered.length === 0 ? 'none recovered' : `${formatDuration(Math.min(...recovered.map(point => point.took ?? 0)))} to ${formatDuration(Math.max(...recovered.map(point => point.took ?? 0)))}`}${recovered.length < points.length && recovered.length > 0 ? `, ${points.length - recovered.length} did not recover` : ''}. The target is ${roundDuration(target)}.`
  return markup`<figure class="recoveries"><svg role="img" aria-label="${words}" width="100%" height="${height}">
<line class="axis" x1="0" x2="100%" y1="${bottom}" y2="${bottom}"/>
${limit('target', target, y(target))}${deadline <= most ? limit('deadline', deadline, y(deadline)) : null}
${points.map(point => mark(point, { x: x(point.at), y: point.took === null ? top : y(point.took) }))}
<text x="0" y="${height - 4}">${dayOf(first)}</text>${points.length === 1 ? null : markup`<text x="100%" y="${height - 4}" text-anchor="end">${dayOf(last)}</text>`}</svg></figure>`
}

function pointOf(card: DrillCard): Point[] {
  const { struck } = card.moments
  if (struck === null || !['phoenix', 'snowflake', 'inconclusive'].includes(card.outcome)) return []
  return [{ at: struck.epochMilliseconds, took: timeToRecover(card.moments), card }]
}

function limit(kind: 'target' | 'deadline', time: number, y: number): Markup {
  return markup`<line class="limit ${kind}" x1="0" x2="100%" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/><text class="${kind}" x="100%" y="${(y - 4).toFixed(1)}" text-anchor="end">${kind} ${roundDuration(time)}</text>`
}

/** A dot is a phoenix, a cross a snowflake, a ring an inconclusive drill. */
function mark({ card, took }: Point, at: { readonly x: number; readonly y: number }): Markup {
  const text = `${outcomeNames[card.outcome]}, ${took === null ? 'not recovered' : recoveryInWords(card.moments)}`
  const place = markup` x="${at.x.toFixed(2)}%" y="${at.y.toFixed(1)}"`
  return markup`<svg${place} class="mark-${card.outcome}"><title>${text}</title>${
    card.outcome === 'phoenix'
      ? markup`<circle r="4"/>`
      : card.outcome === 'snowflake'
        ? markup`<path d="M-4-4L4 4M4-4L-4 4"/>`
        : markup`<circle r="3.5"/>`
  }</svg>`
}

function dayOf(point: Point): string {
  return Temporal.Instant.fromEpochMilliseconds(point.at).toString().slice(0, 10)
}
