import { readFile } from 'node:fs/promises'
import { type IncomingMessage, Agent as PlainAgent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import Docker from 'dockerode'
import { ProviderError } from '../provider-error.ts'
import { orAborted } from '../shared/deadline.ts'
import type { EngineApi, StrikeCall } from './api.ts'
import { isBrokenConnection, translate } from './errors.ts'
import { gatedAgent } from './gate.ts'
import { instantOf } from './ids.ts'
import type { EngineAddress, TlsFiles } from './settings.ts'
import type { WireInfo, WirePathStat } from './wire.ts'

/** Swarm's own fields have stood still since this version (20.10); an engine that is older or no longer knows it is asked in its own. */
const WANTED_VERSION = '1.41'
const READ_TIMEOUT = 10_000
/** Pulling is not done, but the registry is asked across the network. */
const REGISTRY_TIMEOUT = 8_000
/** Some storage drivers walk through every file of the container. */
const CHANGES_TIMEOUT = 30_000

export interface EngineDeps {
  readonly onCall: (operation: string, outcome: string) => void
}

interface Connection {
  readonly socketPath: string | undefined
  readonly protocol: 'http' | 'https'
  readonly host: string | undefined
  readonly port: string | undefined
  readonly ca: Buffer | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
}

interface Call {
  /** The Engine API's own name of it. */
  readonly operation: string
  readonly method?: 'GET' | 'HEAD' | 'POST'
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>>
  readonly stream?: boolean
  readonly timeout?: number
}

/** Reads the certificate files and makes one engine's client; nothing is asked yet. Nothing outside this file imports dockerode. */
export async function openEngine({ address, tls }: EngineAddress, deps: EngineDeps): Promise<EngineApi> {
  return new DockerEngine(address, await connectionTo(address, tls), deps)
}

class DockerEngine implements EngineApi {
  readonly address: string
  readonly #connection: Connection
  readonly #deps: EngineDeps
  readonly #agent: PlainAgent
  readonly #reading: Docker
  readonly #closing = new AbortController()
  #prefix: string | null = null

  constructor(address: string, connection: Connection, deps: EngineDeps) {
    this.address = address
    this.#connection = connection
    this.#deps = deps
    const pool = { keepAlive: true, maxSockets: 20 }
    this.#agent = connection.protocol === 'https' ? new TlsAgent(pool) : new PlainAgent(pool)
    this.#reading = dockerOn(connection, this.#agent)
  }

  info(signal: AbortSignal) {
    return this.#read<WireInfo>({ operation: 'SystemInfo', path: '/info' }, signal)
  }

  swarm(signal: AbortSignal) {
    return this.#read<Awaited<ReturnType<EngineApi['swarm']>>>({ operation: 'SwarmInspect', path: '/swarm' }, signal)
  }

  nodes(signal: AbortSignal) {
    return this.#list<Awaited<ReturnType<EngineApi['nodes']>>>({ operation: 'NodeList', path: '/nodes' }, signal)
  }

  services(names: readonly string[], signal: AbortSignal) {
    const query = names.length === 0 ? {} : { filters: { name: names } }
    return this.#list<Awaited<ReturnType<EngineApi['services']>>>({ operation: 'ServiceList', path: '/services', query }, signal)
  }

  async tasks(services: readonly string[], signal: AbortSignal) {
    if (services.length === 0) return []
    const call = { operation: 'TaskList', path: '/tasks', query: { filters: { service: services } } }
    return this.#list<Awaited<ReturnType<EngineApi['tasks']>>>(call, signal)
  }

  task(id: string, signal: AbortSignal) {
    return this.#read<Awaited<ReturnType<EngineApi['task']>>>(
      { operation: 'TaskInspect', path: `/tasks/${encodeURIComponent(id)}` },
      signal,
    )
  }

  networks(signal: AbortSignal) {
    return this.#list<Awaited<ReturnType<EngineApi['networks']>>>({ operation: 'NetworkList', path: '/networks' }, signal)
  }

  secret(id: string, signal: AbortSignal) {
    return this.#read<unknown>({ operation: 'SecretInspect', path: `/secrets/${encodeURIComponent(id)}` }, signal)
  }

  config(id: string, signal: AbortSignal) {
    return this.#read<unknown>({ operation: 'ConfigInspect', path: `/configs/${encodeURIComponent(id)}` }, signal)
  }

  containers(signal: AbortSignal) {
    const query = { filters: { label: ['com.docker.swarm.task.id'] } }
    return this.#list<Awaited<ReturnType<EngineApi['containers']>>>({ operation: 'ContainerList', path: '/containers/json', query }, signal)
  }

  container(id: string, signal: AbortSignal) {
    const call = { operation: 'ContainerInspect', path: `/containers/${encodeURIComponent(id)}/json` }
    return this.#read<Awaited<ReturnType<EngineApi['container']>>>(call, signal)
  }

  image(reference: string, signal: AbortSignal) {
    const call = { operation: 'ImageInspect', path: `/images/${inPath(reference)}/json` }
    return this.#read<Awaited<ReturnType<EngineApi['image']>>>(call, signal)
  }

  distribution(reference: string, signal: AbortSignal) {
    const call = { operation: 'DistributionInspect', path: `/distribution/${inPath(reference)}/json`, timeout: REGISTRY_TIMEOUT }
    return this.#read<unknown>(call, signal)
  }

  changes(container: string, signal: AbortSignal) {
    const call = { operation: 'ContainerChanges', path: `/containers/${encodeURIComponent(container)}/changes`, timeout: CHANGES_TIMEOUT }
    return this.#list<Awaited<ReturnType<EngineApi['changes']>>>(call, signal)
  }

  async stat(container: string, path: string, signal: AbortSignal): Promise<WirePathStat> {
    const call: Call = {
      operation: 'ContainerArchiveInfo',
      method: 'HEAD',
      path: `/containers/${encodeURIComponent(container)}/archive`,
      query: { path },
      stream: true,
    }
    const answer = await this.#read<IncomingMessage>(call, signal)
    answer.resume()
    const header = answer.headers['x-docker-container-path-stat']
    if (typeof header !== 'string') throw this.#strange(call.operation, `it does not describe ${path}`)
    return JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as WirePathStat
  }

  async archive({ container, path, limit }: { container: string; path: string; limit: number }, signal: AbortSignal): Promise<Buffer> {
    const call: Call = {
      operation: 'ContainerArchive',
      path: `/containers/${encodeURIComponent(container)}/archive`,
      query: { path },
      stream: true,
    }
    const answer = await this.#read<IncomingMessage>(call, signal)
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > limit) throw this.#strange(call.operation, `${path} is longer than ${limit} bytes`)
        chunks.push(chunk)
      }
    } catch (error) {
      signal.throwIfAborted()
      throw translate(error, call.operation, this.address)
    } finally {
      answer.destroy()
    }
    return Buffer.concat(chunks)
  }

  async strike(call: StrikeCall, signal: AbortSignal): Promise<void> {
    const at = `/containers/${encodeURIComponent(call.container)}`
    if (call.method === 'crash')
      return this.#sendOnce({ operation: 'ContainerKill', path: `${at}/kill`, query: { signal: 'SIGKILL' } }, call, signal)
    const told = await this.#signalled(call.container, signal)
    const stop: Call = { operation: 'ContainerStop', path: `${at}/stop`, query: { t: call.grace } }
    const stopped = this.#sendOnce(stop, call, AbortSignal.any([signal, this.#closing.signal]))
    try {
      // The engine answers when the container has stopped, which may take longer than a permit lasts: its word that the stop
      // signal was sent is enough. The request stays open all the same, because some engines kill at once when it is hung up.
      await Promise.race([stopped, told.happened])
    } finally {
      stopped.catch(() => {})
      told.close()
    }
  }

  close(): void {
    this.#closing.abort()
    this.#agent.destroy()
  }

  async #list<Items extends readonly unknown[]>(call: Call, signal: AbortSignal): Promise<Items> {
    const answer = await this.#read<unknown>(call, signal)
    // An engine says null for an empty list of changes.
    if (answer === null || (Buffer.isBuffer(answer) && /^\s*(null)?\s*$/.test(answer.toString()))) return [] as unknown as Items
    if (!Array.isArray(answer)) throw this.#strange(call.operation, 'the answer is no list')
    return answer as unknown as Items
  }

  async #read<Answer>(call: Call, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted()
    try {
      return await this.#readOnce<Answer>(call, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ProviderError) || !isBrokenConnection(error.cause)) throw error
      return this.#readOnce<Answer>(call, signal)
    }
  }

  async #readOnce<Answer>(call: Call, signal: AbortSignal): Promise<Answer> {
    const patience = call.timeout ?? READ_TIMEOUT
    const limit = AbortSignal.timeout(patience)
    try {
      const prefix = await this.#versionPrefix(AbortSignal.any([signal, limit]))
      const answer = await dial(this.#reading, { ...call, path: `${prefix}${call.path}` }, AbortSignal.any([signal, limit]))
      this.#deps.onCall(call.operation, 'ok')
      return answer as Answer
    } catch (error) {
      signal.throwIfAborted()
      const translated = limit.aborted ? this.#silent(call.operation, patience, error) : translate(error, call.operation, this.address)
      this.#deps.onCall(call.operation, translated.code)
      throw translated
    }
  }

  /** One connection of its own, one request, no second try. */
  async #sendOnce(call: Call, { drill, mayStillSend }: StrikeCall, signal: AbortSignal): Promise<void> {
    const { operation } = call
    try {
      const prefix = await this.#versionPrefix(signal)
      const agent = gatedAgent(this.#connection.protocol === 'https', { operation, mayStillSend })
      const docker = dockerOn(this.#connection, agent, { 'User-Agent': `firedrill/${drill}` })
      await orAborted(dial(docker, { ...call, method: 'POST', path: `${prefix}${call.path}` }, signal), signal)
      this.#deps.onCall(operation, 'ok')
    } catch (error) {
      const translated = signal.aborted ? signal.reason : translate(error, operation, this.address)
      this.#deps.onCall(operation, translated instanceof ProviderError ? translated.code : 'aborted')
      throw translated
    }
  }

  /** Listens for the engine's own event that it has sent a signal to the container. Where it cannot listen, that never comes. */
  async #signalled(container: string, signal: AbortSignal): Promise<{ happened: Promise<void>; close: () => void }> {
    const never = { happened: new Promise<void>(() => {}), close: () => {} }
    try {
      const now = instantOf((await this.info(signal)).SystemTime)
      if (now === null) return never
      const since = inSeconds(now)
      const filters = { container: [container], event: ['kill', 'die'] }
      const events = await this.#read<IncomingMessage>(
        { operation: 'SystemEvents', path: '/events', query: { since, filters }, stream: true },
        signal,
      )
      const happened = new Promise<void>(resolve => events.once('data', () => resolve()))
      events.on('error', () => {})
      return { happened, close: () => void events.destroy() }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof ProviderError) return never
      throw error
    }
  }

  async #versionPrefix(signal: AbortSignal): Promise<string> {
    if (this.#prefix === null) {
      const versions = (await dial(this.#reading, { operation: 'SystemVersion', path: '/version' }, signal)) as {
        readonly ApiVersion?: string
        readonly MinAPIVersion?: string
      }
      this.#prefix = `/v${chosenVersion(versions.MinAPIVersion, versions.ApiVersion)}`
    }
    return this.#prefix
  }

  #strange(operation: string, why: string): ProviderError {
    return new ProviderError(`${operation} at ${this.address}: ${why}.`, { code: 'invalid', operation, mayHaveActed: false })
  }

  #silent(operation: string, patience: number, cause: unknown): ProviderError {
    const message = `${operation} at ${this.address}: no answer within ${patience / 1000} s. Check whether the engine is overloaded or cut off.`
    return new ProviderError(message, { code: 'unavailable', operation, mayHaveActed: true, cause })
  }
}

