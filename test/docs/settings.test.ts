import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parse } from 'yaml'
import { installationSchema } from '../../src/config/installation-schema.ts'
import { loadSettings } from '../../src/config/load.ts'
import { scheduleSchema } from '../../src/config/schedule-schema.ts'
import { parseWorld, WorldError } from '../../src/simulator/index.ts'
import { MINIMAL, mistakes } from '../config/folder.ts'

const root = new URL('../../', import.meta.url).pathname

/** What a YAML text in a page is a part of. */
type Kind = 'firedrill.yaml' | 'schedule' | 'world'

interface Shown {
  readonly line: number
  readonly kind: Kind
  readonly text: string
}

const YAML = /^ *```ya?ml$/im

/** A page shows them as they stand in the file; where a block shows two ways, `# or, …` parts them. */
const OTHER_WAY = /^# or,.*$/m
const keysOf: Readonly<Record<Exclude<Kind, 'world'>, readonly string[]>> = {
  'firedrill.yaml': Object.keys(installationSchema.shape),
  schedule: Object.keys(scheduleSchema.shape),
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function pages(): string[] {
  return [...globSync('*.md', { cwd: root }), ...globSync('{docs,examples,deploy}/**/*.md', { cwd: root })].sort()
}

/** Every YAML block. Settings of other programs stand in files of their own. */
function shownIn(page: string): Shown[] {
  const blocks = [...read(page).matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)]
  return blocks
    .filter(([, , language = '']) => /^ya?ml$/i.test(language))
    .flatMap(([whole, indent = '', , text = '']) => {
      const line = read(page).slice(0, read(page).indexOf(whole)).split('\n').length + 1
      return text
        .replaceAll(new RegExp(`^${indent}`, 'gm'), '')
        .split(OTHER_WAY)
        .map(way => ({ line, kind: kindOf(text, `${page}:${line}`), text: way }))
    })
}

/** By the file that its first line names, else by its keys; `limits:` alone could be either and must say. */
function kindOf(text: string, where: string): Kind {
  const [, named] = /^# (\S+\.yaml)/.exec(text) ?? []
  if (named !== undefined) return named === 'firedrill.yaml' ? named : 'schedule'
  const keys = Object.keys(parse(text))
  const fits = (['firedrill.yaml', 'schedule'] as const).filter(kind => keys.every(key => keysOf[kind].includes(key)))
  assert.ok(
    fits.length < 2,
    `${where} could be of firedrill.yaml or of a schedule: its first line must be "# firedrill.yaml" or "# schedules/….yaml"`,
  )
  return fits[0] ?? 'world'
}

/** A part of a schedule with what a whole one cannot be without. */
function wholeSchedule(part: string): string {
  const written = Object.keys(parse(part))
  return [
    ...MINIMAL.trim()
      .split('\n')
      .filter(line => !written.includes(line.split(':')[0] ?? '')),
    part,
  ].join('\n')
}

/** Everything that these texts must have from the environment. */
function environmentOf(...texts: readonly string[]): Record<string, string> {
  const names = texts.flatMap(text => [...text.matchAll(/\$\{(\w+)\}|\benv: (\w+)/g)].map(([, filled, read]) => filled ?? read ?? ''))
  return Object.fromEntries(names.map(name => [name, 'an-obvious-fake-that-is-long-enough-for-a-token']))
}

/** `settings`: what the same page shows of firedrill.yaml, which a schedule may refer to. */
async function wrongWith({ kind, text }: Shown, settings: string): Promise<readonly string[]> {
  if (kind === 'world') return worldMistakes(text)
  const files =
    kind === 'schedule'
      ? { 'firedrill.yaml': settings, 'schedules/shown.yaml': wholeSchedule(text) }
      : { 'firedrill.yaml': text, 'schedules/shown.yaml': MINIMAL }
  return mistakes(files, environmentOf(text, settings))
}

function worldMistakes(text: string): string[] {
  try {
    parseWorld(text, 'shown.yaml')
    return []
  } catch (error) {
    if (error instanceof WorldError) return [error.message]
    throw error
  }
}

describe('settings that pages show', () => {
  const withYaml = pages().filter(page => YAML.test(read(page)))

  for (const page of withYaml)
    it(`can be used as they stand in ${page}, and not with a key misspelt`, async () => {
      const blocks = shownIn(page)
      const settings = blocks.flatMap(({ kind, text }) => (kind === 'firedrill.yaml' ? [text] : [])).join('\n')
      for (const block of blocks) {
        const where = `${page}:${block.line}`
        assert.deepEqual(await wrongWith(block, settings), [], where)
        const misspelt = { ...block, text: block.text.replace(/^(\w+):/m, '$1x:') }
        assert.notDeepEqual(await wrongWith(misspelt, settings), [], `${where} is not really looked at`)
      }
    })

  it('stand in every page that is known to show some', () => {
    for (const page of ['README.md', 'docs/configuration.md', 'docs/notifications.md', 'docs/providers/aws.md'])
      assert.ok(withYaml.includes(page))
  })
})

describe('settings that come with the project', () => {
  for (const file of globSync(['{examples,deploy}/**/firedrill.yaml', 'firedrill.example.yaml'], { cwd: root }).sort())
    it(`can be used as they stand in ${file}`, async () => {
      const { schedules } = await loadSettings({ file, cwd: root, env: environmentOf(read(file)) })
      assert.ok(schedules.length > 0, 'a schedule stands beside them')
    })

  it('are no schedule that nobody loads', () => {
    const files = globSync('**/schedules/*.yaml', { cwd: root, exclude: ['node_modules/**', 'src/**', 'test/**'] })
    const places = globSync(['{examples,deploy}/**/firedrill.yaml', 'firedrill.example.yaml'], { cwd: root }).map(file => dirname(file))
    for (const file of files) assert.ok(places.includes(dirname(dirname(file))), relative(root, file))
  })
})
