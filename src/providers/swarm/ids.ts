import type { GroupId, ScopeId } from '../../domain/group.ts'

export function scopeId(cluster: string): ScopeId {
  return `swarm:${cluster}`
}

export function groupId(scope: ScopeId, service: string): GroupId {
  return `${scope}/service/${service}`
}

/** The name of a service of this scope, or null where the id belongs elsewhere. */
export function serviceName(scope: ScopeId, group: GroupId): string | null {
  const prefix = `${scope}/service/`
  return group.startsWith(prefix) && group.length > prefix.length ? group.slice(prefix.length) : null
}

/** Null for what is missing, cannot be read, or is Go's zero time. */
export function instantOf(text: string | undefined): Temporal.Instant | null {
  if (text === undefined || text.startsWith('0001-')) return null
  try {
    return Temporal.Instant.from(text)
  } catch {
    return null
  }
}
