import { formatClock, formatDuration } from '../durations.ts'
import type { DrillCard } from '../report.ts'
import { type Markup, markup } from './markup.ts'
import { type Timeline, type TimelineRow, timelineOf } from './timeline.ts'

const rowHeight = 26

/**
 * Lengths are shares of the width and letters keep their size, so that one picture serves a phone, a wide
 * screen and paper. A label starts with its bar in the left half and ends with it in the right half:
 * either way it has half of the width for itself.
 */
export function timelinePicture(card: DrillCard, id: string, now: Temporal.Instant): Markup {
  const timeline = timelineOf(card, now)
  if (!timeline || !card.moments.struck) return markup``
  const top = 4 + timeline.limits.length * 16
  const bottom = top + timeline.rows.length * rowHeight
  return markup`<figure class="timeline"><svg role="img" aria-labelledby="${id}-t" height="${bottom + 22}">
<title id="${id}-t">${`Timeline. Struck ${formatClock(card.moments.struck)} UTC. ${description(timeline)}`}</title>
${ticks(timeline, top, bottom)}${limits(timeline, bottom)}${timeline.rows.map((row, index) => rowMarkup(row, { timeline, y: top + index * rowHeight, outcome: card.outcome }))}
</svg></figure>`
}

function rowMarkup(row: TimelineRow, at: { readonly timeline: Timeline; readonly y: number; readonly outcome: string }): Markup {
  const from = share(row.from, at.timeline.end)
  const to = share(row.to, at.timeline.end)
  const right = from > 50 || row.tone === 'beyond'
  const x = row.tone === 'beyond' ? 100 : right ? to : from
  const label = markup`<text x="${percent(x)}" y="${at.y + 11}"${right ? markup` text-anchor="end"` : null}>${row.label}${row.amount === '' ? null : markup` <tspan class="amount">${row.amount}</tspan>`}</text>`
  return markup`${label}${shape(row, { from, to, y: at.y + 15, outcome: at.outcome })}
`
}

function shape(row: TimelineRow, at: { readonly from: number; readonly to: number; readonly y: number; readonly outcome: string }): Markup {
  const middle = at.y + 4
  switch (row.tone) {
    case 'beyond':
      return markup``
    case 'moment':
      return markup`<circle class="dot key" cx="${percent(at.from)}" cy="${middle}" r="4"/>`
    case 'verdict':
      return markup`<circle class="end ${at.outcome}" cx="${percent(at.from)}" cy="${middle}" r="5.5"/>`
    default:
      return markup`<rect class="${row.tone}" x="${percent(at.from)}" y="${at.y}" width="${percent(Math.max(0.4, at.to - at.from))}" height="8" rx="2"/>`
  }
}

function ticks({ ticks: marks, end }: Timeline, top: number, bottom: number): Markup[] {
  return marks.map(({ at, label }) => {
    const x = share(at, end)
    const anchor = x < 4 ? 'start' : x > 94 ? 'end' : 'middle'
    return markup`<line class="grid" x1="${percent(x)}" x2="${percent(x)}" y1="${top}" y2="${bottom + 2}"/><text class="dim" x="${percent(x)}" y="${bottom + 17}" text-anchor="${anchor}">${label}</text>`
  })
}

function limits({ limits: marks, end }: Timeline, bottom: number): Markup[] {
  return marks.map(({ kind, at, label }, index) => {
    const x = share(at, end)
    const y = 12 + index * 16
    return markup`<line class="limit ${kind}" x1="${percent(x)}" x2="${percent(x)}" y1="${y + 4}" y2="${bottom + 2}"/><text class="${kind}" x="${percent(x)}" y="${y}" text-anchor="${x > 50 ? 'end' : 'start'}">${label}</text>`
  })
}

function description(timeline: Timeline): string {
  const rows = timeline.rows.map(row => [row.label, row.amount].filter(part => part !== '').join(' '))
  return `${[...rows, ...timeline.limits.map(({ label }) => label)].join('; ')}. The picture ends ${formatDuration(timeline.end)} after the strike.`
}

function share(at: number, end: number): number {
  return Math.min(100, Math.max(0, (at / end) * 100))
}

function percent(value: number): string {
  return `${Number(value.toFixed(2))}%`
}
