import type { DrillDocument, FindingDocument } from './document.ts'
import { formatDuration, formatPeriod } from './durations.ts'
import { recoveryCell } from './recovery.ts'
import { type DrillCard, haveSeveralScopes, type Outcome, type Report } from './report.ts'
import { clip, visibleLine } from './safe-text.ts'
import { advice, asSentence, headline, outcomeNames, refusalSentence, ruleName, whyOf } from './sentences.ts'
import { hasValues, valueText } from './values.ts'

/** Comments of code hosts end at about 65,000 characters; a table longer than this says what it left out. */
const rowLimit = 200
const detailLimit = 50
const signs: Readonly<Record<Outcome, string>> = {
  snowflake: '❄️',
  forecast: '❄️',
  inconclusive: '❔',
  phoenix: '🔥',
  open: '⏳',
  leashed: '➖',
  refused: '⛔',
  planned: '➖',
}

export function renderMarkdown(report: Report): string {
  const { period } = report.document
  const sections = [
    `# ${prose(report.title)}`,
    `**${headline(report)}**`,
    `${formatPeriod(Temporal.Instant.from(period.from), Temporal.Instant.from(period.to))}`,
    summaryTable(report),
    ...(report.cards.length > 0 ? [fleetTable(report.cards)] : []),
    ...actOn(report.cards),
    ...refusals(report.cards),
  ]
  return `${sections.join('\n\n')}\n`
}

function summaryTable({ document: { summary } }: Report): string {
  const { coverage, timeToRecover: time } = summary
  const seconds = (value: number | null) => (value === null ? '–' : formatDuration(value * 1000))
  return [
    '| phoenix | snowflake | by forecast | inconclusive | refused | leashed | coverage | recovered in |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |',
    `| ${summary.phoenix} | ${summary.snowflake} | ${summary.snowflakeByForecast} | ${summary.inconclusive} | ${summary.refused} | ${summary.leashed} ` +
      `| ${coverage.provenGroups} of ${coverage.optedInGroups} groups in ${coverage.days} d ` +
      `| ${time.p50Seconds === null ? '–' : `${seconds(time.p50Seconds)} (median), ${seconds(time.p95Seconds)} (p95), ${seconds(time.maxSeconds)} (max)`}${time.leftOut === 0 ? '' : `; ${time.leftOut} at most (≤) left out`} |`,
  ].join('\n')
}

function fleetTable(cards: readonly DrillCard[]): string {
  const scoped = haveSeveralScopes(cards)
  const rows = cards.slice(0, rowLimit).map(card => {
    const scope = scoped ? ` ${prose(clip(visibleLine(card.source.drill.scope), 60))} |` : ''
    return `| ${prose(clip(visibleLine(card.document.groupName), 60))} |${scope} ${signs[card.outcome]} ${outcomeNames[card.outcome]} | ${recoveryCell(card.moments) || '–'} | ${prose(whyOf(card))} |`
  })
  const left = cards.length - rows.length
  return [
    `| group |${scoped ? ' scope |' : ''} verdict | time | why |`,
    `| --- |${scoped ? ' --- |' : ''} --- | ---: | --- |`,
    ...rows,
    ...(left > 0 ? ['', `… and ${left.toLocaleString('en')} more; the JSON report has them all.`] : []),
  ].join('\n')
}

function actOn(cards: readonly DrillCard[]): string[] {
  const toFix = cards.filter(card => ['snowflake', 'inconclusive', 'forecast'].includes(card.outcome))
  if (toFix.length === 0) return []
  const left = toFix.length - detailLimit
  return [
    '## What to fix',
    ...toFix.slice(0, detailLimit).map(detail),
    ...(left > 0 ? [`… and ${left.toLocaleString('en')} more; the JSON report has them all.`] : []),
  ]
}

function detail({ document, outcome }: DrillCard): string {
  return [
    `### ${prose(clip(visibleLine(document.groupName), 80))}: ${outcomeNames[outcome]}`,
    '',
    `${code(document.group)}, drill ${code(document.id)}, ${document.method}${instances(document)}`,
    '',
    ...document.findings.map(findingItem),
    ...document.notCompared.map(({ what, why }) => `- Not compared: ${prose(what)} (${prose(why)})`),
  ].join('\n')
}

function instances({ victim, successor }: DrillDocument): string {
  return `${victim ? `, victim ${code(victim.id)}` : ''}${successor ? `, successor ${code(successor.id)}` : ''}`
}

function findingItem(finding: FindingDocument): string {
  const { title, fix } = advice[finding.kind]
  const values = hasValues(finding) ? `: expected ${code(valueText(finding.expected))}, actual ${code(valueText(finding.actual))}` : ''
  const where = finding.path === null ? '' : ` At ${code(finding.path)}${values}.`
  return `- **${title}**${standing(finding)}: ${prose(asSentence(finding.summary))}${where}\n  ${fix}`
}

function standing({ accepted, level }: FindingDocument): string {
  if (accepted !== undefined) return ' (accepted)'
  return level === 'warn' ? ' (warning)' : ''
}

function refusals(cards: readonly DrillCard[]): string[] {
  const refused = cards.filter(card => card.outcome === 'refused')
  if (refused.length === 0) return []
  const byRule = Map.groupBy(refused, card => card.document.refusal?.rule ?? '')
  const scoped = haveSeveralScopes(refused)
  return [
    '## Why nothing was killed',
    [...byRule]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([rule, group]) => {
        const items = group.slice(0, detailLimit).map(({ document, source }) => {
          const reason = document.refusal ? refusalSentence(document.refusal) : ''
          const where = scoped ? ` in ${prose(source.drill.scope)}` : ''
          return `  - ${prose(document.groupName)}${where}: ${prose(reason)}`
        })
        return `- **${prose(ruleName(rule))}** (${group.length})\n${items.join('\n')}`
      })
      .join('\n'),
  ]
}

/** Text that stays text: no link, mark-up, mention, table cell or HTML comes out of it. */
function prose(text: string): string {
  return visibleLine(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]|~$]/g, '\\$&')
    .replace(/^[#+=-]/, '\\$&')
    .replace(/@/g, '&#64;')
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/\bwww\./gi, 'www&#46;')
    .replace(/^(\d+)\./, '$1\\.')
}

/** A code span whose fence is longer than any run of backticks within. */
function code(text: string): string {
  const line = visibleLine(text) || ' '
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}`
}
