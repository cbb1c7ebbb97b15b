import { ComputeManagementClient, type ComputeManagementClientOptionalParams } from '@azure/arm-compute'
import { getContinuationToken, ManagementLockClient } from '@azure/arm-locks'
import type { TokenCredential } from '@azure/identity'
import { type Client, createRestError, getClient } from '@azure-rest/core-client'
import { ProviderError } from '../provider-error.ts'
import { orAborted } from '../shared/deadline.ts'
import { collect } from '../shared/paging.ts'
import type { AzureApi, Deletion, Machine, NetworkInterface, Ongoing, Progress, Sending } from './api.ts'
import { translate } from './errors.ts'
import { partOf, type ScaleSetRef, scopeId } from './ids.ts'
import { interfaceOf } from './interface-json.ts'
import { type Meter, meter, notSent, operationName } from './meter.ts'

export interface AzureConnection {
  readonly endpoint: string | null
  readonly now: () => Temporal.Instant
  readonly onCall: (operation: string, outcome: string) => void
}

type Policies = NonNullable<ComputeManagementClientOptionalParams['additionalPolicies']>

/** A token that is never sent: plain http carries none (see `tokenless`). */
const nobody: TokenCredential = { getToken: async () => null }
/** The SDK's own policy, which refuses to work over plain http at all. */
const BEARER = { name: 'bearerTokenAuthenticationPolicy' }
const REQUEST_TIMEOUT = 20_000
const READ_RETRIES = { maxRetries: 4, retryDelayInMs: 300, maxRetryDelayInMs: 10_000 }
const ARM = 'https://management.azure.com'
/** A version that Microsoft's reference of "Network Interfaces - List" shows. */
const NETWORK_VERSION = '2025-03-01'

/** Makes the SDK's clients; nothing outside this file imports the SDK's values. */
export class AzureClients {
  readonly #connection: AzureConnection
  readonly #credential: TokenCredential
  readonly #plain: boolean

  private constructor(connection: AzureConnection, credential: TokenCredential) {
    this.#connection = connection
    this.#credential = credential
    this.#plain = isPlain(connection.endpoint)
  }

  /** The library that finds credentials is loaded only where there is somebody to show them to. */
  static async open(connection: AzureConnection): Promise<AzureClients> {
    if (isPlain(connection.endpoint)) return new AzureClients(connection, nobody)
    const { DefaultAzureCredential } = await import('@azure/identity')
    return new AzureClients(connection, new DefaultAzureCredential())
  }

