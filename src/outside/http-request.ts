import { lookup as resolve } from 'node:dns'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { ForbiddenAddressError, hostOf, isMetadataAddress } from './metadata-address.ts'

export interface HttpQuestion {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes; 1 MB unless told. */
  readonly largest?: number
  /** How many redirects are followed; none unless told. */
  readonly redirects?: number
  readonly allowLinkLocal?: boolean
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  /** Seconds that the server asks to wait; null where it does not say so in seconds. */
  readonly retryAfter: number | null
}

const LARGEST_BODY = 1024 * 1024

/**
 * One GET. Link-local and metadata addresses are refused by number, by name, by what a name resolves to at the
 * moment of connecting, and anew for each redirect. A redirect to another origin gets none of the headers.
 * Messages name the origin only: paths and queries may hold what is nobody's business.
 */
export async function httpGet(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  const { url, redirects = 0 } = question
  if (question.allowLinkLocal !== true && isMetadataAddress(hostOf(url))) throw new ForbiddenAddressError(url.host)
  const answer = await send(question, signal)
  const status = answer.statusCode ?? 0
  if (status < 300 || status >= 400 || status === 304) return answered(answer, question, signal)
  answer.destroy()
  if (redirects === 0) throw new Error(`${url.origin} answered with a redirect (${status}), which is not followed`)
  return httpGet({ ...question, ...redirected(question, answer.headers.location), redirects: redirects - 1 }, signal)
}

async function answered(answer: IncomingMessage, question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  const wait = answer.headers['retry-after'] ?? ''
  const body = await read(answer, question, signal)
  return { status: answer.statusCode ?? 0, body, retryAfter: /^\d{1,6}$/.test(wait) ? Number(wait) : null }
}

/** One POST under the same guards. A redirect is an answer like any other: what is told goes nowhere else. */
export async function httpPost(question: Omit<HttpQuestion, 'redirects'>, body: string, signal: AbortSignal): Promise<HttpAnswer> {
  if (question.allowLinkLocal !== true && isMetadataAddress(hostOf(question.url))) throw new ForbiddenAddressError(question.url.host)
  return answered(await send(question, signal, body), question, signal)
}

function redirected({ url, headers = {} }: HttpQuestion, location: string | undefined): Pick<HttpQuestion, 'url' | 'headers'> {
  const target = location === undefined ? null : URL.parse(location, url)
  if (target === null || !['http:', 'https:'].includes(target.protocol))
    throw new Error(`${url.origin} answered with a redirect to nowhere`)
  if (url.protocol === 'https:' && target.protocol === 'http:')
    throw new Error(`${url.origin} answered with a redirect from https to http, which is not followed`)
  return { url: target, headers: target.origin === url.origin ? headers : {} }
}

function send(question: HttpQuestion, signal: AbortSignal, body?: string): Promise<IncomingMessage> {
  const { url, headers = {}, allowLinkLocal = false } = question
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((done, fail) => {
    const options = {
      signal,
      agent: false,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      ...(!allowLinkLocal && isIP(hostOf(url)) === 0 && { lookup: guardedLookup }),
    }
    const sent = request(url, options, done)
    sent.on('error', error => fail(signal.aborted ? signal.reason : describe(error, url)))
    sent.end(body)
  })
}

function describe(error: Error, url: URL): Error {
  if (error instanceof ForbiddenAddressError) return error
  return new Error(`${url.origin} could not be asked: ${error.message || ('code' in error ? String(error.code) : error.name)}`, {
    cause: error,
  })
}

/** Checks what a name resolves to at the moment of connecting, so that no second answer can differ from the first. */
export function guardLookup(resolveAll: typeof resolve): LookupFunction {
  return (hostname, options, done) => {
    resolveAll(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, [])
      const forbidden = addresses.find(found => isMetadataAddress(found.address))
      if (forbidden !== undefined) return done(new ForbiddenAddressError(`${hostname} (${forbidden.address})`), [])
      const [first] = addresses
      if (first === undefined) return done(new Error(`${hostname} has no address`), [])
      return options.all === true ? done(null, addresses) : done(null, first.address, first.family)
    })
  }
}

export const guardedLookup = guardLookup(resolve)

async function read(answer: IncomingMessage, { url, largest = LARGEST_BODY }: HttpQuestion, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > largest) throw new Error(`${url.origin} answered with more than ${sizeText(largest)}`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw size > largest ? error : new Error(`${url.origin} stopped in the middle of its answer`, { cause: error })
  } finally {
    answer.destroy()
  }
  // A body that the closing of its connection ends looks whole where it was this signal that closed it.
  signal.throwIfAborted()
  return Buffer.concat(chunks).toString('utf8')
}

function sizeText(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${Math.round(bytes / 1024 / 1024)} MB` : `${Math.round(bytes / 1024)} kB`
}

/** Throws where a body is no JSON; the body itself is not quoted. */
export function parseJson(body: string, url: URL): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw new Error(`${url.origin} did not answer with JSON`, { cause: error })
  }
}
