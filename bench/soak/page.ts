import type { Tally } from './tally.ts'

const begin = '<!-- verdicts: written by npm run bench:verdicts -->'
const end = '<!-- /verdicts -->'

/** The page with its generated part made anew. */
export function pageWith(page: string, found: { readonly tally: Tally; readonly from: number; readonly size: number }): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`docs/reliability.md has lost its marks ${begin} and ${end}`)
  return `${before}${begin}\n${section(found)}${end}${after}`
}

function section(_: { readonly tally: Tally; readonly from: number; readonly size: number }): string {
  return ''
}