  /** The operations of one subscription. */
  api(subscription: string): AzureApi {
    const measured = meter(this.#connection.now, this.#connection.onCall)
    const compute = this.#compute(subscription, { retries: 4, prefix: 'firedrill', policies: [this.#metered(measured)] })
    const locks = this.#locks(subscription, measured)
    const network = this.#network(measured)
    const others = new Map([[subscription.toLowerCase(), compute]])
    // A gallery often stands in a subscription of its own, and is read there.
    const computeIn = (other: string): ComputeManagementClient => {
      const id = other.toLowerCase()
      const known = others.get(id) ?? this.#compute(id, { retries: 4, prefix: 'firedrill', policies: [this.#metered(measured)] })
      others.set(id, known)
      return known
    }
    const { virtualMachineScaleSets: sets, virtualMachineScaleSetVMs: uniform, virtualMachines: machines } = compute
    return {
      scope: scopeId(subscription),
      subscription,
      clockSkew: () => measured.skew(),
      listScaleSets: signal => pages('virtualMachineScaleSets.listAll', signal, abortSignal => sets.listAll({ abortSignal })),
      firstPageOfScaleSets: async signal => {
        const { items, next } = await page('virtualMachineScaleSets.listAll', signal, abortSignal => sets.listAll({ abortSignal }))
        return { count: items.length, more: next !== undefined }
      },
      getScaleSet: (set, { userData }, signal) =>
        send('virtualMachineScaleSets.get', signal, abortSignal =>
          sets.get(set.resourceGroup, set.name, { abortSignal, ...(userData ? { expand: 'userData' } : {}) }),
        ),
      getSetView: (set, signal) =>
        send('virtualMachineScaleSets.getInstanceView', signal, abortSignal =>
          sets.getInstanceView(set.resourceGroup, set.name, { abortSignal }),
        ),
      getRollingUpgrade: (set, signal) =>
        send('virtualMachineScaleSetRollingUpgrades.getLatest', signal, abortSignal =>
          compute.virtualMachineScaleSetRollingUpgrades.getLatest(set.resourceGroup, set.name, { abortSignal }),
        ),
      listUniformMachines: (set, { view }, signal) =>
        pages('virtualMachineScaleSetVMs.list', signal, abortSignal =>
          uniform.list(set.resourceGroup, set.name, { abortSignal, ...(view ? { expand: 'instanceView' } : {}) }),
        ),
      listFlexibleMachines: (set, { id, view }, signal) =>
        pages<Machine>('virtualMachines.list', signal, abortSignal =>
          machines.list(set.resourceGroup, {
            abortSignal,
            filter: `'virtualMachineScaleSet/id' eq '${id}'`,
            ...(view ? { expand: 'instanceView' } : {}),
          }),
        ),
      getMachine: ({ set, flexible, machine }, signal) =>
        flexible
          ? send<Machine>('virtualMachines.get', signal, abortSignal =>
              machines.get(partOf(machine.id, 'resourceGroups') ?? set.resourceGroup, machine.name ?? '', {
                abortSignal,
                expand: 'userData',
              }),
            )
          : send<Machine>('virtualMachineScaleSetVMs.get', signal, abortSignal =>
              uniform.get(set.resourceGroup, set.name, machine.instanceId ?? '', { abortSignal, expand: 'userData' }),
            ),
      listInterfaces: (resourceGroup, signal) => interfacesIn(network, { subscription, resourceGroup }, signal),
      listLocks: signal =>
        pages(
          'managementLocks.listAtSubscriptionLevel',
          signal,
          abortSignal => locks.managementLocks.listAtSubscriptionLevel({ abortSignal }),
          getContinuationToken,
        ),
      ...images(compute, computeIn),
      deleteMember: (deletion, sending) => this.#deleteMember(subscription, measured, { deletion, sending }),
      setCapacity: (set, change, sending) => this.#setCapacity(subscription, measured, { set, change, sending }),
    }
  }

  async #deleteMember(
    subscription: string,
    measured: Meter,
    { deletion, sending }: { deletion: Deletion; sending: Sending },
  ): Promise<Ongoing> {
    const { client, sent } = this.#writing(subscription, measured, sending)
    const { signal: abortSignal } = sending
    const { set, instanceId, forced } = deletion
    return start('virtualMachineScaleSets.deleteInstances', sending, sent, () =>
      client.virtualMachineScaleSets.deleteInstances(
        set.resourceGroup,
        set.name,
        { instanceIds: [instanceId] },
        { abortSignal, forceDeletion: forced },
      ),
    )
  }

  async #setCapacity(
    subscription: string,
    measured: Meter,
    { set, change, sending }: { set: ScaleSetRef; change: Parameters<AzureApi['setCapacity']>[1]; sending: Sending },
  ): Promise<Ongoing> {
    const { client, sent } = this.#writing(subscription, measured, sending)
    const parameters = { sku: { ...change.sku, capacity: change.capacity } }
    return start('virtualMachineScaleSets.update', sending, sent, () =>
      client.virtualMachineScaleSets.update(set.resourceGroup, set.name, parameters, { abortSignal: sending.signal, ifMatch: change.etag }),
    )
  }

  /**
   * A client for one write: no retries, the drill's id where the activity log shows it, and the gate as the last step
   * before the connection. What it sent last is told by `sent`.
   */
  #writing(subscription: string, measured: Meter, sending: Sending): { client: ComputeManagementClient; sent: () => string | null } {
    let reference: string | null = null
    const gate: Policies[number] = {
      position: 'perRetry',
      policy: {
        name: 'firedrillGate',
        async sendRequest(request, next) {
          // What follows a write up is a read, and is always sent.
          if (request.method === 'GET') return next(request)
          if (sending.signal.aborted || sending.mayStillSend?.() === false) throw notSent(operationName(request))
          request.headers.set('x-ms-client-request-id', sending.drill)
          request.headers.set('x-ms-correlation-request-id', sending.drill)
          const answer = await next(request)
          reference = answer.headers.get('azure-asyncoperation') ?? answer.headers.get('x-ms-request-id') ?? null
          return answer
        },
      },
    }
    const policies = [this.#metered(measured), gate]
    const client = this.#compute(subscription, { retries: 0, prefix: `firedrill-${sending.drill}`.slice(0, 80), policies })
    return { client, sent: () => reference }
  }

  #compute(subscription: string, options: { retries: number; prefix: string; policies: Policies }): ComputeManagementClient {
    const client = new ComputeManagementClient(this.#credential, subscription, {
      ...this.#common(),
      retryOptions: { maxRetries: options.retries, retryDelayInMs: 300, maxRetryDelayInMs: 10_000 },
      userAgentOptions: { userAgentPrefix: options.prefix },
      additionalPolicies: options.policies,
    })
    return this.#tokenless(client)
  }

  /**
   * One listing is all that is asked of Microsoft.Network. Its own SDK (39.0) takes 62 MB of memory and 64 MB of disk for it, so the
   * list is read through what the Compute SDK itself sends with.
   */
  #network(measured: Meter): Client {
    const { endpoint = ARM, ...common } = this.#common()
    const client = getClient(endpoint, this.#credential, {
      credentials: { scopes: [`${ARM}/.default`] },
      ...common,
      retryOptions: READ_RETRIES,
      userAgentOptions: { userAgentPrefix: 'firedrill' },
      additionalPolicies: [this.#metered(measured)],
    })
    return this.#tokenless(client)
  }

  #locks(subscription: string, measured: Meter): ManagementLockClient {
    const client = new ManagementLockClient(this.#credential, subscription, {
      ...this.#common(),
      retryOptions: READ_RETRIES,
      userAgentOptions: { userAgentPrefix: 'firedrill' },
    })
    client.pipeline.addPolicy(this.#metered(measured).policy, { afterPhase: 'Sign' })
    return this.#tokenless(client)
  }

  #common(): { endpoint?: string; allowInsecureConnection?: boolean; credentials?: { scopes: string[] } } {
    const { endpoint } = this.#connection
    if (endpoint === null) return {}
    const base = endpoint.replace(/\/+$/, '')
    return { endpoint: base, ...(this.#plain ? { allowInsecureConnection: true } : { credentials: { scopes: [`${base}/.default`] } }) }
  }

  /** The SDK throws rather than send a token over plain http; on loopback there is nobody to authenticate to. */
  #tokenless<Client extends { readonly pipeline: { removePolicy(options: { name: string }): unknown } }>(client: Client): Client {
    if (this.#plain) client.pipeline.removePolicy(BEARER)
    return client
  }

  #metered(measured: Meter): Policies[number] {
    return {
      position: 'perRetry',
      policy: {
        name: 'firedrillMeter',
        sendRequest(request, next) {
          // Pages after the first are asked for without a signal, and a request without a deadline may hang for ever.
          request.timeout = REQUEST_TIMEOUT
          return measured.measure(request, () => next(request)) as ReturnType<typeof next>
        },
      },
    }
  }
}

