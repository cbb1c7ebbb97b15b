import { cells, fitCells, padCells, wrap } from './columns.ts'
import { formatDuration } from './durations.ts'
import type { ReportedDrill } from './model.ts'
import { type NameColumn, nameColumn } from './names.ts'
import type { Paint, Style } from './paint.ts'
import { recoveryCell } from './recovery.ts'
import { type DrillCard, drillCard, type Outcome } from './report.ts'
import { visibleLine } from './safe-text.ts'
import { whyOf } from './sentences.ts'
import { percentile, recoveriesLeftOut, recoveryTimes } from './summary.ts'

export interface Screen {
  /** "Firedrill rehearsal: 14 groups, 44 instances", and what stands at the right: "leash off". */
  readonly title: string
  readonly aside: string
  /** In the order in which they are to be shown. */
  readonly drills: readonly ReportedDrill[]
  /** Cells of the terminal; 80 where it is none. */
  readonly width: number
  readonly paint: Paint
  /** Where the report was written to: `file:///…`. */
  readonly reportUrl: string | null
}

const idWidth = 9
const gap = '  '
/** A reason that has less room than this beside its row, and does not fit, goes below the row. */
const narrowestWhy = 30
/** Room for a platform's own error and what to do about it. */
const longestWhy = 400
const words: Readonly<Record<Outcome, string>> = {
  phoenix: 'phoenix',
  snowflake: 'snowflake',
  forecast: 'forecast',
  inconclusive: 'inconclusive',
  open: 'open',
  leashed: 'leashed',
  refused: 'refused',
  planned: 'planned',
}
const outcomeStyles: Readonly<Record<Outcome, Style>> = {
  phoenix: 'good',
  snowflake: 'bad',
  forecast: 'bad',
  inconclusive: 'unsure',
  open: 'unsure',
  leashed: 'soft',
  refused: 'soft',
  planned: 'soft',
}

/** The table of a rehearsal or a campaign. No line is wider than `width`, but for the report's address. */
export function renderScreen(screen: Screen): string {
  const cards = screen.drills.map(drillCard)
  const columns = layOut(cards, screen.width)
  const lines = [
    titleLine(screen),
    '',
    ...(cards.length > 0 ? [headerLine(columns, screen.paint), ...cards.flatMap(card => rowLines(card, columns, screen.paint)), ''] : []),
    ...summaryLines(cards, screen),
    ...(screen.reportUrl === null ? [] : [`Report: ${screen.reportUrl}`]),
  ]
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`
}

interface Columns {
  readonly group: NameColumn
  readonly verdict: number
  readonly time: number
  readonly why: number
  readonly width: number
}

/** Names get 14 cells; more only where the reasons keep room, or where they could not be told apart otherwise. */
function layOut(cards: readonly DrillCard[], width: number): Columns {
  const names = cards.map(card => visibleLine(card.document.groupName))
  const longest = Math.max(5, ...names.map(cells))
  const verdict = Math.max(9, ...cards.map(card => words[card.outcome].length))
  const time = Math.max(5, ...cards.map(card => recoveryCell(card.moments).length))
  const fixed = 2 * idWidth + verdict + time + 5 * gap.length
  const least = Math.min(longest, Math.max(14, Math.min(28, width - fixed - 30)))
  const group = nameColumn(names, { least, most: width - fixed - 'WHY'.length })
  return { group, verdict, time, why: Math.max(0, width - fixed - group.width), width }
}

function titleLine({ title, aside, width, paint }: Screen): string {
  const left = fitCells(visibleLine(title), Math.max(10, width - cells(aside) - 2))
  return paint('strong', left) + ' '.repeat(Math.max(2, width - cells(left) - cells(aside))) + aside
}

function headerLine(columns: Columns, paint: Paint): string {
  const parts = [
    padCells('GROUP', columns.group.width),
    padCells('VICTIM', idWidth),
    padCells('SUCCESSOR', idWidth),
    padCells('VERDICT', columns.verdict),
    padCells('TIME', columns.time, 'right'),
    'WHY',
  ]
  return paint('soft', parts.join(gap))
}

function rowLines(card: DrillCard, columns: Columns, paint: Paint): string[] {
  const style = outcomeStyles[card.outcome]
  const time = padCells(recoveryCell(card.moments), columns.time, 'right')
  const row = [
    padCells(columns.group.fit(visibleLine(card.document.groupName)), columns.group.width),
    padCells(idText(card.document.victim), idWidth),
    padCells(idText(card.document.successor), idWidth),
    paint(style, padCells(words[card.outcome], columns.verdict)),
    time.trim() === '' ? time : paint('strong', time),
  ].join(gap)
  const why = whyOf(card, longestWhy)
  if (columns.why < narrowestWhy && cells(why) > columns.why) {
    const indent = columns.group.width + gap.length
    return [row, ...wrap(why, columns.width - indent).map(line => ' '.repeat(indent) + line)]
  }
  const [first = '', ...rest] = wrap(why, columns.why)
  return [row + gap + first, ...rest.map(line => ' '.repeat(columns.width - columns.why) + line)]
}

function idText(instance: { readonly id: string } | null): string {
  return instance ? fitCells(visibleLine(instance.id), idWidth, 'middle') : '–'
}

/** "7 phoenix · 5 snowflake · 1 inconclusive · 4 refused      recovered in 4.0 s (median), 6.2 s (p95)" */
function summaryLines(cards: readonly DrillCard[], { width, paint }: Screen): string[] {
  const always: readonly Outcome[] = ['phoenix', 'snowflake']
  const order: readonly Outcome[] = ['phoenix', 'snowflake', 'forecast', 'inconclusive', 'open', 'refused', 'leashed', 'planned']
  const counts = order
    .map(outcome => ({ outcome, count: cards.filter(card => card.outcome === outcome).length }))
    .filter(({ outcome, count }) => count > 0 || always.includes(outcome))
    .map(({ outcome, count }) => ({ outcome, text: `${count} ${outcome === 'forecast' ? 'by forecast' : words[outcome]}` }))
  const painted = (parts: typeof counts) => parts.map(({ outcome, text }) => paint(outcomeStyles[outcome], text)).join(' · ')
  const times = recoveryTimes(cards)
  const [median, p95] = [percentile(times, 0.5), percentile(times, 0.95)]
  const leftOut = recoveriesLeftOut(cards)
  const without = leftOut === 0 ? '' : `, without ${leftOut} at most (≤)`
  const recovered =
    median === null || p95 === null ? '' : `recovered in ${formatDuration(median)} (median), ${formatDuration(p95)} (p95)${without}`
  const left = counts.map(({ text }) => text).join(' · ')
  if (recovered === '') return breakCounts(counts, width).map(painted)
  if (cells(left) + 3 + recovered.length > width) return [...breakCounts(counts, width).map(painted), recovered]
  return [painted(counts) + ' '.repeat(Math.max(3, Math.min(6, width - cells(left) - recovered.length))) + recovered]
}

function breakCounts<Part extends { readonly text: string }>(parts: readonly Part[], width: number): Part[][] {
  const lines: Part[][] = [[]]
  for (const part of parts) {
    const line = lines.at(-1) ?? []
    const used = line.reduce((sum, { text }) => sum + text.length + 3, 0)
    if (line.length > 0 && used + part.text.length > width) lines.push([part])
    else line.push(part)
  }
  return lines
}
