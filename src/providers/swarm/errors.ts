import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'

/** The connection was never made, so nothing can have been sent. */
const NEVER_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|ENOTSOCK|EACCES|EPERM)$/
const BROKEN_CONNECTION = /^(ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ABORT_ERR|UND_ERR_.*)$/
const TLS =
  /^(ERR_TLS_.*|ERR_SSL_.*|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|ERR_OSSL_.*|EPROTO|HOSTNAME_MISMATCH)$/

interface Shape {
  readonly status: number | null
  readonly system: string
  readonly message: string
}

/**
 * One error for all engines. For a write, `mayHaveActed` is false only where the engine answered with a definite refusal (4xx), or
 * where no connection was ever made: a reset, a timeout or a 5xx says nothing about what happened.
 */
export function translate(error: unknown, operation: string, engine: string): ProviderError {
  if (error instanceof ProviderError) return error
  const shape = shapeOf(error)
  const code = codeOf(shape)
  const refused = shape.status !== null && shape.status >= 400 && shape.status < 500
  const definite = refused || NEVER_CONNECTED.test(shape.system) || TLS.test(shape.system)
  return new ProviderError(sentence(shape, { code, operation, engine }), { code, operation, mayHaveActed: !definite, cause: error })
}

/** A kept connection that the engine had closed meanwhile: a read may be sent again. */
export function isBrokenConnection(error: unknown): boolean {
  return BROKEN_CONNECTION.test(shapeOf(error).system)
}

/** No engine answered: another try may read the same. */
export function isUnanswered(error: ProviderError): boolean {
  return error.code === 'unavailable' && shapeOf(error.cause).status === null
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ProviderError && error.code === 'not-found'
}

function codeOf({ status, system, message }: Shape): ProviderErrorCode {
  if (TLS.test(system) || system === 'EACCES' || system === 'EPERM' || status === 401 || status === 403) return 'denied'
  if (NEVER_CONNECTED.test(system) || BROKEN_CONNECTION.test(system)) return 'unavailable'
  if (status === 404) return 'not-found'
  if (status === 409) return 'conflict'
  if (status === 429) return 'throttled'
  if (status !== null && status >= 400 && status < 500) return 'invalid'
  // An engine that is no manager answers 503 (and before version 1.24 of the API 406); it is of no use for Swarm's own questions.
  if (status === 503 && /not a swarm manager|no elected primary|does not have a leader/i.test(message)) return 'unavailable'
  // What its storage driver cannot do, it will not be able to do later.
  if (status === 501) return 'invalid'
  if (status !== null && status >= 500) return 'unavailable'
  return 'unknown'
}

function sentence(shape: Shape, about: { code: ProviderErrorCode; operation: string; engine: string }): string {
  const { code, operation, engine } = about
  const what = shape.message.trim().replace(/\.$/, '')
  const hint =
    shape.system === 'ENOENT'
      ? ' Nothing listens there: check the path, and whether Docker runs.'
      : shape.system === 'EACCES'
        ? ' Let this user use the socket (it belongs to the group docker).'
        : TLS.test(shape.system)
          ? ' Check the certificate files under providers.swarm.tls.'
          : code === 'unavailable' && shape.status === null
            ? ' Check the address, and whether the engine runs.'
            : ''
  return `${operation} at ${engine}: ${what}.${hint}`
}

function shapeOf(error: unknown): Shape {
  const given = typeof error === 'object' && error !== null ? error : {}
  const status = 'statusCode' in given && typeof given.statusCode === 'number' ? given.statusCode : null
  const system = 'code' in given && typeof given.code === 'string' ? given.code : ''
  return { status, system, message: messageOf(error, given) }
}

/** docker-modem wraps the engine's own sentence: "(HTTP code 404) no such container - No such container: abc ". */
function messageOf(error: unknown, given: object): string {
  const own =
    'json' in given && typeof given.json === 'object' && given.json !== null && 'message' in given.json ? given.json.message : null
  if (typeof own === 'string' && own !== '') return own
  const text = error instanceof Error ? error.message : String(error)
  const plain = text.replace(/^\(HTTP code \d+\)\s*/, '')
  return plain === '' ? 'no reason was given' : plain
}
