/*
 * Verdicts under bad clouds: a soak of simulated worlds, drawn from a seed, with every trait that the simulator knows, calls
 * that fail, answers that lag, and others who work on the same groups. All of it happens in simulated time; the real SDKs
 * and adapters talk HTTP to the simulators through memory. docs/reliability.md says what is counted.
 *
 *   npm run bench:verdicts                    at least 2,000 drills over all clouds, and the page is written anew
 *   npm run bench:verdicts -- --drills 60     fewer, and no page; --cloud gcp: of one cloud only
 *   npm run bench:verdicts -- --replay aws:17 one world again, with everything that was said on the way
 */
import { parseArgs } from 'node:util'
import { MemoryWire } from '../test/support/memory-wire.ts'
import { SimulatedTime } from '../test/support/simulated-time.ts'

const { values } = parseArgs({
  options: {
    drills: { type: 'string', default: '2000' },
    cloud: { type: 'string', multiple: true },
    from: { type: 'string', default: '1' },
    size: { type: 'string', default: '10' },
    replay: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

// Before anything is loaded that keeps a timer or a connection of its own.
const time = new SimulatedTime('2026-11-02T10:00:00Z')
const wire = new MemoryWire()
const started = process.hrtime.bigint()
const { cloudNamed, replay, soak } = await import('./soak/soak.ts')
const { clouds } = await import('./soak/clouds.ts')
const size = Number(values.size)
if (values.replay === undefined) {
  const drills = Number(values.drills)
  const wrong = await soak(time, {
    drills,
    clouds: values.cloud?.map(cloudNamed) ?? clouds,
    from: Number(values.from),
    size,
    json: values.json,
    write: values.write || drills >= 2000,
    started,
  })
  process.exitCode = wrong === 0 ? 0 : 1
} else await replay(time, values.replay, size)
wire.close()
