import { type Fault, type FaultInput, faultSchema } from './world/description.ts'
import type { Random } from './world/random.ts'

/** What a request is, as far as faults ask. */
export interface FaultTarget {
  readonly service: string
  readonly operation: string
  readonly account: string
  readonly region: string
  readonly hasToken: boolean
  mentions(text: string): boolean
}

interface ActiveFault {
  readonly id: string
  readonly fault: Fault
  hits: number
}

/** Faults in force; they may be set and lifted while the simulator runs. */
export class Faults {
  readonly #random: Random
  readonly #onChange: (faults: readonly Fault[]) => void
  #active: ActiveFault[] = []
  #count = 0

  constructor(random: Random, onChange: (faults: readonly Fault[]) => void = () => {}) {
    this.#random = random
    this.#onChange = onChange
  }

  /** Returns the fault's id. Throws ZodError where it is malformed. */
  add(input: FaultInput): string {
    const id = `fault-${++this.#count}`
    this.#active.push({ id, fault: faultSchema.parse(input), hits: 0 })
    this.#changed()
    return id
  }

  /** Lifts one fault, or all. False where there is none of this id. */
  clear(id?: string): boolean {
    const before = this.#active.length
    this.#active = id === undefined ? [] : this.#active.filter(each => each.id !== id)
    this.#changed()
    return id === undefined || this.#active.length < before
  }

  list(): readonly { readonly id: string; readonly fault: Fault; readonly hits: number }[] {
    return this.#active.map(each => ({ ...each }))
  }

  /** The faults that hit this request; each counts as a hit. */
  hitting(target: FaultTarget): readonly Fault[] {
    if (this.#active.length === 0) return []
    const hits = this.#active.filter(({ fault }) => matches(fault, target) && (fault.rate === 1 || this.#random.next() < fault.rate))
    for (const hit of hits) hit.hits++
    const before = this.#active.length
    this.#active = this.#active.filter(({ fault, hits: count }) => fault.times === undefined || count < fault.times)
    if (this.#active.length < before) this.#changed()
    return hits.map(({ fault }) => fault)
  }

  #changed(): void {
    this.#onChange(this.#active.map(each => each.fault))
  }
}

function matches(fault: Fault, target: FaultTarget): boolean {
  return (
    (fault.service === undefined || fault.service === target.service) &&
    (fault.operation === undefined || fault.operation === target.operation) &&
    (fault.account === undefined || fault.account === target.account) &&
    (fault.region === undefined || fault.region === target.region) &&
    (fault.page === undefined || target.hasToken) &&
    (fault.mentions === undefined || target.mentions(fault.mentions))
  )
}
