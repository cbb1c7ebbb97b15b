import type { SimulatedTime } from '../../test/support/simulated-time.ts'
import type { Cloud } from './cloud.ts'
import { runWorld, type WorldRun } from './trial.ts'

const warm = new Set<string>()

/**
 * A world in a process that has run one of its cloud before. What a library loads at its first call takes turns of the event loop, so that
 * others come first, and faults are drawn in the order of the calls: only then is a world the same in every process, and in a replay.
 */
export async function runWarm(
  time: SimulatedTime,
  world: { readonly cloud: Cloud; readonly seed: number; readonly size: number },
): Promise<WorldRun> {
  if (!warm.has(world.cloud.provider)) await time.run(runWorld(time, { ...world, seed: 0 }))
  warm.add(world.cloud.provider)
  return time.run(runWorld(time, world))
}
