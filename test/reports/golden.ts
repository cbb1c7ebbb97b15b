import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'

/** Compares with a stored file; `GOLDEN=update` writes what is there now, to be read before it is committed. */
export function assertGolden(path: string, actual: string): void {
  const file = new URL(path, import.meta.url)
  if (process.env.GOLDEN === 'update') writeFileSync(file, actual)
  assert.equal(actual, readFileSync(file, 'utf8'))
}
