import type { GroupId, ScopeId } from '../../domain/group.ts'
import type { Log } from '../../domain/log.ts'
import type { Clock } from '../../domain/time.ts'
import type { GcpApi } from './api.ts'
import type { ProjectMemory } from './memory.ts'

export interface ScopeContext {
  readonly scope: ScopeId
  readonly api: GcpApi
  readonly memory: ProjectMemory
  readonly clock: Clock
  readonly log: Log
  readonly optInById: (group: GroupId) => 'in' | 'out' | null
}