function chosenVersion(least: string | undefined, most: string | undefined): string {
  const number = (version: string): number => Number(version.split('.')[1] ?? '0')
  if (least !== undefined && number(least) > number(WANTED_VERSION)) return least
  return most !== undefined && number(most) < number(WANTED_VERSION) ? most : WANTED_VERSION
}

/** Every setting is written out: what is left open, docker-modem would fill in from DOCKER_HOST and its like. */
function dockerOn(connection: Connection, agent: PlainAgent, headers: Record<string, string> = {}): Docker {
  const options = { timeout: undefined, version: undefined, username: undefined, pathPrefix: '/', ...connection, agent, headers }
  return new Docker(options as Docker.DockerOptions)
}

function dial(docker: Docker, call: Call, signal: AbortSignal): Promise<unknown> {
  const { method = 'GET', query = {}, stream = false } = call
  return new Promise((resolve, reject) => {
    const options = {
      path: `${call.path}?`,
      method,
      options: method === 'POST' ? { _query: query, _body: {} } : query,
      abortSignal: signal,
      isStream: stream,
      statusCodes: { 200: true, 201: true, 204: true },
    }
    docker.modem.dial(options, (error: unknown, answer: unknown) => {
      if (error === null || error === undefined) resolve(answer)
      else reject(error)
    })
  })
}

