import { setTimeout as sleep } from 'node:timers/promises'
import { discover } from '../src/engine/discover.ts'
import { watchScope } from '../src/engine/watch.ts'
import { countedIn, type Measured, withFleet } from './campaigns.ts'
import { endless, openDrills } from './drills.ts'
import { inInstallation, openHere } from './installation.ts'

export interface Polled extends Measured {
  /** Calls whose answer was "not yet": all but the one of each operation that showed a drill that its successor is well. */
  readonly repeated: number
}

/** How often it is looked where a recovery is expected (domain/pace.ts): so long before each was found it was missed. */
const sharpLook = 50

/** The answers that the script ends on: group, status checks, target health, instance. It asks each once when all is well. */
const finalReadings = 4

export function repeatedByScript({ calls, drills }: Measured): number {
  return calls - finalReadings * drills
}

/**
 * Polling alone: all groups are struck at once by the bench itself, and Firedrill does nothing but watch until the last
 * successor is recovered. Every call that it makes meanwhile counts. `taught`: it knows how long replacements take, as from
 * earlier drills of the same scope.
 */
export async function runPolling(drills: number, replacementTime: number, taught: boolean): Promise<Polled> {
  const { result } = await withFleet({ groups: drills, replacementTime }, simulator =>
    inInstallation(simulator, { lanes: drills, soak: '1h' }, async folder => {
      const { engine, close } = await openHere(folder, simulator.aws.env)
      try {
        const handle = await openDrills(engine, { strike: true })
        if (taught)
          engine.recoveries.set(
            handle.scope.id,
            new Array(10).fill({ group: 'drilled before', took: replacementTime, notYet: replacementTime - sharpLook }),
          )
        simulator.resetCounts()
        const started = performance.now()
        let left = drills
        let final = 0
        while (left > 0) {
          const before = simulator.counts()
          const next = await watchScope(engine, handle, endless)
          const recovering = (await engine.ledger.drills({ states: ['recovering'] })).length
          // Of the calls of one look no more can be the last of their kind than drills were seen to be well in it.
          for (const [operation, count] of Object.entries(simulator.counts()))
            final += Math.min(left - recovering, count - (before[operation] ?? 0))
          left = recovering
          if (left > 0) await sleep(Math.max(1, next === null ? 1 : next.epochMilliseconds - Date.now()))
        }
        const counted = countedIn(simulator)
        return { ...counted, drills, repeated: counted.calls - final, seconds: (performance.now() - started) / 1000 }
      } finally {
        await close()
      }
    }),
  )
  return result
}

export async function timeDiscovery(groups: number): Promise<{ readonly seconds: number; readonly calls: number }> {
  const { result } = await withFleet({ groups, replacementTime: 30_000 }, simulator =>
    inInstallation(simulator, { lanes: 1 }, async folder => {
      const { engine, close } = await openHere(folder, simulator.aws.env)
      try {
        simulator.resetCounts()
        const started = performance.now()
        const { groups: seen } = await discover(engine, endless)
        const seconds = (performance.now() - started) / 1000
        if (seen.length !== groups) throw new Error(`${seen.length} of ${groups} groups were found`)
        return { seconds, calls: countedIn(simulator).calls }
      } finally {
        await close()
      }
    }),
  )
  return result
}
