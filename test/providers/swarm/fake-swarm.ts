import { ProviderError } from '../../../src/providers/provider-error.ts'
import type { EngineApi, StrikeCall } from '../../../src/providers/swarm/api.ts'
import type { SwarmContext } from '../../../src/providers/swarm/context.ts'
import { Engines } from '../../../src/providers/swarm/engines.ts'
import { translate } from '../../../src/providers/swarm/errors.ts'
import type {
  WireContainer,
  WireContainerDetails,
  WireImage,
  WireNetwork,
  WireNode,
  WirePathStat,
  WireService,
  WireTask,
} from '../../../src/providers/swarm/wire.ts'
import { TestClock } from '../../support/test-clock.ts'

const quiet = () => {}
export const now = '2026-11-03T10:00:00Z'

/** What a Swarm of this test's own is: changed at will, read by the provider through engines that answer from it. */
export class FakeSwarm {
  services: WireService[] = []
  tasks: WireTask[] = []
  nodes: WireNode[] = [node('n1', 'alpha'), node('n2', 'beta')]
  networks: WireNetwork[] = []
  /** By reference or id; missing: the engine does not have it. */
  images: Record<string, WireImage> = { 'web:1': { Id: 'sha256:one' }, 'sha256:one': { Id: 'sha256:one' } }
  containers: Record<string, WireContainerDetails> = {}
  listed: WireContainer[] | null = null
  /** By id. */
  secrets: string[] = []
  /** What the registry says of an image that no engine has. */
  registry: () => Promise<unknown> = () =>
    Promise.reject(new ProviderError('no such image', { code: 'not-found', operation: 'x', mayHaveActed: false }))
  historyLimit = 5
  /** What has changed inside, by path. */
  inside: Record<string, { readonly Kind: number; readonly stat?: WirePathStat; readonly archive?: Buffer }> = {}
  /** What an engine says that cannot give a file. */
  archiveFails: object | null = null
  systemTime = now
  readonly strikes: StrikeCall[] = []
  readonly silent = new Set<string>()
  readonly clock = new TestClock(now)

  /** A context whose engines are these nodes, the first of them a manager. */
  context(nodes: readonly string[] = ['n1', 'n2']): SwarmContext {
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
    const engines = new Engines(
      nodes.map((id, index) => this.#engine(id, index === 0)),
      { clock: this.clock, log },
    )
    return { scope: 'swarm:c1', cluster: 'c1', engines, clock: this.clock, log, optInById: () => null, startUp: 60_000 }
  }

  #archive(path: string): Buffer | undefined {
    if (this.archiveFails !== null) throw translate(this.archiveFails, 'ContainerArchive', 'unix:///n1.sock')
    return this.inside[path]?.archive
  }

  #engine(id: string, isManager: boolean): EngineApi {
    const answer = async <Value>(value: () => Value | undefined): Promise<Value> => {
      if (this.silent.has(id)) throw new ProviderError(`${id} does not answer`, { code: 'unavailable', operation: 'x', mayHaveActed: true })
      const found = value()
      if (found === undefined) throw new ProviderError('no such thing', { code: 'not-found', operation: 'x', mayHaveActed: false })
      return found
    }
    const cluster = isManager ? { Cluster: { ID: 'c1' } } : {}
    const swarm = { NodeID: id, LocalNodeState: 'active', ControlAvailable: isManager, ...cluster }
    const here = (task: WireTask) => task.NodeID === id
    return {
      address: `unix:///${id}.sock`,
      info: () => answer(() => ({ SystemTime: this.systemTime, Swarm: swarm })),
      swarm: () => answer(() => ({ Spec: { Orchestration: { TaskHistoryRetentionLimit: this.historyLimit } } })),
      nodes: () => answer(() => this.nodes),
      services: names =>
        answer(() => this.services.filter(one => names.length === 0 || names.some(name => one.Spec?.Name?.startsWith(name)))),
      tasks: services => answer(() => this.tasks.filter(task => services.includes(task.ServiceID ?? ''))),
      task: task => answer(() => this.tasks.find(one => one.ID === task)),
      networks: () => answer(() => this.networks),
      secret: secret => answer(() => (this.secrets.includes(secret) ? {} : undefined)),
      config: config => answer(() => (this.secrets.includes(config) ? {} : undefined)),
      containers: () => answer(() => this.listed ?? this.tasks.filter(here).flatMap(running)),
      container: container => answer(() => this.containers[container]),
      image: reference => answer(() => this.images[reference]),
      distribution: () => this.registry(),
      changes: () => answer(() => Object.entries(this.inside).map(([Path, { Kind }]) => ({ Path, Kind }))),
      stat: (_, path) => answer(() => this.inside[path]?.stat),
      archive: ({ path }) => answer(() => this.#archive(path)),
      strike: async call => {
        await answer(() => true)
        this.strikes.push(call)
      },
      close: quiet,
    }
  }
}

function running(task: WireTask): WireContainer[] {
  if (task.Status?.State !== 'running') return []
  const container = { Id: `c-${task.ID}`, ImageID: 'sha256:one', State: 'running', Status: 'Up 2 hours' }
  return [{ ...container, Labels: { 'com.docker.swarm.task.id': task.ID ?? '' } }]
}

export function node(id: string, name: string, changes: WireNode = {}): WireNode {
  return {
    ID: id,
    Spec: { Availability: 'active', Role: 'worker', Labels: {} },
    Description: { Hostname: name },
    Status: { State: 'ready' },
    ...changes,
  }
}

export const template = { ContainerSpec: { Image: 'web:1' }, RestartPolicy: { Condition: 'any', Delay: 100_000_000 }, ForceUpdate: 0 }

export function service(name: string, changes: WireService['Spec'] = {}, rest: WireService = {}): WireService {
  return {
    ID: `id-${name}`,
    CreatedAt: '2026-10-01T00:00:00Z',
    UpdatedAt: '2026-10-01T00:00:00Z',
    Spec: {
      Name: name,
      Labels: { firedrill: 'enabled' },
      TaskTemplate: { ...template, Runtime: 'container' },
      Mode: { Replicated: { Replicas: 2 } },
      ...changes,
    },
    ...rest,
  }
}

export function task(id: string, changes: WireTask = {}): WireTask {
  return {
    ID: id,
    CreatedAt: '2026-11-03T08:00:00Z',
    ServiceID: 'id-web',
    Slot: 1,
    NodeID: 'n1',
    Spec: template,
    DesiredState: 'running',
    ...changes,
    Status: { State: 'running', Timestamp: '2026-11-03T08:00:01Z', ContainerStatus: { ContainerID: `c-${id}` }, ...changes.Status },
  }
}

export function ended(id: string, state: string, changes: WireTask = {}): WireTask {
  const status = { State: state, Timestamp: '2026-11-03T09:59:00Z', ...changes.Status }
  return task(id, { DesiredState: 'shutdown', ...changes, Status: status })
}
