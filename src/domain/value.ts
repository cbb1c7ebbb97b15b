import type { Value } from './finding.ts'

/** Arrays are sets: their order says nothing. */
export function sameValue(a: Value, b: Value): boolean {
  if (!isSet(a) || !isSet(b)) return a === b
  const [left, right] = [new Set(a), new Set(b)]
  return left.size === right.size && [...left].every(member => right.has(member))
}

/** A setting that is not there, is null or is an empty set is absent. */
export function isAbsent(value: Value | undefined): value is null | undefined {
  return value === undefined || value === null || (isSet(value) && value.length === 0)
}

export function isSet(value: Value | undefined): value is readonly string[] {
  return Array.isArray(value)
}

/** Members of `a` that `b` lacks, sorted. */
export function membersWithout(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set(a)].filter(member => !b.includes(member)).sort()
}

/** For sentences. */
export function showValue(value: Value | undefined): string {
  if (isAbsent(value)) return 'nothing'
  if (isSet(value)) return value.join(', ')
  return value === '' ? 'an empty text' : String(value)
}

/** Several right values as the one that a finding holds: null for none, the value itself for one, else a sorted set of texts. */
export function asExpected(allowed: readonly Value[]): Value {
  const [only] = allowed
  if (only === undefined) return null
  if (allowed.length === 1) return only
  return [...new Set(allowed.map(showValue))].sort()
}
