import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The first executable of this name on PATH or among `also`, or null. */
export function onPath(name: string, also: readonly string[] = []): string | null {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...also]) {
    try {
      const file = join(folder, name)
      accessSync(file, constants.X_OK)
      return file
    } catch {}
  }
  return null
}

/** Where Debian puts the PostgreSQL server programs: newest version first. */
export function postgresFolders(): string[] {
  try {
    const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
    return versions.map(version => join('/usr/lib/postgresql', version, 'bin'))
  } catch {
    return []
  }
}
