import { setTimeout as sleep } from 'node:timers/promises'
import { discover } from '../src/engine/discover.ts'
import { watchScope } from '../src/engine/watch.ts'
import { countedIn, type Measured, withFleet } from './campaigns.ts'
import { endless, openDrills } from './drills.ts'
import { inInstallation, openHere } from './installation.ts'

/**
 * Polling alone: all groups are struck at once by the bench itself, and Firedrill does nothing but watch until the last
 * successor is recovered. Every call that it makes meanwhile counts.
 */
export async function runPolling(drills: number, replacementTime: number): Promise<Measured> {
  const { result } = await withFleet({ groups: drills, replacementTime }, simulator =>
    inInstallation(simulator, { lanes: drills, soak: '1h' }, async folder => {
      const { engine, close } = await openHere(folder, simulator.aws.env)
      try {
        const handle = await openDrills(engine, { strike: true })
        simulator.resetCounts()
        const started = performance.now()
        for (;;) {
          const { next } = await watchScope(engine, handle, endless)
          if ((await engine.ledger.drills({ states: ['recovering'] })).length === 0) break
          await sleep(Math.max(1, next === null ? 1 : next.epochMilliseconds - Date.now()))
        }
        return { ...countedIn(simulator), drills, seconds: (performance.now() - started) / 1000 }
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
