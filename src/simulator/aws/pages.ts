import { ApiError } from './api-error.ts'
import type { Call } from './call.ts'

export interface Paging<T> {
  /** What tells items apart and stays the same while pages are turned. */
  readonly key: (item: T) => string
  readonly defaultSize: number
  readonly maximum: number
  readonly sizeParameter: 'MaxItems' | 'MaxRecords' | 'MaxResults' | 'PageSize'
  readonly tokenParameter?: 'NextToken' | 'Marker'
  readonly invalidToken: () => ApiError
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly token: string | undefined
}

interface Token {
  readonly after: string
  readonly offset: number
  /** A token that a fault gave out is good for one page with items. */
  readonly real: boolean
}

/** Cuts one page. A token names the last item seen, so items that come or go in between lose and double nothing. */
export function paginate<T>(call: Call, all: readonly T[], paging: Paging<T>): Page<T> {
  const asked = call.input.integer(paging.sizeParameter)
  const size = Math.min(asked ?? paging.defaultSize, paging.maximum)
  if (asked !== undefined && asked < 1) throw new ApiError('ValidationError', `${paging.sizeParameter} must be at least 1, not ${asked}`)
  const text = call.input.text(paging.tokenParameter ?? 'NextToken')
  const token = text === undefined ? null : readToken(text, paging)
  const start = token === null ? 0 : startAfter(all, token, paging)
  if (call.emptyPage && token?.real !== true) {
    return { items: [], token: writeToken({ after: token?.after ?? '', offset: start, real: true }) }
  }
  const items = all.slice(start, start + size)
  const last = items.at(-1)
  const more = start + size < all.length && last !== undefined
  return { items, token: more ? writeToken({ after: paging.key(last), offset: start + size, real: false }) : undefined }
}

function startAfter<T>(all: readonly T[], token: Token, paging: Paging<T>): number {
  const guess = all[token.offset - 1]
  if (guess !== undefined && paging.key(guess) === token.after) return token.offset
  const index = all.findIndex(item => paging.key(item) === token.after)
  return index === -1 ? Math.min(token.offset, all.length) : index + 1
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

function readToken<T>(text: string, paging: Paging<T>): Token {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof token === 'object' && token !== null && 'after' in token && 'offset' in token) return token as Token
  } catch {
    // Told below in the service's own way.
  }
  throw paging.invalidToken()
}
