import type { Operation } from './call.ts'
import { readOperations } from './reads.ts'
import { writeOperations } from './writes.ts'

export interface Route {
  /** As Google's audit log says it: `instances.delete`, `regionInstanceGroupManagers.get`. */
  readonly name: string
  readonly operation: Operation
  readonly project: string
  readonly location: string
  readonly regional: boolean
  readonly resource: string
}

const OPERATIONS: Readonly<Record<string, Operation>> = { ...readOperations, ...writeOperations }
const REGIONAL = /^(instanceGroupManagers|instanceGroups|instanceTemplates|autoscalers|disks|healthChecks)\./

/** Which operation a request is for; a path that no operation of the real API has, or that is not simulated, is null. */
export function routeOf(method: string, path: string): Route | null {
  const [project = '', ...rest] = path.split('/').map(decodeURIComponent)
  const found = (operation: string, at: Partial<Route> = {}): Route | null => {
    const known = OPERATIONS[operation]
    if (known === undefined) return null
    const regional = at.regional === true
    return {
      name: nameOf(operation, at),
      operation: known,
      project,
      location: at.location ?? 'global',
      regional,
      resource: at.resource ?? '',
    }
  }
  const [first, second = '', third = '', fourth, fifth] = rest
  if (first === undefined) return method === 'GET' ? found('projects.get') : null
  if (first === 'aggregated') return method === 'GET' ? found(`${second}.aggregatedList`) : null
  if (first === 'global') return globalRoute(method, rest.slice(1), found)
  if (first !== 'zones' && first !== 'regions') return null
  const regional = first === 'regions'
  if (third === '') return method === 'GET' ? found(second === '' ? `${first}.list` : `${first}.get`, { resource: second }) : null
  const at = { location: second, regional, resource: fourth ?? '' }
  if (fourth === undefined) return method === 'GET' ? found(`${third}.list`, at) : null
  if (fifth === undefined) return found(`${third}.${verbOf(method)}`, at)
  if (fifth === 'listErrors') return method === 'GET' ? found(`${third}.${fifth}`, at) : null
  return method === 'POST' ? found(`${third}.${fifth}`, at) : null
}

function globalRoute(
  method: string,
  [noun = '', name, more]: readonly string[],
  found: (operation: string, at?: Partial<Route>) => Route | null,
) {
  if (method !== 'GET') return null
  if (noun === 'images' && name === 'family') return found('images.getFromFamily', { resource: more ?? '' })
  return name === undefined ? found(`${noun}.list`) : found(`${noun}.get`, { resource: name })
}

function verbOf(method: string): string {
  return { GET: 'get', DELETE: 'delete', PATCH: 'patch' }[method] ?? 'unknown'
}

/** Regional resources are of a kind of their own, and so are the operations of each kind of place. */
function nameOf(operation: string, at: Partial<Route>): string {
  if (operation === 'operations.aggregatedList') return 'globalOperations.aggregatedList'
  if (operation.startsWith('operations.')) return `${at.regional === true ? 'region' : 'zone'}Operations.${operation.slice(11)}`
  if (at.regional !== true || !REGIONAL.test(operation)) return operation
  return `region${operation.charAt(0).toUpperCase()}${operation.slice(1)}`
}
