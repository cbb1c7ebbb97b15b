import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

interface Row {
  readonly open: string
  readonly titles: readonly string[]
}

/** What a page calls open, and the tests that it names for it. */
function rowsOf(provider: string): Row[] {
  const page = readFileSync(`docs/providers/${provider}.md`, 'utf8')
  const [, part = ''] = page.split('## What nobody could confirm')
  const lines = part.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| open') && !line.startsWith('| -'))
  return lines.map(line => {
    const cells = line.split('|').map(cell => cell.trim())
    return { open: cells[1] ?? '', titles: [...(cells[3] ?? '').matchAll(/"([^"]+)"/g)].map(match => match[1] ?? '') }
  })
}

describe('what nobody could confirm', function () {
  this.timeout(120_000)
  let titles: ReadonlySet<string>

  before(async () => {
    const mocha = 'node_modules/mocha/bin/mocha.js'
    const files = ['test/providers/*.test.ts', 'test/providers/{aws,azure,gcp}/*.test.ts', 'test/simulator/{.,azure,gcp}/*.test.ts']
    const { stdout } = await run(process.execPath, [mocha, '--dry-run', '--reporter', 'json', ...files], { maxBuffer: 64 << 20 })
    const told = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { tests: { title: string }[] }
    titles = new Set(told.tests.map(test => test.title))
  })

  for (const provider of ['aws', 'azure', 'gcp'])
    it(`has for each point of ${provider} tests that are really there`, () => {
      const rows = rowsOf(provider)
      assert.ok(rows.length > 5)
      for (const { open, titles: named } of rows) {
        assert.ok(named.length > 0, `${open} names no test`)
        assert.deepEqual(
          named.filter(title => !titles.has(title)),
          [],
          open,
        )
      }
    })
})
