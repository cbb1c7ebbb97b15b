import { AutoscalersClient } from '@google-cloud/compute/build/src/v1/autoscalers_client.js'
import { DisksClient } from '@google-cloud/compute/build/src/v1/disks_client.js'
import { ImageFamilyViewsClient } from '@google-cloud/compute/build/src/v1/image_family_views_client.js'
import { ImagesClient } from '@google-cloud/compute/build/src/v1/images_client.js'
import { InstanceGroupManagersClient } from '@google-cloud/compute/build/src/v1/instance_group_managers_client.js'
import { InstanceTemplatesClient } from '@google-cloud/compute/build/src/v1/instance_templates_client.js'
import { InstancesClient } from '@google-cloud/compute/build/src/v1/instances_client.js'
import { RegionAutoscalersClient } from '@google-cloud/compute/build/src/v1/region_autoscalers_client.js'
import { RegionDisksClient } from '@google-cloud/compute/build/src/v1/region_disks_client.js'
import { RegionInstanceGroupManagersClient } from '@google-cloud/compute/build/src/v1/region_instance_group_managers_client.js'
import { RegionInstanceTemplatesClient } from '@google-cloud/compute/build/src/v1/region_instance_templates_client.js'
import { RegionOperationsClient } from '@google-cloud/compute/build/src/v1/region_operations_client.js'
import { ZoneOperationsClient } from '@google-cloud/compute/build/src/v1/zone_operations_client.js'
import type { Clock } from '../../domain/time.ts'
import { orAborted } from '../shared/deadline.ts'
import type { Page } from '../shared/paging.ts'
import type { EverywherePage, GcpApi, Strike } from './api.ts'
import { translate } from './errors.ts'
import { type GroupPlace, lastPart, scopeId } from './ids.ts'
import { requestReason } from './naming.ts'
import { REASON, Transport } from './transport.ts'
import type { Manager, Operation } from './wire.ts'

export interface GcpConnection {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly endpoint: string | null
  readonly clock: Clock
  readonly onCall: (operation: string, outcome: string) => void
}

/** Between the attempts of a read. Google counts requests by the minute. */
const PAUSES = [200, 600, 1_800, 5_000]
const TIMEOUT = 20_000
const PAGE = 500

/**
 * The SDK's own retries are off: it would not count them, and a strike must never be sent twice. Made anew for each call, because
 * the SDK writes headers into it.
 */
function unrepeated() {
  return { timeout: TIMEOUT, retry: null }
}

function onePage() {
  return { ...unrepeated(), autoPaginate: false }
}

interface Answer {
  readonly nextPageToken?: string | null
}

/**
 * Makes the SDK's clients; nothing outside this file imports the SDK's values. Each is made when it is first needed, because each
 * costs time; all share one transport and one set of credentials.
 */
export class GcpClients {
  readonly #connection: GcpConnection
  readonly #transport: Transport
  readonly #options: NonNullable<ConstructorParameters<typeof InstancesClient>[0]>

  constructor(connection: GcpConnection) {
    this.#connection = connection
    const url = connection.endpoint === null ? null : new URL(connection.endpoint)
    const plain = url?.protocol === 'http:'
    this.#transport = new Transport({ env: connection.env, plain, now: () => connection.clock.now() })
    const place = url === null ? {} : { apiEndpoint: url.hostname, port: portOf(url), protocol: url.protocol.replace(':', '') }
    this.#options = { ...place, authClient: this.#transport }
  }

