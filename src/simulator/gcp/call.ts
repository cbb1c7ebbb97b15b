import type { Project } from '../world/gcp/model.ts'
import type { World } from '../world/world.ts'

/** One request, as its operation sees it. */
export interface Call {
  readonly world: World
  /** For reads this may be the project as it was a while ago. */
  readonly project: Project
  /** Zone or region of the path, or `global`. */
  readonly location: string
  readonly regional: boolean
  readonly name: string
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  /** Who asks, for operations. */
  readonly user: string
  /** A fault: this page has nothing on it but a token. */
  readonly emptyPage: boolean
  /** A fault: places that cannot be reached now. */
  readonly unreachable: readonly { readonly place: string; readonly told: 'both' | 'warning' | 'list' }[]
}

export interface Operation {
  readonly writes: boolean
  run(call: Call): unknown
  /** The answer is held back for a moment until this is so. */
  readonly settled?: (call: Call) => boolean
}

export function reads(run: (call: Call) => unknown): Operation {
  return { writes: false, run }
}

export function writes(run: (call: Call) => unknown): Operation {
  return { writes: true, run }
}
