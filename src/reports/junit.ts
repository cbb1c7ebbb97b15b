import type { DrillDocument } from './document.ts'
import { type DrillCard, outcomeOf, type Report } from './report.ts'
import { visible } from './safe-text.ts'
import { asSentence, mainFinding, refusalSentence, whyOf } from './sentences.ts'
import { hasValues, valueText } from './values.ts'

/**
 * One test case per drill, one suite per schedule. A snowflake, by drill or by forecast, is a failure; an
 * inconclusive drill, or one that is still open, is an error; what was never struck is skipped. That is
 * the order of the exit codes 1, 3 and 0.
 */
export function renderJunit(report: Report): string {
  const names = caseNames(report.cards)
  const suites = Map.groupBy(report.cards, card => card.document.schedule)
  const body = [...suites].map(([schedule, cards]) => suite(schedule, cards, names)).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name=${quoted(report.title)}${totals(report.cards)}>\n${body}</testsuites>\n`
}

function suite(schedule: string, cards: readonly DrillCard[], names: ReadonlyMap<DrillCard, string>): string {
  const first = cards.map(card => card.document.timeline.struck ?? card.document.timeline.plannedFor).sort()[0] ?? ''
  const cases = cards.map(card => testCase(card, names.get(card) ?? card.document.group)).join('')
  return `  <testsuite name=${quoted(schedule)} timestamp=${quoted(first.replace('Z', ''))}${totals(cards)}>\n${cases}  </testsuite>\n`
}

function testCase(card: DrillCard, name: string): string {
  const { document } = card
  const classname = `${document.schedule}.${document.provider}`
  const result = resultOf(card)
  return (
    `    <testcase name=${quoted(name)} classname=${quoted(classname)} time="${seconds(card)}">\n` +
    (result ? `      ${result}\n` : '') +
    `      <system-out>${xmlText(story(document))}</system-out>\n    </testcase>\n`
  )
}

function resultOf(card: DrillCard): string | null {
  const { document, outcome } = card
  const type = quoted(mainFinding(document)?.kind ?? outcome)
  const message = quoted(whyOf(card, 300) || outcome)
  switch (outcome) {
    case 'phoenix':
      return null
    case 'snowflake':
    case 'forecast':
      return `<failure type=${type} message=${message}>${xmlText(findingLines(document))}</failure>`
    case 'inconclusive':
      return `<error type=${type} message=${message}>${xmlText(findingLines(document))}</error>`
    case 'open':
      return `<error type="open" message=${message}/>`
    case 'refused':
      return `<skipped message=${quoted(document.refusal ? refusalSentence(document.refusal) : 'refused')}/>`
    case 'leashed':
    case 'planned':
      return `<skipped message=${message}/>`
  }
}

/** Test systems follow a case by its name over time, so it is the group; a drill's id only tells doubles apart. */
function caseNames(cards: readonly DrillCard[]): Map<DrillCard, string> {
  const byGroup = Map.groupBy(cards, card => `${card.document.schedule}\n${card.document.group}`)
  return new Map(
    [...byGroup.values()].flatMap(doubles =>
      doubles.map((card): [DrillCard, string] => [
        card,
        doubles.length === 1 ? card.document.group : `${card.document.group} (${card.document.id})`,
      ]),
    ),
  )
}

function totals(cards: readonly DrillCard[]): string {
  const count = (...outcomes: string[]) => cards.filter(card => outcomes.includes(outcomeOf(card.source.drill))).length
  const time = cards.reduce((sum, card) => sum + Number(seconds(card)), 0).toFixed(3)
  return ` tests="${cards.length}" failures="${count('snowflake', 'forecast')}" errors="${count('inconclusive', 'open')}" skipped="${count('refused', 'leashed', 'planned')}" time="${time}"`
}

/** Struck → concluded; what was not struck took no time. */
function seconds({ moments }: DrillCard): string {
  if (!moments.struck || !moments.concluded) return '0.000'
  return (Math.max(0, moments.concluded.epochMilliseconds - moments.struck.epochMilliseconds) / 1000).toFixed(3)
}

function findingLines(document: DrillDocument): string {
  return document.findings
    .map(finding => {
      const values = hasValues(finding) ? `: expected ${valueText(finding.expected)}, actual ${valueText(finding.actual)}` : ''
      const path = finding.path === null ? '' : ` At ${finding.path}${values}.`
      return `${finding.accepted ? 'accepted' : finding.level} ${finding.kind}: ${asSentence(finding.summary)}${path}`
    })
    .join('\n')
}

function story(document: DrillDocument): string {
  const { recoveredAfter, ...timeline } = document.timeline
  const moments = Object.entries(timeline).filter(([, at]) => at !== null)
  return [
    `drill ${document.id}, ${document.method}, ${document.groupName}`,
    `victim ${document.victim?.id ?? 'none'}, successor ${document.successor?.id ?? 'none'}`,
    ...moments.map(
      ([name, at]) => `${name} ${at}${name === 'recovered' && recoveredAfter !== null ? ` at the latest, after ${recoveredAfter}` : ''}`,
    ),
  ].join('\n')
}

function quoted(text: string): string {
  return `"${xmlText(text.replace(/[\t\n]/g, ' '))}"`
}

/** `]]>` is safe too, as every `>` is written as an entity; what XML forbids altogether, visible() has replaced. */
function xmlText(text: string): string {
  return visible(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
