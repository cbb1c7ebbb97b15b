/**
 * Loaded before all tests (`.mocharc.json`): makes the deep comparisons of node:assert see what a Temporal value is. Node compares own
 * properties and Temporal values have none, so to it any two instants are equal. Each is compared as its type with its text.
 */
import assert from 'node:assert/strict'
import { syncBuiltinESMExports } from 'node:module'

const names = ['deepEqual', 'deepStrictEqual', 'notDeepEqual', 'notDeepStrictEqual', 'partialDeepStrictEqual'] as const
const types = [
  Temporal.Instant,
  Temporal.ZonedDateTime,
  Temporal.PlainDateTime,
  Temporal.PlainDate,
  Temporal.PlainTime,
  Temporal.PlainYearMonth,
  Temporal.PlainMonthDay,
  Temporal.Duration,
]

for (const name of names) {
  const compare = assert[name] as (...given: unknown[]) => void
  function real(actual: unknown, expected: unknown, ...message: unknown[]): void {
    try {
      compare(legible(actual, new Map()), legible(expected, new Map()), ...message)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      // The trace begins where the test compares.
      Error.captureStackTrace(error, real)
      // Its message shows what differs. Mocha would make a text of both sides once more, and asks Temporal values for what they refuse.
      throw Object.assign(error, { showDiff: false })
    }
  }
  Object.assign(assert, { [name]: real })
}
syncBuiltinESMExports()

/** The value itself where there is no Temporal value in it, else a copy in which each has its text as an own property. */
function legible(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return seen.get(value)
  // What leads back to itself stays as it is.
  seen.set(value, value)
  const copy = types.some(type => value instanceof type) ? shown(value) : copied(value, inner => legible(inner, seen))
  seen.set(value, copy)
  return copy
}

function shown(value: object): object {
  return Object.assign(Object.create(Object.getPrototypeOf(value)), { text: String(value) })
}

function copied(value: object, inner: (value: unknown) => unknown): object {
  if (value instanceof Map) return changed(value, [...value].flat(), inner, parts => new Map(pairs(parts)))
  if (value instanceof Set) return changed(value, [...value], inner, parts => new Set(parts))
  if (Array.isArray(value)) return changed(value, value, inner, parts => parts)
  if (value instanceof Error || ArrayBuffer.isView(value)) return value
  const keys = Reflect.ownKeys(value).filter(key => Object.prototype.propertyIsEnumerable.call(value, key))
  const parts = keys.map(key => Reflect.get(value, key) as unknown)
  return changed(value, parts, inner, changed => {
    const copy = Object.create(Object.getPrototypeOf(value)) as object
    keys.forEach((key, index) => {
      Object.defineProperty(copy, key, { value: changed[index], enumerable: true })
    })
    return copy
  })
}

function changed(value: object, parts: readonly unknown[], inner: (value: unknown) => unknown, make: (parts: unknown[]) => object): object {
  const copies = parts.map(inner)
  return copies.every((copy, index) => copy === parts[index]) ? value : make(copies)
}

function pairs(parts: readonly unknown[]): [unknown, unknown][] {
  return Array.from({ length: parts.length / 2 }, (_, index) => [parts[2 * index], parts[2 * index + 1]])
}
