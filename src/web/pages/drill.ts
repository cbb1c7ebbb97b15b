import { tellAccepted } from '../../domain/accepted.ts'
import type { DrillEvent } from '../../domain/drill.ts'
import type { MessageStanding } from '../../ledger/ledger.ts'
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
  const found = await ledger.drill(id)
  if (found === null) return null
  const drill = tellAccepted(found, await ledger.accepted(found.group))
  const [events, before, after, now, told] = await Promise.all([
    ledger.events(id),
    ledger.before(id),
    ledger.after(id),
    ledger.now(),
    ledger.messagesAbout(id),
  ])
  const card = drillCard({ drill, events, before, after })
  const main = markup`<nav class="crumbs" aria-label="Where this is"><a href="/">Fleet</a> / <a href="${groupHref(drill.group)}">${name(clip(drill.groupName, 80))}</a></nav>
<header class="lead-in"><h1>${heading(card)}</h1></header>
${said(card)}
<section aria-labelledby="result"><h2 id="result" class="hidden">What happened</h2>${cardMarkup(card, 'drill', now, when(card))}</section>
${checks(card, events)}
${messages(told)}
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
  const guards = card.source.before?.guards ?? []
  const isGuard = drill.state === 'refused' && !/^(S\d+|veto|announcement)$/.test(drill.refusal.rule)
  const guarded = isGuard ? drill.refusal : null
  const saw = events.find(event => event.kind === 'refused')?.data.evidence
  const candidates = trackingOf(drill)?.candidates ?? []
  const { probes } = drill.policy
  const rows: readonly (readonly [string, Markup])[] = [
    ...(guarded === null
      ? []
      : [['Guard', markup`${name(guarded.rule)} said no: ${name(asSentence(guarded.reason))}${evidence(saw)}`] as const]),
    ...guards.map(
      reading =>
        [
          'Guard',
          markup`${name(reading.guard)} ${reading.proceed ? 'said yes' : 'said no'}: ${name(asSentence(reading.reason))}${evidence(reading.evidence)}`,
        ] as const,
    ),
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
              markup`<span class="mono">${name(shortenMiddle(candidate.id, 28, 6))}</span> ${candidate.recoveredAt !== null ? markup`passed every probe, ${moment(candidate.recoveredAt)}${candidate.recoveredAfter === undefined ? null : ' at the latest'}` : candidate.lastProbeFailure === null ? (drill.state === 'concluded' ? 'was not probed' : 'is not probed yet') : markup`failed: ${name(asSentence(candidate.lastProbeFailure))}`}`,
            ] as const,
        )),
    ...candidates.map(
      candidate =>
        [
          'Health',
          markup`<span class="mono">${name(shortenMiddle(candidate.id, 28, 6))}</span> ${candidate.health}${candidate.health === 'healthy' || candidate.healthDetail === '' ? '.' : markup`: ${name(asSentence(candidate.healthDetail))}`}${candidate.independentlyHealthy ? ' Vouched for by a check beyond the platform’s own.' : ''}`,
        ] as const,
    ),
  ]
  if (rows.length === 0) return markup``
  return markup`<section aria-labelledby="checks"><h2 id="checks">Guards, probes and health</h2><dl class="facts-list panel">${rows.map(([term, text]) => markup`<dt>${term}</dt><dd>${text}</dd>`)}</dl></section>`
}

/** What a guard saw, small as it is kept. */
function evidence(seen: unknown): Markup | null {
  if (seen === undefined || seen === null) return null
  const text = JSON.stringify(seen)
  return text === '{}' ? null : markup` <span class="mono small soft">${name(clip(text, 400))}</span>`
}

const ends: Readonly<Record<MessageStanding['state'], string>> = {
  waiting: 'not yet',
  sent: 'told',
  'gave-up': 'could not be told',
  dropped: 'not told',
}

/** Who was told of this drill. */
function messages(told: readonly MessageStanding[]): Markup {
  if (told.length === 0) return markup``
  return markup`<section aria-labelledby="told"><h2 id="told">Who was told</h2><dl class="facts-list panel">${told.map(
    ({ key, target, state, endedAt, problem, attempts }) =>
      markup`<dt>${name(target)}</dt><dd>${headings[key.split('/')[0] ?? ''] ?? key}: ${ends[state]}${endedAt === null ? null : markup`, ${moment(endedAt)}`}${problem === null ? null : markup`: ${name(asSentence(problem))}`}${attempts > 1 ? ` ${attempts} tries.` : null}</dd>`,
  )}</dl></section>`
}

const headings: Readonly<Record<string, string>> = {
  strike: 'The coming strike',
  concluded: 'The verdict',
  restore: 'The restore that is not taken',
  whole: 'That it is whole again',
}

function record(card: DrillCard): Markup {
  const { source } = card
  const text = JSON.stringify(drillRecord(source), null, 2)
  const address = `/api/v1${drillHref(source.drill.id)}`
  return markup`<section aria-labelledby="raw"><h2 id="raw">Raw record</h2><p class="small">All that the ledger keeps of this drill. <a href="${address}">Open it as JSON</a></p>
${text.length > longestRecord ? null : markup`<details class="fold"><summary>Show the record</summary><pre class="raw" tabindex="0" role="region" aria-label="Raw record">${text}</pre></details>`}</section>`
}
