import assert from 'node:assert/strict'
import { fleet, hostileDrills } from '../reports/fixtures.ts'
import { openBrowser, type TestBrowser, type Watched } from '../support/browser.ts'
import { looks, overflow, setLook, violations } from '../support/look.ts'
import { bothTokens, noon, operatorToken, viewerToken, WebStage } from './stage.ts'

const billing = `/group?id=${encodeURIComponent('aws:123456789012/eu-west-1/asg/billing')}`
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
        'every state and finding': ['billing', 'auth', 'uploads', 'profile', 'recommendations', 'java-monolith'],
      }[what]
      const groups = what === 'every state and finding' ? [billing] : []
      // Both ways in which a schedule can be stopped or started again must fit.
      if (what !== 'nothing')
        await stage.ledger.halt({ target: { kind: 'scope', name: 'aws:1/x' }, reason: 'a test', by: 'ana', until: null })
      if (what === 'hostile names')
        await stage.ledger.halt({ target: { kind: 'schedule', name: 'weekdays' }, reason: 'a test', by: 'ana', until: null })
      browser = await openBrowser(this, stage.origin)
      const { page, complaints } = await browser.page()
      for (const path of ['/', '/schedules', '/refusals', '/changes', ...groups, ...names.map(name => `/drills/${ids.get(name)}`)]) {
        for (const look of what === 'every state and finding' ? looks : looks.slice(0, 1)) {
          await setLook(page, look)
          await page.goto(stage.origin + path)
          assert.deepEqual(await violations(page), [], `${path} at ${look.width}, ${look.colorScheme}`)
          assert.equal(await overflow(page), 0, `${path} at ${look.width}`)
        }
      }
      assert.deepEqual(complaints, [])
    })
  }

  it('fade with age, and stay readable: a proof of three weeks, and one that is too old', async function () {
    stage = await WebStage.open()
    await stage.record(fleet())
    browser = await openBrowser(this, stage.origin)
    const { page, complaints } = await browser.page()
    for (const days of [21, 31]) {
      stage.now = noon.add({ hours: 24 * days })
      for (const look of looks) {
        await setLook(page, look)
        await page.goto(stage.origin)
        assert.equal(await page.locator('.cell.age-2, .cell.age-3').count(), 32)
        assert.deepEqual(await violations(page), [], `after ${days} days, ${look.colorScheme}`)
      }
    }
    assert.deepEqual(complaints, [])
  })

  it('are as accessible where there is nothing to show: login, an unknown address, a ledger that cannot be read', async function () {
    stage = await WebStage.open({ tokens: bothTokens })
    browser = await openBrowser(this, stage.origin)
    const { page } = await opened('/schedules')
    const check = async (title: string) => {
      await page.getByRole('heading', { name: title, level: 1 }).waitFor()
      for (const look of looks) {
        await setLook(page, look)
        assert.deepEqual(await violations(page), [], title)
        assert.equal(await overflow(page), 0, title)
      }
    }
    await check('Log in')
    await page.getByLabel('Token').fill(operatorToken)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { name: '1 schedule' }).waitFor()
    for (const path of ['/nothing', '/drills/nothing', '/group?id=nothing']) {
      await page.goto(stage.origin + path)
      await check('Not found')
    }
    await stage.ledger.close()
    await page.goto(stage.origin)
    await check('This page cannot be shown now')
  })

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

  it('show a viewer everything and let it change nothing, on any page', async function () {
    stage = await WebStage.open({ tokens: bothTokens })
    ids = await stage.record(fleet())
    await stage.ledger.halt({ target: { kind: 'schedule', name: 'weekdays' }, reason: 'a test', by: 'ana', until: null })
    browser = await openBrowser(this, stage.origin)
    const { page, complaints } = await opened('/')
    await page.getByLabel('Token').fill(viewerToken)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('You are grafana, viewer.').waitFor()
    const buttons = async () => (await page.getByRole('button').allTextContents()).filter(text => text !== 'Show')
    for (const path of ['/', '/schedules', '/refusals', '/changes', billing, `/drills/${ids.get('billing')}`]) {
      await page.goto(stage.origin + path)
      await page.getByText('The schedule weekdays is halted').first().waitFor()
      assert.deepEqual(await buttons(), ['Log out'], path)
      assert.deepEqual(await violations(page), [], path)
    }
    assert.deepEqual(complaints, [])
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
