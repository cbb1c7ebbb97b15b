import { recoveryInTable } from '../recovery.ts'
import { type DrillCard, haveSeveralScopes, type Outcome, outcomes } from '../report.ts'
import { clip, shortenMiddle } from '../safe-text.ts'
import { plural, whyOf } from '../sentences.ts'
import { badge } from './card.ts'
import { type Markup, markup, name } from './markup.ts'

/** More rows of one outcome than this are folded away, so that a page of thousands still shows every kind at once. */
const openRows = 60

/** Every drill in one line, worst first, linking to what is known of it. `anchors` names those that have a place on the page. */
export function fleetTable(cards: readonly DrillCard[], anchors: ReadonlyMap<DrillCard, string>): Markup {
  const how = { anchors, scoped: haveSeveralScopes(cards) }
  const groups = outcomes
    .map(outcome => ({ outcome, cards: cards.filter(card => card.outcome === outcome) }))
    .filter(group => group.cards.length > 0)
  const folded = groups.filter(group => group.cards.length > openRows)
  return markup`<div class="fleet"><table role="table"><caption class="hidden">Every drill of the period, what needs an owner first</caption>
<thead role="rowgroup"><tr role="row"><th scope="col">Group</th><th scope="col">Verdict</th><th scope="col" class="time">Recovered in</th><th scope="col">Why</th></tr></thead>
${groups.map(group => body(group.outcome, group.cards.slice(0, openRows), how))}</table>
${folded.map(
  group => markup`<details class="more"><summary>${`${(group.cards.length - openRows).toLocaleString('en')} more: ${badgeWords(group.outcome)}`}</summary>
<table role="table"><caption class="hidden">${`More: ${badgeWords(group.outcome)}`}</caption>${body(group.outcome, group.cards.slice(openRows), how)}</table></details>`,
)}</div>`
}

function badgeWords(outcome: Outcome): string {
  return outcome === 'forecast' ? 'snowflakes by forecast' : outcome
}

interface RowWords {
  readonly anchors: ReadonlyMap<DrillCard, string>
  /** Each group is told with its scope. */
  readonly scoped: boolean
}

function body(outcome: Outcome, cards: readonly DrillCard[], how: RowWords): Markup {
  const act = ['snowflake', 'forecast', 'inconclusive'].includes(outcome)
  return markup`<tbody role="rowgroup"${act ? markup` class="act"` : null}>${cards.map(card => row(card, how))}</tbody>`
}

/** Below a group's name. */
export function scopeBelow({ source }: DrillCard): Markup {
  return markup`<span class="scope-below">${name(shortenMiddle(source.drill.scope, 44, 16))}</span>`
}

function row(card: DrillCard, { anchors, scoped }: RowWords): Markup {
  const anchor = anchors.get(card)
  const group = name(clip(card.document.groupName, 80))
  return markup`<tr role="row"><th scope="row" role="rowheader">${anchor === undefined ? group : markup`<a href="#${anchor}">${group}</a>`}${scoped ? scopeBelow(card) : null}</th><td role="cell" class="verdict">${badge(card.outcome)}</td><td role="cell" class="time">${recoveryInTable(card.moments)}</td><td role="cell" class="why">${whyOf(card, 200)}</td></tr>
`
}

export function fleetLead(cards: readonly DrillCard[]): string {
  const groups = new Set(cards.map(card => card.document.group)).size
  return groups === cards.length
    ? `${plural(groups, 'group')}, one drill each.`
    : `${plural(cards.length, 'drill')} on ${plural(groups, 'group')}.`
}
