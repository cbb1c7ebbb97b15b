import type { Notice } from '../domain/notice.ts'
import type { DigestContents } from './digest.ts'
import type { Letter } from './letter.ts'

interface EventContext {
  readonly source: string
  readonly letter: Letter
  readonly digest: DigestContents | null
}

/** CloudEvents 1.0, structured JSON. `source` and `id` are the same however often it is sent. */
export function cloudEvent(notice: Notice, { source, letter, digest }: EventContext): string {
  const { facts, key, kinds, urgent, at } = notice
  const { what, ...details } = facts
  const subject = 'drill' in facts ? facts.drill.group : what === 'breaker' ? facts.schedule : undefined
  return JSON.stringify({
    specversion: '1.0',
    id: key,
    source,
    type: `firedrill.${what}`,
    ...(subject === undefined ? {} : { subject }),
    time: at.toString(),
    datacontenttype: 'application/json',
    urgent,
    data: {
      title: letter.subject,
      text: letter.lead,
      kinds,
      ...details,
      ...(digest === null ? {} : { digest }),
      links: letter.links,
    },
  })
}
