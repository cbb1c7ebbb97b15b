import type { Simulator } from '../../src/simulator/index.ts'
import type { FaultInput } from '../../src/simulator/world/description.ts'
import type { Random } from '../../src/simulator/world/random.ts'

/** How far behind the truth a read may be. */
const stalest = 60_000

/** The shares of all requests that are hit in a storm. */
export const storm = { throttling: 0.3, serverErrors: 0.1, dropped: 0.02, hung: 0.005, stale: 0.3, emptyPages: 0.05, slow: 0.1 } as const

/** Outside a storm: enough to make every look repeat a call now and then. */
const calm = { ...storm, throttling: 0.02, serverErrors: 0.005, dropped: 0.002, hung: 0.0005 }

/** One world in so many is stormy from its start, where nearly every look is too slow to be struck upon (S10). */
const stormyFromTheStart = 10

export interface Weather {
  /** Before strikes: calls that strike suffer the storm already. */
  calm(): void
  /** After them. */
  storm(): void
}

/** Reads lag and pages come empty all the time, in every world alike. */
export function lastingFaults(chance: Random): FaultInput[] {
  return [
    { kind: 'stale', upTo: Math.round(chance.next() * stalest), rate: storm.stale },
    { kind: 'empty-pages', rate: storm.emptyPages },
    { kind: 'latency', milliseconds: 500, rate: storm.slow },
  ]
}

/** `strikes`: the operations that terminate. */
export function weatherOf(simulator: Simulator, strikes: readonly string[], chance: Random): Weather {
  const moment = chance.next() < 0.5 ? 'before' : 'after'
  const isStormy = Math.floor(chance.next() * stormyFromTheStart) === 0
  let ids: string[] = []
  const set = (faults: readonly FaultInput[]) => {
    for (const id of ids) simulator.faults.clear(id)
    ids = faults.map(fault => simulator.faults.add(fault))
  }
  const stormy = () => set(of(storm, moment))
  const ofStrikes = () => strikes.flatMap(operation => of(storm, moment).map(fault => ({ ...fault, operation })))
  return { storm: stormy, calm: isStormy ? stormy : () => set([...of(calm, moment), ...ofStrikes()]) }
}

type Shares = { readonly [Name in keyof typeof storm]: number }

function of(shares: Shares, moment: 'before' | 'after'): FaultInput[] {
  return [
    { kind: 'throttling', rate: shares.throttling },
    { kind: 'server-error', status: 500, rate: shares.serverErrors / 2 },
    { kind: 'server-error', status: 503, rate: shares.serverErrors / 2 },
    { kind: 'drop', moment: 'before', rate: shares.dropped / 2 },
    { kind: 'drop', moment: 'after', rate: shares.dropped / 2 },
    { kind: 'hang', moment, rate: shares.hung },
  ]
}
