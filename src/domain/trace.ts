import type { DrillId } from './drill.ts'

/** The whole, and the parts of a drill's life, as its trace shows them. */
export type DrillPart = 'drill' | 'planned' | 'strike' | 'recover' | 'soak'

/** Something that is done for one drill, shown as a part of its trace. */
export interface TracedWork<T> {
  readonly drill: DrillId
  readonly name: string
  /** What it belongs to. A part that a drill never comes to is not in its trace. */
  readonly under: DrillPart
  /** It asks somebody outside. */
  readonly outside: boolean
  /** What is known of it before. */
  readonly attributes: TraceAttributes
  /** What it came to; left out: there is nothing to tell of it. */
  readonly tell?: (result: T) => TraceOutcome
}

export type TraceAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>

export interface TraceOutcome {
  readonly attributes: TraceAttributes
  /** What went wrong, in a sentence; null: nothing did. */
  readonly problem: string | null
}

/** Does the work, whatever becomes of the trace; what the work throws goes on. */
export type Traced = <T>(about: TracedWork<T>, work: () => Promise<T>) => Promise<T>
