import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { providers } from '../../src/providers/registry.ts'

describe('the registry of providers', () => {
  const folders = readdirSync(new URL('../../src/providers/', import.meta.url), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && entry.name !== 'shared')
    .map(entry => entry.name)
    .sort()

  it('names every provider folder, and nothing else', () => {
    assert.deepEqual(Object.keys(providers).sort(), folders)
  })

  for (const name of folders)
    it(`opens ${name} by the same function, with settings that may all be left out`, async () => {
      assert.equal(typeof (await providers[name]?.load())?.openProvider, 'function')
      const settings = (await providers[name]?.loadSettings())?.parse({})
      assert.deepEqual([settings?.endpoint, settings?.optIn, settings?.optOut], [null, [], []])
    })

  for (const name of folders)
    it(`finds the same four files in ${name} as in every provider`, () => {
      const files = readdirSync(new URL(`../../src/providers/${name}/`, import.meta.url))
      for (const file of ['index.ts', 'client.ts', 'map.ts', 'errors.ts']) assert.ok(files.includes(file), file)
    })
})
