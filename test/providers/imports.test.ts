import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

/** Tells at the end, on stderr, of every provider's folder and SDK that the process loaded. */
const SPY = `
import { registerHooks } from 'node:module'
const loaded = new Set()
registerHooks({ load(url, context, next) {
  const own = /\\/src\\/providers\\/(\\w+)\\/client\\.ts$/.exec(url)
  const sdk = /node_modules\\/(@aws-sdk\\/client|@google-cloud|google-gax|google-auth-library|@azure|dockerode)/.exec(url)
  for (const found of [own, sdk]) if (found) loaded.add(found[1])
  return next(url, context)
} })
process.on('exit', () => process.stderr.write('LOADED ' + JSON.stringify([...loaded].sort()) + '\\n'))
`

describe('a provider that is not configured', function () {
  this.timeout(60_000)
  let simulator: Simulator
  let folder: string

  before(async () => {
    const one = [{ name: 'web' }]
    simulator = await startSimulator({ world: createWorld({ groups: one, gcp: { groups: one }, azure: { groups: one } }) })
    folder = await mkdtemp(join(tmpdir(), 'firedrill-imports-'))
    await writeFile(join(folder, 'spy.mjs'), SPY)
    await mkdir(join(folder, 'schedules'))
    await writeFile(join(folder, 'schedules', 'always.yaml'), 'name: always\ntimezone: UTC\nmeanDaysBetweenDrills: 5\n')
  })
  after(async () => {
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  })

  for (const [name, settings, sdks] of [
    ['aws', () => `{ endpoint: "${simulator.aws.endpoint}", regions: [${simulator.aws.region}] }`, ['@aws-sdk/client']],
    [
      'gcp',
      () => `{ endpoint: "${simulator.gcp.endpoint}", projects: [${simulator.gcp.project}] }`,
      ['@google-cloud', 'google-auth-library', 'google-gax'],
    ],
    ['azure', () => `{ endpoint: "${simulator.azure.endpoint}", subscriptions: [${simulator.azure.subscription}] }`, ['@azure']],
  ] as const)
    it(`is never imported: with ${name} alone, only its adapter and its SDK are loaded`, async () => {
      const file = join(folder, `${name}.yaml`)
      await writeFile(file, `dataDir: ${join(folder, name)}\nschedules: schedules/\nproviders:\n  ${name}: ${settings()}\n`)
      const words = ['--import', join(folder, 'spy.mjs'), main, 'groups', '--config', file]
      const env = { PATH: process.env.PATH ?? '', HOME: folder, ...(name === 'aws' ? simulator.aws.env : {}) }
      const { stdout, stderr } = await promisify(execFile)(process.execPath, words, { env, cwd: folder })
      assert.match(stdout, /^web /m)
      const loaded = JSON.parse(/^LOADED (.*)$/m.exec(stderr)?.[1] ?? '[]') as string[]
      assert.deepEqual(loaded, [name, ...sdks].sort())
    })
})
