import type { Value } from '../domain/finding.ts'

/** A setting in one line of text, before any escaping. */
export function valueText(value: Value): string {
  if (value === null) return 'none'
  if (typeof value === 'object') return value.length === 0 ? 'none' : value.join(', ')
  return value === '' ? '(empty)' : String(value)
}
