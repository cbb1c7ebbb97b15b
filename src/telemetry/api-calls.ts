export interface ApiCall {
  readonly provider: string
  readonly operation: string
  /** `ok`, or the error's name. */
  readonly outcome: string
  readonly count: number
}

/** Every request to a platform since the process started; small, so that it can be kept whether somebody asks or not. */
export interface ApiCalls {
  count(provider: string, operation: string, outcome: string): void
  all(): readonly ApiCall[]
}

export function countApiCalls(): ApiCalls {
  const calls = new Map<string, ApiCall>()
  return {
    count(provider, operation, outcome) {
      const key = [provider, operation, outcome].join('\n')
      calls.set(key, { provider, operation, outcome, count: (calls.get(key)?.count ?? 0) + 1 })
    },
    all: () => [...calls.values()],
  }
}
