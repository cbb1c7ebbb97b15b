import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const biome = join(root, 'node_modules', '.bin', 'biome')

/** STYLE: the core never names a cloud; to it a provider's name is a plain string. */
const rooms = ['domain', 'rules', 'engine', 'ledger', 'queue', 'reports', 'web']
const providers = ['aws', 'gcp', 'azure', 'swarm', 'kubernetes', 'nomad']

describe('the core', () => {
  for (const room of rooms.filter(name => existsSync(join(root, 'src', name)))) {
    it(`names no provider in ${room}/`, () => {
      const found = sourcesIn(room).flatMap(file => namesIn(readFileSync(file, 'utf8')).map(name => `${file}: ${name}`))
      assert.deepEqual(found, [])
    })
  }

  it('would be caught naming one', () => {
    const caught = [
      "const name = 'aws'",
      'if (provider === "Azure") return',
      'function awsGroups() {}',
      'isSwarm',
      'GCP_PROJECT',
      "'aws:1/web'",
      '`a part of kubernetes`',
    ]
    for (const code of caught) assert.equal(namesIn(code).length, 1, code)
    const innocent = [
      "// as in aws:123/web\nconst url = 'https://x'",
      '/* azure */ const a = 1',
      'comingDraws(laws)',
      'const swarming = nomadic',
    ]
    for (const code of innocent) assert.deepEqual(namesIn(code), [], code)
  })
})

function sourcesIn(room: string): readonly string[] {
  const folder = join(root, 'src', room)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
}

/** Provider names that stand in code as a word or as a part of an identifier; comments may give examples. */
function namesIn(code: string): readonly string[] {
  const bare = withoutComments(code)
  return providers.filter(name => {
    const capitalized = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
    const forms = `(?<![a-zA-Z])${name}(?![a-z])|${capitalized}(?![a-z])|(?<![A-Z])${name.toUpperCase()}(?![A-Z])`
    return new RegExp(forms).test(bare)
  })
}

/** Strings stay (a provider must not hide in one), comments go; what opens first in the text decides which it is. */
function withoutComments(code: string): string {
  const stringOrComment = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
  return code.replace(stringOrComment, text => (text.startsWith('/') ? ' ' : text))
}

describe('the arrows between the rooms', function () {
  // Each starts the linter once, on a machine that may be busy.
  this.timeout(30_000)

  const forbidden: readonly [room: string, imported: string][] = [
    ['domain', '../ledger/ledger.ts'],
    ['domain', '../engine/context.ts'],
    ['domain', 'node:fs'],
    ['rules', '../config/settings.ts'],
    ['engine', '../providers/registry.ts'],
    ['engine', '../ledger/open.ts'],
    ['engine', '../commands/run.ts'],
    ['simulator', '../providers/provider.ts'],
    ['simulator', '../ledger/ledger.ts'],
    ['simulator', '../engine/context.ts'],
    ['ledger', '../engine/context.ts'],
    ['queue', '../commands/serve.ts'],
    ['reports', '../engine/context.ts'],
    ['guards', '../simulator/world.ts'],
    ['web', '../engine/context.ts'],
    ['web', '../commands/serve.ts'],
    ['outside', '../engine/context.ts'],
    ['providers', '../compose.ts'],
  ]
  for (const [room, imported] of forbidden) {
    it(`forbid ${room}/ to import ${imported}`, async () => {
      assert.deepEqual(await complaintsAbout(room, imported), ['lint/style/noRestrictedImports'])
    })
  }

  const allowed: readonly [room: string, imported: string][] = [
    ['domain', './group.ts'],
    ['rules', '../domain/group.ts'],
    ['engine', '../ledger/ledger.ts'],
    ['engine', '../domain/group.ts'],
    ['providers', '../domain/group.ts'],
  ]
  for (const [room, imported] of allowed) {
    it(`allow ${room}/ to import ${imported}`, async () => assert.deepEqual(await complaintsAbout(room, imported), []))
  }
})

interface LinterReport {
  readonly summary: { readonly unchanged: number }
  readonly diagnostics: readonly { readonly category: string; readonly severity: string }[]
}

/** Lints a file in that room which imports just this, in a folder of its own: other tests read src/ meanwhile. */
async function complaintsAbout(room: string, imported: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-rooms-'))
  try {
    const file = join(folder, 'src', room, 'importing.ts')
    await mkdir(dirname(file), { recursive: true })
    await copyFile(join(root, 'biome.json'), join(folder, 'biome.json'))
    await copyFile(join(root, '.gitignore'), join(folder, '.gitignore'))
    await writeFile(file, `import '${imported}'\n`)
    const { stdout, stderr } = spawnSync(biome, ['lint', '--reporter=json', file], { cwd: folder, encoding: 'utf8' })
    assert.match(stdout, /^\s*\{/, `the linter did not answer: ${stderr}`)
    const { diagnostics, summary } = JSON.parse(stdout) as LinterReport
    assert.equal(summary.unchanged, 1, 'the file was looked at')
    return diagnostics.filter(({ severity }) => severity === 'error').map(({ category }) => category)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
