import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ConfigError, formatProblem } from '../../src/config/config-error.ts'
import { type LoadOptions, loadSettings } from '../../src/config/load.ts'

/** A folder of its own with these files, gone after `use`. */
export async function withFiles<T>(files: Readonly<Record<string, string>>, use: (cwd: string) => Promise<T>): Promise<T> {
  const cwd = await mkdtemp(join(tmpdir(), 'firedrill-config-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(cwd, name)), { recursive: true })
      await writeFile(join(cwd, name), text)
    }
    return await use(cwd)
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

export const MINIMAL = 'name: weekdays\ntimezone: Europe/Berlin\nmeanDaysBetweenDrills: 5\n'

/** Every mistake as it is printed; empty where the settings can be used. */
export async function mistakes(files: Readonly<Record<string, string>>, env: LoadOptions['env'] = {}): Promise<string[]> {
  return withFiles(files, async cwd => {
    try {
      await loadSettings({ env, cwd })
      return []
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(formatProblem)
      throw error
    }
  })
}
