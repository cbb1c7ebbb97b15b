import { lookup as resolve } from 'node:dns'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { isIP, isIPv6, type LookupFunction } from 'node:net'
import { z } from 'zod'
import type { Fingerprint } from '../domain/drill.ts'
import { parseDuration } from '../domain/duration.ts'
import type { FingerprintTarget } from './fingerprint.ts'
import type { FingerprintKind } from './kind.ts'
import { isMetadataAddress } from './metadata-address.ts'

const LARGEST_BODY = 1024 * 1024
const PLACEHOLDER = /\{([^{}]*)\}/g
const PLACEHOLDERS = ['address', 'id', 'name']

const address = z.string().transform((text, context) => {
  const problem = wrongUrl(text)
  if (problem === null) return text
  context.issues.push({ code: 'custom', message: problem, input: text })
  return z.NEVER
})

const timeout = z.string().transform((text, context) => {
  const milliseconds = parseDuration(text)
  if (milliseconds !== null && milliseconds > 0) return milliseconds
  context.issues.push({ code: 'custom', message: 'timeout must be a duration such as 5s', input: text })
  return z.NEVER
})

/** After the schema, and after a stay in the ledger. */
const stored = z.object({ url: z.string(), timeout: z.number().positive() })

/**
 * Asks an agent inside the instance: `GET` on a URL with `{address}`, `{id}` and `{name}` filled in, which answers
 * with a flat JSON object of texts. Redirects are not followed, and link-local addresses are never asked: a tag or
 * a name must not be able to point Firedrill at the credentials of the machine it runs on.
 */
export const httpFingerprint: FingerprintKind = {
  schema: z.strictObject({ url: address, timeout: timeout.default(5000) }),
  open(settings) {
    const { url, timeout } = stored.parse(settings)
    return {
      async take(instance, signal) {
        const target = fill(url, instance)
        const limit = AbortSignal.timeout(timeout)
        try {
          return parseFingerprint(await get(target, AbortSignal.any([signal, limit])), target)
        } catch (error) {
          signal.throwIfAborted()
          if (limit.aborted) throw new Error(`${target.origin} did not answer within ${timeout} ms`, { cause: error })
          throw error
        }
      },
    }
  },
}

function wrongUrl(text: string): string | null {
  for (const [written, name = ''] of text.matchAll(PLACEHOLDER))
    if (!PLACEHOLDERS.includes(name)) return `${written} is no placeholder; there are {address}, {id} and {name}`
  const url = URL.parse(text.replace(PLACEHOLDER, 'x'))
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return 'url must be an http or https address such as "http://{address}:9100/fingerprint"'
  if (url.username !== '' || url.password !== '') return 'url must not hold a user or password: it is stored with every drill'
  if (isMetadataAddress(hostOf(url))) return 'url must not point at a link-local or metadata address'
  return null
}

function fill(url: string, instance: FingerprintTarget): URL {
  if (url.includes('{address}') && instance.address === null) throw new Error(`the address of ${instance.id} is not known`)
  const filled = url.replace(PLACEHOLDER, (written, name: string) => {
    if (name === 'address') return isIPv6(instance.address ?? '') ? `[${instance.address}]` : encodeURIComponent(instance.address ?? '')
    if (name === 'id') return encodeURIComponent(instance.id)
    if (name === 'name') return encodeURIComponent(instance.name)
    return written
  })
  const target = URL.parse(filled)
  if (target === null) throw new Error(`"${filled}" is not an address that can be asked`)
  if (isMetadataAddress(hostOf(target))) throw new Error(`${target.host} is a link-local or metadata address and is never asked`)
  return target
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** Checks what a name resolves to at the moment of connecting, so that no second answer can differ from the first. */
const guardedLookup: LookupFunction = (hostname, options, done) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, [])
    const forbidden = addresses.find(found => isMetadataAddress(found.address))
    if (forbidden !== undefined) return done(new Error(`${hostname} is ${forbidden.address}, a link-local or metadata address`), [])
    const [first] = addresses
    if (first === undefined) return done(new Error(`${hostname} has no address`), [])
    return options.all === true ? done(null, addresses) : done(null, first.address, first.family)
  })
}

function get(target: URL, signal: AbortSignal): Promise<string> {
  const request = target.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((done, fail) => {
    const options = {
      signal,
      agent: false,
      headers: { accept: 'application/json' },
      ...(isIP(hostOf(target)) === 0 && { lookup: guardedLookup }),
    }
    const sent = request(target, options, answer => {
      read(answer, target).then(done, error => {
        sent.destroy()
        fail(error)
      })
    })
    sent.on('error', fail)
    sent.end()
  })
}

async function read(answer: IncomingMessage, target: URL): Promise<string> {
  const status = answer.statusCode ?? 0
  if (status >= 300 && status < 400) throw new Error(`${target.origin} answered with a redirect (${status}), which is not followed`)
  if (status !== 200) throw new Error(`${target.origin} answered ${status} instead of 200`)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST_BODY) throw new Error(`${target.origin} answered with more than 1 MB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseFingerprint(body: string, target: URL): Fingerprint {
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch (error) {
    throw new Error(`${target.origin} did not answer with JSON`, { cause: error })
  }
  const record = z.record(z.string(), z.string()).safeParse(answer)
  if (!record.success) throw new Error(`${target.origin} must answer with one flat JSON object whose values are texts`)
  return record.data
}
