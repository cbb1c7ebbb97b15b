import type { Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import { portsOf } from './spec.ts'
import type { WireContainerSpec, WireFileReference, WireMount, WireService, WireTaskSpec } from './wire.ts'
import { args, capabilities, command, digest, labelValue, orTemplate, variables } from './words.ts'

/*
 * What a task's specification says of its container, flat. What it leaves to the image is left out: it is right with the image,
 * which is compared by itself. actual-values.ts is the mirror of this file.
 */

/** What the engine's own settings decide where the specification does not. */
export const ENVIRONMENT = ['logDriver']
/** Not set by Swarm on the container in every version, or not told; compared between two tasks only. */
export const OPEN = [...ENVIRONMENT, 'limits/memoryReservation']

export interface DeclaredBy {
  readonly template: WireTaskSpec
  readonly service: WireService
  /** Names of networks by id. */
  readonly networks: ReadonlyMap<string, string>
}

export function declaredValues({ template, service, networks }: DeclaredBy): Record<Path, Value> {
  const spec = template.ContainerSpec ?? {}
  return {
    ...containerValues(spec),
    ...variableValues(spec),
    ...mountValues(spec.Mounts, spec.Mounts),
    ...fileValues(spec),
    ...limitValues(template),
    networks: networkNames({ template, service, networks }),
    ports: portsOf(service.Spec?.EndpointSpec?.Ports),
    logDriver: template.LogDriver?.Name || null,
  }
}

function containerValues(spec: WireContainerSpec): Record<Path, Value> {
  return {
    entrypoint: command(spec.Command),
    args: args(spec.Args),
    user: spec.User || null,
    workdir: spec.Dir || null,
    stopSignal: spec.StopSignal || null,
    hostname: orTemplate(spec.Hostname, spec.Hostname) || null,
    healthcheck: command(spec.Healthcheck?.Test),
    tty: spec.TTY === true ? true : null,
    init: spec.Init === true ? true : null,
    readOnlyRoot: spec.ReadOnly === true ? true : null,
    groups: [...(spec.Groups ?? [])].sort(),
    'capabilities/add': capabilities(spec.CapabilityAdd),
    'capabilities/drop': capabilities(spec.CapabilityDrop),
    dns: [...(spec.DNSConfig?.Nameservers ?? [])].sort(),
    hosts: (spec.Hosts ?? []).flatMap(hostEntries).sort(),
  }
}

/** The specification writes "address name name", the container "name:address" for each. */
function hostEntries(entry: string): string[] {
  const [address, ...names] = entry.split(/\s+/)
  return names.map(name => `${name}:${address}`)
}

function variableValues(spec: WireContainerSpec): Record<Path, Value> {
  const env = [...variables(spec.Env)].map(([name, value]) => [`env/${name}`, variableValue(value, value)] as const)
  const labels = Object.entries(spec.Labels ?? {}).map(([name, value]) => [`labels/${name}`, labelValue(name, value)] as const)
  const sysctls = Object.entries(spec.Sysctls ?? {}).map(([name, value]) => [`sysctls/${name}`, value] as const)
  return Object.fromEntries([...env, ...labels, ...sysctls])
}

export function variableValue(written: string | undefined, actual: string): string {
  const value = orTemplate(written, actual) ?? actual
  return value === actual ? digest(actual) : value
}

/** `written` are the specification's, by target: what is a template there is none that can be compared. */
export function mountValues(
  mounts: readonly WireMount[] | null | undefined,
  written: readonly WireMount[] | null | undefined,
): Record<Path, Value> {
  const values: Record<Path, Value> = {}
  for (const mount of mounts ?? []) {
    const at = `mounts/${(mount.Target ?? '').replace(/^\/+/, '') || 'root'}`
    const source = written?.find(one => one.Target === mount.Target)?.Source
    values[`${at}/type`] = mount.Type || 'volume'
    values[`${at}/source`] = orTemplate(source, mount.Source) || null
    values[`${at}/readOnly`] = mount.ReadOnly === true ? true : null
  }
  return values
}

/** A container does not show which secrets and configs it was given: the task's own specification does. */
export function fileValues(spec: WireContainerSpec): Record<Path, Value> {
  const written = (name: string | undefined, reference: WireFileReference): string => {
    const { Name: file = '', UID: user = '0', GID: group = '0', Mode: mode = 0o444 } = reference.File ?? {}
    return `${name ?? 'unknown'} as ${file} ${user}:${group} ${mode.toString(8)}`
  }
  return {
    secrets: (spec.Secrets ?? []).map(secret => written(secret.SecretName ?? secret.SecretID, secret)).sort(),
    configs: (spec.Configs ?? []).map(config => written(config.ConfigName ?? config.ConfigID, config)).sort(),
  }
}

function limitValues({ Resources: resources }: WireTaskSpec): Record<Path, Value> {
  return {
    'limits/cpu': resources?.Limits?.NanoCPUs ? resources.Limits.NanoCPUs / 1e9 : null,
    'limits/memory': resources?.Limits?.MemoryBytes || null,
    'limits/pids': resources?.Limits?.Pids || null,
  }
}

export function networkNames({ template, service, networks }: DeclaredBy): string[] {
  const attached = template.Networks?.length ? template.Networks : (service.Spec?.Networks ?? [])
  return attached.map(({ Target: target = 'unknown' }) => networks.get(target) ?? target).sort()
}
