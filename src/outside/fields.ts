import { z } from 'zod'
import { duration } from '../config/fields.ts'
import { called } from '../config/phrases.ts'
import { isPointer } from './json-assertion.ts'
import { type SecretReader, type SecretReference, secretReference, storedReference } from './secrets.ts'
import { forbiddenHost, wrongUrl } from './url-template.ts'

/** Headers that never hold a secret; every other one is given as a reference. */
const PLAIN_HEADERS = ['accept', 'user-agent', 'x-scope-orgid']
/** Set by whoever sends: written by hand they would let one request pass as another. */
const OWN_HEADERS = ['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade']
const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

const url = (placeholders: boolean) =>
  z.string().transform((text, context) => {
    const problem = wrongUrl(text, { placeholders })
    if (problem === null) return text
    context.issues.push({ code: 'custom', message: problem, input: text })
    return z.NEVER
  })

/** An http or https address. */
export const plainUrl = url(false)
/** The same with `{address}`, `{id}` and `{name}` of an instance. */
export const instanceUrl = url(true)

export const checkTimeout = (example: string, milliseconds: number) => duration(example, 1).default(milliseconds)

export const allowLinkLocal = called(z.boolean(), 'true or false').default(false)

const headerValue = z.union([secretReference, called(z.string(), 'a text')])

export const headers = called(
  z.record(called(z.string().regex(HEADER), 'the name of a header', 'X-Api-Key'), headerValue).transform((written, context) => {
    for (const [name, value] of Object.entries(written)) {
      const wrong = wrongHeader(name, value)
      if (wrong !== null) context.issues.push({ code: 'custom', message: wrong, input: written, path: [name] })
    }
    return written
  }),
  'a map of headers',
  '{ X-Api-Key: { env: API_KEY } }',
).default({})

function wrongHeader(name: string, value: string | SecretReference): string | null {
  if (OWN_HEADERS.includes(name.toLowerCase())) return `the header ${name} cannot be set`
  if (typeof value !== 'string' || PLAIN_HEADERS.includes(name.toLowerCase())) return null
  return `the header ${name} may hold a secret, so it comes from the environment or a file: ${name}: { env: NAME } or { file: PATH }`
}

export const token = secretReference.optional()

/** What every check that asks by http takes. */
export const httpFields = { headers, token, allowLinkLocal }

/** The same after a stay in the ledger. */
export const storedHttpFields = {
  headers: z.record(z.string(), z.union([storedReference, z.string()])).default({}),
  token: storedReference.optional(),
  allowLinkLocal: z.boolean().default(false),
}

const status = called(z.int().min(100).max(599), 'a status of http', '200')
export const statuses = called(
  z.union([status.transform(one => [one]), z.array(status).min(1)]),
  'a status of http, or a list of them',
  '200',
).default([200])

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const pointer = called(z.string().refine(isPointer), 'a JSON pointer', '/status')
export const jsonAssertion = called(
  z.record(pointer, z.union([scalar, z.array(scalar).min(1)])),
  'a map of JSON pointers and the values that must stand there',
  '{ /status: ok }',
).default({})

export const redirects = called(z.int().min(0).max(10), 'a number of redirects, at most 10,', '3').default(0)

/** Complains at `url` where its fixed host is a metadata address and nobody allowed that. */
export function refuseForbiddenHost(settings: { readonly url: string; readonly allowLinkLocal: boolean }, context: z.RefinementCtx): void {
  if (settings.allowLinkLocal || !forbiddenHost(settings.url)) return
  context.addIssue({ code: 'custom', message: 'url must not point at a link-local or metadata address', path: ['url'] })
}

/** The headers as they are sent, secrets filled in. */
export async function revealHeaders(
  settings: { readonly headers: Readonly<Record<string, string | SecretReference>>; readonly token?: SecretReference | undefined },
  secrets: SecretReader,
): Promise<Record<string, string>> {
  const sent: Record<string, string> = {}
  for (const [name, value] of Object.entries(settings.headers))
    sent[name.toLowerCase()] = typeof value === 'string' ? value : await secrets.reveal(value)
  if (settings.token !== undefined) sent.authorization = `Bearer ${await secrets.reveal(settings.token)}`
  return sent
}
