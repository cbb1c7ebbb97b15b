import type { Milliseconds } from '../../domain/time.ts'
import { formatDuration } from '../durations.ts'
import { percentile } from '../summary.ts'
import { type Markup, markup } from './markup.ts'

const bins = 32
const height = 46

/** How long recoveries took, as a histogram from zero to the slowest; empty without any. `sorted` is ascending. */
export function distribution(sorted: readonly Milliseconds[]): Markup {
  const slowest = sorted.at(-1)
  if (slowest === undefined) return markup``
  const end = Math.max(slowest, 1)
  const counts = Array.from({ length: bins }, () => 0)
  for (const time of sorted) {
    const bin = Math.min(bins - 1, Math.floor((time / end) * bins))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const most = Math.max(...counts)
  const median = percentile(sorted, 0.5) ?? 0
  const p95 = percentile(sorted, 0.95) ?? 0
  return markup`<svg class="distribution" role="img" aria-labelledby="spread" height="${height + 36}"><title id="spread">${`Times to recover of ${sorted.length} drills, from 0 s to ${formatDuration(end)}: half within ${formatDuration(median)}, 95 % within ${formatDuration(p95)}.`}</title>
${counts.map((count, index) => bar(count / most, index))}<line class="axis" x1="0" x2="100%" y1="${height + 18}" y2="${height + 18}"/>
${mark(median / end, 'median', 18)}${p95 > median ? mark(p95 / end, 'p95', 4) : null}
<text x="0" y="${height + 33}">0 s</text><text x="100%" y="${height + 33}" text-anchor="end">${formatDuration(end)}</text></svg>`
}

function bar(share: number, index: number): Markup | null {
  if (share === 0) return null
  const tall = Math.max(3, share * (height - 8))
  return markup`<rect class="bar" x="${((index / bins) * 100).toFixed(2)}%" width="${(100 / bins - 0.5).toFixed(2)}%" y="${(height + 18 - tall).toFixed(1)}" height="${tall.toFixed(1)}" rx="1"/>`
}

function mark(share: number, label: string, y: number): Markup {
  const x = `${(share * 100).toFixed(2)}%`
  return markup`<line class="mark" x1="${x}" x2="${x}" y1="${y + 3}" y2="${height + 18}"/><text x="${x}" y="${y + 4}" dx="${share > 0.5 ? -4 : 4}" dy="4" text-anchor="${share > 0.5 ? 'end' : 'start'}">${label}</text>`
}
