import { createHash } from 'node:crypto'

/** What Swarm fills in for each task: it differs by design, and only that it is there can be compared. */
const TEMPLATE = '(template)'

/** Values that secrets may hide in are shown as digests: equal texts have equal ones. */
export function digest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}

/** The program by its name; its arguments may hold passwords, so they are counted and digested. Null: there are none. */
export function command(words: readonly string[] | null | undefined): string | null {
  const [first, ...rest] = words ?? []
  if (first === undefined) return null
  if (rest.length === 0) return first
  return `${first} (and ${rest.length} more, ${digest(JSON.stringify(rest))})`
}

/** Arguments without a program before them: none of them is shown. */
export function args(words: readonly string[] | null | undefined): string | null {
  const all = words ?? []
  return all.length === 0 ? null : `${all.length} words, ${digest(JSON.stringify(all))}`
}

function isTemplate(text: string | undefined): boolean {
  return text?.includes('{{') === true
}

/** `actual` is what the task was given for the template. */
export function orTemplate(written: string | undefined, actual: string | undefined): string | undefined {
  return isTemplate(written) && actual !== undefined ? TEMPLATE : actual
}

/** `NAME=value` entries by name; one without "=" unsets a variable and is left out. */
export function variables(env: readonly string[] | null | undefined): Map<string, string> {
  return new Map(
    (env ?? []).flatMap(entry => {
      const at = entry.indexOf('=')
      return at <= 0 ? [] : [[entry.slice(0, at), entry.slice(at + 1)] as const]
    }),
  )
}

const SECRETIVE = /pass|secret|token|auth|credential|api.?key/i

/** Labels are for everybody to read, but for those whose name says otherwise. */
export function labelValue(name: string, value: string): string {
  return SECRETIVE.test(name) ? digest(value) : value
}

export function capabilities(names: readonly string[] | null | undefined): readonly string[] {
  return [...new Set((names ?? []).map(name => name.toUpperCase().replace(/^CAP_/, '')))].sort()
}
