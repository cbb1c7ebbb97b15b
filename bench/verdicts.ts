/*
 * Verdicts under bad clouds: a soak of simulated worlds, drawn from a seed, with every trait that the simulator knows, calls
 * that fail, answers that lag, and others who work on the same groups. All of it happens in simulated time; the real SDKs
 * and adapters talk HTTP to the simulators through memory. docs/reliability.md says what is counted.
 *
 *   npm run bench:verdicts                    at least 2,000 drills over all clouds, and the page is written anew
 *   npm run bench:verdicts -- --drills 60     fewer, and no page; --cloud gcp: of one cloud only
 *   npm run bench:verdicts -- --workers 4     in so many processes (else one for each processor); the result is the same
 *   npm run bench:verdicts -- --keep DIR      keeps each world's result there: ended and started again, it goes on where it was
 *   npm run bench:verdicts -- --replay aws:17 one world again, with everything that was said on the way
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { MemoryWire } from '../test/support/memory-wire.ts'
import { SimulatedTime } from '../test/support/simulated-time.ts'

const { values } = parseArgs({
  options: {
    drills: { type: 'string', default: '2000' },
    cloud: { type: 'string', multiple: true },
    from: { type: 'string', default: '1' },
    size: { type: 'string', default: '10' },
    workers: { type: 'string', default: String(availableParallelism()) },
    worker: { type: 'boolean', default: false },
    keep: { type: 'string' },
    replay: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

const size = Number(values.size)
if (values.worker || values.replay !== undefined) {
  // Before anything is loaded that keeps a timer or a connection of its own.
  const time = new SimulatedTime('2026-11-02T10:00:00Z')
  const wire = new MemoryWire()
  if (values.replay === undefined) {
    const { serveWorlds } = await import('./soak/serve.ts')
    serveWorlds(time)
  } else {
    const { replay } = await import('./soak/replay.ts')
    await replay(time, values.replay, size)
    wire.close()
  }
} else {
  const started = process.hrtime.bigint()
  const { soak } = await import('./soak/soak.ts')
  const { cloudNamed, clouds } = await import('./soak/clouds.ts')
  const { KeptResults } = await import('./soak/kept.ts')
  const { Workers } = await import('./soak/workers.ts')
  const drills = Number(values.drills)
  const count = Number(values.workers)
  const workers = new Workers(import.meta.filename, count)
  const wrong = await soak(workers, {
    drills,
    clouds: values.cloud?.map(cloudNamed) ?? clouds,
    from: Number(values.from),
    size,
    ahead: 3 * count,
    kept: values.keep === undefined ? null : new KeptResults(values.keep),
    json: values.json,
    write: values.write || drills >= 2000,
    started,
  })
  workers.close()
  process.exitCode = wrong === 0 ? 0 : 1
}
