import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { fleet, hostileDrills } from '../reports/fixtures.ts'
import { openBrowser, type TestBrowser, type Watched } from '../support/browser.ts'
import { bothTokens, operatorToken, viewerToken, WebStage } from './stage.ts'

const billing = `/group?id=${encodeURIComponent('aws:123456789012/eu-west-1/asg/billing')}`
const axe = readFile(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** Evaluated by the browser's own debugger, which the page's policy does not bind. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(await axe)
  const found = (await page.evaluate('axe.run(document).then(result => result.violations)')) as readonly Violation[]
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(node => `${node.html} ${node.failureSummary ?? ''}`).join(' | ')}`)
}

async function overflow(page: Page): Promise<number> {
  return (await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')) as number
}

describe('the pages in a browser', function () {
  this.timeout(60_000)
  let stage: WebStage
  let browser: TestBrowser
  let ids: ReadonlyMap<string, string>

  async function opened(path: string): Promise<Watched> {
    const watched = await browser.page()
    await watched.page.goto(stage.origin + path)
    return watched
  }

  afterEach(async () => {
    await browser?.close()
    await stage?.close()
  })

  for (const [what, drills] of [
    ['every state and finding', fleet()],
    ['hostile names', hostileDrills()],
    ['nothing', []],
  ] as const) {
    it(`break no rule of accessibility, log nothing, load nothing from elsewhere, and fit a phone, with ${what}`, async function () {
      this.timeout(120_000)
      stage = await WebStage.open()
      ids = await stage.record(drills)
      const names = {
        nothing: [],
        'hostile names': [...ids.keys()].slice(0, 2),
        'every state and finding': ['billing', 'auth', 'uploads'],
      }[what]
      const groups = what === 'every state and finding' ? [billing] : []
      await stage.ledger.halt({ target: { kind: 'schedule', name: 'weekdays' }, reason: 'a test', by: 'ana', until: null })
      browser = await openBrowser(this, stage.origin)
      const { page, complaints } = await browser.page()
      for (const path of ['/', '/schedules', '/refusals', '/changes', ...groups, ...names.map(name => `/drills/${ids.get(name)}`)]) {
        const looks = [
          [390, 'dark'],
          [1280, 'light'],
        ] as const
        for (const [width, colorScheme] of what === 'every state and finding' ? looks : looks.slice(0, 1)) {
          await page.setViewportSize({ width, height: 800 })
          await page.emulateMedia({ colorScheme })
          await page.goto(stage.origin + path)
          assert.deepEqual(await violations(page), [], `${path} at ${width}, ${colorScheme}`)
          assert.equal(await overflow(page), 0, `${path} at ${width}`)
        }
      }
      assert.deepEqual(complaints, [])
    })
  }

  it('S2 halt with one click, and resume', async function () {
    stage = await WebStage.open()
    await stage.record(fleet())
    browser = await openBrowser(this, stage.origin)
    const { page, complaints } = await opened('/refusals')
    await page.getByLabel('Reason for halting everything').fill('incident 4711')
    await page.getByRole('button', { name: 'Halt everything' }).click()
    await page.getByText('Incident 4711.').waitFor()
    assert.equal(new URL(page.url()).pathname, '/refusals')
    assert.equal((await stage.ledger.state()).halts.length, 1)
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('Everything is halted').waitFor({ state: 'detached' })
    assert.deepEqual((await stage.ledger.state()).halts, [])
    assert.deepEqual(complaints, [])
  })

  it('S6 clear a quarantine, which asks for a note', async function () {
    stage = await WebStage.open()
    await stage.record(fleet())
    browser = await openBrowser(this, stage.origin)
    const { page } = await opened(billing)
    await page.getByRole('button', { name: 'Clear the quarantine' }).click()
    assert.ok(
      (await stage.ledger.quarantines()).some(one => one.service === 'payments'),
      'nothing without a note',
    )
    await page.getByLabel('What was done about it').fill('moved into the template')
    await page.getByRole('button', { name: 'Clear the quarantine' }).click()
    await page.getByRole('heading', { name: 'In quarantine' }).waitFor({ state: 'detached' })
    assert.ok(!(await stage.ledger.quarantines()).some(one => one.service === 'payments'))
  })

  it('log in and out; a viewer sees no button that changes something', async function () {
    stage = await WebStage.open({ tokens: bothTokens })
    await stage.record(fleet())
    browser = await openBrowser(this, stage.origin)
    const { page, complaints } = await opened('/refusals')
    assert.deepEqual(await violations(page), [])
    await page.getByLabel('Token').fill('wrong')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Token').fill(viewerToken)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { name: /Why nothing was killed/ }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Halt everything' }).count(), 0)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Token').fill(operatorToken)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('button', { name: 'Halt everything' }).waitFor()
    assert.deepEqual(
      complaints.filter(complaint => !/401/.test(complaint)),
      [],
      'the wrong token alone is told',
    )
  })

  it('do all of it without JavaScript', async function () {
    stage = await WebStage.open({ tokens: bothTokens })
    ids = await stage.record(fleet())
    browser = await openBrowser(this, stage.origin, { javaScript: false })
    const { page, complaints } = await opened('/')
    await page.getByLabel('Token').fill(operatorToken)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByLabel('Search').fill('billing')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.locator('a.cell').click()
    await page.getByRole('heading', { name: 'billing', level: 1 }).waitFor()
    await page.getByLabel('What was done about it').fill('done')
    await page.getByRole('button', { name: 'Clear the quarantine' }).click()
    await page.getByRole('link', { name: 'See the drill' }).waitFor({ state: 'detached' })
    await page.goto(`${stage.origin}/drills/${ids.get('billing')}`)
    await page.getByText('14 other settings equal').click()
    await page.getByRole('button', { name: 'Halt everything' }).click()
    await page.getByText('No reason given.').waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('Everything is halted').waitFor({ state: 'detached' })
    assert.deepEqual(complaints, [])
  })

  it('take over what changed, by themselves, and keep what somebody is typing and has opened', async function () {
    stage = await WebStage.open()
    ids = await stage.record(fleet())
    browser = await openBrowser(this, stage.origin)
    const { page, complaints } = await opened(`/drills/${ids.get('billing')}`)
    await page.locator('body[data-connected="1"]').waitFor()
    await page.getByText('14 other settings equal').click()
    await page.getByLabel('Reason for halting everything').fill('half a sen')
    await stage.ledger.halt({ target: { kind: 'installation' }, reason: 'from the command line', by: 'ben', until: null })
    await page.getByText('From the command line.').waitFor()
    assert.equal(await page.getByLabel('Reason for halting everything').inputValue(), 'half a sen')
    assert.ok(await page.getByText('ebsOptimized', { exact: true }).isVisible(), 'what was opened stays open')
    await stage.ledger.resume(null, 'ben')
    await page.getByText('From the command line.').waitFor({ state: 'detached' })
    assert.deepEqual(complaints, [])
  })
})
