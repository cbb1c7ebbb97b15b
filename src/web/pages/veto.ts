import type { PlannedDrill } from '../../domain/drill.ts'
import { inZone } from '../../domain/instants.ts'
import { icon } from '../../reports/html/icons.ts'
import { markup, name } from '../../reports/html/markup.ts'
import { clip } from '../../reports/safe-text.ts'
import { bareLayout } from './layout.ts'

/** Shown to whoever holds the link: it tells no more than the message that the link was in. */
export function vetoPage(drill: PlannedDrill, { action, timezone }: { readonly action: string; readonly timezone: string }): string {
  return bareLayout(
    'Veto a strike',
    markup`<p class="home">${icon('phoenix')}Firedrill</p><h1>Veto the strike on ${name(clip(drill.groupName, 120))}?</h1>
<p>One server of this group is to be struck at <b>${inZone(drill.plannedFor, timezone)}</b> or later. With a veto it is not: this drill is refused, and the veto is written down. The group is drilled again on another day.</p>
<form class="login panel" method="post" action="${action}"><label for="note">Why not now?</label><input id="note" name="note" required="required" maxlength="500" autocomplete="off"/><button class="primary">Veto this strike</button></form>
<p class="small soft">Opening this page changes nothing. Group <span class="mono">${name(clip(drill.group, 300))}</span>, drill <span class="mono">${drill.id}</span>.</p>`,
  )
}

export function vetoAnswer(title: string, text: string): string {
  return bareLayout(title, markup`<p class="home">${icon('phoenix')}Firedrill</p><h1>${title}</h1><p>${text}</p>`)
}
