import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'

const THROTTLED =
  /^(Throttling|ThrottlingException|ThrottledException|RequestThrottled|RequestThrottledException|TooManyRequestsException|RequestLimitExceeded|BandwidthLimitExceeded|LimitExceededException|PriorRequestNotComplete|SlowDown|EC2ThrottledException)$/
const DENIED =
  /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthFailure|UnauthorizedAccess|NotAuthorized|OptInRequired|PendingVerification|Blocked)$/
const CREDENTIALS =
  /^(InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidAccessKeyId|MissingAuthenticationToken|IncompleteSignature|InvalidSignatureException|CredentialsProviderError|ExpiredToken|ExpiredTokenException|RequestExpired|InvalidToken|TokenRefreshRequired)$/
/** EC2 says AuthFailure of keys that it does not know, and of things that belong to somebody else. */
const NOT_VALID = /validate the provided access credentials/i
/** STS names neither the role's own trust policy nor a role that is not there, and says the same of both. */
const NOT_ASSUMED = /not authorized to perform: sts:AssumeRole/i
const EXPIRED = /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/
const MISSING = /NotFound(Exception)?$|^NoSuchEntity(Exception)?$|\.Unknown$|^InvalidAMIID\.Unavailable$/
const CONFLICT =
  /^(ScalingActivityInProgress|ScalingActivityInProgressFault|ResourceContention|ResourceContentionFault|ResourceInUse|ResourceInUseFault|IncorrectInstanceState|IncorrectState|OperationNotPermitted|InstanceRefreshInProgress|InstanceRefreshInProgressFault)$/
const BROKEN_CONNECTION =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_.*|TimeoutError)$/
/** The connection was never made, so nothing can have been sent. */
const NEVER_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/

interface Shape {
  /** The service's own code, or the system's. */
  readonly name: string
  readonly message: string
  readonly status: number | null
}

/**
 * One error for all of AWS. For a write, `mayHaveActed` is false only where the service answered with a
 * definite refusal (4xx), or where no connection was ever made: a timeout, a reset, a 5xx or an answer that
 * cannot be read says nothing about what happened.
 */
export function translate(error: unknown, operation: string): ProviderError {
  if (error instanceof ProviderError) return error
  const shape = shapeOf(error)
  const code = codeOf(shape)
  const definite =
    (shape.status !== null && shape.status >= 400 && shape.status < 500) ||
    NEVER_CONNECTED.test(shape.name) ||
    shape.name === 'CredentialsProviderError'
  return new ProviderError(sentence(shape, code, operation), { code, operation, mayHaveActed: !definite, cause: error })
}

/** The service's own name of an error (`InvalidLaunchTemplateId.VersionNotFound`), from a translated error as well. */
export function awsCode(error: unknown): string {
  return shapeOf(error instanceof ProviderError ? error.cause : error).name
}

function codeOf({ name, status }: Shape): ProviderErrorCode {
  if (THROTTLED.test(name) || status === 429) return 'throttled'
  if (DENIED.test(name) || CREDENTIALS.test(name) || status === 401) return 'denied'
  if (MISSING.test(name)) return 'not-found'
  if (CONFLICT.test(name)) return 'conflict'
  if (BROKEN_CONNECTION.test(name) || (status !== null && status >= 500)) return 'unavailable'
  if (status === 403) return 'denied'
  if (status === 404) return 'not-found'
  if (status === 409) return 'conflict'
  if (status !== null && status >= 400) return 'invalid'
  return 'unknown'
}

function sentence(shape: Shape, code: ProviderErrorCode, operation: string): string {
  const said = `${operation}: ${shape.name}${shape.message === '' ? '' : ` (${shape.message})`}`
  if (EXPIRED.test(shape.name)) return `${said}. The AWS credentials have expired: renew them and start again.`
  if (shape.name === 'CredentialsProviderError')
    return `${said}. No AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role.`
  if (CREDENTIALS.test(shape.name) || (shape.name === 'AuthFailure' && NOT_VALID.test(shape.message)))
    return `${said}. AWS does not accept these credentials: check AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role of this machine.`
  if (NOT_ASSUMED.test(shape.message))
    return `${said}. The role cannot be assumed: check roleArn and externalId in firedrill.yaml, name this caller in the role's trust policy, and allow it sts:AssumeRole.`
  if (shape.name === 'OptInRequired')
    return `${said}. This account cannot use the region: enable it for the account, or correct regions in firedrill.yaml.`
  if (code === 'denied')
    return `${said}. Allow ${operation} to the role that Firedrill uses (\`firedrill permissions aws\` prints the policy).`
  if (code === 'throttled') return `${said}. AWS is throttling this account: it asks for fewer calls for a while.`
  if (code === 'unavailable') return `${said}. AWS cannot be reached or does not answer: check the network and the endpoint.`
  return `${said}.`
}

function shapeOf(error: unknown): Shape {
  if (typeof error !== 'object' || error === null) return { name: 'Unknown', message: String(error), status: null }
  const parts = error as { name?: unknown; code?: unknown; message?: unknown; $metadata?: { httpStatusCode?: unknown } }
  const status = parts.$metadata?.httpStatusCode
  const name = typeof parts.code === 'string' ? parts.code : typeof parts.name === 'string' ? parts.name : 'Unknown'
  return {
    name,
    message: typeof parts.message === 'string' ? withoutTokens(parts.message) : '',
    status: typeof status === 'number' ? status : null,
  }
}

/** Encoded authorization failures are long, and signatures are nobody's business. */
function withoutTokens(message: string): string {
  return message
    .replace(/Encoded authorization failure message: \S+/i, 'use sts:DecodeAuthorizationMessage on the message in CloudTrail')
    .replace(/The (Canonical String|String-to-Sign)[\s\S]*/i, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500)
}
