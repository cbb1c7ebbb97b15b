import assert from 'node:assert/strict'
import { vetoPath } from '../../src/notify/veto-link.ts'
import { hostile, planned } from '../reports/fixtures.ts'
import { openBrowser } from '../support/browser.ts'
import { looks, overflow, setLook, violations } from '../support/look.ts'
import { bothTokens, noon, operatorToken, WebStage } from './stage.ts'

describe('the veto link of an announcement', () => {
  let stage: WebStage
  let drill: string
  let salt: string

  beforeEach(async () => {
    stage = await WebStage.open({ tokens: bothTokens })
    const ids = await stage.record([planned(hostile.script)])
    drill = [...ids.values()][0] ?? assert.fail('nothing was planned')
    salt = await stage.ledger.salt()
  })
  afterEach(() => stage.close())

  function path(changes: { drill?: string; expires?: Temporal.Instant } = {}): string {
    return vetoPath(salt, { drill, target: 'payments-slack', expires: noon.add({ hours: 1 }), ...changes })
  }

  function post(to: string, note: string, headers: Record<string, string> = {}): Promise<Response> {
    const form = { origin: stage.origin, 'content-type': 'application/x-www-form-urlencoded', ...headers }
    return stage.fetch(to, { method: 'POST', headers: form, body: new URLSearchParams({ note }).toString() })
  }

  it('needs no login and no script, changes nothing when it is opened, and tells a stranger’s name as text', async () => {
    for (const method of ['GET', 'HEAD']) assert.equal((await stage.fetch(path(), { method })).status, 200)
    const page = await stage.page(path())
    assert.match(page, /<form class="login panel" method="post"/)
    assert.doesNotMatch(page, /<script>alert|<img/)
    assert.equal((await stage.ledger.drill(drill))?.state, 'planned')
  })

  it('tells when by the clock of the schedule, as its announcement does', async () => {
    assert.match(await stage.page(path()), /is to be struck at <b>2026-11-20 10:30 Europe\/Berlin<\/b> or later/)
  })

  it('vetoes that strike, once, with whom the link was sent to and why', async () => {
    assert.equal((await post(path(), '  ')).status, 400)
    assert.equal((await stage.ledger.drill(drill))?.state, 'planned')
    assert.equal((await post(path(), 'release day')).status, 200)
    const vetoed = await stage.ledger.drill(drill)
    assert(vetoed?.state === 'refused')
    assert.equal(vetoed.refusal.reason, 'the link sent to payments-slack vetoed it: release day')
    assert.equal((await post(path(), 'again')).status, 409)
    assert.equal((await stage.fetch(path())).status, 409)
    const changes = await stage.page('/changes', { headers: { authorization: `Bearer ${operatorToken}` } })
    assert.match(changes, /vetoed/)
    assert.match(changes, /release day/)
  })

  it('opens pages that break no rule of accessibility, log nothing, load nothing from elsewhere, and fit a phone', async function () {
    this.timeout(60_000)
    const browser = await openBrowser(this, stage.origin)
    try {
      const { page, complaints } = await browser.page()
      const check = async (title: RegExp) => {
        await page.getByRole('heading', { name: title, level: 1 }).waitFor()
        for (const look of looks) {
          await setLook(page, look)
          assert.deepEqual(await violations(page), [], String(title))
          assert.equal(await overflow(page), 0, String(title))
        }
      }
      await page.goto(stage.origin + path())
      await check(/^Veto the strike on/)
      await page.getByLabel('Why not now?').fill('release day')
      await page.getByRole('button', { name: 'Veto this strike' }).click()
      await check(/^Vetoed/)
      assert.deepEqual(complaints, [])
      await page.goto(stage.origin + path())
      await check(/^Nothing to veto/)
      await page.goto(`${stage.origin}${path()}x`)
      await check(/^This link is not valid/)
    } finally {
      await browser.close()
    }
  })

  it('is good for one drill, until it expires, and as it was signed', async () => {
    const signed = path()
    const wrong = [
      signed.replace(`/veto/${encodeURIComponent(drill)}/`, '/veto/another/'),
      path({ expires: noon }),
      signed.replace(/\d+(?=\.)/, seconds => String(Number(seconds) + 86_400)),
      `${signed.slice(0, -1)}${signed.endsWith('A') ? 'B' : 'A'}`,
      `${signed}.x`,
      `/veto/${drill}/x`,
    ]
    for (const link of wrong) {
      assert.equal((await stage.fetch(link)).status, 404, link)
      assert.equal((await post(link, 'no')).status, 404, link)
    }
    assert.equal((await stage.ledger.drill(drill))?.state, 'planned')
  })

  it('cannot be used by a page elsewhere in a browser that holds it', async () => {
    assert.equal((await post(path(), 'no', { origin: 'https://evil.example' })).status, 403)
    assert.equal((await stage.ledger.drill(drill))?.state, 'planned')
  })
})
