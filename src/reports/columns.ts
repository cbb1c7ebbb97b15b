/** Text in terminal cells: emoji and East Asian letters take two, combining marks none. */

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' })
const wide =
  /^(?:\p{Emoji_Presentation}|\p{RI}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}])/u

export function cells(text: string): number {
  return [...letters.segment(text)].reduce((sum, { segment }) => sum + cellsOf(segment), 0)
}

/** A number keeps its unit: "30 s" is not broken. */
const betweenWords = / (?!(?:ms|s|min|h|d|%)(?![\p{L}\d]))/u

/** Filled up with spaces to a width; never cut. */
export function padCells(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - cells(text)))
  return side === 'left' ? text + space : space + text
}

/**
 * At most `width` cells, with an ellipsis where something was cut: at the end, in the middle so that two are left after it (ids), or
 * so that as much is left of the end as of the beginning (names).
 */
export function fitCells(text: string, width: number, cut: 'end' | 'middle' | 'halves' = 'end'): string {
  if (cells(text) <= width) return text
  const segments = [...letters.segment(text)].map(({ segment }) => segment)
  if (cut === 'end') return `${take(segments, width - 1)}…`
  const tail = take(segments.toReversed(), cut === 'middle' ? 2 : Math.floor((width - 1) / 2), true)
  return `${take(segments, width - 1 - cells(tail))}…${tail}`
}

/** Lines of at most `width` cells, broken at spaces, and within words that are longer than a line. At least one, which may be empty. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(betweenWords).flatMap(long => chop(long, width))) {
    const joined = line === '' ? word : `${line} ${word}`
    if (cells(joined) <= width) line = joined
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

/** In one pass: a platform's message can be one word of many thousand letters. */
function chop(word: string, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  let used = 0
  for (const { segment } of letters.segment(word)) {
    const more = cellsOf(segment)
    if (piece !== '' && used + more > width) {
      pieces.push(piece)
      piece = ''
      used = 0
    }
    piece += segment
    used += more
  }
  return [...pieces, piece]
}

function take(segments: readonly string[], width: number, reversed = false): string {
  const taken: string[] = []
  let used = 0
  for (const segment of segments) {
    used += cellsOf(segment)
    if (used > width) break
    taken.push(segment)
  }
  return (reversed ? taken.reverse() : taken).join('')
}

function cellsOf(segment: string): number {
  if (/^\p{M}+$/u.test(segment)) return 0
  return wide.test(segment) || segment.includes('\ufe0f') ? 2 : 1
}