function images(
  compute: ComputeManagementClient,
  computeIn: (subscription: string) => ComputeManagementClient,
): Pick<
  AzureApi,
  | 'listGalleryVersions'
  | 'getGalleryVersion'
  | 'getManagedImage'
  | 'listCommunityVersions'
  | 'listSharedVersions'
  | 'listMarketplaceVersions'
  | 'getMarketplaceVersion'
> {
  const { communityGalleryImageVersions, sharedGalleryImageVersions, virtualMachineImages } = compute
  return {
    listGalleryVersions: (of, signal) =>
      pages('galleryImageVersions.listByGalleryImage', signal, abortSignal =>
        computeIn(of.subscription).galleryImageVersions.listByGalleryImage(of.resourceGroup, of.gallery, of.image, { abortSignal }),
      ),
    getGalleryVersion: (of, version, signal) =>
      send('galleryImageVersions.get', signal, abortSignal =>
        computeIn(of.subscription).galleryImageVersions.get(of.resourceGroup, of.gallery, of.image, version, {
          abortSignal,
          expand: 'ReplicationStatus',
        }),
      ),
    getManagedImage: (of, signal) =>
      send('images.get', signal, abortSignal => computeIn(of.subscription).images.get(of.resourceGroup, of.name, { abortSignal })),
    listCommunityVersions: (of, signal) =>
      pages('communityGalleryImageVersions.list', signal, abortSignal =>
        communityGalleryImageVersions.list(of.location, of.gallery, of.image, { abortSignal }),
      ),
    listSharedVersions: (of, signal) =>
      pages('sharedGalleryImageVersions.list', signal, abortSignal =>
        sharedGalleryImageVersions.list(of.location, of.gallery, of.image, { abortSignal }),
      ),
    listMarketplaceVersions: (of, signal) =>
      send('virtualMachineImages.list', signal, abortSignal =>
        virtualMachineImages.list(of.location, of.publisher, of.offer, of.sku, { abortSignal }),
      ),
    getMarketplaceVersion: (of, version, signal) =>
      send('virtualMachineImages.get', signal, abortSignal =>
        virtualMachineImages.get(of.location, of.publisher, of.offer, of.sku, version, { abortSignal }),
      ),
  }
}

