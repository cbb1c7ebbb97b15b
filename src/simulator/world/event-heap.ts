interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** What will happen, earliest first; at the same moment in the order of planning. */
export class EventHeap {
  readonly #entries: Entry[] = []
  #order = 0

  get nextAt(): number | null {
    return this.#entries[0]?.at ?? null
  }

  get size(): number {
    return this.#entries.length
  }

  push(at: number, run: () => void): void {
    const entries = this.#entries
    entries.push({ at, order: this.#order++, run })
    let index = entries.length - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#before(index, parent)) break
      this.#swap(index, parent)
      index = parent
    }
  }

  pop(): Entry | null {
    const entries = this.#entries
    const first = entries[0]
    const last = entries.pop()
    if (first === undefined || last === undefined) return null
    if (entries.length > 0) {
      entries[0] = last
      this.#sink()
    }
    return first
  }

  #sink(): void {
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      let least = index
      if (left < this.#entries.length && this.#before(left, least)) least = left
      if (left + 1 < this.#entries.length && this.#before(left + 1, least)) least = left + 1
      if (least === index) return
      this.#swap(index, least)
      index = least
    }
  }

  #before(a: number, b: number): boolean {
    const [first, second] = [this.#entries[a] as Entry, this.#entries[b] as Entry]
    return first.at < second.at || (first.at === second.at && first.order < second.order)
  }

  #swap(a: number, b: number): void {
    const entries = this.#entries
    const kept = entries[a] as Entry
    entries[a] = entries[b] as Entry
    entries[b] = kept
  }
}
