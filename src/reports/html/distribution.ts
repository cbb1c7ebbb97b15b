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
${marks([
  { share: median / end, label: 'median', y: 18, roomLeft: 0.2 },
  ...(p95 > median ? [{ share: p95 / end, label: 'p95', y: 4, roomLeft: 0.9 }] : []),
])}
<text x="0" y="${height + 33}">0 s</text><text x="100%" y="${height + 33}" text-anchor="end">${formatDuration(end)}</text></svg>`
}

function bar(share: number, index: number): Markup | null {
  if (share === 0) return null
  const tall = Math.max(3, share * (height - 8))
  return markup`<rect class="bar" x="${((index / bins) * 100).toFixed(2)}%" width="${(100 / bins - 0.5).toFixed(2)}%" y="${(height + 18 - tall).toFixed(1)}" height="${tall.toFixed(1)}" rx="1"/>`
}

interface Mark {
  readonly share: number
  readonly label: string
  readonly y: number
  /** From this share on its label stands to the left of its line. */
  readonly roomLeft: number
}

/** The median's label leans away from the line of the p95; where it cannot, the letters' own edge cuts the line. */
function marks(all: readonly Mark[]): Markup[] {
  const at = ({ share }: Mark) => `${(share * 100).toFixed(2)}%`
  const left = ({ share, roomLeft }: Mark) => share >= roomLeft
  return [
    ...all.map(mark => markup`<line class="mark" x1="${at(mark)}" x2="${at(mark)}" y1="${mark.y + 3}" y2="${height + 18}"/>`),
    ...all.map(
      mark =>
        markup`<text x="${at(mark)}" y="${mark.y + 4}" dx="${left(mark) ? -4 : 4}" dy="4" text-anchor="${left(mark) ? 'end' : 'start'}">${mark.label}</text>`,
    ),
  ]
}
