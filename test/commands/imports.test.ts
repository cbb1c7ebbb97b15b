import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'

const commands = new URL('../../src/commands/', import.meta.url)

/** Every file of src/ that a file loads when it is imported; types and lazy imports are not loaded. */
async function loadedBy(file: URL, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file.pathname)) return seen
  seen.add(file.pathname)
  const text = await readFile(file, 'utf8')
  for (const [, names = '', path = ''] of text.matchAll(/^(?:import|export) (?!type )([^'"]*?)from '(\.[^']+)'/gms)) {
    if (/^\{\s*(type \w+,?\s*)+\}\s*$/.test(names)) continue
    await loadedBy(new URL(path, file), seen)
  }
  return seen
}

describe('the emergency stop', () => {
  for (const command of ['halt', 'resume', 'quarantine', 'drills', 'show']) {
    it(`S2 ${command} loads no engine, queue, rule or platform: it works when those do not`, async () => {
      const loaded = [...(await loadedBy(new URL(`${command}.ts`, commands)))]
      assert.ok(
        loaded.some(file => file.includes('/src/ledger/')),
        'the scan finds the ledger',
      )
      assert.deepEqual(
        loaded.filter(file => /\/src\/(engine|queue|rules|simulator|providers\/(?:aws|gcp|azure|swarm)\/(?!settings))/.test(file)),
        [],
      )
    })
  }
})
