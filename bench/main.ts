/*
 * Firedrill against the script one would write (script.ts), on the same simulated fleet in one run: API calls per drill and wall
 * time. Both poll every second; a replacement takes REPLACEMENT ms. Groups and lanes are small by default: BENCH_GROUPS=1000.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bigFleet, createWorld, type Simulator, startSimulator } from '../src/simulator/index.ts'

const run = promisify(execFile)
const drilled = Number(process.env.BENCH_GROUPS ?? 32)
const replacementTime = Number(process.env.BENCH_REPLACEMENT ?? 30_000)
const lanes = 16

const script = await measure(simulator =>
  run(
    process.execPath,
    [new URL('script.ts', import.meta.url).pathname, simulator.aws.endpoint, simulator.aws.region, String(drilled), String(lanes)],
    {
      env: { ...process.env, ...simulator.aws.env },
      timeout: 3_600_000,
    },
  ),
)
const firedrill = await measure(async simulator => {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-bench-'))
  try {
    await writeInstallation(folder, simulator)
    return await run(process.execPath, [new URL('../src/main.ts', import.meta.url).pathname, 'run', '--all', '--max', String(drilled)], {
      cwd: folder,
      env: { ...process.env, ...simulator.aws.env, FIREDRILL_LOG_LEVEL: 'warn' },
      timeout: 3_600_000,
      maxBuffer: 1 << 26,
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

const rows = [
  ['', 'API calls', 'per drill', 'describe-groups', 'wall time'],
  ['script, 16 lanes', ...figures(script)],
  ['firedrill, 16 at once', ...figures(firedrill)],
]
for (const row of rows) process.stdout.write(`${row.map((cell, index) => (index === 0 ? cell.padEnd(24) : cell.padStart(16))).join('')}\n`)
process.stdout.write(`calls per drill: firedrill / script = ${(firedrill.calls / script.calls).toFixed(2)}\n`)

process.stdout.write('\nfiredrill, by operation:\n')
for (const [operation, count] of Object.entries(firedrill.byOperation).toSorted(([, a], [, b]) => b - a)) {
  process.stdout.write(`${operation.padEnd(52)}${String(count).padStart(7)}${(count / drilled).toFixed(2).padStart(9)}\n`)
}

interface Measured {
  readonly byOperation: Readonly<Record<string, number>>
  readonly calls: number
  readonly describeGroups: number
  readonly seconds: number
}

function figures({ calls, describeGroups, seconds }: Measured): string[] {
  return [String(calls), (calls / drilled).toFixed(1), String(describeGroups), `${seconds.toFixed(1)} s`]
}

async function measure(work: (simulator: Simulator) => Promise<unknown>): Promise<Measured> {
  const world = createWorld({ ...bigFleet({ optedIn: drilled, notOptedIn: drilled, size: 3, replacementTime }), seed: 1 })
  const simulator = await startSimulator({ world })
  try {
    const started = performance.now()
    await work(simulator)
    const counts = Object.entries(simulator.counts()).map(([operation, count]) => ({ operation, count: Number(count) }))
    const groups = counts.filter(({ operation }) => operation.endsWith('DescribeAutoScalingGroups'))
    const sum = (of: typeof counts) => of.reduce((total, { count }) => total + count, 0)
    const byOperation = Object.fromEntries(counts.map(({ operation, count }) => [operation, count]))
    return { byOperation, calls: sum(counts), describeGroups: sum(groups), seconds: (performance.now() - started) / 1000 }
  } finally {
    await simulator.close()
  }
}

async function writeInstallation(folder: string, simulator: Simulator): Promise<void> {
  await mkdir(join(folder, 'schedules'))
  await writeFile(
    join(folder, 'firedrill.yaml'),
    `providers:\n  aws: { endpoint: "${simulator.aws.endpoint}", regions: [${simulator.aws.region}] }\n`,
  )
  const limits = `{ concurrent: ${lanes}, concurrentPerScope: ${lanes}, strikesPerDay: 100000, strikesPerRun: 100000, spacing: 0s, breaker: off, woundedPerScope: 100 }`
  await writeFile(
    join(folder, 'schedules', 'bench.yaml'),
    `name: bench\ntimezone: UTC\nhours: "00:00-24:00"\nmeanDaysBetweenDrills: 5\nlimits: ${limits}\nrecovery: { target: 1m, deadline: 2m, soak: 1s }\nguards: none\nleashed: false\n`,
  )
}
