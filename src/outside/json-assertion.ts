export type Scalar = string | number | boolean | null
/** By JSON Pointer (RFC 6901), `/status/indicator`: the value that must stand there, or several of which one must. */
export type JsonAssertion = Readonly<Record<string, Scalar | readonly Scalar[]>>

/** Null where everything is as asserted; else a sentence on the first thing that is not. */
export function brokenAssertion(document: unknown, assertion: JsonAssertion): string | null {
  for (const [pointer, expected] of Object.entries(assertion)) {
    const found = valueAt(document, pointer)
    const allowed: readonly unknown[] = Array.isArray(expected) ? expected : [expected]
    if (!allowed.includes(found)) return `${pointer} is ${shown(found)} instead of ${allowed.map(shown).join(' or ')}`
  }
  return null
}

export function isPointer(text: string): boolean {
  return text === '' || /^(\/([^~/]|~[01])*)+$/.test(text)
}

function valueAt(document: unknown, pointer: string): unknown {
  const keys = pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  return keys.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined
    return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
  }, document)
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a map'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
