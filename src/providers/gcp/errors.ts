import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'

const NETWORK =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_STREAM_PREMATURE_CLOSE|UND_ERR_.*)$/
/** The connection was never made, so nothing can have been sent. */
const NEVER_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/
const THROTTLED = /^(rateLimitExceeded|userRateLimitExceeded|quotaExceeded|RESOURCE_EXHAUSTED|RATE_LIMIT_EXCEEDED)$/
const CREDENTIALS =
  /could not load the default credentials|invalid_grant|invalid_client|unable to (detect|impersonate)|no access, refresh token|could not refresh access token|invalid_rapt|unauthorized_client/i
const BUSY = /^(resourceInUseByAnotherResource|resourceNotReady|RESOURCE_IN_USE_BY_ANOTHER_RESOURCE|RESOURCE_NOT_READY|conditionNotMet)$/

interface Shape {
  /** Of the answer; null where there was none. */
  readonly status: number | null
  /** Google's own word (`rateLimitExceeded`), or the system's (`ECONNRESET`). */
  readonly reason: string
  readonly message: string
}

/**
 * One error for all of Google. For a write, `mayHaveActed` is false only where the service answered with a definite refusal
 * (4xx), or where no connection was made: a timeout, a reset, a 5xx or an unreadable answer says nothing about what happened.
 */
export function translate(error: unknown, operation: string): ProviderError {
  const own = providerErrorIn(error)
  if (own !== null) return own
  const shape = shapeOf(error)
  const code = codeOf(shape)
  const { status } = shape
  // 408 is the answer of a server that gave up waiting, which says nothing of what it did.
  const refused = status !== null && status >= 400 && status < 500 && status !== 408
  const definite = refused || (status === null && (NEVER_CONNECTED.test(shape.reason) || CREDENTIALS.test(shape.message)))
  return new ProviderError(sentence(shape, code, operation), { code, operation, mayHaveActed: !definite, cause: error })
}

/** The SDK wraps what its transport throws. */
function providerErrorIn(error: unknown): ProviderError | null {
  for (let one = error; one instanceof Error; one = one.cause) if (one instanceof ProviderError) return one
  return null
}

function codeOf({ status, reason, message }: Shape): ProviderErrorCode {
  if (status === 429 || THROTTLED.test(reason) || /rate limit exceeded|quota exceeded for quota metric/i.test(message)) return 'throttled'
  if (status === 401 || status === 403) return 'denied'
  if (status === 404 || status === 410) return 'not-found'
  if (status === 409 || status === 412 || BUSY.test(reason)) return 'conflict'
  if (status !== null && (status >= 500 || status === 408)) return 'unavailable'
  if (status !== null && status >= 400) return 'invalid'
  if (CREDENTIALS.test(message)) return 'denied'
  return NETWORK.test(reason) || /timed? ?out|deadline exceeded|socket hang up|premature close|network/i.test(message)
    ? 'unavailable'
    : 'unknown'
}

function sentence(shape: Shape, code: ProviderErrorCode, operation: string): string {
  const said = `${operation}: ${shape.message || shape.reason || 'no reason was given'}${shape.status === null ? '' : ` (HTTP ${shape.status})`}`
  if (CREDENTIALS.test(shape.message) || shape.status === 401)
    return `${said}. Google does not accept the credentials: check GOOGLE_APPLICATION_CREDENTIALS, \`gcloud auth application-default login\`, or the service account of this machine.`
  if (code === 'denied')
    return `${said}. Allow it to the service account that Firedrill uses (\`firedrill permissions gcp\` prints the role).`
  if (code === 'throttled') return `${said}. Google is throttling this project: it asks for fewer calls for a while.`
  if (code === 'unavailable') return `${said}. Google cannot be reached or does not answer: check the network and the endpoint.`
  return `${said}.`
}

/**
 * Errors come in several forms: the SDK's own with a gRPC `code` and `httpStatusCode`, those of its HTTP library with
 * `status` or an HTTP `code`, with the answer's JSON parsed, or as text in the message.
 */
function shapeOf(error: unknown): Shape {
  let status: number | null = null
  let reason = ''
  let message = ''
  for (let one: unknown = error; typeof one === 'object' && one !== null; one = (one as { cause?: unknown }).cause) {
    const found = readOne(one as Readonly<Record<string, unknown>>)
    status ??= found.status
    reason ||= found.reason
    message ||= found.message
  }
  if (message === '' && typeof error === 'string') message = error
  return { status, reason, message: message.replace(/\s+/g, ' ').trim().replace(/\.$/, '').slice(0, 500) }
}

function readOne(error: Readonly<Record<string, unknown>>): Shape {
  const response = error.response as { status?: unknown; data?: unknown } | undefined
  const text = typeof error.message === 'string' ? error.message : ''
  const body = bodyIn(response?.data) ?? bodyIn(text) ?? bodyIn(error)
  const { code } = error
  // A `code` below 100 is gRPC's, and tells less than the HTTP status beside it.
  const http = [error.httpStatusCode, error.status, response?.status, body?.code, code].find(one => Number(one) >= 100 && Number(one) < 600)
  const named = typeof code === 'string' && Number.isNaN(Number(code)) ? code : ''
  return {
    status: http === undefined ? null : Number(http),
    reason: body?.errors?.[0]?.reason ?? body?.status ?? named,
    message: body?.message ?? text,
  }
}

interface Body {
  readonly code?: number
  readonly message?: string
  readonly status?: string
  readonly errors?: readonly { readonly reason?: string }[]
}

function bodyIn(value: unknown): Body | null {
  if (typeof value === 'string') {
    try {
      return value.trimStart().startsWith('{') ? bodyIn(JSON.parse(value)) : null
    } catch {
      return null
    }
  }
  if (typeof value !== 'object' || value === null) return null
  const inner = (value as { error?: unknown }).error ?? value
  return typeof inner === 'object' && inner !== null && ('errors' in inner || 'error' in value) ? (inner as Body) : null
}
