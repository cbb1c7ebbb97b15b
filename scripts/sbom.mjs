// Prints a software bill of materials (CycloneDX 1.6 JSON) of what is installed to run Firedrill: npm run --silent sbom > sbom.json
// Everything comes from package-lock.json. Where a package was downloaded from is left out: that is each installer's own affair.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const root = new URL('../', import.meta.url)
const lockText = readFileSync(new URL('package-lock.json', root), 'utf8')
const { name, version, license, description } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

console.log(JSON.stringify(sbomOf(JSON.parse(lockText)), null, 2))

function sbomOf(lock) {
  const places = Object.keys(lock.packages).filter(
    place => place !== '' && lock.packages[place].dev !== true && lock.packages[place].link !== true,
  )
  const self = `pkg:npm/${name}@${version}`
  const components = new Map(places.map(place => [refOf(lock, place), componentOf(lock, place)]))
  const dependencies = new Map(places.map(place => [refOf(lock, place), []]))
  dependencies.set(self, dependsOn(lock, ''))
  for (const place of places) dependencies.set(refOf(lock, place), [...dependencies.get(refOf(lock, place)), ...dependsOn(lock, place)])
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    // The same lock file makes the same document.
    serialNumber: `urn:uuid:${uuidOf(createHash('sha256').update(lockText).digest('hex'))}`,
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': self, name, version, description, purl: self, licenses: licensesOf(license) },
    },
    components: [...components.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1)),
    dependencies: [...dependencies]
      .map(([ref, on]) => ({ ref, dependsOn: [...new Set(on)].sort() }))
      .sort((a, b) => (a.ref < b.ref ? -1 : 1)),
  }
}

function componentOf(lock, place) {
  const entry = lock.packages[place]
  const [scope, short] = splitName(nameOf(place))
  return {
    type: 'library',
    'bom-ref': refOf(lock, place),
    ...(scope === null ? {} : { group: scope }),
    name: short,
    version: entry.version,
    scope: entry.optional === true ? 'optional' : 'required',
    purl: refOf(lock, place),
    ...(entry.license === undefined ? {} : { licenses: licensesOf(entry.license) }),
    ...(entry.integrity === undefined ? {} : { hashes: hashesOf(entry.integrity) }),
  }
}

/** `node_modules/a/node_modules/@b/c` → `@b/c`. */
function nameOf(place) {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

function splitName(full) {
  return full.startsWith('@') ? [full.split('/')[0], full.split('/')[1]] : [null, full]
}

function refOf(lock, place) {
  return `pkg:npm/${nameOf(place).replace('@', '%40')}@${lock.packages[place].version}`
}

/** As Node resolves: in the package's own node_modules, then in each above it. */
function dependsOn(lock, place) {
  const { dependencies = {}, optionalDependencies = {} } = lock.packages[place]
  return Object.keys({ ...dependencies, ...optionalDependencies }).flatMap(wanted => {
    for (let at = place; ; at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '') {
      const found = `${at === '' ? '' : `${at}/`}node_modules/${wanted}`
      if (lock.packages[found] !== undefined) return [refOf(lock, found)]
      if (at === '') return []
    }
  })
}

/** `sha512-<base64>`, possibly several. */
function hashesOf(integrity) {
  const names = { sha512: 'SHA-512', sha384: 'SHA-384', sha256: 'SHA-256', sha1: 'SHA-1' }
  return integrity.split(/\s+/).map(one => {
    const [algorithm, digest] = [one.slice(0, one.indexOf('-')), one.slice(one.indexOf('-') + 1)]
    return { alg: names[algorithm], content: Buffer.from(digest, 'base64').toString('hex') }
  })
}

function licensesOf(text) {
  return [/^[A-Za-z0-9.+-]+$/.test(text) ? { license: { id: text } } : { expression: text.replace(/^\((.*)\)$/, '$1') }]
}

function uuidOf(hex) {
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}
