/**
 * Names, tags and platform messages come from strangers. Characters that would move, hide or reorder
 * other text (controls, escape sequences, bidi overrides, zero-width) are shown as `\u{202E}` instead.
 */
// Tab and line feed stay. \p{Cs} are lone halves of a surrogate pair; \p{Cn} includes what XML forbids (U+FFFE, U+FFFF).
const unsafe = /(?![\t\n])[\p{Cc}\p{Cs}\p{Cn}\p{Bidi_Control}\u200b\u2028\u2029\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/gu

export function visible(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(unsafe, codePoint)
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visible(text).replace(/\s+/g, ' ').trim()
}

/** Keeps both ends, so that ids stay recognisable: `i-0a17…4e`. */
export function shortenMiddle(text: string, width: number, tail = 2): string {
  const letters = [...text]
  if (letters.length <= width) return text
  return `${letters.slice(0, width - tail - 1).join('')}…${letters.slice(letters.length - tail).join('')}`
}

/** Cuts at a word where there is one nearby. */
export function clip(text: string, width: number): string {
  const letters = [...text]
  if (letters.length <= width) return text
  const cut = letters.slice(0, width - 1).join('')
  const space = cut.lastIndexOf(' ')
  return `${(space > width * 0.6 ? cut.slice(0, space) : cut).trimEnd()}…`
}

function codePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`
}
