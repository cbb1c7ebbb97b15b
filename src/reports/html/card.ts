import type { FindingDocument } from '../document.ts'
import { formatDuration } from '../durations.ts'
import { elapsed, timeToRecover } from '../moments.ts'
import { whyAtMost } from '../recovery.ts'
import type { DrillCard, Outcome } from '../report.ts'
import { shortenMiddle } from '../safe-text.ts'
import { advice, asSentence, outcomeNames, plural } from '../sentences.ts'
import { hasValues, valueText } from '../values.ts'
import { comparisonSection } from './comparison-table.ts'
import { evidenceSection } from './evidence.ts'
import { icon } from './icons.ts'
import { type Markup, markup, name } from './markup.ts'
import { timelinePicture } from './timeline-picture.ts'

/** Everything about one drill. `id` is its anchor; its title is the group's name where nothing else is said. */
export function cardMarkup(card: DrillCard, id: string, now: Temporal.Instant, title = name(card.document.groupName)): Markup {
  const { outcome } = card
  const inconclusive = outcome === 'inconclusive' ? ' inconclusive-card' : ''
  return markup`<article class="card${inconclusive}" id="${id}" aria-labelledby="${id}-h">
<header>${badge(outcome)}<h3 id="${id}-h">${title}</h3><p class="result">${result(card)}</p>
<p class="meta">${meta(card)}</p></header>
${findingList(card)}
${timelinePicture(card, id, now)}
${atMost(card)}
${comparisonSection(card)}
${proofs(card)}
${evidenceSection(card)}
</article>
`
}

/** Every finding with what to do about it; empty where there is none. */
export function findingList({ document: { findings } }: DrillCard): Markup {
  if (findings.length === 0) return markup``
  return markup`<ul class="findings">${findings.map((finding, index) => findingMarkup(finding, findings[index + 1]?.kind !== finding.kind))}</ul>`
}

export function badge(outcome: Outcome): Markup {
  return markup`<span class="badge ${outcome}">${icon(outcome)}${outcomeNames[outcome]}</span>`
}

function result({ moments, outcome }: DrillCard): Markup {
  const time = timeToRecover(moments)
  if (time !== null) return markup`recovered in ${moments.recoveredAfter === null ? null : 'at most '}<b>${formatDuration(time)}</b>`
  if (!moments.struck) return markup`${outcome === 'forecast' ? 'seen without a strike' : 'not struck'}`
  if (!moments.concluded) return markup`not recovered yet`
  return markup`not recovered after <b>${formatDuration(elapsed(moments.struck, moments.concluded))}</b>`
}

function atMost({ moments }: DrillCard): Markup | null {
  const why = whyAtMost(moments)
  return why === null ? null : markup`<p class="small soft">${why}</p>`
}

function meta({ document, source }: DrillCard): Markup {
  const { victim, successor } = document
  const pair = victim
    ? markup`<span class="mono">${name(shortenMiddle(victim.id, 28, 6))}</span>${successor ? markup` → <span class="mono">${name(shortenMiddle(successor.id, 28, 6))}</span>` : null} · `
    : null
  const service = [document.groupName, document.group].includes(document.service) ? null : markup`service ${name(document.service)} · `
  const owner = source.drill.owner === null ? null : markup`owner ${name(source.drill.owner)} · `
  return markup`${pair}${document.method}, schedule ${name(document.schedule)} · ${service}${owner}${name(document.group)}`
}

/** Advice is given once for findings of a kind that follow each other. */
function findingMarkup(finding: FindingDocument, advise: boolean): Markup {
  const { title, fix } = advice[finding.kind]
  return markup`<li class="finding ${finding.level}"><p class="tag">${icon(finding.level === 'warn' ? 'warn' : 'cross')}${title}${finding.accepted ? ' (accepted)' : finding.level === 'warn' ? ' (warning)' : null}</p>
<p class="say">${name(asSentence(finding.summary))}</p>
${facts(finding)}
${advise ? markup`<p class="fix"><b>What to do:</b> ${fix}</p>` : null}</li>
`
}

/** Of a setting both sides, since what one lacks is what differs; of what happened only what is known. */
function facts(finding: FindingDocument): Markup | null {
  const { path, expected, actual } = finding
  const both = path !== null && hasValues(finding)
  const row = (term: string, text: string) => markup`<dt>${term}</dt><dd class="mono">${name(text)}</dd>`
  const rows = [
    path === null ? null : row('At', path),
    both || expected !== null ? row('Expected', valueText(expected)) : null,
    both || actual !== null ? row('Actual', valueText(actual)) : null,
  ].filter(one => one !== null)
  return rows.length === 0 ? null : markup`<dl>${rows}</dl>`
}

const provenWords: Readonly<Record<string, string>> = {
  replaced: 'a successor came',
  health: 'it is healthy and stayed so',
  image: 'it runs the promised image',
  configuration: 'its configuration is what is declared',
  state: 'nothing lived inside the victim only',
}

function proofs({ document }: DrillCard): Markup {
  const { proven, notCompared } = document
  if (proven.length + notCompared.length === 0) return markup``
  return markup`<div class="facts">${proven.length === 0 ? null : markup`<div><h4>Proven</h4><ul>${proven.map(what => markup`<li>${icon('check')}<span>${Object.hasOwn(provenWords, what) ? (provenWords[what] ?? null) : name(what)}</span></li>`)}</ul></div>`}
${notCompared.length === 0 ? null : markup`<div><h4>Not compared</h4><ul>${notCompared.slice(0, 50).map(({ what, why }) => markup`<li>${icon('blank')}<span>${name(what)}: <span class="soft">${name(why)}</span></span></li>`)}</ul>${notCompared.length > 50 ? markup`<p class="small soft">${plural(notCompared.length - 50, 'more')}</p>` : null}</div>`}</div>`
}
