import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'mocha'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { missing } from './missing.ts'

const executablePath = '/usr/bin/chromium'

/** Nothing of its own accord: no updates, no sync, no questions to the outside. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface BrowserOptions {
  readonly javaScript?: boolean
}

export interface TestBrowser {
  readonly context: BrowserContext
  page(): Promise<Watched>
  close(): Promise<void>
}

/** A page, with everything that went wrong on it. */
export interface Watched {
  readonly page: Page
  /** Console errors and warnings, exceptions, and requests to anywhere but this site. */
  readonly complaints: readonly string[]
}

/** A browser with a profile of its own, gone afterwards. */
export async function openBrowser(test: Context, site: string, { javaScript = true }: BrowserOptions = {}): Promise<TestBrowser> {
  if (!existsSync(executablePath)) missing(test, 'chromium')
  const profile = await mkdtemp(join(tmpdir(), 'firedrill-browser-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args,
    javaScriptEnabled: javaScript,
    viewport: { width: 1280, height: 900 },
  })
  return {
    context,
    page: async () => watch(await context.newPage(), site),
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}

function watch(page: Page, site: string): Watched {
  const complaints: string[] = []
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', error => complaints.push(`exception: ${error.message}`))
  page.on('request', request => {
    if (new URL(request.url()).origin !== site) complaints.push(`request to ${request.url()}`)
  })
  return { page, complaints }
}
