import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { csrf } from 'hono/csrf'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import { isApi, knowWhoAsks, onlyOwnNames } from './access/gate.ts'
import { isOwnOrigin } from './access/same-origin.ts'
import { addActions } from './actions.ts'
import { addApi } from './api/routes.ts'
import { assets } from './assets.ts'
import { openStreams } from './live/stream.ts'
import { addLogin } from './login.ts'
import { addMetrics } from './metrics.ts'
import type { WebNeeds } from './needs.ts'
import { plainPage } from './pages/login.ts'
import { addPages } from './routes.ts'
import type { App, Environment, WebContext } from './variables.ts'
import { addVetoes } from './veto.ts'

/** The dashboard and the API. Whatever it answers, it answers with a policy that lets nothing in from elsewhere. */
export function createApp(needs: WebNeeds): App {
  const app = new Hono<Environment>()
  app.use(protect())
  app.use(onlyOwnNames(needs.settings.web, needs.access))
  // A stream must not be held back to be packed.
  app.use(async (context, next) => (context.req.path === '/live' ? next() : compress()(context, next)))
  addAssets(app)
  app.use(csrf({ origin: (origin, context) => isOwnOrigin(needs.settings.web, origin, context) }))
  addVetoes(app, needs)
  addLogin(app, needs)
  app.use(knowWhoAsks(needs.access))
  const streams = openStreams(needs)
  app.get('/live', context => streams.open(context))
  addMetrics(app, needs.metrics)
  addPages(app, needs)
  addActions(app, needs)
  addApi(app, needs)
  app.notFound(context =>
    isApi(context)
      ? context.json({ error: 'there is no such address' }, 404)
      : context.html(plainPage('Not found', 'There is nothing at this address.'), 404),
  )
  app.onError((error, context) => failed(needs, error, context))
  return app
}

function protect() {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
    crossOriginEmbedderPolicy: false,
    // Whoever ends TLS says for how long it must be used.
    strictTransportSecurity: false,
    permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [], usb: [] },
  })
}

/** Named by their content, they never change; and they say nothing to whoever is not known. */
function addAssets(app: App): void {
  for (const { path, type, text } of Object.values(assets)) {
    app.get(path, context => {
      context.header('cache-control', 'public, max-age=31536000, immutable')
      return context.body(text, 200, { 'content-type': type })
    })
  }
  app.get('/favicon.ico', context => context.redirect(assets.icon.path, 302))
}

/** What went wrong inside is for the log; outside it may be anybody who reads it. */
function failed({ log }: WebNeeds, error: Error, context: WebContext): Response {
  // What a filter turned away: a form from elsewhere, a body that is too long.
  if (error instanceof HTTPException) {
    const { status } = error
    return isApi(context)
      ? context.json({ error: status === 413 ? 'the request is too long' : 'this request is not allowed' }, status)
      : error.getResponse()
  }
  log.error('a page could not be made', { path: context.req.path, why: error.message })
  if (isApi(context)) return context.json({ error: 'the ledger cannot be read at the moment' }, 503)
  return context.html(
    plainPage(
      'This page cannot be shown now',
      'The ledger cannot be read at the moment. What Firedrill does does not depend on this page.',
    ),
    503,
  )
}
