import type { GroupId, ScopeId } from '../../domain/group.ts'
import type { Log } from '../../domain/log.ts'
import type { Clock, Milliseconds } from '../../domain/time.ts'
import type { EngineApi } from './api.ts'
import type { Engines } from './engines.ts'

/** One Swarm, and what is needed to read it. */
export interface SwarmContext {
  readonly scope: ScopeId
  readonly cluster: string
  readonly engines: Engines
  readonly clock: Clock
  readonly log: Log
  readonly optInById: (group: GroupId) => 'in' | 'out' | null
  /** What a container wrote within this time of its start is not looked at. */
  readonly startUp: Milliseconds
}

/** Asks any manager of the context's Swarm. */
export function ask<Answer>(context: SwarmContext, question: (api: EngineApi) => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return context.engines.ask(context.cluster, question, signal)
}
