import type { Value } from '../domain/finding.ts'

/** A finding about health or time has neither; one about a setting that is missing on one side has the other. */
export function hasValues({ expected, actual }: { readonly expected: Value; readonly actual: Value }): boolean {
  return expected !== null || actual !== null
}

/** A setting in one line of text, before any escaping. */
export function valueText(value: Value): string {
  if (value === null) return 'none'
  if (typeof value === 'object') return value.length === 0 ? 'none' : value.join(', ')
  return value === '' ? '(empty)' : String(value)
}
