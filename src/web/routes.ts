import { z } from 'zod'
import { shownStandings } from './fleet/standing.ts'
import type { WebNeeds } from './needs.ts'
import { changesPage } from './pages/changes.ts'
import { drillPage } from './pages/drill.ts'
import { fleetPage } from './pages/fleet.ts'
import { groupPage } from './pages/group.ts'
import { layout, type Page, type Shell } from './pages/layout.ts'
import { plainPage } from './pages/login.ts'
import { type RefusalPeriod, refusalPeriods, refusalsPage } from './pages/refusals.ts'
import { schedulesPage } from './pages/schedules.ts'
import type { App, WebContext } from './variables.ts'

const text = z.string().trim().max(300).optional().catch(undefined)
const offset = z.coerce.number().int().min(0).max(1_000_000).catch(0)

/** An address is typed by people: what is wrong in it is left out, never an error. */
const fleetSearch = z.object({
  q: text,
  provider: text,
  scope: text,
  service: text,
  owner: text,
  standing: z.enum(shownStandings).optional().catch(undefined),
  offset: offset.default(0),
})
const refusalSearch = z.object({
  days: z.coerce
    .number()
    .refine((days): days is RefusalPeriod => refusalPeriods.some(one => one === days))
    .catch(7),
  rule: z.string().max(200).min(1).nullable().catch(null),
  offset: offset.default(0),
})

export function addPages(app: App, needs: WebNeeds): void {
  app.get('/', async context => {
    const shell = await shellOf(needs, context)
    return show(context, await fleetPage(needs, fleetSearch.parse(context.req.query()), shell.state), shell)
  })
  app.get('/group', async context => {
    const shell = await shellOf(needs, context)
    const until = momentOf(context.req.query('until'))
    return showOrNot(context, await groupPage(needs, context.req.query('id') ?? '', { until, shell }), shell)
  })
  app.get('/drills/:id', async context => {
    const id = context.req.param('id')
    const [shell, page] = await Promise.all([shellOf(needs, context), drillPage(needs, id)])
    return showOrNot(context, page, { ...shell, live: `drill:${id}` })
  })
  app.get('/schedules', async context => {
    const shell = await shellOf(needs, context)
    return show(context, await schedulesPage(needs, shell), shell)
  })
  app.get('/refusals', async context => {
    const [shell, page] = await Promise.all([shellOf(needs, context), refusalsPage(needs, refusalSearch.parse(context.req.query()))])
    return show(context, page, shell)
  })
  app.get('/changes', async context => {
    const [shell, page] = await Promise.all([shellOf(needs, context), changesPage(needs)])
    return show(context, page, shell)
  })
}

async function shellOf(needs: WebNeeds, context: WebContext): Promise<Shell> {
  const identity = context.get('identity')
  const url = new URL(context.req.url)
  return {
    identity,
    formKey: needs.forms.of(identity),
    canLogOut: identity.how === 'session',
    state: await needs.ledger.state(),
    haltFile: needs.haltFileExists(),
    unreachable: needs.unreachable,
    here: url.pathname + url.search,
    live: 'all',
  }
}

function show(context: WebContext, page: Page, shell: Shell): Response {
  return context.body(layout(page, shell), 200, { 'content-type': 'text/html; charset=utf-8' })
}

function showOrNot(context: WebContext, page: Page | null, shell: Shell): Response {
  if (page !== null) return show(context, page, shell)
  return context.body(plainPage('Not found', 'The ledger knows nothing of that name.'), 404, { 'content-type': 'text/html; charset=utf-8' })
}

function momentOf(given: string | undefined): Temporal.Instant | null {
  try {
    return given === undefined ? null : Temporal.Instant.from(given)
  } catch {
    return null
  }
}
