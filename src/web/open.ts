import { getRequestListener } from '@hono/node-server'
import type { WebToken } from '../config/web-tokens.ts'
import { openAccess } from './access/access.ts'
import { formKey } from './access/same-origin.ts'
import { createApp } from './app.ts'
import { openHistory } from './fleet/history.ts'
import { createMetricsApp, type WorkerPagesNeeds } from './metrics.ts'
import type { WebNeeds } from './needs.ts'
import { openPlans } from './plans/coming.ts'
import type { Listener } from './server.ts'
import type { App } from './variables.ts'

export interface DashboardNeeds extends Omit<WebNeeds, 'access' | 'forms' | 'history' | 'plans'> {
  readonly tokens: readonly WebToken[]
  /** Who is at the keyboard of this machine, for where nobody has to say who they are. */
  readonly localName: string
}

async function openDashboard(needs: DashboardNeeds): Promise<App> {
  const { settings, ledger, clock, tokens, localName } = needs
  return createApp({
    ...needs,
    access: openAccess({ settings: settings.web, tokens, clock, localName }),
    forms: formKey(await ledger.salt()),
    history: openHistory(ledger),
    plans: openPlans(ledger, settings),
  })
}

/** Of a further worker. */
export function openMetricsListener(needs: WorkerPagesNeeds): Listener {
  return getRequestListener(createMetricsApp(needs).fetch, { overrideGlobalObjects: false })
}

export async function openListener(needs: DashboardNeeds): Promise<Listener> {
  const app = await openDashboard(needs)
  // Its own Request and Response stay out of the rest of the process.
  return getRequestListener(app.fetch, { overrideGlobalObjects: false })
}
