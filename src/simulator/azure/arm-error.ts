/** An error as the Resource Manager answers it. */
export class ArmError extends Error {
  override readonly name = 'ArmError'
  readonly code: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export function notFound(what: string): ArmError {
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${what}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  )
}
