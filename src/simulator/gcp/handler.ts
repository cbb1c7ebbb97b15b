import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBody, type Simulated } from '../simulated.ts'
import type { Fault } from '../world/description.ts'
import { ApiError, notFound } from './api-error.ts'
import { answerBatch } from './batch.ts'
import type { Call } from './call.ts'
import { type Route, routeOf } from './routes.ts'

const COMPUTE_PATH = '/compute/v1/projects'
const BATCH_PATH = '/batch/compute/v1'

/** Is a request for this cloud? */
export function isCompute(url: string): boolean {
  return url.startsWith(COMPUTE_PATH) || url.startsWith(BATCH_PATH)
}

/** How long the real API may hold a wait back is two minutes; here it answers sooner, as it may. */
const LONGEST_WAIT = 400

/** A request as it came by itself or as a part of a batch. */
export interface Incoming {
  readonly method: string
  readonly url: string
  readonly header: (name: string) => string | null
  readonly body: string
}

/** What is answered; a fault may keep it back. */
export type Reply = { readonly status: number; readonly body: unknown; readonly date: number } | 'hung' | 'dropped'

interface Exchange {
  readonly simulated: Simulated
  readonly incoming: Incoming
  readonly route: Route
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
}

/** Answers one request of the Compute Engine v1 REST API. It never throws: what goes wrong is an answer, too. */
export async function answer(simulated: Simulated, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const incoming: Incoming = {
    method: message.method ?? 'GET',
    url: message.url ?? '/',
    header: name => headerOf(message, name),
    body: await readBody(message),
  }
  if (incoming.url.startsWith(BATCH_PATH)) {
    const { type, text } = await answerBatch(incoming, part => reply(simulated, part))
    response.writeHead(200, { 'content-type': type })
    response.end(text)
    return
  }
  send(response, await reply(simulated, incoming))
}

