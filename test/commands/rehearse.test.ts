import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const main = new URL('../../src/main.ts', import.meta.url).pathname

describe('firedrill rehearse', () => {
  it('drills the simulated fleet, comes to the truth about every group, and writes the report', async function () {
    this.timeout(120_000)
    const out = await mkdtemp(join(tmpdir(), 'firedrill-rehearsal-'))
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [main, 'rehearse', '--out', out], { maxBuffer: 1 << 26 })
      assert.match(stdout, /phoenix · \d+ snowflake/)
      assert.match(stdout, /Report: file:\/\//)
      const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as { summary: { phoenix: number; snowflake: number } }
      assert.ok(report.summary.phoenix > 0 && report.summary.snowflake > 0)
    } finally {
      await rm(out, { recursive: true, force: true })
    }
  })
})
