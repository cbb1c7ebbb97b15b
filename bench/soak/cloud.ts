import type { Simulator, WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { Hands } from './others.ts'

/** What others do to a group while it is drilled. */
export type Disturbance = 'none' | 'scale-out' | 'scale-in' | 'deployment' | 'refresh' | 'crash' | 'opt-out'

/** One group of a soak world, and what it was given. */
export interface Subject {
  readonly name: string
  /** The names of its traits, joined; what the truth is told by. */
  readonly traits: string
  readonly disturbance: Disturbance
}

export interface SoakFleet {
  readonly world: WorldInput
  readonly subjects: readonly Subject[]
}

/** A strike as the cloud itself carried it out. */
export interface Carried {
  readonly at: number
  readonly group: string
  readonly victim: string
  /** What the strike was against when it was carried out, by the cloud's own state; null: nothing. */
  readonly against: string | null
}

/**
 * What the soak needs to know of one simulated cloud: an entry in clouds.ts and nothing else makes a further one part of it.
 * Everything here is the simulator's side; Firedrill is given the endpoint only.
 */
export interface Cloud {
  /** The provider's name in the registry. */
  readonly provider: string
  /** As the page calls it. */
  readonly title: string
  /** The API's operations that terminate. */
  readonly strikes: readonly string[]
  /** Groups of every trait, drawn from this chance. */
  fleet(chance: Random, size: number): SoakFleet
  /** What stands under `providers.<name>` in firedrill.yaml. */
  settings(simulator: Simulator): Readonly<Record<string, unknown>>
  env(simulator: Simulator): Readonly<Record<string, string | undefined>>
  /** What others can do to a group. */
  handsOn(simulator: Simulator, subject: Subject): Hands
}
