import assert from 'node:assert/strict'
import { openBrowser } from '../support/browser.ts'
import { looks, overflow, setLook, violations } from '../support/look.ts'
import { drills, groups, type LargeInstallation, openLarge, paths } from './large.ts'

// How long they take is measured by `npm run bench` and stands in docs/performance.md.
describe(`with ${groups} groups and ${drills} drills`, function () {
  this.timeout(120_000)
  let large: LargeInstallation

  before(async () => {
    large = await openLarge()
  })
  after(() => large?.close())

  for (const path of paths) {
    it(`${path.slice(0, 40)} stays below 100 kB`, async () => {
      const size = Buffer.byteLength(await large.stage.page(path))
      assert.ok(size < 100_000, `${size} bytes`)
      assert.ok(size > 2_000, `only ${size} bytes: what should be on it?`)
    })
  }

  it('breaks no rule of accessibility and fits a phone', async function () {
    const browser = await openBrowser(this, large.stage.origin)
    try {
      const { page, complaints } = await browser.page()
      for (const look of looks) {
        await setLook(page, look)
        for (const path of ['/', '/schedules', '/refusals']) {
          await page.goto(large.stage.origin + path)
          assert.deepEqual(await violations(page), [], `${path} at ${look.width}`)
          assert.equal(await overflow(page), 0, `${path} at ${look.width}`)
        }
      }
      assert.deepEqual(complaints, [])
    } finally {
      await browser.close()
    }
  })
})
