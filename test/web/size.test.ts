import assert from 'node:assert/strict'
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
})
