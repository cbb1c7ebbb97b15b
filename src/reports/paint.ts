export type Style = 'strong' | 'soft' | 'good' | 'bad' | 'unsure'

/** Puts a style on text that has been measured already; a plain one gives it back as it is. */
export type Paint = (style: Style, text: string) => string

export function plain(_style: Style, text: string): string {
  return text
}

const codes: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  strong: [1, 22],
  soft: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  unsure: [33, 39],
}

/** The sixteen colours that every terminal has, so that its own theme decides what they look like. */
export function ansi(style: Style, text: string): string {
  const [on, off] = codes[style]
  return text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`
}
