import type { Path } from './document.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Filled {
  readonly value: unknown
  /** Values that could not be filled: what stands there must not be judged any further. */
  readonly failures: readonly { readonly path: Path; readonly message: string; readonly suggestion: string | null }[]
}

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/

/**
 * Fills `${VAR}` and `${VAR:-default}` in string values (not in keys) after parsing, so that what a variable
 * holds can never change the structure of the file. The default counts where the variable is unset or empty;
 * `$${` stands for a literal `${`.
 */
export function fillFromEnvironment(value: unknown, env: Environment): Filled {
  const failures: { path: Path; message: string; suggestion: string | null }[] = []
  const fill = (part: unknown, path: Path): unknown => {
    if (Array.isArray(part)) return part.map((item, index) => fill(item, [...path, index]))
    if (typeof part === 'object' && part !== null)
      return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, fill(item, [...path, key])]))
    if (typeof part !== 'string') return part
    return part.replace(REFERENCE, (written: string, inside: string | undefined, closed: string | undefined) => {
      if (inside === undefined) return '${'
      const match = closed === '}' ? NAME.exec(inside) : null
      if (match === null) {
        failures.push({
          path,
          message: `"${written}" names no variable`,
          suggestion: `Write \${NAME} or \${NAME:-default}; $\${ stands for \${ itself.`,
        })
        return written
      }
      const [, name = '', fallback] = match
      const found = env[name]
      if (found !== undefined && (found !== '' || fallback === undefined)) return found
      if (fallback !== undefined) return fallback
      failures.push({
        path,
        message: `the environment variable ${name} is not set`,
        suggestion: `Set it, or write \${${name}:-default}.`,
      })
      return written
    })
  }
  return { value: fill(value, []), failures }
}
