import type { StrikeMethod } from '../../domain/schedule.ts'
import type {
  WireChange,
  WireContainer,
  WireContainerDetails,
  WireImage,
  WireInfo,
  WireNetwork,
  WireNode,
  WirePathStat,
  WireService,
  WireSwarm,
  WireTask,
} from './wire.ts'

/**
 * The calls that one engine is asked. Reads are repeated once where a kept connection broke; every method throws only
 * ProviderError, or the signal's reason. What is asked of the Swarm (`services` to `config`) only a manager answers.
 */
export interface EngineApi {
  /** As configured. */
  readonly address: string
  info(signal: AbortSignal): Promise<WireInfo>
  swarm(signal: AbortSignal): Promise<WireSwarm>
  nodes(signal: AbortSignal): Promise<readonly WireNode[]>
  /** Empty: all of them. A name stands for every service that begins with it. */
  services(names: readonly string[], signal: AbortSignal): Promise<readonly WireService[]>
  /** Of these services by id, ended ones that the Swarm still remembers among them. */
  tasks(services: readonly string[], signal: AbortSignal): Promise<readonly WireTask[]>
  task(id: string, signal: AbortSignal): Promise<WireTask>
  networks(signal: AbortSignal): Promise<readonly WireNetwork[]>
  secret(id: string, signal: AbortSignal): Promise<unknown>
  config(id: string, signal: AbortSignal): Promise<unknown>
  /** Running containers of this engine that belong to services. */
  containers(signal: AbortSignal): Promise<readonly WireContainer[]>
  container(id: string, signal: AbortSignal): Promise<WireContainerDetails>
  image(reference: string, signal: AbortSignal): Promise<WireImage>
  /** Asks the image's registry, as this engine would before it pulls. */
  distribution(reference: string, signal: AbortSignal): Promise<unknown>
  changes(container: string, signal: AbortSignal): Promise<readonly WireChange[]>
  stat(container: string, path: string, signal: AbortSignal): Promise<WirePathStat>
  /** The archive of one path, at most `limit` bytes of it; throws `invalid` where it is longer. */
  archive(at: { container: string; path: string; limit: number }, signal: AbortSignal): Promise<Buffer>
  /** Sends the call once. Resolves when the engine says that it has acted. */
  strike(call: StrikeCall, signal: AbortSignal): Promise<void>
  close(): void
}

export interface StrikeCall {
  readonly drill: string
  readonly container: string
  readonly method: StrikeMethod
  /** How long a graceful stop may take before the engine kills, in seconds. */
  readonly grace: number
  readonly mayStillSend: () => boolean
}
