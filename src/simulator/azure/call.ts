import type { Subscription } from '../world/azure/model.ts'
import type { World } from '../world/world.ts'

/** One request, as its operation sees it. */
export interface Call {
  readonly world: World
  /** For reads this may be the subscription as it was a while ago. */
  readonly subscription: Subscription
  /** The names in the path, by the operation's own words for them. */
  readonly names: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
  /** Where this API is, for links that answers carry. */
  readonly origin: string
  readonly path: string
  /** A fault: this page has nothing on it but a link. */
  readonly emptyPage: boolean
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Operation {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path with `{names}`. */
  readonly path: string
  run(call: Call): Answer
}
