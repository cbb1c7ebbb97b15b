import { ArmError } from './arm-error.ts'
import type { Answer, Call } from './call.ts'

const SIZE = 50

interface Token {
  readonly offset: number
  /** A link that a fault gave out is good for one page with items. */
  readonly real: boolean
}

/** `{value, nextLink}`: a link is the same request with a `$skiptoken`. */
export function page(call: Call, all: readonly unknown[]): Answer {
  const token = readToken(call.query.get('$skiptoken'))
  if (call.emptyPage && !token.real)
    return { status: 200, body: { value: [], nextLink: linkTo(call, { offset: token.offset, real: true }) } }
  const value = all.slice(token.offset, token.offset + SIZE)
  const more = token.offset + SIZE < all.length
  return { status: 200, body: { value, ...(more ? { nextLink: linkTo(call, { offset: token.offset + SIZE, real: false }) } : {}) } }
}

function linkTo(call: Call, token: Token): string {
  const query = new URLSearchParams(call.query)
  query.set('$skiptoken', Buffer.from(JSON.stringify(token)).toString('base64url'))
  return `${call.origin}${call.path}?${query}`
}

function readToken(text: string | null): Token {
  if (text === null) return { offset: 0, real: false }
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof token === 'object' && token !== null && 'offset' in token) return token as Token
  } catch {
    // Told below in ARM's own way.
  }
  throw new ArmError(400, 'InvalidSkipToken', 'The $skiptoken is not valid.')
}
