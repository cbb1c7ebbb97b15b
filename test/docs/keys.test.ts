import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { jsonSchemas } from '../../src/config/json-schema.ts'
import { LOG_LEVELS } from '../../src/config/log-level.ts'

const page = read('docs/configuration.md')

/** Settings that a row of a table explains: a key of its own, and what stands in the row and in the page that it links to. */
interface Row {
  readonly keys: readonly string[]
  readonly words: ReadonlySet<string>
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

function read(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
}

/** Every key that a file may hold, with those around it; names that the writer chooses (a target, an owner) are left out. */
function keysOf({ properties = {}, items, additionalProperties, anyOf = [], oneOf = [] }: Schema): string[] {
  const inside = [...anyOf, ...oneOf, ...(items === undefined ? [] : [items])]
  if (typeof additionalProperties === 'object') inside.push(additionalProperties)
  const own = Object.entries(properties).flatMap(([key, schema]) => {
    const below = keysOf(schema).map(path => `${key}.${path}`)
    return below.length > 0 ? below : [key]
  })
  return [...new Set([...own, ...inside.flatMap(keysOf)])]
}

function section(title: string): string {
  const [, text] = page.split(`\n## ${title}\n`)
  return text?.split('\n## ')[0] ?? assert.fail(`there is no section "${title}"`)
}

/** Whatever is written as code. */
function wordsOf(text: string): string[] {
  const code = [...text.matchAll(/^```\w*\n([\s\S]*?)^```$|`([^`\n]+)`/gm)].map(([, fenced, span]) => fenced ?? span ?? '')
  return code.flatMap(one => one.match(/[A-Za-z][\w-]*/g) ?? [])
}

/** Keys in one cell stand below the same parent: `limits.concurrent`, `concurrentPerScope`. */
function keysIn(cell: string, under: string): string[] {
  const [first = '', ...others] = [...cell.matchAll(/`([^`]+)`/g)].map(([, key]) => key ?? '')
  const parent = first.slice(0, first.lastIndexOf('.') + 1)
  return [first, ...others.map(key => (key.includes('.') ? key : `${parent}${key}`))].map(key => `${under}${key}`)
}

function rowsOf(title: string, under = ''): Row[] {
  const lines = section(title)
    .split('\n')
    .filter(line => line.startsWith('| `'))
  return lines.map(line => {
    const [, first = '', ...rest] = line.split(/(?<!\\)\|/)
    const linked = [...rest.join('|').matchAll(/\]\(([\w./-]+\.md)/g)].map(([, name]) => read(`docs/${name}`))
    return { keys: keysIn(first, under), words: new Set([rest.join('|'), ...linked].flatMap(wordsOf)) }
  })
}

/** Keys that no row has, nor the nearest row above them mentions. */
function unexplained(schema: object, rows: readonly Row[], common: ReadonlySet<string>): string[] {
  return keysOf(schema as Schema).filter(key => {
    const parts = key.split('.')
    for (let depth = parts.length; depth > 0; depth--) {
      const row = rows.find(({ keys }) => keys.includes(parts.slice(0, depth).join('.')))
      if (row !== undefined) return !parts.slice(depth).every(part => row.words.has(part) || common.has(part))
    }
    return true
  })
}

describe('docs/configuration.md', () => {
  const { firedrill, schedule } = jsonSchemas()
  const secrets = wordsOf(section('Secrets, headers and programs in checks'))
  /** What a section says of all its kinds, outside of its table. */
  const ofAll = (title: string) =>
    wordsOf(
      section(title)
        .replace(/^\|.*$/gm, '')
        .replace(/^```[\s\S]*?^```$/gm, ''),
    )

  it('explains every key of firedrill.yaml', () => {
    assert.deepEqual(unexplained(firedrill, rowsOf('firedrill.yaml'), new Set()), [])
  })

  it('explains every key of a schedule, down to those of each guard, probe and fingerprint', () => {
    const { guards, probes, fingerprint, ...own } = (schedule as Schema).properties ?? {}
    assert.deepEqual(unexplained({ properties: own }, rowsOf('A schedule'), new Set()), [])
    for (const [key, schema, title] of [
      ['guards', guards, 'Guards'],
      ['probes', probes, 'Probes'],
      ['fingerprint', fingerprint, 'Fingerprints'],
    ] as const)
      assert.deepEqual(unexplained({ properties: { [key]: schema } }, rowsOf(title, `${key}.`), new Set([...secrets, ...ofAll(title)])), [])
  })

  it('has no row for a key that nobody may write', () => {
    const known = [firedrill, schedule].flatMap(schema => keysOf(schema as Schema))
    const rows = ['firedrill.yaml', 'A schedule'].flatMap(title => rowsOf(title)).flatMap(({ keys }) => keys)
    assert.deepEqual(
      rows.filter(key => !known.some(one => one === key || one.startsWith(`${key}.`))),
      [],
    )
  })

  it('names every variable that is read, and every level of the log', () => {
    const source = globSync('src/**/*.ts', { cwd: new URL('../../', import.meta.url).pathname })
      .map(read)
      .join('\n')
    const variables = new Set([...source.matchAll(/\benv\.([A-Z][A-Z0-9_]+)/g)].map(([, name]) => name ?? ''))
    assert.ok(variables.has('FIREDRILL_HALT_FILE'))
    const said = new Set(wordsOf(page))
    assert.deepEqual(
      [...variables, 'FIREDRILL_LOG_LEVEL', 'LOG_LEVEL', ...LOG_LEVELS].filter(name => !said.has(name)),
      [],
    )
  })
})
