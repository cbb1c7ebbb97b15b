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
