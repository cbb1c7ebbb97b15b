import type { GroupId, InstanceId, ScopeId } from '../../domain/group.ts'

/** A scale set as the API names it. */
export interface ScaleSetRef {
  readonly resourceGroup: string
  readonly name: string
}

export function scopeId(subscription: string): ScopeId {
  return `azure:${subscription.toLowerCase()}`
}

/** Listings spell one resource group in several cases, so the id has it in lower case. */
export function groupId(scope: ScopeId, { resourceGroup, name }: ScaleSetRef): GroupId {
  return `${scope}/${resourceGroup.toLowerCase()}/vmss/${name}`
}

/** The scale set of a group of this scope, or null where the id belongs elsewhere. */
export function scaleSetRef(scope: ScopeId, group: GroupId): ScaleSetRef | null {
  const match = group.startsWith(`${scope}/`) ? /^([^/]+)\/vmss\/([^/]+)$/.exec(group.slice(scope.length + 1)) : null
  const [, resourceGroup, name] = match ?? []
  return resourceGroup === undefined || name === undefined ? null : { resourceGroup, name }
}

/** What stands behind a segment of a resource id: `partOf(id, 'resourceGroups')`; null where the segment is missing. */
export function partOf(resource: string | undefined, segment: string): string | null {
  // Kinds and names take turns, and a name may be the same word as a kind.
  const parts = (resource ?? '').split('/').filter(part => part !== '')
  const index = parts.findIndex((part, place) => place % 2 === 0 && part.toLowerCase() === segment.toLowerCase())
  return index === -1 ? null : (parts[index + 1] ?? null)
}

/** Instance numbers and machine names may be used again: only `vmId` with the time of creation is one machine. */
export function identityOf(machine: { readonly vmId?: string | undefined; readonly timeCreated?: Date | undefined }): InstanceId | null {
  const { vmId, timeCreated } = machine
  if (vmId === undefined || vmId === '' || timeCreated === undefined || Number.isNaN(timeCreated.getTime())) return null
  return `${vmId.toLowerCase()}@${timeCreated.toISOString()}`
}
