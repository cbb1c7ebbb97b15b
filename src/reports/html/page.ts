import { createHash } from 'node:crypto'
import { percentProven } from '../../domain/coverage.ts'
import { formatDuration, formatMoment, formatPeriod } from '../durations.ts'
import { type DrillCard, haveSeveralScopes, type Outcome, outcomes, type Report } from '../report.ts'
import { headline, plural, refusalSentence, ruleName } from '../sentences.ts'
import { recoveryTimes } from '../summary.ts'
import { cardMarkup } from './card.ts'
import { distribution } from './distribution.ts'
import { fleetLead, fleetTable, scopeBelow } from './fleet.ts'
import { icon, iconSheet } from './icons.ts'
import { type Markup, markup, name, trusted } from './markup.ts'
import { style } from './style.ts'

/** Cards beyond these stay rows of the fleet table; an e-mail attachment must open on a phone. */
const cardLimits: Readonly<Record<Outcome, number>> = {
  snowflake: 120,
  inconclusive: 60,
  forecast: 60,
  phoenix: 40,
  open: 40,
  leashed: 20,
  refused: 0,
  planned: 0,
}
const refusalLimit = 40

/**
 * One file that needs nothing else: no script, no address to load from, a policy that forbids both. It is
 * well-formed XML, too.
 */
