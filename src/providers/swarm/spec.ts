import { createHash } from 'node:crypto'
import type { WirePort, WireService, WireTaskSpec } from './wire.ts'

/*
 * The names of declarations. A task carries the specification it was made from, so that every version that a present task was born
 * from can be read from the task itself.
 */

/** Names what a task was made from: equal texts, equal specifications. */
export function templateVersion(template: WireTaskSpec | undefined): string {
  return digestOf(normalized(template ?? {}))
}

/** Names what the service declares now: its template, and the ports that it publishes, which no task carries. */
export function serviceVersion(service: WireService): string {
  const ports = portsOf(service.Spec?.EndpointSpec?.Ports)
  const template = templateVersion(service.Spec?.TaskTemplate)
  return ports.length === 0 ? template : `${template}+${digestOf(ports)}`
}

/** The version that a task was born from: the service's own name for it where both are the same. */
export function bornFrom(task: { readonly Spec?: WireTaskSpec }, service: WireService): string {
  const born = templateVersion(task.Spec)
  return born === templateVersion(service.Spec?.TaskTemplate) ? serviceVersion(service) : born
}

export function portsOf(ports: readonly WirePort[] | null | undefined): string[] {
  return (ports ?? [])
    .map(port => `${port.PublishMode ?? 'ingress'} ${port.PublishedPort || 'any'}->${port.TargetPort ?? '?'}/${port.Protocol ?? 'tcp'}`)
    .sort()
}

function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 12)
}

/**
 * Where tasks may run is not what they are made from, and a change of it alone replaces none that may stay. The runtime's name is
 * filled in for services and not for tasks.
 */
function normalized({ Placement: _placement, Runtime: _runtime, ...template }: WireTaskSpec): unknown {
  return template
}

/** Without what is empty, keys in order: the same specification reads the same whoever wrote it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const)
  return Object.fromEntries(entries.filter(([, item]) => !isEmpty(item)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
