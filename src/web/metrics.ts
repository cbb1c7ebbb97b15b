import { Hono } from 'hono'
import type { WebToken } from '../config/web-tokens.ts'
import { openAccess } from './access/access.ts'
import { knowWhoAsks, onlyOwnNames } from './access/gate.ts'
import type { WebNeeds } from './needs.ts'
import type { App, Environment } from './variables.ts'

/** Prometheus' text. */
export function addMetrics(app: App, metrics: WebNeeds['metrics']): void {
  app.get('/metrics', async context => context.text(await metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }))
}

export interface WorkerPagesNeeds extends Pick<WebNeeds, 'clock' | 'log' | 'metrics'> {
  readonly settings: Pick<WebNeeds['settings'], 'web'>
  readonly tokens: readonly WebToken[]
}

/** What a further worker answers: its numbers, to whom the pages of the service would be shown. */
export function createMetricsApp({ settings, tokens, clock, log, metrics }: WorkerPagesNeeds): App {
  const app = new Hono<Environment>()
  // Nobody logs in here: there are no pages.
  const access = { ...openAccess({ settings: settings.web, tokens, clock, localName: 'somebody' }), canLogIn: false }
  app.use(onlyOwnNames(settings.web, access))
  app.use(knowWhoAsks(access))
  addMetrics(app, metrics)
  app.notFound(context => context.json({ error: 'a worker has /healthz, /readyz and /metrics; the pages are those of serve' }, 404))
  app.onError((error, context) => {
    log.error('the metrics cannot be told', { why: error.message })
    return context.json({ error: 'the ledger cannot be read at the moment' }, 503)
  })
  return app
}
