import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { visible } from '../safe-text.ts'

export type Markup = HtmlEscapedString
export type Insert = string | number | Markup | null | readonly Insert[]

/**
 * A page's only way to take text in: everything that is not markup already is made visible (no control,
 * no bidi override, nothing that XML forbids) and escaped. What comes out is well-formed XML as well.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly Insert[]): Markup {
  const result = html(strings, ...values.map(safe))
  if (result instanceof Promise) throw new TypeError('A page is made from what is known already, never from a promise.')
  return result
}

/** Text of a stranger, kept from changing the direction of what stands around it. */
export function name(text: string): Markup {
  return markup`<bdi>${text}</bdi>`
}

/** Only for texts of this folder. */
export function trusted(text: string): Markup {
  return raw(text)
}

function safe(value: Insert): unknown {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return visible(value)
  return Array.isArray(value) ? value.map(safe) : value
}
