import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import type { WebSettings } from '../../config/settings.ts'
import type { WebToken } from '../../config/web-tokens.ts'
import type { Clock } from '../../domain/time.ts'
import { type Attempts, countAttempts } from './attempts.ts'
import type { Identity } from './identity.ts'
import { openProxy, type TrustedProxy } from './proxy.ts'
import { openTokens, type Tokens } from './tokens.ts'

export const sessionCookie = 'firedrill_session'

export interface Access {
  /** False: nobody has to say who they are, because only this machine itself can ask. */
  readonly required: boolean
  /** Tokens can be typed in. */
  readonly canLogIn: boolean
  readonly tokens: Tokens
  readonly attempts: Attempts
  /** Who a request comes from; null: nobody that is known. */
  identify(context: Context): Identity | null
  /** The peer, or behind the trusted proxy whom it names. For limits and the log, never for trust. */
  address(context: Context): string
}

export interface AccessNeeds {
  readonly settings: WebSettings
  readonly tokens: readonly WebToken[]
  readonly clock: Clock
  /** Who is at the keyboard of this machine. */
  readonly localName: string
}

export function openAccess({ settings, tokens: given, clock, localName }: AccessNeeds): Access {
  const proxy = settings.proxy === null ? null : openProxy(settings.proxy)
  const tokens = openTokens(given)
  const required = given.length > 0 || proxy !== null
  const local: Identity = { name: localName, role: 'operator', how: 'local' }
  return {
    required,
    canLogIn: given.length > 0,
    tokens,
    attempts: countAttempts(() => clock.monotonic()),
    address: context => addressOf(context, proxy),
    identify(context) {
      if (!required) return local
      return byBearer(context, tokens) ?? bySession(context, tokens, clock.now()) ?? byProxy(context, proxy)
    },
  }
}

/** The bindings of the Node server; a request that is made in a test has none. */
export function peerOf(context: Context): string {
  const bindings = context.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined
  return bindings?.incoming?.socket?.remoteAddress ?? ''
}

function addressOf(context: Context, proxy: TrustedProxy | null): string {
  const peer = peerOf(context)
  if (proxy === null || !proxy.trusts(peer)) return peer
  // The last entry is the one that the proxy itself wrote.
  return context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() || peer
}

function byBearer(context: Context, tokens: Tokens): Identity | null {
  const [, text] = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '') ?? []
  const token = text === undefined ? null : tokens.find(text)
  return token === null ? null : { name: token.name, role: token.role, how: 'token' }
}

function bySession(context: Context, tokens: Tokens, now: Temporal.Instant): Identity | null {
  const cookie = getCookie(context, sessionCookie)
  return cookie === undefined ? null : tokens.fromSession(cookie, now)
}

function byProxy(context: Context, proxy: TrustedProxy | null): Identity | null {
  if (proxy === null || !proxy.trusts(peerOf(context))) return null
  return proxy.identify(name => context.req.header(name))
}
