/** An error as Compute Engine answers it; `reason` is its own word beside the HTTP status. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }

  body(): unknown {
    const { status: code, message, reason } = this
    const detail = { message, domain: reason === 'rateLimitExceeded' ? 'usageLimits' : 'global', reason }
    return { error: { code, message, errors: [detail] } }
  }
}

export function notFound(path: string): ApiError {
  return new ApiError(404, 'notFound', `The resource '${path}' was not found`)
}

export function invalid(message: string): ApiError {
  return new ApiError(400, 'invalid', message)
}
