import { lstatSync } from 'node:fs'

/** S2, S10: a halt file that cannot be looked for (its folder is closed to us, or is no folder) may be there, and counts as a halt. */
export function isHaltedByFile(file: string | null): boolean {
  if (file === null) return false
  try {
    // A link that leads nowhere was put there, too.
    lstatSync(file)
    return true
  } catch (error) {
    // Not `throwIfNoEntry`: that calls a path below a plain file absent, too.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT')
  }
}
