import type { Writable } from 'node:stream'
import { cells, fitCells, padCells, wrap } from '../reports/columns.ts'

export type Paint = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

const CODES: Readonly<Record<Paint, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
}

const ESCAPE = String.fromCharCode(27)

/** Colours a text, or leaves it alone. Clean what comes from outside first. */
export function paint(text: string, colour: Paint, wanted: boolean): string {
  if (!wanted || text === '') return text
  const [on, off] = CODES[colour]
  return `${ESCAPE}[${on}m${text}${ESCAPE}[${off}m`
}

/** The colour that a verdict or state has everywhere. */
export function colourOf(word: string): Paint | null {
  if (word === 'phoenix') return 'green'
  if (word === 'snowflake') return 'red'
  if (word === 'inconclusive' || word === 'refused') return 'yellow'
  if (word === 'leashed' || word === 'planned') return 'dim'
  return null
}

/**
 * Makes a text from outside (names, tags, a platform's messages) safe to print: control characters, escape
 * sequences, direction overrides and invisible characters become visible `\u{…}`, so that a group's name can
 * neither move the cursor nor hide what stands on the line. Line breaks are escaped as well.
 */
export function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, hostile => `\\u{${(hostile.codePointAt(0) ?? 0).toString(16)}}`)
}

/**
 * A sentence as a line of its own, cleaned: one line in a log, and wrapped between its words where somebody reads it on a terminal.
 */
export function writeSentence(stream: Writable, text: string, painted: (line: string) => string = line => line): void {
  const indent = /^ */.exec(text)?.[0] ?? ''
  const hanging = `${indent}  `
  const sentence = clean(text.trimStart())
  const onTerminal = 'columns' in stream && typeof stream.columns === 'number' && stream.columns > 0
  const lines = onTerminal ? wrap(sentence, Math.max(20, Number(stream.columns) - hanging.length)) : [sentence]
  stream.write(lines.map((line, index) => `${painted(`${index === 0 ? indent : hanging}${line}`)}\n`).join(''))
}

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Longer cells are shortened to this, and more where there is no room; the last column is wrapped instead. */
  readonly max?: number
  /** Colour of a cell, from its text. */
  readonly colour?: (text: string) => Paint | null
}

export interface TableOptions {
  /** Columns of the screen or page: 80 where there is none. */
  readonly width: number
  readonly colour?: boolean
}

const GAP = 2

/**
 * Lays rows out as a table that is never wider than `width`: the last column takes what is left and wraps.
 * Cells are cleaned here. Returns lines without line breaks or trailing spaces.
 */
export function table(rows: readonly (readonly string[])[], columns: readonly Column[], options: TableOptions): string[] {
  const cleaned = rows.map(row => columns.map((_, index) => clean(row[index] ?? '')))
  const widths = columnWidths(columns, cleaned, options.width)
  const colour = options.colour ?? false
  const head = columns.map((column, index) => paint(padCells(column.title, widths[index] ?? 0, column.align), 'dim', colour))
  return [trimmed(head), ...cleaned.flatMap(row => rowLines(row, { columns, widths, colour }))]
}

interface Layout {
  readonly columns: readonly Column[]
  readonly widths: readonly number[]
  readonly colour: boolean
}

function rowLines(row: readonly string[], { columns, widths, colour }: Layout): string[] {
  const last = columns.length - 1
  const tail = wrap(row[last] ?? '', widths[last] ?? 1)
  return tail.map((piece, lineNumber) => {
    const parts = columns.map((column, index) => {
      const width = widths[index] ?? 0
      const text = index === last ? piece : lineNumber === 0 ? fitCells(row[index] ?? '', width, 'halves') : ''
      const tint = column.colour?.(row[index] ?? '') ?? null
      const padded = index === last ? text : padCells(text, width, column.align)
      return tint === null || text === '' ? padded : padded.replace(text, () => paint(text, tint, colour))
    })
    return trimmed(parts)
  })
}

/** Natural widths; where they are too wide together, columns with a `max` give way first, the widest before the others. */
function columnWidths(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map((column, index) => {
    const natural = Math.max(cells(column.title), ...rows.map(row => cells(row[index] ?? '')))
    return Math.max(cells(column.title), Math.min(natural, column.max ?? natural))
  })
  const last = widths.length - 1
  const room = width - GAP * last
  const wanted = widths[last] ?? 0
  const atLeast = Math.min(wanted, Math.max(20, Math.floor(room / 4)))
  const fixed = widths.slice(0, last)
  const narrow = (mayGive: (index: number) => boolean) => {
    while (sum(fixed) + atLeast > room) {
      const widest = fixed.reduce((best, width, index) => (mayGive(index) && width > (fixed[best] ?? 6) ? index : best), -1)
      if (widest < 0 || (fixed[widest] ?? 0) <= 6) return
      fixed[widest] = (fixed[widest] ?? 0) - 1
    }
  }
  // Names can lose their middle; moments and states only where nothing else is left.
  narrow(index => columns[index]?.max !== undefined)
  narrow(() => true)
  return [...fixed, Math.max(6, Math.min(wanted, room - sum(fixed)))]
}

function trimmed(parts: readonly string[]): string {
  return parts.join(' '.repeat(GAP)).trimEnd()
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
