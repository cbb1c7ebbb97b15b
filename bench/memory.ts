import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { watchScope } from '../src/engine/watch.ts'
import { bigFleet, createWorld, type Simulator, startSimulator } from '../src/simulator/index.ts'
import { endless, openDrills } from './drills.ts'
import { inInstallation, openHere, program } from './installation.ts'

const run = promisify(execFile)
const own = fileURLToPath(new URL('main.ts', import.meta.url))
/** As the image starts it (Dockerfile). */
const flags = ['--optimize-for-size', '--max-semi-space-size=2', '--disable-warning=ExperimentalWarning']

export interface Weight {
  /** Resident, after one look at every open drill, and the most it ever was; in bytes. */
  readonly resident: number
  readonly peak: number
  /** Used on the heap after a collection. */
  readonly heap: number
  readonly seconds: number
}

/** The resident memory of `serve` that has seen 200 opted-in groups and has nothing to do, in bytes; from dist/ where it was built. */
export async function weighIdle(): Promise<{ readonly resident: number; readonly from: string }> {
  const { file: main, from } = program()
  const simulator = await simulate(200, 200)
  try {
    return await inInstallation(simulator, { lanes: 1 }, async folder => {
      const env = { ...process.env, ...simulator.aws.env, FIREDRILL_LOG_LEVEL: 'error' }
      const served = spawn(process.execPath, [...flags, main, 'serve'], { cwd: folder, env, stdio: 'inherit' })
      const ended = new Promise(resolve => served.once('exit', resolve))
      try {
        await sleep(20_000)
        return { resident: await residentOf(served.pid ?? 0), from }
      } finally {
        served.kill()
        await ended
      }
    })
  } finally {
    await simulator.close()
  }
}

async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

/** A process that opens a ledger with so many open drills and looks at each once. The drills are written by another process. */
export async function weighOpen(drills: number): Promise<Weight> {
  const simulator = await simulate(drills, 0)
  try {
    return await inInstallation(simulator, { lanes: drills, deadline: '2h' }, async folder => {
      const options = { env: { ...process.env, ...simulator.aws.env }, timeout: 1_800_000 }
      await run(process.execPath, [...flags, own, 'fill', folder], options)
      const { stdout } = await run(process.execPath, [...flags, '--expose-gc', own, 'weigh', folder], options)
      const weight = JSON.parse(stdout) as Weight & { readonly looked: number }
      if (weight.looked !== drills) throw new Error(`${weight.looked} of ${drills} drills were looked at`)
      return weight
    })
  } finally {
    await simulator.close()
  }
}

function simulate(optedIn: number, notOptedIn: number): Promise<Simulator> {
  return startSimulator({ world: createWorld({ ...bigFleet({ optedIn, notOptedIn, size: 2, replacementTime: 30_000 }), seed: 1 }) })
}

/** In a process of its own: writes an open drill for every group. */
export async function fill(folder: string): Promise<void> {
  const { engine, close } = await openHere(folder, process.env)
  await openDrills(engine, { strike: false })
  await close()
}

/** In a process of its own: looks at every open drill once, and prints what that took. */
export async function weigh(folder: string): Promise<void> {
  const { engine, close } = await openHere(folder, process.env)
  const [provider] = engine.providers
  const [scope] = provider?.scopes() ?? []
  if (provider === undefined || scope === undefined) throw new Error('the bench needs a scope')
  // Nobody is looked at in the first moments after a strike.
  await sleep(3_000)
  const started = performance.now()
  await watchScope(engine, { provider, scope }, endless)
  const seconds = (performance.now() - started) / 1000
  const looked = engine.nextLooks.get(scope.id)?.size ?? 0
  const resident = process.memoryUsage.rss()
  globalThis.gc?.()
  const weight = { resident, peak: process.resourceUsage().maxRSS * 1024, heap: process.memoryUsage().heapUsed, seconds, looked }
  process.stdout.write(`${JSON.stringify(weight)}\n`)
  await close()
}
