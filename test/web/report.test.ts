import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { renderHtml } from '../../src/reports/html/page.ts'
import type { ReportedDrill } from '../../src/reports/model.ts'
import { buildReport } from '../../src/reports/report.ts'
import { campaign, fleet, hostileDrills, reportInput } from '../reports/fixtures.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { looks, overflow, setLook, violations } from '../support/look.ts'

describe('the report file in a browser', function () {
  this.timeout(120_000)
  let browser: TestBrowser
  let folder: string

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-report-'))
    // Files have no origin: a request to anything but this one is told.
    browser = await openBrowser(this, 'null')
  })
  afterEach(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function saved(drills: readonly ReportedDrill[]): Promise<string> {
    const file = join(folder, 'report.html')
    await writeFile(file, renderHtml(buildReport(reportInput(drills))))
    return pathToFileURL(file).href
  }

  for (const [what, drills] of [
    ['every state and finding', () => fleet()],
    ['hostile names', () => hostileDrills()],
    ['nothing', () => []],
    ['a campaign', () => campaign(24)],
  ] as const) {
    it(`breaks no rule of accessibility, asks nobody for anything, and fits a phone, with ${what}`, async () => {
      const address = await saved(drills())
      const { page, complaints } = await browser.page()
      const requests: string[] = []
      page.on('request', request => requests.push(request.url()))
      await page.goto(address)
      for (const look of looks) {
        await setLook(page, look)
        assert.deepEqual(await violations(page), [], `at ${look.width}, ${look.colorScheme}`)
        assert.equal(await overflow(page), 0, `at ${look.width}`)
      }
      assert.deepEqual(complaints, [])
      assert.deepEqual(requests, [address])
    })
  }

  it('prints on paper: dark on white, nothing cut at the side, and no more pages than it needs', async () => {
    const { page } = await browser.page()
    await page.goto(await saved(fleet()))
    // A4 without its margins, at 96 dots an inch.
    await page.setViewportSize({ width: 688, height: 970 })
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    assert.equal(await overflow(page), 0)
    assert.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)')
    assert.deepEqual(await violations(page), [])
    const pdf = (await page.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1')
    const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0
    assert.ok(pages > 3 && pages < 30, `${pages} pages`)
  })
})
