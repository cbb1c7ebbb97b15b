import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBody, type Simulated } from '../simulated.ts'
import type { Subscription } from '../world/azure/model.ts'
import type { Fault } from '../world/description.ts'
import { ArmError } from './arm-error.ts'
import type { Answer, Operation } from './call.ts'
import { readOperations } from './reads.ts'
import { writeOperations } from './writes.ts'

interface Route {
  readonly operation: Operation
  readonly pattern: RegExp
}

/** ARM does not mind the case of what stands in a path. */
const routes: readonly Route[] = [...readOperations, ...writeOperations].map(operation => ({
  operation,
  pattern: new RegExp(`^${operation.path.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`, 'i'),
}))

interface Exchange {
  readonly azure: Simulated
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly path: string
  readonly requestId: string
  /** Added to the Date header, milliseconds. */
  skew: number
}

export function isArm(path: string): boolean {
  return /^\/(subscriptions|providers|tenants)(\/|\?|$)/i.test(path)
}

/** Answers one ARM request. It never throws: what goes wrong is an answer, too. */
export async function answerArm(azure: Simulated, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = await readBody(message)
  const url = new URL(message.url ?? '/', `http://${message.headers.host ?? 'localhost'}`)
  const path = decodeURIComponent(url.pathname)
  const exchange: Exchange = { azure, message, response, url, path, requestId: azure.world.random.uuid(), skew: 0 }
  azure.world.catchUp()
  const route = routes.find(each => each.operation.method === message.method && each.pattern.test(path))
  const names = route?.pattern.exec(path)?.groups ?? {}
  const subscription = azure.world.subscriptions.get((names.subscription ?? '').toLowerCase())
  const hits = azure.faults.hitting({
    service: 'arm',
    operation: route?.operation.name ?? '',
    account: '',
    region: subscription?.location ?? '',
    hasToken: url.searchParams.has('$skiptoken'),
    mentions: mentioned => `${path}/\n${text}`.toLowerCase().includes(mentioned.toLowerCase()),
  })
  for (const fault of hits) {
    if (fault.kind === 'latency') await sleep(fault.milliseconds)
    if (fault.kind === 'clock-skew') exchange.skew = fault.milliseconds
  }
  azure.world.catchUp()
  const log = (outcome: string): void => record(exchange, { operation: route?.operation, names, outcome })
  const lost = hits.find(fault => fault.kind === 'drop' || fault.kind === 'hang')
  try {
    if (lost?.moment === 'before') return log(lose(exchange, lost.kind))
    failByFault(exchange, hits)
    if (route === undefined) throw new ArmError(404, 'InvalidResourceType', `The simulator does not know ${message.method} ${path}`)
    if (subscription === undefined)
      throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${names.subscription}' could not be found.`)
    const answer = run(exchange, { operation: route.operation, names, subscription, hits, body: parsed(text) })
    if (lost !== undefined) return log(lose(exchange, lost.kind))
    log('ok')
    send(exchange, answer)
  } catch (error) {
    const told =
      error instanceof ArmError ? error : new ArmError(500, 'InternalServerError', String(error instanceof Error ? error.stack : error))
    log(told.code)
    send(exchange, { status: told.status, headers: told.headers, body: { error: { code: told.code, message: told.message } } })
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    return null
  }
}

function record(
  exchange: Exchange,
  what: { operation: Operation | undefined; names: Readonly<Record<string, string>>; outcome: string },
): void {
  const { azure, message } = exchange
  const writes = what.operation !== undefined && what.operation.method !== 'GET'
  azure.audit.record({
    at: azure.world.time,
    service: 'arm',
    operation: what.operation?.name ?? '',
    account: null,
    region: what.names.subscription ?? '',
    // What the activity log shows of a caller's own making.
    sessionName: (message.headers['x-ms-correlation-request-id'] as string | undefined) ?? null,
    principal: (message.headers['x-ms-client-request-id'] as string | undefined) ?? null,
    userAgent: message.headers['user-agent'] ?? '',
    writes,
    outcome: what.outcome,
    subject: writes ? (what.names.machine ?? what.names.set ?? null) : null,
  })
}

function lose(exchange: Exchange, kind: 'drop' | 'hang'): string {
  if (kind === 'hang') return 'hung'
  exchange.response.destroy()
  return 'dropped'
}

function failByFault({ message, path }: Exchange, hits: readonly Fault[]): void {
  for (const fault of hits) {
    if (fault.kind === 'throttling')
      throw new ArmError(429, 'TooManyRequests', 'The request is being throttled as the limit has been reached for this operation.', {
        'retry-after': '0',
        'x-ms-ratelimit-remaining-resource': 'Microsoft.Compute/HighCostGet;0',
      })
    if (fault.kind === 'server-error')
      throw fault.status === 503
        ? new ArmError(503, 'ServiceUnavailable', 'The service is temporarily unavailable.')
        : new ArmError(500, 'InternalServerError', 'The server encountered an internal error. Please retry the request.')
    if (fault.kind === 'error') throw new ArmError(fault.status, fault.code, fault.message)
    if (fault.kind === 'denied')
      throw new ArmError(
        403,
        'AuthorizationFailed',
        `The client 'firedrill' with object id '00000000-0000-4000-8000-000000000000' does not have authorization to perform action '${message.method} ${path}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
      )
  }
}

interface Run {
  readonly operation: Operation
  readonly names: Readonly<Record<string, string>>
  readonly subscription: Subscription
  readonly hits: readonly Fault[]
  readonly body: unknown
}

function run(exchange: Exchange, { operation, names, subscription: live, hits, body }: Run): Answer {
  const { azure, url, path, message } = exchange
  const { world } = azure
  const writes = operation.method !== 'GET'
  if (writes) world.touch(live)
  const stale = writes ? undefined : hits.find(fault => fault.kind === 'stale')
  const subscription = stale === undefined ? live : world.history.at(live, world.time - world.random.next() * stale.upTo)
  const emptyPage = hits.some(fault => fault.kind === 'empty-pages')
  return operation.run({
    world,
    subscription,
    names,
    query: url.searchParams,
    headers: message.headers,
    body,
    origin: url.origin,
    path,
    emptyPage,
  })
}

function send({ response, requestId, azure, skew }: Exchange, answer: Answer): void {
  if (response.destroyed) return
  const bytes = Buffer.from(answer.body === undefined ? '' : JSON.stringify(answer.body))
  response.writeHead(answer.status, {
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': bytes.length,
    'x-ms-request-id': requestId,
    date: new Date(azure.world.time + skew).toUTCString(),
    ...answer.headers,
  })
  response.end(bytes)
}
