import type { Drill } from '../../domain/drill.ts'
import { formatDuration } from '../../reports/durations.ts'
import { badge } from '../../reports/html/card.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import { elapsed, momentsOf, victimOf } from '../../reports/moments.ts'
import { drillCard } from '../../reports/report.ts'
import { clip, shortenMiddle } from '../../reports/safe-text.ts'
import { whyOf } from '../../reports/sentences.ts'
import { drillHref } from './parts.ts'

const mostShown = 12

/** What is being struck, watched or restored at this moment. */
export function openDrills(open: readonly Drill[], now: Temporal.Instant): Markup {
  if (open.length === 0) return markup``
  return markup`<section aria-labelledby="open"><h2 id="open">In progress <span class="soft number">${open.length >= 50 ? '50 and more' : open.length}</span></h2>
<ul class="urgent">${open.slice(0, mostShown).map(drill => item(drill, now))}</ul></section>`
}

function item(drill: Drill, now: Temporal.Instant): Markup {
  const card = drillCard({ drill, events: [], before: null, after: null })
  const { struck } = momentsOf(drill)
  const victim = victimOf(drill)
  return markup`<li>${badge(card.outcome)}<div><p><a class="strong" href="${drillHref(drill.id)}">${name(clip(drill.groupName, 80))}</a> <span class="soft">${drill.state}${struck === null ? null : `, ${formatDuration(Math.max(0, elapsed(struck, now)))} since the strike`}</span></p>
<p>${whyOf(card)}${victim === null ? null : markup`; victim <span class="mono">${name(shortenMiddle(victim.id, 28, 6))}</span>`}</p></div></li>`
}
