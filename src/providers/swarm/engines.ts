import type { Log } from '../../domain/log.ts'
import type { Clock, Milliseconds } from '../../domain/time.ts'
import { ProviderError } from '../provider-error.ts'
import type { EngineApi } from './api.ts'
import type { WireInfo } from './wire.ts'

/** Which node an engine is changes only when it leaves its Swarm; what is struck is looked up by identity all the same. */
const KNOWN_FOR: Milliseconds = 30_000
/** An engine that did not answer is not asked again by every look. */
const AWAY_FOR: Milliseconds = 5_000

export interface Identity {
  readonly api: EngineApi
  readonly node: string | null
  readonly isManager: boolean
  /** Managers alone tell which Swarm they manage. */
  readonly cluster: string | null
}

export type EngineOf =
  | { readonly kind: 'engine'; readonly api: EngineApi }
  /** No configured engine is this node. */
  | { readonly kind: 'unconfigured' }
  /** Some engine did not answer, and this node may be it. */
  | { readonly kind: 'unknown'; readonly why: string }

interface Known {
  readonly identity: Identity | null
  readonly why: string
  readonly at: Milliseconds
}

/** The configured engines, and which node of which Swarm each of them is. */
export class Engines {
  readonly #apis: readonly EngineApi[]
  readonly #clock: Clock
  readonly #log: Log
  readonly #known = new Map<EngineApi, Known>()

  constructor(apis: readonly EngineApi[], deps: { readonly clock: Clock; readonly log: Log }) {
    this.#apis = apis
    this.#clock = deps.clock
    this.#log = deps.log
  }

  /** Every engine that answers, asked again where that was long ago. */
  async identities(signal: AbortSignal): Promise<readonly Identity[]> {
    const known = await Promise.all(this.#apis.map(api => this.#identify(api, signal)))
    return known.flatMap(({ identity }) => identity ?? [])
  }

  /** Why engines do not answer; empty: all do, as far as is known. */
  silences(): readonly { readonly address: string; readonly why: string }[] {
    return this.#apis.flatMap(api => {
      const known = this.#known.get(api)
      return known === undefined || known.identity !== null ? [] : [{ address: api.address, why: known.why }]
    })
  }

  /** Asks a manager of this Swarm; the next one where it does not answer. */
  async ask<Answer>(cluster: string, question: (api: EngineApi) => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    const managers = (await this.identities(signal)).filter(one => one.isManager && one.cluster === cluster)
    let last: unknown = this.#noManager(cluster)
    for (const { api } of managers) {
      try {
        return await question(api)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof ProviderError) || error.code !== 'unavailable') throw error
        last = error
        this.#known.delete(api)
      }
    }
    throw last
  }

  async onNode(node: string, signal: AbortSignal): Promise<EngineOf> {
    const found = (await this.identities(signal)).find(one => one.node === node)
    if (found !== undefined) return { kind: 'engine', api: found.api }
    const [silent] = this.silences()
    return silent === undefined ? { kind: 'unconfigured' } : { kind: 'unknown', why: silent.why }
  }

  close(): void {
    for (const api of this.#apis) api.close()
  }

  async #identify(api: EngineApi, signal: AbortSignal): Promise<Known> {
    const before = this.#known.get(api)
    const now = this.#clock.monotonic()
    if (before !== undefined && now - before.at < (before.identity === null ? AWAY_FOR : KNOWN_FOR)) return before
    const known = await this.#asked(api, signal)
    if (known.identity === null && before?.identity !== null)
      this.#log.warn('a Docker engine could not be reached', { engine: api.address, why: known.why })
    this.#known.set(api, known)
    return known
  }

  async #asked(api: EngineApi, signal: AbortSignal): Promise<Known> {
    try {
      const identity = identityOf(api, await api.info(signal))
      return { identity, why: '', at: this.#clock.monotonic() }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ProviderError)) throw error
      return { identity: null, why: error.message, at: this.#clock.monotonic() }
    }
  }

  #noManager(cluster: string): ProviderError {
    const why = this.silences().map(silence => silence.why)
    const message = `No configured engine that manages the Swarm ${cluster} answers. ${why.join(' ')}`.trim()
    return new ProviderError(message, { code: 'unavailable', operation: 'SystemInfo', mayHaveActed: false })
  }
}

function identityOf(api: EngineApi, { Swarm: swarm = {} }: WireInfo): Identity {
  const isActive = swarm.LocalNodeState === 'active'
  return {
    api,
    node: isActive && swarm.NodeID ? swarm.NodeID : null,
    isManager: isActive && swarm.ControlAvailable === true,
    cluster: swarm.Cluster?.ID || null,
  }
}
