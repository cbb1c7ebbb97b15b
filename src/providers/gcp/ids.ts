import type { GroupId, ScopeId } from '../../domain/group.ts'

/** A zone or a region; the last letter tells them apart. */
export interface Location {
  readonly kind: 'zone' | 'region'
  readonly name: string
}

export interface GroupPlace {
  readonly location: Location
  readonly name: string
}

export function scopeId(project: string): ScopeId {
  return `gcp:${project}`
}

function locationOf(name: string): Location {
  return { kind: /-[a-z]$/.test(name) ? 'zone' : 'region', name }
}

export function groupId(scope: ScopeId, location: string, name: string): GroupId {
  return `${scope}/${location}/mig/${name}`
}

/** Where a group of this scope is, or null where the id belongs elsewhere. */
export function placeOf(scope: ScopeId, group: GroupId): GroupPlace | null {
  if (!group.startsWith(`${scope}/`)) return null
  const [, location, name] = /^([a-z0-9-]+)\/mig\/([a-z]([-a-z0-9]*[a-z0-9])?)$/.exec(group.slice(scope.length + 1)) ?? []
  return location === undefined || name === undefined ? null : { location: locationOf(location), name }
}

/** The last part of a URL: `…/zones/europe-west1-b` → `europe-west1-b`. */
export function lastPart(url: string | null | undefined): string {
  return url?.split('/').at(-1) ?? ''
}

/** `https://…/projects/p/global/images/i` → `projects/p/global/images/i`; what names no project is of the given one. */
export function pathOf(url: string, project: string): string {
  const inside = /projects\/.+$/.exec(url)?.[0]
  return inside ?? `projects/${project}/${url.replace(/^\//, '')}`
}

/** The part of a path that follows `name/`. */
export function after(path: string, name: string): string | null {
  return new RegExp(`(?:^|/)${name}/([^/]+)`).exec(path)?.[1] ?? null
}
