import { scaleLinear } from 'd3-scale'
import { area, curveStepBefore, line } from 'd3-shape'
import { percentProven } from '../../domain/coverage.ts'
import { type Markup, markup } from '../../reports/html/markup.ts'
import type { CoverageDay } from '../fleet/history.ts'

const height = 132
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * The share that was proven at the end of each day, of the groups that are opted in today; today ends now. The curve stretches with the page, its
 * letters do not.
 */
export function coverageChart(days: readonly CoverageDay[], total: number): Markup {
  const [first] = days
  const last = days.at(-1)
  if (first === undefined || last === undefined || total === 0) return markup``
  const x = scaleLinear([first.at.epochMilliseconds, last.at.epochMilliseconds], [0, 100])
  const y = scaleLinear([0, 1], [height, 1])
  const across = (day: CoverageDay) => Number(x(day.at.epochMilliseconds).toFixed(2))
  const up = (day: CoverageDay) => Number(y(Math.min(1, day.proven / total)).toFixed(1))
  const fill = area<CoverageDay>(across, height, up).curve(curveStepBefore)(days) ?? ''
  const edge = line<CoverageDay>(across, up).curve(curveStepBefore)(days) ?? ''
  const percent = (day: CoverageDay) => `${percentProven(day.proven, total)} %`
  const text = `Coverage over the last ${days.length - 1} days: ${percent(first)} on ${dayText(first.at)}, ${percent(last)} now.`
  const grid = [0, 0.5, 1].map(share => markup`<line class="grid" x1="0" x2="100%" y1="${y(share)}" y2="${y(share)}"/>`)
  const curve = markup`<svg viewBox="0 0 100 ${height}" preserveAspectRatio="none" width="100%" height="${height}"><path class="area" d="${fill}"/><path class="edge" d="${edge}"/></svg>`
  return markup`<figure class="coverage"><svg class="curve" role="img" aria-label="${text}" width="100%" height="${height + 18}">${grid}${curve}<circle class="end" cx="100%" cy="${up(last)}" r="4.5"/>
<text x="0" y="${y(1) + 13}">100 %</text><text x="0" y="${height + 14}">${dayText(first.at)}</text><text x="100%" y="${height + 14}" text-anchor="end">now</text></svg></figure>`
}

function dayText(at: Temporal.Instant): string {
  const day = at.toZonedDateTimeISO('UTC')
  return `${day.day} ${months[day.month - 1] ?? ''}`
}
