import type { Report } from './report.ts'

/**
 * DESIGN.md §7's JSON. Every value is kept as it was read; characters that a terminal or an editor would
 * act upon are written as escapes, which is the same JSON.
 */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report.document, null, 2).replace(/(?!\n)[\p{Cc}\p{Bidi_Control}\u200b\u2028\u2029\u2060-\u2064\ufeff]/gu, asEscape)}\n`
}

function asEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
