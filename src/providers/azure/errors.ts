import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'

const CREDENTIALS =
  /^(AuthenticationError|AuthenticationRequiredError|CredentialUnavailableError|AggregateAuthenticationError|ChainedTokenCredential.*)$/
const CONFLICT =
  /^(ScopeLocked|Conflict|PreconditionFailed|OperationPreempted|AnotherOperationInProgress|OperationNotAllowed|VMScaleSetOperation.*)$/
const BROKEN_CONNECTION =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|REQUEST_SEND_ERROR|PARSE_ERROR|UND_ERR_.*)$/
/** The connection was never made, so nothing can have been sent. */
const NEVER_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/

interface Shape {
  /** Azure's own code, the system's, or the error's name. */
  readonly name: string
  readonly message: string
  readonly status: number | null
}

/**
 * One error for all of Azure. For a write, `mayHaveActed` is false only where the Resource Manager answered with a
 * definite refusal (4xx, but not 408), or where no connection was ever made: a timeout, a reset or a 5xx says nothing
 * about what happened.
 */
export function translate(error: unknown, operation: string): ProviderError {
  if (error instanceof ProviderError) return error
  const shape = shapeOf(error)
  const code = codeOf(shape)
  const refused = shape.status !== null && shape.status >= 400 && shape.status < 500 && shape.status !== 408
  const definite = refused || NEVER_CONNECTED.test(shape.name) || CREDENTIALS.test(shape.name)
  return new ProviderError(sentence(shape, code, operation), { code, operation, mayHaveActed: !definite, cause: error })
}

/** Azure's own name of an error (`ScopeLocked`), from a translated error as well. */
export function azureCode(error: unknown): string {
  return shapeOf(error instanceof ProviderError ? error.cause : error).name
}

function codeOf({ name, status }: Shape): ProviderErrorCode {
  if (status === 429) return 'throttled'
  if (CREDENTIALS.test(name) || status === 401 || status === 403) return 'denied'
  if (status === 404) return 'not-found'
  if (status === 409 || status === 412 || CONFLICT.test(name)) return 'conflict'
  if (status === 408 || BROKEN_CONNECTION.test(name) || name === 'AbortError' || (status !== null && status >= 500)) return 'unavailable'
  if (status !== null && status >= 400) return 'invalid'
  return 'unknown'
}

function sentence(shape: Shape, code: ProviderErrorCode, operation: string): string {
  const said = `${operation}: ${shape.name}${shape.message === '' ? '' : ` (${shape.message})`}`
  if (CREDENTIALS.test(shape.name) || shape.status === 401)
    return `${said}. Azure does not accept these credentials: check AZURE_TENANT_ID, AZURE_CLIENT_ID and the managed identity or login of this machine.`
  if (code === 'denied')
    return `${said}. Allow ${operation} to the identity that Firedrill uses (\`firedrill permissions azure\` prints the role).`
  if (code === 'throttled') return `${said}. Azure is throttling this subscription: it asks for fewer calls for a while.`
  if (code === 'unavailable') return `${said}. Azure cannot be reached or does not answer: check the network and the endpoint.`
  return `${said}.`
}

function shapeOf(error: unknown): Shape {
  if (typeof error !== 'object' || error === null) return { name: 'Unknown', message: String(error), status: null }
  const parts = error as { name?: unknown; code?: unknown; message?: unknown; statusCode?: unknown; details?: unknown }
  const status = Number(parts.statusCode)
  const own = armError(parts.details)
  const fallback = typeof parts.code === 'string' ? parts.code : typeof parts.name === 'string' ? parts.name : 'Unknown'
  const message = own?.message ?? (typeof parts.message === 'string' ? parts.message : '')
  return {
    name: own?.code ?? fallback,
    message: message.replace(/\s+/g, ' ').trim().slice(0, 500),
    status: Number.isInteger(status) && status > 0 ? status : null,
  }
}

/** `{error: {code, message}}`, which one client unwraps and another does not. */
function armError(details: unknown): { code: string; message: string } | null {
  if (typeof details !== 'object' || details === null) return null
  const inner: unknown = 'error' in details ? details.error : details
  if (typeof inner !== 'object' || inner === null || !('code' in inner) || typeof inner.code !== 'string') return null
  return { code: inner.code, message: 'message' in inner && typeof inner.message === 'string' ? inner.message : '' }
}
