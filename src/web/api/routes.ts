import type { z } from 'zod'
import { isOwnOrigin } from '../access/same-origin.ts'
import { formLimit } from '../login.ts'
import type { WebNeeds } from '../needs.ts'
import type { App, WebContext } from '../variables.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoints } from './endpoints.ts'
import { openApi } from './openapi.ts'

const base = '/api/v1'

export function addApi(app: App, needs: WebNeeds): void {
  const all = endpoints(needs)
  const document = openApi(all)
  app.get(`${base}/openapi.json`, context => context.json(document))
  for (const endpoint of all) {
    const path = `${base}${endpoint.path.replace('{id}', ':id')}`
    if (endpoint.method === 'get') app.get(path, context => answer(endpoint, context, null))
    else app.post(path, formLimit, async context => change(endpoint, context, needs))
  }
}

/** A browser sends JSON elsewhere only after asking, and no answer allows it; whoever shows a cookie must come from here all the same. */
async function change(endpoint: Endpoint, context: WebContext, needs: WebNeeds): Promise<Response> {
  const identity = context.get('identity')
  if (!(context.req.header('content-type') ?? '').startsWith('application/json')) return problem(context, 415, 'send application/json')
  const origin = context.req.header('origin')
  if (origin !== undefined && !isOwnOrigin(needs.settings.web, origin, context))
    return problem(context, 403, 'this page may not change anything')
  if (identity.role !== 'operator') return problem(context, 403, 'only operators may change something')
  const body: unknown = await context.req.json().catch(() => undefined)
  return answer(endpoint, context, body)
}

async function answer(endpoint: Endpoint, context: WebContext, given: unknown): Promise<Response> {
  const query = endpoint.query?.safeParse(context.req.query()) ?? null
  if (query?.success === false) return problem(context, 400, wrong(query.error))
  const body = endpoint.body?.safeParse(given) ?? null
  if (body?.success === false) return problem(context, 400, wrong(body.error))
  const found = await endpoint.handle({
    identity: context.get('identity'),
    query: query?.data ?? null,
    body: body?.data ?? null,
    id: context.req.param('id') ?? '',
  })
  return found === null ? problem(context, 404, 'there is no such thing') : context.json(found as object)
}

function wrong(error: z.ZodError): string {
  return error.issues.map(issue => `${issue.path.map(String).join('.') || 'the request'}: ${issue.message}`).join('; ')
}

function problem(context: WebContext, status: 400 | 403 | 404 | 415, error: string): Response {
  return context.json({ error }, status)
}
