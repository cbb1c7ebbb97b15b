import type { Letter } from './letter.ts'

/** For e-mail readers without HTML. */
export function plainText({ lead, sections, rows, links, foot }: Letter): string {
  const width = Math.max(0, ...rows.map(([term]) => term.length))
  const blocks = [
    lead,
    ...links.map(({ text, url }) => `${text}:\n${url}`),
    ...sections.map(({ title, points }) =>
      [
        ...(title === null ? [] : [`${title}:`]),
        ...points.map(point => `- ${typeof point === 'string' ? point : `${point.text}\n  ${point.url}`}`),
      ].join('\n'),
    ),
    rows.map(([term, value]) => `${term.padEnd(width)}  ${value}`).join('\n'),
    foot,
  ]
  return `${blocks.filter(block => block !== '').join('\n\n')}\n`
}
