import type { Configuration } from '../../domain/declaration.ts'
import type { InstanceId } from '../../domain/group.ts'
import type { InstanceRef } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { mapLimited } from '../shared/batches.ts'
import { actualValues } from './actual-values.ts'
import type { EngineApi } from './api.ts'
import { ask, type SwarmContext } from './context.ts'
import { isNotFound } from './errors.ts'
import { servicesNamed } from './reads.ts'
import type { WireContainerDetails, WireImage, WireNetwork, WireService, WireTask } from './wire.ts'

const WIDTH = 8

/** The contract's describe(): each task's container by the engine that it runs on. */
export async function describe(
  context: SwarmContext,
  instances: readonly InstanceRef[],
  signal: AbortSignal,
): Promise<Map<InstanceId, Configuration>> {
  const groups = [...new Set(instances.map(({ group }) => group))]
  const [services, networks] = await Promise.all([
    servicesNamed(context, groups, signal),
    ask(context, api => api.networks(signal), signal),
  ])
  const described = await mapLimited(instances, WIDTH, async ({ group, id }) => {
    const service = services.get(group) ?? null
    try {
      const located = service === null ? null : await locate(context, id, signal)
      return located === null || service === null ? [] : [[id, await configurationOf({ ...located, service, networks }, signal)] as const]
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ProviderError)) throw error
      context.log.debug('a task could not be described', { task: id, why: error.message })
      return []
    }
  })
  return new Map(described.flat())
}

export interface Located {
  readonly task: WireTask
  readonly container: WireContainerDetails & { readonly Id: string }
  readonly api: EngineApi
}

/**
 * A task's container on the engine that it runs on. The container itself says whose it is: an engine that has become another node
 * can never lead to another task's container. Throws `not-found` where task or container are gone, `unavailable` where the
 * engine is not configured or silent.
 */
export async function locate(context: SwarmContext, id: InstanceId, signal: AbortSignal): Promise<Located> {
  const task = await ask(context, api => api.task(id, signal), signal)
  const container = task.Status?.ContainerStatus?.ContainerID
  if (!container || !task.NodeID)
    throw missing('not-found', `The task ${id} has no container (its state is ${task.Status?.State ?? 'unknown'}).`)
  const engine = await context.engines.onNode(task.NodeID, signal)
  if (engine.kind === 'unconfigured')
    throw missing(
      'unavailable',
      `The task ${id} runs on the node ${task.NodeID}, whose engine is not configured under providers.swarm.engines.`,
    )
  if (engine.kind === 'unknown') throw missing('unavailable', `The engine of the task ${id} does not answer: ${engine.why}`)
  const details = await engine.api.container(container, signal)
  const owner = details.Config?.Labels?.['com.docker.swarm.task.id']
  if (details.Id === undefined || owner !== id)
    throw missing('not-found', `The container ${container} belongs to ${owner ?? 'no task'}, not to the task ${id}.`)
  return { task, container: { ...details, Id: details.Id }, api: engine.api }
}

async function configurationOf(
  of: Located & { readonly service: WireService; readonly networks: readonly WireNetwork[] },
  signal: AbortSignal,
): Promise<Configuration> {
  const { task, container, api, service, networks } = of
  const image = await imageOf(api, container.Image, signal)
  const { values, unread } = actualValues({
    container,
    image,
    service,
    template: task.Spec ?? {},
    networks: new Map(networks.flatMap(({ Id, Name }) => (Id === undefined || Name === undefined ? [] : [[Id, Name]]))),
    ingress: new Set(networks.flatMap(({ Ingress, Name }) => (Ingress === true && Name !== undefined ? [Name] : []))),
  })
  return {
    instance: task.ID ?? '',
    image: container.Image ?? null,
    address: addressOf(container, networks),
    values,
    protection: container.State?.Paused === true ? 'its container is paused' : null,
    unread,
  }
}

async function imageOf(api: EngineApi, id: string | undefined, signal: AbortSignal): Promise<WireImage | null> {
  if (id === undefined) return null
  try {
    return await api.image(id, signal)
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
}

function addressOf({ NetworkSettings: settings }: WireContainerDetails, networks: readonly WireNetwork[]): string | null {
  const ingress = networks.filter(network => network.Ingress === true).map(network => network.Name)
  const attached = Object.entries(settings?.Networks ?? {}).filter(([name]) => !ingress.includes(name))
  return attached.map(([, network]) => network?.IPAddress).find(address => !!address) ?? null
}

function missing(code: 'not-found' | 'unavailable', message: string): ProviderError {
  return new ProviderError(message, { code, operation: 'ContainerInspect', mayHaveActed: false })
}
