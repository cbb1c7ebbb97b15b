import type { Drill } from '../../domain/drill.ts'
import type { LedgerState } from '../../domain/ledger-state.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { formatDuration } from '../../reports/durations.ts'
import { badge } from '../../reports/html/card.ts'
import { icon } from '../../reports/html/icons.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import { elapsed, momentsOf, victimOf } from '../../reports/moments.ts'
import { drillCard } from '../../reports/report.ts'
import { shortenMiddle } from '../../reports/safe-text.ts'
import { asSentence, plural, whyOf } from '../../reports/sentences.ts'
import { drillHref, groupLink, lasting } from './parts.ts'

const mostShown = 12

/** What is being struck, watched or restored at this moment. */
export function openDrills(open: readonly Drill[], now: Temporal.Instant): Markup {
  if (open.length === 0) return markup``
  return markup`<section aria-labelledby="open"><h2 id="open">In progress <span class="soft number">${open.length >= 50 ? '50 and more' : open.length}</span></h2>
<ul class="urgent">${open.slice(0, mostShown).map(drill => openItem(drill, now))}</ul></section>`
}

function openItem(drill: Drill, now: Temporal.Instant): Markup {
  const card = drillCard({ drill, events: [], before: null, after: null })
  const { struck } = momentsOf(drill)
  const victim = victimOf(drill)
  return markup`<li>${badge(card.outcome)}<div><p>${groupLink(groupOf(drill), drillHref(drill.id))} <span class="soft">· ${drill.state}${struck === null ? null : `, ${formatDuration(Math.max(0, elapsed(struck, now)))} since the strike`}</span></p>
<p>${asSentence(whyOf(card))}${victim === null ? null : markup` Victim <span class="mono">${name(shortenMiddle(victim.id, 28, 6))}</span>`}</p></div></li>`
}

/** Drills whose verdict is known while their group is not back at its size with every member healthy. */
export interface Wounded {
  readonly drills: readonly Drill[]
  readonly total: number
}

export async function woundedOf(ledger: Pick<Ledger, 'drill'>, { busy }: LedgerState): Promise<Wounded> {
  const wounded = busy.filter(drill => drill.wounded)
  const drills = await Promise.all(wounded.slice(0, mostShown).map(({ drill }) => ledger.drill(drill)))
  return { drills: drills.filter(drill => drill !== null), total: wounded.length }
}

/** What drills left behind, in few lines: nothing on the page is more urgent, and why stands on the drill's own page. */
export function woundedDrills({ drills, total }: Wounded, now: Temporal.Instant): Markup {
  if (total === 0) return markup``
  const left = total - drills.length
  return markup`<section class="panel wounded-box" aria-labelledby="wounded"><h2 id="wounded">${icon('warn')}${plural(total, 'group')} ${total === 1 ? 'is' : 'are'} wounded</h2>
<p class="small">Not back at full size with every member healthy since the strike. Firedrill goes on watching; somebody should look.</p>
<ul>${drills.map(drill => woundedItem(drill, now))}${left > 0 ? markup`<li class="soft">${left.toLocaleString('en')} more</li>` : null}</ul></section>`
}

function woundedItem(drill: Drill, now: Temporal.Instant): Markup {
  const { struck } = momentsOf(drill)
  return markup`<li>${groupLink(groupOf(drill), drillHref(drill.id))}${struck === null ? null : markup` ${lasting(struck, now)}`}</li>`
}

function groupOf({ group, groupName, scope }: Drill) {
  return { id: group, name: groupName, scope }
}
