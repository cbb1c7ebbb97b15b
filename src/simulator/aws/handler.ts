import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBody, type Simulated } from '../simulated.ts'
import type { Fault } from '../world/description.ts'
import type { AccessKey, World } from '../world/world.ts'
import { ApiError } from './api-error.ts'
import type { Operation } from './call.ts'
import { escapeXml, type Result, toJson, xml } from './render.ts'
import { type Encoding, type ReadRequest, readRequest, readSignature, type Signature } from './request.ts'
import { type Service, services } from './services.ts'

interface Exchange {
  readonly aws: Simulated
  readonly response: ServerResponse
  readonly service: Service
  readonly encoding: Encoding
  readonly operation: string
  readonly requestId: string
  /** Added to the Date header, milliseconds. */
  skew: number
}

/** Answers one AWS API request. It never throws: what goes wrong is an answer, too. */
export async function answer(aws: Simulated, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(message)
  const signature = readSignature(message.headers.authorization)
  const service = signature === null ? undefined : services.get(signature.service)
  const request = tryRead(message, body)
  const exchange: Exchange = {
    aws,
    response,
    service: service ?? (services.get('sts') as Service),
    encoding: request?.encoding ?? 'xml',
    operation: request?.operation ?? '',
    requestId: aws.world.random.uuid(),
    skew: 0,
  }
  if (signature === null) return sendError(exchange, new ApiError('MissingAuthenticationToken', 'Missing Authentication Token', 403))
  if (service === undefined)
    return sendError(
      exchange,
      new ApiError('UnknownService', `The simulator has no service ${signature.service}; it has ${[...services.keys()].join(', ')}`),
    )
  if (request === null) return sendError(exchange, new ApiError('MissingAction', 'The request must name an Action', 400))
  await serve(exchange, { message, signature, request })
}

function tryRead(message: IncomingMessage, body: string): ReadRequest | null {
  try {
    return readRequest(message, body)
  } catch {
    return null
  }
}

interface Incoming {
  readonly message: IncomingMessage
  readonly signature: Signature
  readonly request: ReadRequest
}

async function serve(exchange: Exchange, { message, signature, request }: Incoming): Promise<void> {
  const { aws, service } = exchange
  const { world, faults, audit } = aws
  world.catchUp()
  const caller = world.accessKeys.get(signature.accessKey) ?? null
  const operation = service.operations[request.operation]
  const log = (outcome: string) =>
    audit.record({
      at: world.time,
      service: service.name,
      operation: request.operation,
      account: caller?.account ?? null,
      region: signature.region,
      sessionName: caller?.sessionName ?? null,
      principal: caller?.arn ?? null,
      userAgent: message.headers['user-agent'] ?? '',
      writes: operation?.writes ?? false,
      outcome,
      subject: operation?.writes === true ? subjectOf(request) : null,
    })
  const hits = faults.hitting({
    service: service.name,
    operation: request.operation,
    account: caller?.account ?? '',
    region: signature.region,
    hasToken: request.input.has('NextToken') || request.input.has('Marker'),
    mentions: text => request.input.mentions(text),
  })
  for (const fault of hits) {
    if (fault.kind === 'latency') await sleep(fault.milliseconds)
    if (fault.kind === 'clock-skew') exchange.skew = fault.milliseconds
  }
  world.catchUp()
  const lost = hits.find(fault => fault.kind === 'drop' || fault.kind === 'hang')
  try {
    if (lost?.moment === 'before') {
      log(lose(exchange, lost.kind))
      return
    }
    failByFault(service, caller, request.operation, hits)
    const result = run({ exchange, caller, signature, request, operation, hits })
    if (lost !== undefined) {
      log(lose(exchange, lost.kind))
      return
    }
    log('ok')
    sendResult(exchange, result)
  } catch (error) {
    const told =
      error instanceof ApiError ? error : new ApiError('InternalFailure', String(error instanceof Error ? error.stack : error), 500)
    log(told.code)
    sendError(exchange, told)
  }
}

function subjectOf({ input }: ReadRequest): string | null {
  const single = ['InstanceId', 'AutoScalingGroupName', 'RoleArn', 'AlarmName', 'LaunchTemplateId', 'ImageId']
  return (
    single.map(name => input.text(name) ?? input.list(name)[0]).find(value => value !== undefined) ?? input.list('ResourceId')[0] ?? null
  )
}

function lose(exchange: Exchange, kind: 'drop' | 'hang'): string {
  if (kind === 'hang') return 'hung'
  exchange.response.destroy()
  return 'dropped'
}