export function renderHtml(report: Report): string {
  const anchors = anchorsOf(report.cards)
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`
  return `<!DOCTYPE html>\n${markup`<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${policy}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="referrer" content="no-referrer"/>
<title>${report.title}: ${headline(report)}</title>
<style>${trusted(style)}</style>
</head>
<body>
${iconSheet()}${report.cards.length === 0 ? null : markup`<a class="skip" href="#fleet">To the fleet</a>`}
<div class="wide">
${top(report)}
<main>
${report.cards.length === 0 ? nothing() : fleetSection(report.cards, anchors)}
${outcomes.map(outcome => cardSection(report, outcome, anchors))}
${refusals(report.cards, anchors)}
</main>
${footer(report)}
</div>
</body>
</html>
`}`
}

function top(report: Report): Markup {
  const { period } = report.document
  return markup`<header class="top"><p class="brand">${icon('phoenix')}Firedrill report</p>
<h1>${name(report.title)}</h1>
<p class="headline">${headline(report)}</p>
<p class="soft number">${formatPeriod(Temporal.Instant.from(period.from), Temporal.Instant.from(period.to))}</p></header>
<section aria-labelledby="summary"><h2 id="summary" class="hidden">Summary</h2>${shareBar(report.cards)}${counts(report)}${measures(report)}</section>`
}

const countNames: readonly (readonly [Outcome, string])[] = [
  ['phoenix', 'phoenix'],
  ['snowflake', 'snowflake'],
  ['forecast', 'snowflake by forecast'],
  ['inconclusive', 'inconclusive'],
  ['refused', 'refused'],
  ['leashed', 'leashed'],
]

function counts({ document: { summary } }: Report): Markup {
  const numbers: Readonly<Partial<Record<Outcome, number>>> = {
    phoenix: summary.phoenix,
    snowflake: summary.snowflake,
    forecast: summary.snowflakeByForecast,
    inconclusive: summary.inconclusive,
    refused: summary.refused,
    leashed: summary.leashed,
  }
  return markup`<ul class="counts">${countNames.map(([outcome, label]) => {
    const count = numbers[outcome] ?? 0
    return markup`<li class="${count === 0 ? 'none' : outcome}"><b>${count.toLocaleString('en')}</b><span class="label">${icon(outcome)}${label}</span></li>`
  })}</ul>`
}

/** The verdicts as one bar; the numbers below say the same in words. */
function shareBar(cards: readonly DrillCard[]): Markup {
  const order: readonly Outcome[] = ['phoenix', 'snowflake', 'forecast', 'inconclusive']
  const judged = cards.filter(card => order.includes(card.outcome)).length
  if (judged === 0) return markup``
  let x = 0
  const parts = order.map(outcome => {
    const width = (cards.filter(card => card.outcome === outcome).length / judged) * 100
    const part = markup`<rect class="${outcome}" fill="currentColor"${outcome === 'forecast' ? markup` fill-opacity=".55"` : null} x="${x.toFixed(2)}%" width="${Math.max(0, width - 0.3).toFixed(2)}%" height="8"/>`
    x += width
    return width === 0 ? null : part
  })
  return markup`<div class="share" aria-hidden="true"><svg width="100%" height="8">${parts}</svg></div>`
}

function measures({ document: { summary }, cards }: Report): Markup {
  const { coverage, timeToRecover: time } = summary
  const share = coverage.optedInGroups === 0 ? null : percentProven(coverage.provenGroups, coverage.optedInGroups)
  const seconds = (value: number | null) => (value === null ? '–' : formatDuration(value * 1000))
  const times = recoveryTimes(cards)
  return markup`<div class="measures"><section class="panel"><h3>Coverage</h3>
<p class="big">${share === null ? '–' : `${share} %`}</p><p class="small soft">${coverage.provenGroups.toLocaleString('en')} of ${plural(coverage.optedInGroups, 'opted-in group')} proven to be rebuildable in the last ${plural(coverage.days, 'day')}</p></section>
<section class="panel recover"><h3>Time to recover</h3>${
    times.length === 0
      ? markup`<p class="soft">${time.leftOut === 0 ? 'No drill of this report recovered.' : 'No recovery of this report was seen when it happened.'}</p>`
      : markup`<dl><dt>median</dt><dd class="big">${seconds(time.p50Seconds)}</dd><dt>p95</dt><dd>${seconds(time.p95Seconds)}</dd><dt>slowest</dt><dd>${seconds(time.maxSeconds)}</dd></dl>${distribution(times)}`
  }${time.leftOut === 0 ? null : markup`<p class="small soft">${plural(time.leftOut, 'drill')} recovered while looks were missed: when is only known as “at most”, so these numbers leave ${time.leftOut === 1 ? 'it' : 'them'} out.</p>`}</section></div>`
}

function nothing(): Markup {
  return markup`<section class="panel"><h2>No drills in this period</h2><p>Groups are drilled when they are opted in with the tag <code>firedrill: enabled</code> and a schedule picks them. <code>firedrill groups</code> says what stands in the way, <code>firedrill plan --days 14</code> what comes next.</p></section>`
}

function fleetSection(cards: readonly DrillCard[], anchors: ReadonlyMap<DrillCard, string>): Markup {
  return markup`<section id="fleet" aria-labelledby="fleet-h"><h2 id="fleet-h">Fleet</h2><p class="lead">${fleetLead(cards)}</p>${fleetTable(cards, anchors)}</section>`
}

const sections: Readonly<Partial<Record<Outcome, readonly [title: string, lead: string]>>> = {
  snowflake: ['Snowflakes', 'What rose is not what died, or nothing rose. Each needs its owner.'],
  inconclusive: ['Inconclusive', 'These drills prove nothing either way.'],
  forecast: ['Snowflakes by forecast', 'Seen without a strike: a rebuild would fail, or the victim already differs from its declaration.'],
  phoenix: ['Phoenixes', 'A healthy successor came up from the same image and the same configuration.'],
  open: ['In progress', 'Struck, and not yet judged.'],
  leashed: ['Leashed', 'Every rule passed and a victim was chosen; the schedule is leashed, so nothing was struck.'],
}

function cardSection(report: Report, outcome: Outcome, anchors: ReadonlyMap<DrillCard, string>): Markup {
  const words = sections[outcome]
  const cards = report.cards.filter(card => card.outcome === outcome)
  if (!words || cards.length === 0) return markup``
  const shown = cards.filter(card => anchors.has(card))
  const now = Temporal.Instant.from(report.document.generatedAt)
  const left = cards.length - shown.length
  return markup`<section aria-labelledby="s-${outcome}"><h2 id="s-${outcome}">${words[0]} <span class="soft number">${cards.length.toLocaleString('en')}</span></h2><p class="lead">${words[1]}</p>
${shown.map(card => cardMarkup(card, anchors.get(card) ?? '', now))}${left > 0 ? markup`<p class="soft">${`${left.toLocaleString('en')} more stand in the fleet table only. The JSON report has every detail of them.`}</p>` : null}</section>`
}

function refusals(cards: readonly DrillCard[], anchors: ReadonlyMap<DrillCard, string>): Markup {
  const refused = cards.filter(card => card.outcome === 'refused')
  if (refused.length === 0) return markup``
  const byRule = [...Map.groupBy(refused, card => card.document.refusal?.rule ?? '')].sort(([a], [b]) =>
    a.localeCompare(b, 'en', { numeric: true }),
  )
  const scoped = haveSeveralScopes(cards)
  return markup`<section aria-labelledby="s-refused"><h2 id="s-refused">Why nothing was killed <span class="soft number">${refused.length.toLocaleString('en')}</span></h2><p class="lead">Drills that were planned and then refused, by the rule that said no.</p>
<div class="rules">${byRule.map(([rule, group]) => ruleSection(rule, group, { anchors, scoped }))}</div></section>`
}

function ruleSection(
  rule: string,
  cards: readonly DrillCard[],
  { anchors, scoped }: { readonly anchors: ReadonlyMap<DrillCard, string>; readonly scoped: boolean },
): Markup {
  const shown = cards.slice(0, refusalLimit)
  return markup`<section class="panel"><h3>${/^S\d+$/.test(rule) ? markup`<span class="rule">${rule}</span>` : null}${name(ruleName(rule))}<span class="n">${plural(cards.length, 'drill')}</span></h3>
<ul>${shown.map(
    card =>
      markup`<li id="${anchors.get(card) ?? null}"><span><b>${name(card.document.groupName)}</b>${scoped ? scopeBelow(card) : null}</span><span>${name(card.document.refusal ? refusalSentence(card.document.refusal) : '')}</span></li>`,
  )}</ul>${cards.length > shown.length ? markup`<p class="small soft">${plural(cards.length - shown.length, 'more drill')}</p>` : null}</section>`
}

/** Anchors are counted, never made from names that strangers choose. */
function anchorsOf(cards: readonly DrillCard[]): Map<DrillCard, string> {
  const used = new Map<string, number>()
  const anchors = new Map<DrillCard, string>()
  for (const [index, card] of cards.entries()) {
    const limit = card.outcome === 'refused' ? refusalLimit : cardLimits[card.outcome]
    const bucket = card.outcome === 'refused' ? `refused ${card.document.refusal?.rule}` : card.outcome
    const count = (used.get(bucket) ?? 0) + 1
    used.set(bucket, count)
    if (count <= limit) anchors.set(card, `drill-${index + 1}`)
  }
  return anchors
}

function footer({ document }: Report): Markup {
  return markup`<footer><p>Made by Firedrill, ${formatMoment(Temporal.Instant.from(document.generatedAt))}. All times are UTC.</p>
<p>Phoenix: the successor came up healthy from the same image and configuration. Snowflake: it did not, and the report says why. Inconclusive: nothing is proven. Refused: a rule or guard said no before anything was struck. Leashed: everything but the strike. Time to recover is from the strike until the successor is healthy and passes its probes.</p></footer>`
}
