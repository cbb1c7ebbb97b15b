import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { decode, encode } from '../../src/domain/codec.ts'
import { writeWhole } from '../../src/reports/write.ts'
import { clouds } from './clouds.ts'
import type { WorldName, WorldResult } from './workers.ts'

const root = join(import.meta.dirname, '..', '..')
/** What a world's result depends on, beside the part that only counts results. */
const code = ['package-lock.json', 'src/**/*.ts', 'bench/soak/*.ts', 'test/support/*.ts']
const counting = ['assess', 'kept', 'page', 'replay', 'say', 'serve', 'soak', 'tally', 'workers'].map(name =>
  join('bench', 'soak', `${name}.ts`),
)

/**
 * Results of worlds in a folder, under a digest of the code that made them: a soak that was ended goes on from there, and
 * what was changed for one cloud leaves the others' results as they are.
 */
export class KeptResults {
  readonly #folder: string
  readonly #digests = new Map<string, string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async of(world: WorldName, run: () => Promise<WorldResult>): Promise<WorldResult> {
    const file = join(this.#folder, `${world.provider}-${world.seed}-${world.size}-${this.#digest(world.provider)}.json`)
    const kept = await readFile(file, 'utf8').catch(() => null)
    if (kept !== null) return decode<WorldResult>(kept)
    const result = await run()
    await mkdir(this.#folder, { recursive: true })
    await writeWhole(file, encode(result))
    return result
  }

  #digest(provider: string): string {
    const known = this.#digests.get(provider)
    if (known !== undefined) return known
    const others = clouds.map(cloud => cloud.provider).filter(name => name !== provider)
    const isOthers = (path: string) =>
      path.split(sep).some(part => others.some(name => part === name || part.startsWith(`${name}-`) || part === `${name}.ts`))
    const paths = code.flatMap(pattern => globSync(pattern, { cwd: root })).filter(path => !counting.includes(path) && !isOthers(path))
    const digest = createHash('sha256')
    for (const path of paths.sort()) digest.update(`${path}\n`).update(readFileSync(join(root, path)))
    const made = digest.digest('hex').slice(0, 16)
    this.#digests.set(provider, made)
    return made
  }
}
