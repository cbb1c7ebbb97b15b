/*
 * The pictures of README.md and docs/dashboard.md, made of the real pages over a ledger with the fleet that the tests use.
 * `npm run pictures` writes them anew into docs/images.
 */

import { chromium } from 'playwright-core'
import { concluded, fleet, start } from '../test/reports/fixtures.ts'
import { WebStage } from '../test/web/stage.ts'

const stage = await WebStage.open()
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
try {
  // A fleet that has been drilled for months: the curve of its coverage rises, and its oldest proofs fade.
  const earlier = Array.from({ length: 44 }, (_, index) =>
    concluded({ name: `service-${index + 1}`, verdict: 'phoenix', at: start.subtract({ hours: 18 * (44 - index) }) }),
  )
  await stage.record(earlier)
  const ids = await stage.record(fleet())
  const page = await browser.newPage({ colorScheme: 'light' })
  const pictures = [
    ['fleet', '/', 1000],
    ['snowflake', `/drills/${ids.get('billing')}`, 1240],
  ] as const
  for (const [name, path, height] of pictures) {
    await page.setViewportSize({ width: 1180, height })
    await page.goto(stage.origin + path)
    await page.screenshot({ path: new URL(`../docs/images/${name}.png`, import.meta.url).pathname })
  }
} finally {
  await browser.close()
  await stage.close()
}