async function interfacesIn(
  network: Client,
  { subscription, resourceGroup }: { subscription: string; resourceGroup: string },
  signal: AbortSignal,
): Promise<NetworkInterface[]> {
  const path = `/subscriptions/${subscription}/resourceGroups/${encodeURIComponent(resourceGroup)}/providers/Microsoft.Network/networkInterfaces`
  return collect(link =>
    send('networkInterfaces.list', signal, async abortSignal => {
      const query = link === undefined ? { queryParameters: { 'api-version': NETWORK_VERSION } } : {}
      const answer = await network.pathUnchecked(link ?? path).get({ ...query, abortSignal })
      if (answer.status !== '200') throw createRestError(answer)
      return { items: (answer.body?.value ?? []).map(interfaceOf), next: answer.body?.nextLink }
    }),
  )
}

interface Paged<Item> {
  byPage(settings: { continuationToken?: string }): AsyncIterableIterator<Item[]>
}

/** A whole list. Pages are turned here, so that a link that goes round in circles is seen. */
async function pages<Item>(
  operation: string,
  signal: AbortSignal,
  list: (abortSignal: AbortSignal) => Paged<Item>,
  linkIn?: LinkIn<Item>,
): Promise<Item[]> {
  return collect(token => page(operation, signal, list, { token, ...(linkIn && { linkIn }) }))
}

/** Each of the two SDKs hides its links elsewhere. */
type LinkIn<Item> = (page: Item[] & { continuationToken?: string }) => string | undefined

async function page<Item>(
  operation: string,
  signal: AbortSignal,
  list: (abortSignal: AbortSignal) => Paged<Item>,
  { token, linkIn = page => page.continuationToken }: { readonly token?: string | undefined; readonly linkIn?: LinkIn<Item> } = {},
): Promise<{ items: Item[]; next: string | undefined }> {
  return send(operation, signal, async abortSignal => {
    const { value } = await list(abortSignal)
      .byPage(token === undefined ? {} : { continuationToken: token })
      .next()
    return { items: value ?? [], next: value === undefined ? undefined : linkIn(value) }
  })
}

async function send<Output>(operation: string, signal: AbortSignal, call: (abortSignal: AbortSignal) => Promise<Output>): Promise<Output> {
  signal.throwIfAborted()
  try {
    return await orAborted(call(signal), signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw translate(error, operation)
  }
}

interface Poller {
  readonly operationState: { status: string; error?: Error | undefined } | undefined
  submitted(): Promise<unknown>
  poll(options: { abortSignal: AbortSignal }): Promise<unknown>
}

/** The SDK's poller sends when it is made, so it is made only here, and what it throws is always caught. */
async function start(operation: string, sending: Sending, sent: () => string | null, write: () => Poller): Promise<Ongoing> {
  const { signal } = sending
  signal.throwIfAborted()
  let poller: Poller
  try {
    poller = write()
    await orAborted(poller.submitted(), signal)
  } catch (error) {
    // Aborted on its way: it may have arrived.
    if (signal.aborted) throw unknownOutcome(operation, signal)
    throw translate(error, operation)
  }
  return { reference: sent(), progress: abort => progressOf(poller, operation, abort) }
}

function unknownOutcome(operation: string, signal: AbortSignal): ProviderError {
  const why = signal.reason instanceof Error ? signal.reason.message : String(signal.reason)
  const message = `${operation}: ended before Azure answered (${why}), so whether it acts is not known.`
  return new ProviderError(message, { code: 'unavailable', operation, mayHaveActed: true, cause: signal.reason })
}

const unanswered: ReadonlySet<ProviderError['code']> = new Set(['throttled', 'unavailable', 'not-found'])

async function progressOf(poller: Poller, operation: string, signal: AbortSignal): Promise<Progress> {
  try {
    if (poller.operationState?.status !== 'failed' && poller.operationState?.status !== 'canceled')
      await orAborted(poller.poll({ abortSignal: signal }), signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const failed = translate(error, operation)
    // The SDK takes a question that went unanswered for a change that failed, and would never ask again; one that an older view does not
    // know yet, too.
    if (isRestError(error) && poller.operationState !== undefined && unanswered.has(failed.code))
      Object.assign(poller.operationState, { status: 'running', error: undefined })
    // How the change went is told by its state; what could not be asked for is asked again.
    if (poller.operationState?.status === 'running') throw failed
  }
  const state = poller.operationState
  if (state?.status === 'succeeded') return 'succeeded'
  if (state?.status === 'running' || state === undefined) return 'running'
  return { failed: state.error?.message ?? `it was ${state.status}` }
}

/** What a request came to; a change that failed is told by a plain Error. */
function isRestError(error: unknown): boolean {
  return error instanceof Error && error.name === 'RestError'
}

function isPlain(endpoint: string | null): boolean {
  return endpoint?.startsWith('http:') === true
}
