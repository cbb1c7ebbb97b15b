import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createWorld, defaultFleet, parseWorld, type Simulator, startSimulator, WorldError } from '../simulator/index.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, writeLine } from './io.ts'
import type { CommonOptions } from './options.ts'
import { writeSentence } from './terminal.ts'

export interface SimulateOptions extends CommonOptions {
  /** A world file, YAML or JSON; without one the default fleet. */
  readonly world?: string
  /** 0 or absent: any free port. */
  readonly port?: number
  readonly json?: boolean
}

type World = ReturnType<typeof createWorld>

/** Serves simulated clouds until the signal comes. A bad world file ends it with 2, one line per mistake; throws UsageError for an unreadable one. */
export async function simulate(options: SimulateOptions, io: Pick<Io, 'stdout' | 'stderr' | 'signal'> & Partial<Io>): Promise<number> {
  const world = await readWorld(options.world, io.cwd ?? process.cwd())
  if (world instanceof WorldError) {
    for (const line of world.message.split('\n')) writeSentence(io.stderr, line)
    return EXIT.usage
  }
  const simulator = await start(world, options.port ?? 0)
  if (typeof simulator === 'string') {
    writeLine(io.stderr, `firedrill: ${simulator}`)
    return EXIT.failed
  }
  try {
    if (options.json === true) {
      const { aws, gcp, azure } = simulator
      const parts = {
        aws: { endpoint: aws.endpoint, region: aws.region },
        gcp: { endpoint: gcp.endpoint, project: gcp.project },
        ...(azure.subscription === '' ? {} : { azure: { endpoint: azure.endpoint, subscription: azure.subscription } }),
      }
      writeLine(io.stdout, JSON.stringify(parts))
    } else for (const line of howToConnect(simulator)) writeLine(io.stdout, line)
    if (!io.signal.aborted) await once(io.signal, 'abort')
    return EXIT.ok
  } finally {
    await simulator.close()
  }
}

async function readWorld(file: string | undefined, folder: string): Promise<World | WorldError> {
  if (file === undefined) return createWorld(defaultFleet())
  let text: string
  try {
    text = await readFile(resolve(folder, file), 'utf8')
  } catch (error) {
    throw new UsageError(`the world file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  try {
    return createWorld(parseWorld(text, file))
  } catch (error) {
    if (error instanceof WorldError) return error
    throw error
  }
}

/** The simulator, or a sentence on why the port cannot be had. */
async function start(world: World, port: number): Promise<Simulator | string> {
  try {
    return await startSimulator({ world, port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EADDRINUSE') return `port ${port} on 127.0.0.1 is taken; choose another with --port, or leave it out for a free one`
    if (code === 'EACCES') return `port ${port} on 127.0.0.1 may not be used by this user; choose one above 1023`
    throw error
  }
}

function howToConnect({ aws, gcp, azure, world }: Simulator): string[] {
  const groups = world.groupIds()
  return [
    `Simulated clouds with ${groups.length} groups at ${aws.endpoint}. Ctrl-C ends it.`,
    '',
    'Any AWS SDK, the aws command line and Firedrill find it with:',
    '',
    ...Object.entries(aws.env).map(([name, value]) => `export ${name}=${value}`),
    '',
    'An aws command line before 2.13 needs the endpoint with each call:',
    '',
    `aws --endpoint-url ${aws.endpoint} autoscaling describe-auto-scaling-groups`,
    '',
    'The gcloud command line finds the simulated project with:',
    '',
    ...Object.entries(gcp.env).map(([name, value]) => `export ${name}=${value}`),
    '',
    ...(azure.subscription === ''
      ? []
      : [
          `Simulated Azure Resource Manager: ${azure.endpoint}, subscription ${azure.subscription}. Firedrill finds it with`,
          '',
          `providers: { azure: { endpoint: "${azure.endpoint}", subscriptions: ["${azure.subscription}"] } }`,
          '',
        ]),
    `Faults, the audit log and the truth about each group: ${aws.endpoint}/_simulator/`,
  ]
}
