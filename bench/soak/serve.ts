import { encode } from '../../src/domain/codec.ts'
import type { SimulatedTime } from '../../test/support/simulated-time.ts'
import { cloudNamed } from './clouds.ts'
import { runWarm } from './warm.ts'
import type { WorldName } from './workers.ts'

/** The other side of `Workers`, in a process whose time is simulated. */
export function serveWorlds(time: SimulatedTime): void {
  // Ctrl-C goes to the whole group of processes; the one that counts decides when it is over.
  process.on('SIGINT', () => {})
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ provider, seed, size }: WorldName) => {
    const { trials, calls } = await runWarm(time, { cloud: cloudNamed(provider), seed, size })
    process.send?.(encode({ trials, calls }))
  })
}
