import { clip } from '../reports/safe-text.ts'
import type { Letter, Point } from './letter.ts'

/** Slack's own limits: a header of 150 characters, a text of 3,000, ten fields in a section. */
const longestHeader = 150
const longestText = 2_900
const longestField = 1_900
const mostFields = 10

const colours = { phoenix: '#14683a', snowflake: '#b0221a', inconclusive: '#7a5200', notice: '#1a5fb4' } as const

/**
 * Texts of strangers go in as plain text, where nothing mentions anybody and nothing becomes a link. Only what Firedrill itself
 * says stands in Slack's markup.
 */
export function slackMessage(letter: Letter): object {
  const title = `Firedrill: ${letter.subject}`
  const blocks = [
    { type: 'header', text: plain(clip(title, longestHeader)) },
    { type: 'section', text: plain(clip(letter.lead, longestText)) },
    ...letter.sections.map(({ title: heading, points }) => ({
      type: 'section',
      text: list(heading, points),
    })),
    ...(letter.rows.length === 0
      ? []
      : [
          {
            type: 'section',
            fields: letter.rows.slice(0, mostFields).map(([term, value]) => plain(clip(`${term}\n${value}`, longestField))),
          },
        ]),
    ...(letter.links.length === 0
      ? []
      : [
          {
            type: 'section',
            text: { type: 'mrkdwn', text: letter.links.map(({ text, url }) => `<${escaped(url)}|${escaped(text)}>`).join('  ·  ') },
          },
        ]),
    { type: 'context', elements: [plain(letter.foot)] },
  ]
  // `text` is what a notification shows: escaped, it can call nobody.
  return { text: escaped(title), attachments: [{ color: colours[letter.tone], fallback: escaped(title), blocks }] }
}

/** Markup only where something leads somewhere. */
function list(heading: string | null, points: readonly Point[]) {
  const head = heading === null ? [] : [`${heading}:`]
  if (points.every(point => typeof point === 'string'))
    return plain(clip([...head, ...points.map(point => `• ${point}`)].join('\n'), longestText))
  const lines = points.map(point =>
    typeof point === 'string' ? escaped(point) : `<${escaped(point.url)}|${escaped(clip(point.text, 150))}>`,
  )
  return { type: 'mrkdwn', text: [...head, ...lines.map(line => `• ${line}`)].join('\n'), verbatim: true } as const
}

function plain(text: string) {
  return { type: 'plain_text', text, emoji: false } as const
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
