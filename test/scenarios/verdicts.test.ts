import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const main = new URL('../../bench/verdicts.ts', import.meta.url).pathname

interface Summary {
  readonly struck: number
  readonly matrix: readonly (readonly number[])[]
  readonly observable: number
  readonly withoutVerdict: number
  readonly disagreements: readonly unknown[]
}

/** In a process of its own, since its time is simulated for everything in it. */
async function soak(...options: string[]): Promise<Summary> {
  const given = ['--disable-warning=ExperimentalWarning', main, '--json', ...options]
  const { stdout } = await run(process.execPath, given).catch(error => ({ stdout: String(error.stdout) }))
  return JSON.parse(stdout) as Summary
}

describe('verdicts under bad clouds', () => {
  it('agree with the truth, and no strike is against a rule: a seeded slice of npm run bench:verdicts', async () => {
    const { struck, matrix, disagreements, observable, withoutVerdict } = await soak('--strikes', '60')
    assert.deepEqual(disagreements, [])
    assert.ok(struck >= 60)
    const right = (matrix[0]?.[0] ?? 0) + (matrix[1]?.[1] ?? 0)
    assert.ok(right >= 30, `only ${right} verdicts`)
    assert.ok(withoutVerdict <= 0.05 * observable, `${withoutVerdict} of ${observable} without a verdict`)
  }).timeout(300_000)

  it('are the same when a seed is replayed, wherever it stands in a soak', async () => {
    const first = await soak('--from', '3', '--strikes', '1')
    const alone = await soak('--from', '4', '--strikes', '1')
    const after = await soak('--from', '3', '--strikes', String(first.struck + alone.struck))
    assert.ok(first.struck > 0 && alone.struck > 0)
    assert.deepEqual(
      after.matrix,
      alone.matrix.map((row, truth) => row.map((count, said) => count + (first.matrix[truth]?.[said] ?? 0))),
    )
  }).timeout(300_000)
})
