/*
 * The pictures of README.md and docs/dashboard.md, made of the real pages over a ledger of a small shop.
 * `npm run pictures` writes them anew into docs/images.
 */

import { chromium } from 'playwright-core'
import { schedule } from '../test/domain/calendars.ts'
import { WebStage } from '../test/web/stage.ts'
import { shop } from './shop.ts'

const everywhere = { providers: ['aws', 'azure', 'gcp'], include: ['*'], exclude: [] }
const stage = await WebStage.open({ schedules: [schedule({ leashed: false, groups: everywhere })] })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
try {
  const ids = await stage.record(shop().toSorted((a, b) => Temporal.Instant.compare(a.drill.plannedFor, b.drill.plannedFor)))
  const page = await browser.newPage({ colorScheme: 'light', viewport: { width: 1180, height: 900 } })
  const pictures = [
    ['fleet', '/'],
    ['snowflake', `/drills/${ids.get('billing')}`],
  ] as const
  for (const [name, path] of pictures) {
    await page.goto(stage.origin + path)
    const end = name === 'fleet' ? await page.locator('main').boundingBox() : await page.locator('article.card').boundingBox()
    const height = Math.ceil((end?.y ?? 0) + (end?.height ?? 900) + 24)
    await page.screenshot({
      path: new URL(`../docs/images/${name}.png`, import.meta.url).pathname,
      fullPage: true,
      clip: { x: 0, y: 0, width: 1180, height },
    })
  }
} finally {
  await browser.close()
  await stage.close()
}