async function connectionTo(address: string, files: TlsFiles | null): Promise<Connection> {
  const nothing = { socketPath: undefined, host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined }
  if (address.startsWith('unix://')) return { ...nothing, protocol: 'http', socketPath: address.slice('unix://'.length) }
  const url = new URL(address.replace(/^tcp\+tls:/, 'https:'))
  const protocol = url.protocol === 'https:' ? 'https' : 'http'
  const at = { ...nothing, protocol, host: url.hostname, port: url.port || (protocol === 'https' ? '2376' : '2375') } as const
  if (files === null) return at
  const [ca, cert, key] = await Promise.all([readPem(files.ca), readPem(files.cert), readPem(files.key)])
  return { ...at, ca, cert, key }
}

async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new ProviderError(`The certificate file ${file} cannot be read (${why}). Check providers.swarm.tls in firedrill.yaml.`, {
      code: 'invalid',
      operation: 'open',
      mayHaveActed: false,
    })
  }
}

/** The engine takes a moment as seconds, with nanoseconds after the point. */
function inSeconds(moment: Temporal.Instant): string {
  const nanoseconds = moment.epochNanoseconds
  return `${nanoseconds / 1_000_000_000n}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}`
}

/** An image's name may hold slashes, which stay, and nothing that ends a path. */
function inPath(reference: string): string {
  return reference.split('/').map(encodeURIComponent).join('/')
}
