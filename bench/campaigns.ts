import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bigFleet, createWorld, type Simulator, startSimulator } from '../src/simulator/index.ts'
import { inInstallation, program } from './installation.ts'

const run = promisify(execFile)
const patience = { timeout: 3_600_000, maxBuffer: 1 << 28 }
/** How often it is looked whether a successor is healthy: what is known of lag is as sharp as this. */
const everyMs = 50

export interface Measured {
  readonly drills: number
  readonly calls: number
  readonly byOperation: Readonly<Record<string, number>>
  readonly seconds: number
}

export interface Fleet {
  /** Opted in; as many more are not. */
  readonly groups: number
  readonly replacementTime: number
}

/** A fleet of its own, its calls counted from the start of `work` to its end. */
export async function withFleet<Result>(
  { groups, replacementTime }: Fleet,
  work: (simulator: Simulator) => Promise<Result>,
): Promise<{ result: Result } & Omit<Measured, 'drills'>> {
  const world = createWorld({ ...bigFleet({ optedIn: groups, notOptedIn: groups, size: 3, replacementTime }), seed: 1 })
  const simulator = await startSimulator({ world })
  try {
    const started = performance.now()
    const result = await work(simulator)
    return { result, ...countedIn(simulator), seconds: (performance.now() - started) / 1000 }
  } finally {
    await simulator.close()
  }
}

export function countedIn(simulator: Simulator): Pick<Measured, 'calls' | 'byOperation'> {
  const byOperation = simulator.counts()
  return { byOperation, calls: Object.values(byOperation).reduce((sum, count) => sum + count, 0) }
}

/** The script that one would write (script.ts), with so many lanes, over the first `drills` groups of the fleet. */
export async function runScript(fleet: Fleet, { lanes, drills }: { lanes: number; drills: number }): Promise<Measured> {
  const script = new URL('script.ts', import.meta.url).pathname
  const measured = await withFleet(fleet, ({ aws }) =>
    run(process.execPath, [script, aws.endpoint, aws.region, String(drills), String(lanes)], {
      ...patience,
      env: { ...process.env, ...aws.env },
    }),
  )
  const { recovered } = JSON.parse(measured.result.stdout) as { recovered: number }
  if (recovered !== drills) throw new Error(`the script saw ${recovered} of ${drills} groups recover`)
  return { ...measured, drills }
}

export interface Campaign extends Measured {
  /** From the moment that a successor was healthy in the simulator until it was recorded as recovered, in ms. */
  readonly lags: readonly number[]
}

/** `firedrill run --all`, as its users run it, over the whole fleet. */
export async function runFiredrill(fleet: Fleet, lanes: number): Promise<Campaign> {
  const measured = await withFleet(fleet, simulator =>
    inInstallation(simulator, { lanes }, async folder => {
      const healthy = watchHealth(simulator)
      const file = join(folder, 'report.json')
      try {
        await run(process.execPath, ['--disable-warning=ExperimentalWarning', program().file, 'run', '--all', '--json', file], {
          ...patience,
          cwd: folder,
          env: { ...process.env, ...simulator.aws.env, FIREDRILL_LOG_LEVEL: 'error' },
        })
      } finally {
        healthy.stop()
      }
      return { report: JSON.parse(await readFile(file, 'utf8')) as Report, healthyAt: healthy.at }
    }),
  )
  const { report, healthyAt } = measured.result
  const proven = report.drills.filter(drill => drill.verdict === 'phoenix')
  if (proven.length !== fleet.groups) {
    const others = report.drills.filter(drill => !proven.includes(drill)).map(drill => `${drill.verdict ?? drill.refusal?.reason}`)
    throw new Error(`${proven.length} of ${fleet.groups} drills were phoenixes; the others: ${[...new Set(others)].join('; ')}`)
  }
  const lags = proven.map(({ successor, timeline }) => Date.parse(timeline.recovered) - (healthyAt.get(successor.id) ?? Number.NaN))
  return { ...measured, drills: fleet.groups, lags }
}

interface Report {
  readonly drills: readonly {
    readonly verdict: string | null
    readonly refusal: { readonly reason: string } | null
    readonly successor: { readonly id: string }
    readonly timeline: { readonly recovered: string }
  }[]
}

/** When each instance that came after the start was first in service and healthy behind every load balancer of its group. */
function watchHealth({ world }: Simulator): { readonly at: ReadonlyMap<string, number>; stop(): void } {
  const at = new Map<string, number>()
  const look = (moment: number): void => {
    world.catchUp()
    for (const region of world.regions.values()) {
      for (const group of region.groups.values()) {
        const healthy = (id: string) => group.targetGroups.every(arn => region.targetGroups.get(arn)?.targets.get(id)?.state === 'healthy')
        for (const { instance, state } of group.members)
          if (!at.has(instance) && state === 'InService' && healthy(instance)) at.set(instance, moment)
      }
    }
  }
  const timer = setInterval(() => look(Date.now()), everyMs)
  return { at, stop: () => clearInterval(timer) }
}