function failByFault(service: Service, caller: AccessKey | null, operation: string, hits: readonly Fault[]): void {
  for (const fault of hits) {
    if (fault.kind === 'throttling') throw new ApiError(service.throttling.code, service.throttling.message, service.throttling.status)
    if (fault.kind === 'server-error')
      throw fault.status === 503
        ? new ApiError(
            service.protocol === 'ec2' ? 'Unavailable' : 'ServiceUnavailable',
            'The service is unavailable. Please try again shortly.',
            503,
          )
        : new ApiError(service.protocol === 'ec2' ? 'InternalError' : 'InternalFailure', 'An internal error has occurred', 500)
    if (fault.kind === 'error') throw new ApiError(fault.code, fault.message, fault.status)
    if (fault.kind === 'denied')
      throw new ApiError(
        service.denied,
        service.protocol === 'ec2'
          ? 'You are not authorized to perform this operation.'
          : `User: ${caller?.arn ?? 'unknown'} is not authorized to perform: ${service.name}:${operation}`,
        403,
      )
  }
}

interface Run {
  readonly exchange: Exchange
  readonly caller: AccessKey | null
  readonly signature: Signature
  readonly request: ReadRequest
  readonly operation: Operation | undefined
  readonly hits: readonly Fault[]
}

function run({ exchange, caller, signature, request, operation, hits }: Run): Result {
  const { service, aws } = exchange
  const { world } = aws
  if (caller === null) throw new ApiError(service.unknownKey.code, service.unknownKey.message, service.unknownKey.status)
  if (operation === undefined)
    throw new ApiError(
      'InvalidAction',
      `The action ${request.operation} is not valid for this web service: the simulator does not know it.`,
    )
  const live = regionOf(world, caller, signature)
  if (operation.writes) world.touch(live)
  const stale = operation.writes ? undefined : hits.find(fault => fault.kind === 'stale')
  const region = stale === undefined ? live : world.history.at(live, world.time - world.random.next() * stale.upTo)
  return operation.run({ world, region, input: request.input, caller, emptyPage: hits.some(fault => fault.kind === 'empty-pages') })
}

function regionOf(world: World, caller: AccessKey, signature: Signature): ReturnType<World['region']> {
  const region = world.regions.get(`${caller.account}/${signature.region}`)
  if (region !== undefined) return region
  // IAM and the global STS endpoint sign for us-east-1 wherever the fleet is.
  const first = [...world.regions.values()].find(each => each.account === caller.account)
  if ((signature.service === 'iam' || signature.service === 'sts') && first !== undefined) return first
  throw new ApiError('OptInRequired', `The simulated account ${caller.account} has no region ${signature.region}`, 403)
}

function sendResult(exchange: Exchange, result: Result): void {
  const { service, operation, requestId, encoding } = exchange
  if (encoding === 'json') {
    send(exchange, 200, 'application/x-amz-json-1.0', JSON.stringify(toJson(result)))
    return
  }
  const body =
    service.protocol === 'ec2'
      ? `<${operation}Response xmlns="${service.namespace}"><requestId>${requestId}</requestId>${xml(result, 'item')}</${operation}Response>`
      : `<${operation}Response xmlns="${service.namespace}"><${operation}Result>${xml(result, 'member')}</${operation}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`
  send(exchange, 200, 'text/xml;charset=UTF-8', service.protocol === 'ec2' ? `<?xml version="1.0" encoding="UTF-8"?>\n${body}` : body)
}

function sendError(exchange: Exchange, error: ApiError): void {
  const { service, requestId, encoding } = exchange
  if (encoding === 'json') {
    const type = `com.amazonaws.${service.name}#${error.code}`
    send(exchange, error.status, 'application/x-amz-json-1.0', JSON.stringify({ __type: type, message: error.message }))
    return
  }
  const code = `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>`
  const body =
    service.protocol === 'ec2'
      ? `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${code}</Error></Errors><RequestID>${requestId}</RequestID></Response>`
      : `<ErrorResponse xmlns="${service.namespace}"><Error><Type>${error.status < 500 ? 'Sender' : 'Receiver'}</Type>${code}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`
  send(exchange, error.status, 'text/xml;charset=UTF-8', body)
}

function send(exchange: Exchange, status: number, type: string, body: string): void {
  const { response, requestId, aws, skew } = exchange
  if (response.destroyed) return
  const bytes = Buffer.from(body)
  response.writeHead(status, {
    'content-type': type,
    'content-length': bytes.length,
    'x-amzn-requestid': requestId,
    date: new Date(aws.world.time + skew).toUTCString(),
  })
  response.end(bytes)
}
