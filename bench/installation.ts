import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Installation, openInstallation } from '../src/compose.ts'
import type { Simulator } from '../src/simulator/index.ts'

type Cloud = Pick<Simulator['aws'], 'endpoint' | 'region' | 'env'>

/** The program as its users start it: from dist/, where it was built. */
export function program(): { readonly file: string; readonly from: 'dist/' | 'the sources' } {
  const built = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  if (existsSync(built)) return { file: built, from: 'dist/' }
  return { file: fileURLToPath(new URL('../src/main.ts', import.meta.url)), from: 'the sources' }
}

/** A folder with a firedrill.yaml and one schedule that is always open, for the time of `work`. */
export async function inInstallation<Result>(
  { aws }: { readonly aws: Cloud },
  { lanes, soak = '0s', deadline = '2m' }: { readonly lanes: number; readonly soak?: string; readonly deadline?: string },
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-bench-'))
  try {
    await mkdir(join(folder, 'schedules'))
    const provider = `aws: { endpoint: "${aws.endpoint}", regions: [${aws.region}] }`
    await writeFile(join(folder, 'firedrill.yaml'), `providers:\n  ${provider}\nweb: { listen: "127.0.0.1:0" }\n`)
    const limits = `{ concurrent: ${lanes}, concurrentPerScope: ${lanes}, strikesPerDay: 100000, strikesPerRun: 100000, spacing: 0s, breaker: off, woundedPerScope: 100 }`
    await writeFile(
      join(folder, 'schedules', 'bench.yaml'),
      `name: bench\ntimezone: UTC\nhours: "00:00-24:00"\nmeanDaysBetweenDrills: 5\nlimits: ${limits}\nrecovery: { target: 1m, deadline: ${deadline}, soak: ${soak} }\nguards: none\nleashed: false\n`,
    )
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Firedrill within this process. */
export function openHere(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<Installation> {
  const screen = new PassThrough().resume()
  const io = {
    stdout: screen,
    stderr: screen,
    env: { ...process.env, ...env },
    cwd: folder,
    signal: new AbortController().signal,
    isTTY: false,
    columns: 80,
    colour: false,
  }
  return openInstallation({ config: join(folder, 'firedrill.yaml') }, io, { worker: true, quiet: true })
}
