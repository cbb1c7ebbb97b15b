/** An error as a service answers it. `status` 4xx is the caller's fault. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

export function validationError(message: string): ApiError {
  return new ApiError('ValidationError', message)
}
