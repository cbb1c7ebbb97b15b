export type Outcome<T> = { readonly value: T } | { readonly error: unknown }

/** Work that goes on while other tests run, and whose outcome one of them asks for: until then a failure is nobody's. */
export class Meanwhile<T> {
  /** Never rejects. */
  readonly over: Promise<Outcome<T>>

  constructor(work: Promise<T>) {
    this.over = work.then(
      value => ({ value }),
      (error: unknown) => ({ error }),
    )
  }

  async outcome(): Promise<T> {
    const outcome = await this.over
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }
}

/** Begins no more than so many at a time; the others wait for their turn, in the order in which they were given. */
export function atMost(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let underWay = 0
  return async work => {
    if (underWay < most) underWay++
    else await new Promise<void>(turn => waiting.push(turn))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) underWay--
      else next()
    }
  }
}
