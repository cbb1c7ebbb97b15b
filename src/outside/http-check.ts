import { z } from 'zod'
import { httpFields, jsonAssertion, redirects, statuses, storedHttpFields } from './fields.ts'
import { httpGet, parseJson } from './http-request.ts'
import { brokenAssertion } from './json-assertion.ts'

/** What the http guard and the http probe have in common: status and JSON must be as written. */
export const httpCheckFields = { status: statuses, json: jsonAssertion, redirects, ...httpFields }

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
export const storedHttpCheckFields = {
  status: z.array(z.number()),
  json: z.record(z.string(), z.union([scalar, z.array(scalar)])),
  redirects: z.number(),
  ...storedHttpFields,
}
const storedHttpCheck = z.object(storedHttpCheckFields)

export interface HttpChecked {
  readonly passed: boolean
  readonly detail: string
  readonly status: number
  readonly body: string
}

export interface HttpChecking {
  /** As they are sent. */
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Throws where there is no answer at all. */
export async function checkHttp(
  url: URL,
  settings: z.output<typeof storedHttpCheck>,
  { headers, signal }: HttpChecking,
): Promise<HttpChecked> {
  const { allowLinkLocal } = settings
  const { status, body } = await httpGet({ url, headers, redirects: settings.redirects, allowLinkLocal }, signal)
  const problem = wrongAnswer({ status, body }, { ...settings, url })
  return {
    passed: problem === null,
    detail: problem ?? `${url.origin} answered ${status}`,
    status,
    body,
  }
}

function wrongAnswer(
  { status, body }: { status: number; body: string },
  expected: Pick<z.output<typeof storedHttpCheck>, 'status' | 'json'> & { url: URL },
): string | null {
  const { url, json } = expected
  if (!expected.status.includes(status)) return `${url.origin} answered ${status} instead of ${expected.status.join(' or ')}`
  if (Object.keys(json).length === 0) return null
  let document: unknown
  try {
    document = parseJson(body, url)
  } catch {
    return `${url.origin} did not answer with JSON`
  }
  const broken = brokenAssertion(document, json)
  return broken === null ? null : `${url.origin} answered, but ${broken}`
}