async function reply(simulated: Simulated, incoming: Incoming): Promise<Reply> {
  const { world } = simulated
  const url = new URL(incoming.url, 'http://localhost')
  const route = routeOf(incoming.method, url.pathname.slice(COMPUTE_PATH.length).replace(/^\//, ''))
  if (route !== null) return serve({ simulated, incoming, route, query: url.searchParams, body: readJson(incoming.body) })
  const error = new ApiError(404, 'notFound', `The simulator does not know ${incoming.method} ${url.pathname}`)
  return { status: 404, body: error.body(), date: world.time }
}

/** Requests without a body come with an empty one, or with `""`. */
function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

async function serve(exchange: Exchange): Promise<Reply> {
  const { simulated, route, query } = exchange
  const { world, faults } = simulated
  world.catchUp()
  const hits = faults.hitting({
    service: 'compute',
    operation: route.name,
    account: route.project,
    region: route.location,
    hasToken: query.has('pageToken'),
    mentions: text => mentions(exchange, text),
  })
  let skew = 0
  for (const fault of hits) {
    if (fault.kind === 'latency') await sleep(fault.milliseconds)
    if (fault.kind === 'clock-skew') skew = fault.milliseconds
  }
  world.catchUp()
  const lost = hits.find(fault => fault.kind === 'drop' || fault.kind === 'hang')
  if (lost?.moment === 'before') return lose(exchange, lost.kind)
  try {
    failByFault(exchange, hits)
    const body = await run(exchange, hits)
    if (lost !== undefined) return lose(exchange, lost.kind)
    log(exchange, 'ok')
    return { status: 200, body, date: world.time + skew }
  } catch (error) {
    const told =
      error instanceof ApiError ? error : new ApiError(500, 'internalError', String(error instanceof Error ? error.stack : error))
    log(exchange, told.reason)
    return { status: told.status, body: told.body(), date: world.time + skew }
  }
}

function mentions({ route, query, body }: Exchange, text: string): boolean {
  return route.resource === text || [...query.values()].some(value => value.includes(text)) || JSON.stringify(body).includes(text)
}

function log({ simulated, incoming, route, body }: Exchange, outcome: string): void {
  const instances = body.instances
  simulated.audit.record({
    at: simulated.world.time,
    service: 'compute',
    operation: route.name,
    account: route.project,
    region: route.location,
    // What Google's audit log shows as the request's reason.
    sessionName: incoming.header('x-goog-request-reason'),
    principal: userOf(incoming),
    userAgent: incoming.header('user-agent') ?? '',
    writes: route.operation.writes,
    outcome,
    subject: route.operation.writes ? (Array.isArray(instances) ? (String(instances[0]).split('/').at(-1) ?? null) : route.resource) : null,
  })
}

function lose(exchange: Exchange, kind: 'drop' | 'hang'): Reply {
  const outcome = kind === 'hang' ? 'hung' : 'dropped'
  log(exchange, outcome)
  return outcome
}

function failByFault({ simulated, route }: Exchange, hits: readonly Fault[]): void {
  for (const fault of hits) {
    if (fault.kind === 'throttling') {
      const status = simulated.world.random.next() < 0.5 ? 403 : 429
      const message = `Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'compute.googleapis.com' for consumer 'project_number:${numberOf(simulated, route)}'.`
      throw new ApiError(status, 'rateLimitExceeded', message)
    }
    if (fault.kind === 'server-error')
      throw fault.status === 503
        ? new ApiError(503, 'backendError', 'The service is currently unavailable.')
        : new ApiError(500, 'internalError', 'Internal Error')
    if (fault.kind === 'error') throw new ApiError(fault.status, fault.code, fault.message)
    if (fault.kind === 'denied')
      throw new ApiError(
        403,
        'forbidden',
        `Required 'compute.${route.name}' permission for 'projects/${route.project}/${route.location}/${route.resource}'`,
      )
    if (fault.kind === 'unreachable' && !route.name.endsWith('.aggregatedList'))
      throw new ApiError(503, 'backendError', `${route.location} is unreachable.`)
  }
}

function numberOf({ world }: Simulated, route: Route): string {
  return world.projects.get(route.project)?.number ?? '0'
}

async function run(exchange: Exchange, hits: readonly Fault[]): Promise<unknown> {
  const { simulated, route } = exchange
  const { world } = simulated
  const live = world.projects.get(route.project)
  if (live === undefined) throw notFound(`projects/${route.project}`)
  if (route.operation.writes) world.touch(live)
  const stale = route.operation.writes ? undefined : hits.find(fault => fault.kind === 'stale')
  const call: Call = {
    world,
    project: stale === undefined ? live : world.history.at(live, world.time - world.random.next() * stale.upTo),
    location: route.location,
    regional: route.regional,
    name: route.resource,
    query: exchange.query,
    body: exchange.body,
    user: userOf(exchange.incoming) ?? 'operator@simulated.example.com',
    emptyPage: hits.some(fault => fault.kind === 'empty-pages'),
    unreachable: unreachableIn(simulated, route),
  }
  const { settled } = route.operation
  for (let waited = 0; settled !== undefined && !settled(call) && waited < LONGEST_WAIT; waited += 20) {
    await sleep(20)
    world.catchUp()
  }
  return route.operation.run(call)
}

/** A list over all places is hit by a fault about one of them, which it does not name. */
function unreachableIn({ faults }: Simulated, route: Route): Call['unreachable'] {
  if (!route.name.endsWith('.aggregatedList')) return []
  return faults.list().flatMap(({ fault }) => {
    if (fault.kind !== 'unreachable' || fault.region === undefined) return []
    return [{ place: fault.region, told: fault.told }]
  })
}

/** Tokens are not checked; who holds one is called after it. */
function userOf(incoming: Incoming): string | null {
  const token = /^Bearer\s+([\w.@-]{1,64})/.exec(incoming.header('authorization') ?? '')?.[1]
  return token === undefined ? null : `${token.replace(/@.*$/, '')}@simulated.iam.gserviceaccount.com`
}

function headerOf(message: IncomingMessage, name: string): string | null {
  const value = message.headers[name]
  return typeof value === 'string' ? value : null
}

function send(response: ServerResponse, answer: Reply): void {
  if (answer === 'dropped') response.destroy()
  if (response.destroyed || answer === 'hung' || answer === 'dropped') return
  const bytes = Buffer.from(JSON.stringify(answer.body))
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': bytes.length,
    date: new Date(answer.date).toUTCString(),
  })
  response.end(bytes)
}