  /** Throws ProviderError `denied` where Google's credentials cannot be found or are refused. */
  async ready(signal: AbortSignal): Promise<void> {
    try {
      await orAborted(this.#transport.ready(), signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw translate(error, 'credentials')
    }
  }

  /** The operations of one project. */
  api(project: string): GcpApi {
    const { clients } = this
    const zonal = ({ location, name }: GroupPlace) => ({ project, zone: location.name, instanceGroupManager: name })
    const regional = ({ location, name }: GroupPlace) => ({ project, region: location.name, instanceGroupManager: name })
    const one = async <Result>(operation: string, signal: AbortSignal, call: () => Promise<readonly [Result, ...unknown[]]>) =>
      (await this.#read(operation, signal, call))[0]
    const pages = async <Item>(
      operation: string,
      signal: AbortSignal,
      call: () => Promise<readonly [unknown, unknown?, unknown?]>,
      items: (answer: never) => readonly Item[] | null | undefined = (answer: { items?: Item[] }) => answer.items,
    ): Promise<Page<Item>> => {
      const answer = (await this.#read(operation, signal, call))[2] as Answer | undefined
      return { items: items((answer ?? {}) as never) ?? [], next: answer?.nextPageToken }
    }
    return {
      scope: scopeId(project),
      project,
      managersEverywhere: async (token, signal) => {
        const request = { project, maxResults: PAGE, ...tokenIn(token) }
        const client = clients.managers
        await client.initialize()
        const call = client.innerApiCalls.aggregatedList as (...input: unknown[]) => Promise<[unknown, unknown, unknown]>
        const read = await this.#read('instanceGroupManagers.aggregatedList', signal, () => call(request, onePage()))
        return everywhere(read[2])
      },
      manager: (group, signal) =>
        group.location.kind === 'zone'
          ? one('instanceGroupManagers.get', signal, () => clients.managers.get(zonal(group), unrepeated()))
          : one('regionInstanceGroupManagers.get', signal, () => clients.regionManagers.get(regional(group), unrepeated())),
      managedInstances: (group, token, signal) => {
        const items = (answer: { managedInstances?: [] }) => answer.managedInstances
        const more = { maxResults: PAGE, ...tokenIn(token) }
        return group.location.kind === 'zone'
          ? pages(
              'instanceGroupManagers.listManagedInstances',
              signal,
              () => clients.managers.listManagedInstances({ ...zonal(group), ...more }, onePage()),
              items,
            )
          : pages(
              'regionInstanceGroupManagers.listManagedInstances',
              signal,
              () => clients.regionManagers.listManagedInstances({ ...regional(group), ...more }, onePage()),
              items,
            )
      },
      errors: (group, token, signal) => {
        const more = { maxResults: PAGE, ...tokenIn(token) }
        return group.location.kind === 'zone'
          ? pages('instanceGroupManagers.listErrors', signal, () => clients.managers.listErrors({ ...zonal(group), ...more }, onePage()))
          : pages('regionInstanceGroupManagers.listErrors', signal, () =>
              clients.regionManagers.listErrors({ ...regional(group), ...more }, onePage()),
            )
      },
      autoscaler: ({ location }, autoscaler, signal) =>
        location.kind === 'zone'
          ? one('autoscalers.get', signal, () => clients.autoscalers.get({ project, zone: location.name, autoscaler }, unrepeated()))
          : one('regionAutoscalers.get', signal, () =>
              clients.regionAutoscalers.get({ project, region: location.name, autoscaler }, unrepeated()),
            ),
      instance: (zone, instance, signal) =>
        one('instances.get', signal, () => clients.instances.get({ project, zone, instance }, unrepeated())),
      instances: (zone, { filter, token }, signal) =>
        pages('instances.list', signal, () =>
          clients.instances.list({ project, zone, filter, maxResults: PAGE, ...tokenIn(token) }, onePage()),
        ),
      disks: (zone, { filter, token }, signal) =>
        pages('disks.list', signal, () => clients.disks.list({ project, zone, filter, maxResults: PAGE, ...tokenIn(token) }, onePage())),
      regionDisks: (region, { filter, token }, signal) =>
        pages('regionDisks.list', signal, () =>
          clients.regionDisks.list({ project, region, filter, maxResults: PAGE, ...tokenIn(token) }, onePage()),
        ),
      operations: (zone, token, signal) =>
        pages('zoneOperations.list', signal, () =>
          clients.zoneOperations.list({ project, zone, orderBy: 'creationTimestamp desc', maxResults: PAGE, ...tokenIn(token) }, onePage()),
        ),
      image: (of, image, signal) => one('images.get', signal, () => clients.images.get({ project: of, image }, unrepeated())),
      imageFromFamily: (of, family, signal) =>
        one('images.getFromFamily', signal, () => clients.images.getFromFamily({ project: of, family }, unrepeated())),
      imageInZone: async (of, { family, zone }, signal) => {
        const get = () => clients.familyViews.get({ project: of, zone, family }, unrepeated())
        return (await one('imageFamilyViews.get', signal, get)).image ?? {}
      },
      template: ({ project: of, region, name: instanceTemplate }, signal) =>
        region === null
          ? one('instanceTemplates.get', signal, () => clients.templates.get({ project: of, instanceTemplate }, unrepeated()))
          : one('regionInstanceTemplates.get', signal, () =>
              clients.regionTemplates.get({ project: of, region, instanceTemplate }, unrepeated()),
            ),
      strike: (strike, signal) => this.#strike(project, strike, signal),
      wait: (operation, signal) => this.#wait(project, operation, signal),
      clockSkew: () => this.#transport.skew(),
    }
  }

  /** Made once each, when first asked for. */
  readonly clients = lazily({
    managers: () => new InstanceGroupManagersClient(this.#options),
    regionManagers: () => new RegionInstanceGroupManagersClient(this.#options),
    autoscalers: () => new AutoscalersClient(this.#options),
    regionAutoscalers: () => new RegionAutoscalersClient(this.#options),
    instances: () => new InstancesClient(this.#options),
    disks: () => new DisksClient(this.#options),
    regionDisks: () => new RegionDisksClient(this.#options),
    images: () => new ImagesClient(this.#options),
    familyViews: () => new ImageFamilyViewsClient(this.#options),
    templates: () => new InstanceTemplatesClient(this.#options),
    regionTemplates: () => new RegionInstanceTemplatesClient(this.#options),
    zoneOperations: () => new ZoneOperationsClient(this.#options),
    regionOperations: () => new RegionOperationsClient(this.#options),
  })

  /** Once more where the failure passes by itself. Reads only: what is sent again changes nothing. */
  async #read<Result>(operation: string, signal: AbortSignal, call: () => Promise<Result>): Promise<Result> {
    for (const pause of [...PAUSES, null]) {
      try {
        return await this.#send(operation, signal, call)
      } catch (error) {
        const failed = translateUnlessAborted(error, { operation, signal })
        if (pause === null || (failed.code !== 'throttled' && failed.code !== 'unavailable')) throw failed
        await this.#connection.clock.sleep(pause, signal)
      }
    }
    throw new Error('unreachable')
  }

  async #send<Result>(operation: string, signal: AbortSignal, call: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    try {
      const answer = await orAborted(call(), signal)
      this.#connection.onCall(operation, 'ok')
      return answer
    } catch (error) {
      const failed = translateUnlessAborted(error, { operation, signal })
      this.#connection.onCall(operation, failed.code)
      throw failed
    }
  }

  /** The drill's id goes where Google's audit log shows it, as the reason of the request. */
  async #strike(project: string, strike: Strike, signal: AbortSignal): Promise<Operation> {
    const reason = requestReason(strike.drill)
    const options = { ...unrepeated(), otherArgs: { headers: { [REASON]: reason } } }
    const { requestId, zone, instance, group } = strike
    const { clients } = this
    const instances = [`https://www.googleapis.com/compute/v1/projects/${project}/zones/${zone}/instances/${instance}`]
    const send = async (): Promise<Operation> => {
      if (strike.method === 'crash')
        return operationIn((await clients.instances.delete({ project, zone, instance, requestId }, options))[0])
      const name = { project, instanceGroupManager: group.name, requestId }
      if (group.location.kind === 'zone') {
        const resource = { instanceGroupManagersRecreateInstancesRequestResource: { instances } }
        return operationIn((await clients.managers.recreateInstances({ ...name, zone: group.location.name, ...resource }, options))[0])
      }
      const resource = { regionInstanceGroupManagersRecreateRequestResource: { instances } }
      return operationIn(
        (await clients.regionManagers.recreateInstances({ ...name, region: group.location.name, ...resource }, options))[0],
      )
    }
    const gate = () => !signal.aborted && strike.mayStillSend()
    return this.#send(strikeName(strike), signal, () => this.#transport.gated(reason, gate, send))
  }

  async #wait(project: string, operation: Operation, signal: AbortSignal): Promise<Operation> {
    const name = { project, operation: operation.name ?? '' }
    const options = { ...unrepeated(), timeout: 130_000 }
    if (operation.region) {
      const region = lastPart(operation.region)
      return (await this.#send('regionOperations.wait', signal, () => this.clients.regionOperations.wait({ ...name, region }, options)))[0]
    }
    const zone = lastPart(operation.zone)
    return (await this.#send('zoneOperations.wait', signal, () => this.clients.zoneOperations.wait({ ...name, zone }, options)))[0]
  }
}

export function strikeName({ method, group }: Pick<Strike, 'method' | 'group'>): string {
  if (method === 'crash') return 'instances.delete'
  return group.location.kind === 'zone' ? 'instanceGroupManagers.recreateInstances' : 'regionInstanceGroupManagers.recreateInstances'
}

function translateUnlessAborted(error: unknown, { operation, signal }: { operation: string; signal: AbortSignal }) {
  if (signal.aborted) throw signal.reason
  return translate(error, operation)
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'http:' ? 80 : 443
}

function tokenIn(token: string | undefined): { pageToken?: string } {
  return token === undefined ? {} : { pageToken: token }
}

/** What a write answers with: the operation itself stands behind the SDK's wrapper. */
function operationIn(answer: unknown): Operation {
  return ((answer as { latestResponse?: unknown }).latestResponse ?? answer) as Operation
}

interface Scoped {
  readonly instanceGroupManagers?: readonly Manager[] | null
  readonly warning?: { readonly code?: string | null; readonly message?: string | null } | null
}

function everywhere(raw: unknown): EverywherePage {
  const { items, nextPageToken, unreachables } = (raw ?? {}) as Answer & { items?: Record<string, Scoped>; unreachables?: string[] }
  const unreachable = new Map((unreachables ?? []).map(url => [lastPart(url), 'it cannot be reached']))
  for (const [place, { warning }] of Object.entries(items ?? {})) {
    // An empty place has a warning of its own, which is none.
    if (!warning?.code || warning.code === 'NO_RESULTS_ON_PAGE') continue
    unreachable.set(lastPart(place), warning.message || warning.code)
  }
  return { items: Object.values(items ?? {}).flatMap(scoped => scoped.instanceGroupManagers ?? []), next: nextPageToken, unreachable }
}

function lazily<Made extends Readonly<Record<string, object>>>(makers: { readonly [Name in keyof Made]: () => Made[Name] }): Made {
  const made = new Map<keyof Made, object>()
  const clients = {} as Made
  for (const name of Object.keys(makers) as (keyof Made)[])
    Object.defineProperty(clients, name, {
      get: () => {
        const known = made.get(name) ?? makers[name]()
        made.set(name, known)
        return known
      },
    })
  return clients
}
