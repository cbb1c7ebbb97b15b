import type { Writable } from 'node:stream'

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

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
// East Asian wide and fullwidth blocks, and pictures; ambiguous ones count as narrow.
const WIDE =
  /^(?:[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{33ff}\u{3400}-\u{4dbf}\u{4e00}-\u{9fff}\u{a000}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Emoji}\u{fe0f})/u
const MARK = /^\p{M}+$/u

/** How many columns a cleaned, uncoloured text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += widthOfSegment(segment)
  return width
}

function widthOfSegment(segment: string): number {
  if (MARK.test(segment)) return 0
  return WIDE.test(segment) ? 2 : 1
}

export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const gap = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + gap : gap + text
}

/** Shortens to a width by leaving out the middle, where names and ids differ least. */
export function shorten(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  const pieces = [...segmenter.segment(text)].map(({ segment }) => segment)
  if (width <= 3) return takeWidth(pieces, width)
  const head = takeWidth(pieces, Math.ceil((width - 1) / 2))
  const tail = takeWidth(pieces.toReversed(), width - 1 - widthOf(head), 'reversed')
  return `${head}…${tail}`
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

/** Breaks a text at spaces; a word that is longer than a line is broken where the line ends. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap(word => chunks(word, width))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= width) {
      line = longer
      continue
    }
    lines.push(line)
    line = word
  }
  lines.push(line)
  return lines
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
  const head = columns.map((column, index) => paint(pad(column.title, widths[index] ?? 0, column.align), 'dim', colour))
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
    const cells = columns.map((column, index) => {
      const width = widths[index] ?? 0
      const text = index === last ? piece : lineNumber === 0 ? shorten(row[index] ?? '', width) : ''
      const tint = column.colour?.(row[index] ?? '') ?? null
      const padded = index === last ? text : pad(text, width, column.align)
      return tint === null || text === '' ? padded : padded.replace(text, () => paint(text, tint, colour))
    })
    return trimmed(cells)
  })
}

/** Natural widths; where they are too wide together, columns with a `max` give way first, the widest before the others. */
function columnWidths(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map((column, index) => {
    const natural = Math.max(widthOf(column.title), ...rows.map(row => widthOf(row[index] ?? '')))
    return Math.max(widthOf(column.title), Math.min(natural, column.max ?? natural))
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

function trimmed(cells: readonly string[]): string {
  return cells.join(' '.repeat(GAP)).trimEnd()
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function takeWidth(pieces: readonly string[], width: number, order: 'forward' | 'reversed' = 'forward'): string {
  const taken: string[] = []
  let used = 0
  for (const piece of pieces) {
    used += widthOfSegment(piece)
    if (used > width) break
    taken.push(piece)
  }
  return (order === 'forward' ? taken : taken.reverse()).join('')
}

/** In one pass: a platform's message can be one word of many thousand letters. */
function chunks(word: string, width: number): string[] {
  const whole: string[] = []
  let chunk = ''
  let used = 0
  for (const { segment } of segmenter.segment(word)) {
    const more = widthOfSegment(segment)
    if (chunk !== '' && used + more > width) {
      whole.push(chunk)
      chunk = ''
      used = 0
    }
    chunk += segment
    used += more
  }
  return [...whole, chunk]
}
