import type { WebSettings } from '../../config/settings.ts'
import type { WebContext } from '../variables.ts'
import type { Access } from './access.ts'
import { isLocalHost } from './same-origin.ts'

/** Nothing is kept by browsers or proxies; where nobody has to say who they are, only this machine's own names are answered. */
export function onlyOwnNames(settings: Pick<WebSettings, 'origin'>, access: Access) {
  return async (context: WebContext, next: () => Promise<void>) => {
    context.header('cache-control', 'no-store')
    if (access.required || isLocalHost(settings, context.req.header('host'))) return next()
    return context.text('this address is not one of this machine’s own; set web.origin to use another name\n', 421)
  }
}

/** Answers only whoever is known. */
export function knowWhoAsks(access: Access) {
  return async (context: WebContext, next: () => Promise<void>) => {
    const identity = access.identify(context)
    if (identity !== null) {
      context.set('identity', identity)
      return next()
    }
    if (wantsPage(context) && access.canLogIn) {
      const back = new URL(context.req.url)
      return context.redirect(`/login?back=${encodeURIComponent(back.pathname + back.search)}`, 303)
    }
    return refuseUnknown(context, access)
  }
}

/** A wrong bearer token counts like a wrong login; one that is right is never held up by somebody else's wrong ones. */
function refuseUnknown(context: WebContext, access: Access): Response {
  const address = access.address(context)
  if (context.req.header('authorization') !== undefined) {
    const wait = access.attempts.wait(address)
    access.attempts.failed(address)
    if (wait > 0) {
      context.header('retry-after', String(wait))
      return context.json({ error: `too many wrong tokens; wait ${wait} s` }, 429)
    }
  }
  context.header('www-authenticate', 'Bearer realm="firedrill"')
  return context.json({ error: 'say who you are: Authorization: Bearer <token>' }, 401)
}

function wantsPage(context: WebContext): boolean {
  return context.req.method === 'GET' && !isApi(context) && (context.req.header('accept') ?? '').includes('text/html')
}

/** Programs ask there, and are answered in JSON. */
export function isApi(context: { readonly req: { readonly path: string } }): boolean {
  return context.req.path.startsWith('/api/') || context.req.path === '/metrics'
}
