import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { noticeKinds } from '../../src/domain/notice.ts'
import { cloudEvent } from '../../src/notify/cloud-event.ts'
import { letterOf } from '../../src/notify/letter.ts'
import { route } from '../../src/notify/route.ts'
import { contents, examples, noon } from './notices.ts'

const page = readFileSync(new URL('../../docs/notifications.md', import.meta.url), 'utf8')

describe('docs/notifications.md', () => {
  it('names every kind that there is, and what is heard by whoever does not say', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` .*\| (yes|no) +\|$/gm)].map(([, kind, usual]) => [kind, usual])
    const told = (kind: (typeof noticeKinds)[number]) => {
      const notice = { ...(examples.snowflake ?? assert.fail()), kinds: [kind] }
      const schedules = [{ name: notice.schedule ?? '', notify: { before: null, to: [{ target: 'there', on: null }] } }]
      return route(notice, { schedules, owners: {} }).length === 1 ? 'yes' : 'no'
    }
    assert.deepEqual(
      rows,
      noticeKinds.map(kind => [kind, told(kind)]),
    )
  })

  it('names every type of event', () => {
    const [, text = ''] = /`type` is\s+([\s\S]*?);/.exec(page) ?? []
    const named = [...text.matchAll(/`(?:firedrill)?\.(\w+)`/g)].map(([, what]) => `firedrill.${what}`).sort()
    const test = { ...(examples.digest ?? assert.fail()), facts: { what: 'test', by: 'somebody' } } as const
    const types = Object.entries({ ...examples, test }).map(([name, notice]) => {
      const digest = contents[name] ?? null
      const letter = letterOf(notice, { origin: null, vetoUrl: null, digest, now: noon })
      return JSON.parse(cloudEvent(notice, { source: 'here', letter, digest })).type as string
    })
    assert.deepEqual(named, [...new Set(types)].sort())
  })
})
