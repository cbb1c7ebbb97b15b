import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'

/** Compares with test/notify/golden; `GOLDEN=update` writes what is there now, to be read before it is committed. */
export function assertGolden(file: string, actual: string): void {
  const place = new URL(`golden/${file}`, import.meta.url)
  if (process.env.GOLDEN === 'update') writeFileSync(place, actual)
  assert.equal(actual, readFileSync(place, 'utf8'))
}
