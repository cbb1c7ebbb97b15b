import assert from 'node:assert/strict'
import { conclusionNotice } from '../../src/domain/notice.ts'
import { cloudEvent } from '../../src/notify/cloud-event.ts'
import { emailHtml } from '../../src/notify/email-html.ts'
import { type Letter, letterOf } from '../../src/notify/letter.ts'
import { plainText } from '../../src/notify/plain-text.ts'
import { slackMessage } from '../../src/notify/slack-blocks.ts'
import { concluded } from '../reports/fixtures.ts'
import { assertGolden } from './golden.ts'
import { contents, examples, noon } from './notices.ts'

const origin = 'https://firedrill.example.org'

function letter(name: string, known = true): Letter {
  const notice = examples[name]
  assert.ok(notice)
  const vetoUrl = known && name === 'strike' ? `${origin}/veto/d-2/1795262400.c3Jl.signature` : null
  return letterOf(notice, { origin: known ? origin : null, vetoUrl, digest: contents[name] ?? null, now: noon })
}

describe('what is told', () => {
  for (const [name, notice] of Object.entries(examples)) {
    it(`of ${name} is as the golden files have it`, () => {
      const made = letter(name)
      const event = cloudEvent(notice, { source: origin, letter: made, digest: contents[name] ?? null })
      assertGolden(`${name}.txt`, `Subject: Firedrill: ${made.subject}\n\n${plainText(made)}`)
      assertGolden(`${name}.html`, emailHtml(made))
      assertGolden(`${name}.slack.txt`, `${JSON.stringify(slackMessage(made), null, 2)}\n`)
      assertGolden(`${name}.event.txt`, `${JSON.stringify(JSON.parse(event), null, 2)}\n`)
    })
  }

  it('says "at most" of a time to recover that fell between looks that were missed', () => {
    const told = (scene: { recoveredAfter?: number }) => {
      const { drill } = concluded({ name: 'web', verdict: 'phoenix', recovered: 24_000, ...scene })
      assert.ok(drill.state === 'concluded')
      return letterOf(conclusionNotice(drill, false), { origin, vetoUrl: null, digest: null, now: noon }).lead
    }
    assert.match(told({}), / It took 24 s to recover\.$/)
    assert.match(told({ recoveredAfter: 3_000 }), / It took at most 24 s to recover\.$/)
  })

  it('without an address of the dashboard leads nowhere, and says how else to stop a strike', () => {
    const made = letter('strike', false)
    assert.deepEqual(made.links, [])
    assert.match(plainText(made), /firedrill halt --group '.*checkout' --until 24h/)
  })

  it('is urgent where a group is not back at its size, and nowhere else', () => {
    const urgent = Object.keys(examples).filter(name => letter(name).urgent)
    assert.deepEqual(urgent, ['wounded', 'restore', 'breaker'])
    for (const name of urgent) assert.match(letter(name).subject, /^URGENT: /)
  })

  it('lets no text of a stranger become markup, a mention or a link', () => {
    const made = letter('hostile')
    assert.doesNotMatch(emailHtml(made), /<script|<img|href="(?!https:\/\/firedrill\.example\.org\/)/i)
    const slack = JSON.stringify(slackMessage(made))
    for (const { text } of slack.matchAll(/"type":"mrkdwn","text":"(?<text>[^"]*)"/g).map(found => found.groups as { text: string }))
      assert.match(text, /^<https:\/\/firedrill\.example\.org\/drills\/d-1\|The drill>$/)
    assert.doesNotMatch(made.subject, /[\r\n\u202e]/)
  })
})
