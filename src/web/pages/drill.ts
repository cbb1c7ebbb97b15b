import type { DrillEvent } from '../../domain/drill.ts'
import { cardMarkup } from '../../reports/html/card.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import { trackingOf, victimOf } from '../../reports/moments.ts'
import { type DrillCard, drillCard } from '../../reports/report.ts'
import { clip, shortenMiddle } from '../../reports/safe-text.ts'
import { asSentence, refusalSentence } from '../../reports/sentences.ts'
import { drillRecord } from '../api/documents.ts'
import type { WebNeeds } from '../needs.ts'
import type { Page } from './layout.ts'
import { drillHref, groupHref, moment } from './parts.ts'

/** Beyond this the record is only linked: a page of megabytes helps nobody. */
const longestRecord = 200_000

/** Null: there is no such drill. */
export async function drillPage({ ledger }: Pick<WebNeeds, 'ledger'>, id: string): Promise<Page | null> {
  const drill = await ledger.drill(id)
  if (drill === null) return null
  const [events, before, after, now] = await Promise.all([ledger.events(id), ledger.before(id), ledger.after(id), ledger.now()])
  const card = drillCard({ drill, events, before, after })
  const main = markup`<nav class="crumbs" aria-label="Where this is"><a href="/">Fleet</a> / <a href="${groupHref(drill.group)}">${name(clip(drill.groupName, 80))}</a></nav>
<header class="lead-in"><h1>${heading(card)}</h1></header>
${said(card)}
<section aria-labelledby="result"><h2 id="result" class="hidden">What happened</h2>${cardMarkup(card, 'drill', now, when(card))}</section>
${checks(card, events)}
${record(card)}`
  return { title: `Drill of ${drill.groupName}`, active: 'fleet', main }
}

function heading(card: DrillCard): Markup {
  const { drill } = card.source
  const victim = victimOf(drill)
  return markup`Drill of ${name(clip(drill.groupName, 120))}${victim === null ? null : markup`: <span class="mono">${name(shortenMiddle(victim.id, 32, 6))}</span>`}`
}

function when({ moments }: DrillCard): Markup {
  return moments.struck === null ? markup`Planned for ${moment(moments.plannedFor)}` : markup`Struck ${moment(moments.struck)}`
}

/** For what never struck, the reason is the whole story. */
function said(card: DrillCard): Markup {
  const { refusal } = card.document
  if (refusal !== null)
    return markup`<section class="notice-box" aria-label="Refusal"><p><b>Nothing was struck.</b> ${name(asSentence(refusalSentence(refusal)))}</p></section>`
  if (card.outcome === 'leashed')
    return markup`<section class="notice-box" aria-label="Leash"><p><b>Nothing was struck: the schedule is leashed.</b> Every rule passed, and this victim was chosen.</p></section>`
  if (card.outcome === 'planned')
    return markup`<section class="notice-box" aria-label="Plan"><p><b>Planned for ${moment(card.moments.plannedFor)}.</b> Guards and rules are asked right before the strike.</p></section>`
  return markup``
}

/** What was asked before the strike and after the recovery, and what it answered. */
function checks(card: DrillCard, events: readonly DrillEvent[]): Markup {
  const { drill } = card.source
  const guards = events.filter(event => event.kind.startsWith('guard'))
  const guarded = drill.state === 'refused' && !/^S\d+$/.test(drill.refusal.rule) ? drill.refusal : null
  const candidates = trackingOf(drill)?.candidates ?? []
  const { probes } = drill.policy
  const rows: readonly (readonly [string, Markup])[] = [
    ...(guarded === null ? [] : [['Guard', markup`${name(guarded.rule)} said no: ${name(asSentence(guarded.reason))}`] as const]),
    ...guards.map(event => ['Guard', name(JSON.stringify(event.data))] as const),
    ...probes.map(
      probe =>
        ['Probe', markup`${name(probe.kind)} <span class="mono small">${name(clip(JSON.stringify(probe.settings), 300))}</span>`] as const,
    ),
    ...(probes.length === 0
      ? []
      : candidates.map(
          candidate =>
            [
              'Probed',
              markup`<span class="mono">${name(shortenMiddle(candidate.id, 28, 6))}</span> ${candidate.recoveredAt !== null ? markup`passed every probe, ${moment(candidate.recoveredAt)}` : candidate.lastProbeFailure === null ? 'was not probed' : markup`failed: ${name(asSentence(candidate.lastProbeFailure))}`}`,
            ] as const,
        )),
    ...candidates.map(
      candidate =>
        [
          'Health',
          markup`<span class="mono">${name(shortenMiddle(candidate.id, 28, 6))}</span> ${candidate.health}${candidate.healthDetail === '' ? null : markup`: ${name(asSentence(candidate.healthDetail))}`}${candidate.independentlyHealthy ? ' Vouched for by a check beyond the platform’s own.' : ''}`,
        ] as const,
    ),
  ]
  if (rows.length === 0) return markup``
  return markup`<section aria-labelledby="checks"><h2 id="checks">Guards, probes and health</h2><dl class="facts-list panel">${rows.map(([term, text]) => markup`<dt>${term}</dt><dd>${text}</dd>`)}</dl></section>`
}

function record(card: DrillCard): Markup {
  const { source } = card
  const text = JSON.stringify(drillRecord(source), null, 2)
  const address = `/api/v1${drillHref(source.drill.id)}`
  return markup`<section aria-labelledby="raw"><h2 id="raw">Raw record</h2><p class="small"><a href="${address}">As JSON</a></p>
${text.length > longestRecord ? null : markup`<details class="fold"><summary>Show the record</summary><pre class="raw" tabindex="0" role="region" aria-label="Raw record">${text}</pre></details>`}</section>`
}
