import { createHmac } from 'node:crypto'
import type { Context } from 'hono'
import { isLoopbackUrl } from '../../config/loopback.ts'
import type { WebSettings } from '../../config/settings.ts'
import type { Identity } from './identity.ts'
import { sameText } from './tokens.ts'

/** Whether a browser's page of this origin is one of ours. Behind a proxy that ends TLS the scheme says nothing. */
export function isOwnOrigin(settings: Pick<WebSettings, 'origin'>, origin: string, context: Context): boolean {
  if (settings.origin !== null) return origin === settings.origin
  return URL.parse(origin)?.host === context.req.header('host')
}

/**
 * Where nobody has to say who they are, a page elsewhere must not become one of this machine by pointing its own name to
 * 127.0.0.1 (DNS rebinding): only names that are this machine's are answered.
 */
export function isLocalHost(settings: Pick<WebSettings, 'origin'>, host: string | undefined): boolean {
  if (host === undefined) return false
  if (settings.origin !== null && URL.parse(settings.origin)?.host === host) return true
  return isLoopbackUrl(`http://${host}`)
}

/**
 * What every form carries. Made of the ledger's salt and the name, so that it holds on every process and after every restart:
 * an emergency stop must not fail because the page is an hour old.
 */
export interface FormKey {
  of(identity: Identity): string
  matches(identity: Identity, given: unknown): boolean
}

export function formKey(salt: string): FormKey {
  const of = (identity: Identity) =>
    createHmac('sha256', salt).update(`firedrill form ${identity.how} ${identity.name}`).digest('base64url')
  return { of, matches: (identity, given) => typeof given === 'string' && sameText(given, of(identity)) }
}
