import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { peerOf, sessionCookie } from './access/access.ts'
import { sessionLength } from './access/tokens.ts'
import type { WebNeeds } from './needs.ts'
import { loginPage } from './pages/login.ts'
import type { App, WebContext } from './variables.ts'

/** A small form's worth; a longer body is not read. */
export const formLimit = bodyLimit({
  maxSize: 16 * 1024,
  onError() {
    throw new HTTPException(413, { message: 'the request is too long' })
  },
})

/** A token typed into a page becomes a session of this browser. */
export function addLogin(app: App, needs: WebNeeds): void {
  const { access, log, clock } = needs
  if (!access.canLogIn) return
  app.get('/login', context => context.html(loginPage(localPath(context.req.query('back')), null)))
  app.post('/login', formLimit, async context => {
    const { token: given, back: wanted } = await context.req.parseBody()
    const back = localPath(wanted)
    const address = access.address(context)
    const wait = access.attempts.wait(address)
    if (wait > 0) {
      context.header('retry-after', String(wait))
      return context.html(loginPage(back, `Too many wrong tokens from your address. Wait ${wait} s.`), 429)
    }
    const token = typeof given === 'string' ? access.tokens.find(given.trim()) : null
    if (token === null) {
      access.attempts.failed(address)
      log.warn('a wrong token was typed in', { address })
      return context.html(loginPage(back, 'This token is not known.'), 401)
    }
    log.info('somebody logged in', { who: token.name, role: token.role, address })
    setCookie(context, sessionCookie, access.tokens.session(token, clock.now()), {
      httpOnly: true,
      sameSite: 'Lax',
      path: '/',
      maxAge: sessionLength,
      secure: isSecure(context, needs),
    })
    return context.redirect(back, 303)
  })
  app.post('/logout', context => {
    deleteCookie(context, sessionCookie, { path: '/' })
    return context.redirect('/login', 303)
  })
}

/** Browsers keep a secure cookie only where the page itself came over TLS. */
function isSecure(context: WebContext, { settings, access }: WebNeeds): boolean {
  if (settings.web.origin !== null) return settings.web.origin.startsWith('https:')
  return access.address(context) !== peerOf(context) && context.req.header('x-forwarded-proto') === 'https'
}

/** Only a place of this site: `//elsewhere` and `https://elsewhere` are none. */
export function localPath(text: unknown): string {
  if (typeof text !== 'string' || !/^\/(?![/\\])[^\s\\]*$/.test(text)) return '/'
  return text
}
