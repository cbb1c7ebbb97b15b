/**
 * How the ledger keeps evidence as text: JSON in which an instant is `{"$instant": "…"}`. A key that
 * starts with "$" is written with one more, so that no tag or setting of a group can be taken for an instant.
 */

/** Throws a TypeError on what JSON would lose in silence (functions, bigints, NaN, instances of classes). */
export function encode(value: unknown): string {
  return JSON.stringify(tag(value, '$'))
}

/** The reverse of `encode`. The caller names the type: what is read is what was once written as that type. */
export function decode<T>(text: string): T {
  return untag(JSON.parse(text)) as T
}

function tag(value: unknown, path: string): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value instanceof Temporal.Instant) return { $instant: value.toString() }
  if (Array.isArray(value)) return value.map((item, index) => tag(item, `${path}[${index}]`))
  if (isPlain(value)) {
    const kept = Object.entries(value).filter(([, item]) => item !== undefined)
    return Object.fromEntries(kept.map(([key, item]) => [key.startsWith('$') ? `$${key}` : key, tag(item, `${path}.${key}`)]))
  }
  throw new TypeError(`${path} cannot be stored: it is neither plain data nor an instant`)
}

function untag(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(untag)
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first?.[0] === '$instant') return Temporal.Instant.from(String(first[1]))
  return Object.fromEntries(entries.map(([key, item]) => [key.startsWith('$$') ? key.slice(1) : key, untag(item)]))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
