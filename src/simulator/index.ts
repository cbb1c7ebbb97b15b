import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Audit, type AuditEntry } from './audit.ts'
import { answer } from './aws/handler.ts'
import { answerArm, isArm } from './azure/handler.ts'
import { control } from './control.ts'
import { Faults } from './faults.ts'
import { answer as answerCompute, isCompute } from './gcp/handler.ts'
import type { Simulated } from './simulated.ts'
import { accessKeyOf, type CreatedWorld } from './world/create.ts'

export { SimulatedClock } from './clock.ts'
export { createWorld } from './world/create.ts'
export { parseWorld, WorldError, type WorldInput } from './world/description.ts'
export { bigFleet, defaultFleet } from './world/fleets.ts'
export type { Truth, TruthQuestion } from './world/truth.ts'

export interface Simulator {
  readonly aws: {
    readonly endpoint: string
    /** The first of the world's regions. */
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    /** What a process needs to reach the first account: endpoint, region, credentials. */
    readonly env: Readonly<Record<string, string>>
  }
  readonly gcp: {
    readonly endpoint: string
    /** The first of the world's projects. */
    readonly project: string
    /** What a process needs to reach it with the official command line. */
    readonly env: Readonly<Record<string, string>>
  }
  readonly azure: {
    readonly endpoint: string
    /** The first of the world's subscriptions; empty where there is none. */
    readonly subscription: string
    /** What a process needs to know of the first subscription. */
    readonly env: Readonly<Record<string, string>>
  }
  readonly world: CreatedWorld
  readonly faults: Faults
  /** Every API call, oldest first. */
  audit(): readonly AuditEntry[]
  /** Requests since the start or the last reset, by `service:operation`. */
  counts(): Record<string, number>
  resetCounts(): void
  /** Ends all connections and the server. */
  close(): Promise<void>
}

export interface SimulatorOptions {
  readonly world: CreatedWorld
  /** On loopback; 0 takes a free one. */
  readonly port?: number
}

/** Serves a world on loopback over the clouds' own wire protocols. */
export async function startSimulator({ world, port = 0 }: SimulatorOptions): Promise<Simulator> {
  const faults = new Faults(world.random, active => {
    world.history.record(Math.max(0, ...active.map(fault => (fault.kind === 'stale' ? fault.upTo : 0))))
  })
  for (const fault of world.initialFaults) faults.add(fault)
  const simulated: Simulated = { world, faults, audit: new Audit() }
  const server = createServer((message, response) => {
    const reply = replierFor(message.url ?? '/')
    reply(simulated, message, response).catch(() => response.destroy())
  })
  // SDKs keep connections for a long time; closing one under a request looks like a fault.
  server.keepAliveTimeout = 60_000
  await listen(server, port)
  const [region] = world.regions.values()
  if (region === undefined) throw new Error('a world needs a region')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: accessKeyOf(region.account), secretAccessKey: 'simulator' }
  return {
    aws: {
      endpoint,
      region: region.name,
      credentials,
      env: {
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: region.name,
        AWS_DEFAULT_REGION: region.name,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    },
    gcp: gcpOf(world, endpoint),
    azure: azurePart(world, endpoint),
    world,
    faults,
    audit: () => simulated.audit.entries(),
    counts: () => simulated.audit.counts(),
    resetCounts: () => simulated.audit.resetCounts(),
    close: () => close(server),
  }
}

function replierFor(path: string): typeof answer {
  if (path.startsWith('/_simulator/')) return control
  if (isArm(path)) return answerArm
  return isCompute(path) ? answerCompute : answer
}

function gcpOf(world: CreatedWorld, endpoint: string): Simulator['gcp'] {
  const [project = ''] = world.projects.keys()
  return {
    endpoint,
    project,
    env: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${endpoint}/compute/v1/`,
      CLOUDSDK_CORE_PROJECT: project,
      CLOUDSDK_AUTH_DISABLE_CREDENTIALS: 'true',
      GOOGLE_CLOUD_PROJECT: project,
    },
  }
}

function azurePart(world: CreatedWorld, endpoint: string): Simulator['azure'] {
  const [subscription = ''] = world.subscriptions.keys()
  return { endpoint, subscription, env: subscription === '' ? {} : { AZURE_SUBSCRIPTION_ID: subscription } }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
