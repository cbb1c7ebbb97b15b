/*
 * The pictures of README.md and docs/dashboard.md, made of the real pages over a ledger with the fleet that the tests use.
 * `npm run pictures` writes them anew into docs/images.
 */

import { chromium } from 'playwright-core'
import { campaign, fleet } from '../test/reports/fixtures.ts'
import { WebStage } from '../test/web/stage.ts'

const stage = await WebStage.open()
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
try {
  await stage.record(campaign(40))
  const ids = await stage.record(fleet())
  const page = await browser.newPage({ viewport: { width: 1180, height: 1000 }, colorScheme: 'light' })
  const pictures = [
    ['fleet', '/'],
    ['snowflake', `/drills/${ids.get('billing')}`],
  ] as const
  for (const [name, path] of pictures) {
    await page.goto(stage.origin + path)
    await page.screenshot({ path: new URL(`../docs/images/${name}.png`, import.meta.url).pathname })
  }
} finally {
  await browser.close()
  await stage.close()
}
