import type { Region } from '../world/model.ts'
import type { AccessKey, World } from '../world/world.ts'
import type { Parameters } from './parameters.ts'
import type { Result } from './render.ts'

/** One request, as its operation sees it. */
export interface Call {
  readonly world: World
  /** For reads this may be the region as it was a while ago. */
  readonly region: Region
  readonly input: Parameters
  readonly caller: AccessKey
  /** A fault: this page has nothing on it but a token. */
  readonly emptyPage: boolean
}

export interface Operation {
  readonly writes: boolean
  run(call: Call): Result
}

export type Operations = Readonly<Record<string, Operation>>

export function reads(run: (call: Call) => Result): Operation {
  return { writes: false, run }
}

export function writes(run: (call: Call) => Result): Operation {
  return { writes: true, run }
}
