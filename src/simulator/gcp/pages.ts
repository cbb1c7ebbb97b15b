import { ApiError, invalid } from './api-error.ts'
import type { Call } from './call.ts'

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextPageToken: string | undefined
}

const MAXIMUM = 500

/** Cuts one page. A token names the last key seen, so items that come or go in between lose and double nothing. */
export function page<Item>(call: Call, all: readonly Item[], keyOf: (item: Item) => string): Page<Item> {
  const asked = Number(call.query.get('maxResults') ?? MAXIMUM)
  if (!Number.isInteger(asked) || asked < 0) throw invalid(`Invalid value for field 'maxResults': '${call.query.get('maxResults')}'`)
  const size = Math.min(asked === 0 ? MAXIMUM : asked, MAXIMUM)
  const token = call.query.get('pageToken')
  const from = token === null || token === '' ? { after: null, real: false } : readToken(token)
  const start = from.after === null ? 0 : all.findIndex(item => keyOf(item) === from.after) + 1
  if (call.emptyPage && !from.real) return { items: [], nextPageToken: writeToken(from.after) }
  const items = all.slice(start, start + size)
  const last = items.at(-1)
  const more = last !== undefined && start + size < all.length
  return { items, nextPageToken: more ? writeToken(keyOf(last)) : undefined }
}

/** A token that a fault gave out is good for one page with items, and so is every other. */
function writeToken(after: string | null): string {
  return Buffer.from(JSON.stringify({ after })).toString('base64url')
}

function readToken(text: string): { after: string | null; real: boolean } {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof token === 'object' && token !== null && 'after' in token) return { after: token.after as string | null, real: true }
  } catch {
    // Told below in the API's own way.
  }
  throw new ApiError(400, 'invalid', `Invalid value for field 'pageToken': '${text}'.`)
}

/**
 * Filters by name: `(name = "a") OR (name = "b")`, and what gcloud writes (`name eq "regular expression"`). Others are refused,
 * for a filter that is not heeded would show what was not asked for.
 */
export function filtered<Item>(call: Call, all: readonly Item[], nameOf: (item: Item) => string): readonly Item[] {
  const filter = call.query.get('filter')?.trim() ?? ''
  if (filter === '') return all
  const matchers = filter.split(/\s+OR\s+/).map(matcherOf)
  return all.filter(item => matchers.some(matches => matches(nameOf(item))))
}

function matcherOf(part: string): (name: string) => boolean {
  const plain = part.replace(/^\((.*)\)$/, '$1').trim()
  const equal = /^name\s*=\s*"?([^"\s]+)"?$/.exec(plain)?.[1]
  if (equal !== undefined) return name => name === equal
  const expression = /^name\s+eq\s+"?(.+?)"?$/.exec(plain)?.[1]
  if (expression === undefined) throw invalid(`Invalid value for field 'filter': '${part}'. Invalid list filter expression.`)
  const pattern = new RegExp(`^(?:${expression})$`)
  return name => pattern.test(name)
}
