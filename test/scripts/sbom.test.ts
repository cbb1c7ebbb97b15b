import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const project = new URL('../../', import.meta.url)

interface Component {
  readonly type: string
  readonly 'bom-ref': string
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licenses?: readonly ({ readonly license: { readonly id: string } } | { readonly expression: string })[]
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
}

describe('scripts/sbom.mjs', function () {
  this.timeout(30_000)
  let text = ''
  let components: readonly Component[] = []
  let dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[] = []

  before(async () => {
    text = (await run(process.execPath, [new URL('scripts/sbom.mjs', project).pathname], { maxBuffer: 64 << 20 })).stdout
    ;({ components, dependencies } = JSON.parse(text))
  })

  it('prints a CycloneDX document of this version, the same each time', async () => {
    const { bomFormat, specVersion, serialNumber, version, metadata } = JSON.parse(text)
    const { name, version: own } = JSON.parse(await readFile(new URL('package.json', project), 'utf8'))
    assert.deepEqual([bomFormat, specVersion, version], ['CycloneDX', '1.6', 1])
    assert.match(serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.deepEqual([metadata.component.type, metadata.component.name, metadata.component.version], ['application', name, own])
  })

  it('names each package that runs, once, with version, licence and digest, and none that only develops', async () => {
    const manifest = JSON.parse(await readFile(new URL('package.json', project), 'utf8'))
    const names = new Set(components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`)))
    for (const needed of Object.keys(manifest.dependencies)) assert.ok(names.has(needed), needed)
    for (const spare of ['mocha', 'typescript', '@biomejs/biome', 'fast-check']) assert.ok(!names.has(spare), spare)
    assert.equal(new Set(components.map(one => one['bom-ref'])).size, components.length)
    for (const one of components) {
      assert.match(one.purl, /^pkg:npm\/(%40[^/@]+\/)?[^/@]+@\d[^\s]*$/)
      assert.deepEqual([one.type, one.purl], ['library', one['bom-ref']])
      for (const { alg, content } of one.hashes ?? []) assert.equal(content.length, alg === 'SHA-512' ? 128 : 40, one.purl)
    }
    const lock = JSON.parse(await readFile(new URL('package-lock.json', project), 'utf8')).packages as Record<
      string,
      { integrity?: string; dev?: true }
    >
    const digested = Object.entries(lock).filter(([place, { integrity, dev }]) => place !== '' && dev !== true && integrity !== undefined)
    assert.ok(components.filter(({ hashes }) => hashes !== undefined).length >= digested.length * 0.9, 'packages with a digest keep it')
    const licensed = components.filter(({ licenses }) => licenses !== undefined)
    assert.ok(licensed.length > components.length * 0.95, `${licensed.length} of ${components.length}`)
  })

  it('tells who needs whom, with no end that leads nowhere', () => {
    const known = new Set([...components.map(one => one['bom-ref']), dependencies.find(({ ref }) => ref.includes('/firedrill@'))?.ref])
    for (const { ref, dependsOn } of dependencies) for (const one of [ref, ...dependsOn]) assert.ok(known.has(one), one)
    assert.ok((dependencies.find(({ ref }) => ref.includes('/firedrill@'))?.dependsOn.length ?? 0) > 10)
  })

  it('says nothing of where packages were downloaded from', () => {
    assert.doesNotMatch(text, /https?:\/\/|git\+|\.tgz/)
  })
})
