import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { WebToken } from '../../config/web-tokens.ts'
import type { Identity } from './identity.ts'

/** Sessions end after half a day: a shift, not a vacation. */
export const sessionLength = 12 * 60 * 60

export interface Tokens {
  /** The token with this text. Every token is compared in the same time, whichever it is. */
  find(text: string): WebToken | null
  /** A cookie's value that stands for this token until it expires, or the token is changed or taken away. */
  session(token: WebToken, now: Temporal.Instant): string
  fromSession(cookie: string, now: Temporal.Instant): Identity | null
}

export function openTokens(tokens: readonly WebToken[]): Tokens {
  return {
    find: text => findToken(tokens, text),
    session(token, now) {
      const expires = Math.floor(now.epochMilliseconds / 1000) + sessionLength
      return `${token.name}|${expires}|${sign(token, expires)}`
    },
    fromSession(cookie, now) {
      const [name, expires, signature, ...rest] = cookie.split('|')
      const token = tokens.find(one => one.name === name)
      if (token === undefined || signature === undefined || rest.length > 0 || !/^\d{1,12}$/.test(expires ?? '')) return null
      if (!sameText(signature, sign(token, Number(expires)))) return null
      if (Number(expires) * 1000 <= now.epochMilliseconds) return null
      return { name: token.name, role: token.role, how: 'session' }
    },
  }
}

function findToken(tokens: readonly WebToken[], text: string): WebToken | null {
  let found: WebToken | null = null
  for (const token of tokens) if (sameText(text, token.secret.reveal())) found = token
  return found
}

/** The token itself is the key: who changes it ends its sessions, and no process needs to remember any. */
function sign(token: WebToken, expires: number): string {
  return createHmac('sha256', token.secret.reveal()).update(`firedrill session ${token.name} ${expires}`).digest('base64url')
}

/** In a time that says nothing about where two texts differ, nor how long the right one is. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
