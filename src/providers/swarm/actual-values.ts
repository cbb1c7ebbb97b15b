import type { NotCompared, Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import { fileValues, mountValues, networkNames, variableValue } from './declared-values.ts'
import { portsOf } from './spec.ts'
import type { WireContainerDetails, WireContainerSpec, WireImage, WireService, WireTaskSpec } from './wire.ts'
import { args, capabilities, command, labelValue, orTemplate, variables } from './words.ts'

/*
 * What a container really is, in the words of declared-values.ts. What the specification does not decide and the container's own
 * image says just so is left out: it came with the image.
 */

export interface ActualOf {
  readonly container: WireContainerDetails
  /** Null: the image it was made from cannot be read. */
  readonly image: WireImage | null
  /** What the task was made from. */
  readonly template: WireTaskSpec
  readonly service: WireService
  readonly networks: ReadonlyMap<string, string>
  /** Names of networks that Swarm attaches by itself. */
  readonly ingress: ReadonlySet<string>
}

/** Settings that an image may decide. */
const BY_IMAGE = ['entrypoint', 'args', 'user', 'workdir', 'stopSignal', 'healthcheck', 'env', 'labels']

export function actualValues(of: ActualOf): { values: Record<Path, Value>; unread: NotCompared[] } {
  const { container, template, service } = of
  const spec = template.ContainerSpec ?? {}
  const values: Record<Path, Value> = {
    ...imageDecides(of, spec),
    ...variableValues(of, spec),
    ...hostValues(of, spec),
    ...mountValues(container.HostConfig?.Mounts, spec.Mounts),
    ...fileValues(spec),
    ...limitValues(container),
    networks: attachedNetworks(of),
    ports: publishedPorts(container, service),
    logDriver: container.HostConfig?.LogConfig?.Type || null,
  }
  const why = 'the image that it was made from is no longer on its engine'
  const unread =
    of.image === null ? BY_IMAGE.filter(what => values[what] === undefined || values[what] === null).map(what => ({ what, why })) : []
  return { values, unread }
}

/** Written in the specification, it is shown; else only where it is not the image's. */
function imageDecides({ container, image }: ActualOf, spec: WireContainerSpec): Record<Path, Value> {
  const { Config: config } = container
  const own = image?.Config
  const unless = (written: boolean, actual: string | null, byImage: string | null): string | null =>
    written || (image !== null && actual !== byImage) ? actual : null
  return {
    entrypoint: unless(has(spec.Command), command(config?.Entrypoint), command(own?.Entrypoint)),
    args: unless(has(spec.Args) || has(spec.Command), args(config?.Cmd), args(own?.Cmd)),
    user: unless(!!spec.User, config?.User || null, own?.User || null),
    workdir: unless(!!spec.Dir, config?.WorkingDir || null, own?.WorkingDir || null),
    stopSignal: unless(!!spec.StopSignal, config?.StopSignal || null, own?.StopSignal || null),
    healthcheck: unless(has(spec.Healthcheck?.Test), command(config?.Healthcheck?.Test), command(own?.Healthcheck?.Test)),
  }
}

function variableValues({ container, image }: ActualOf, spec: WireContainerSpec): Record<Path, Value> {
  const written = variables(spec.Env)
  const byImage = variables(image?.Config?.Env)
  const env = [...variables(container.Config?.Env)]
    .filter(([name, value]) => written.has(name) || (image !== null && byImage.get(name) !== value))
    .map(([name, value]) => [`env/${name}`, variableValue(written.get(name), value)] as const)
  const labels = Object.entries(container.Config?.Labels ?? {})
    .filter(([name]) => !name.startsWith('com.docker.swarm.'))
    .filter(([name, value]) => spec.Labels?.[name] !== undefined || (image !== null && image.Config?.Labels?.[name] !== value))
    .map(([name, value]) => [`labels/${name}`, labelValue(name, value)] as const)
  const sysctls = Object.entries(container.HostConfig?.Sysctls ?? {}).map(([name, value]) => [`sysctls/${name}`, value] as const)
  return Object.fromEntries([...env, ...labels, ...sysctls])
}

function hostValues({ container }: ActualOf, spec: WireContainerSpec): Record<Path, Value> {
  const host = container.HostConfig ?? {}
  const restart = host.RestartPolicy?.Name ?? ''
  return {
    // A name that nobody chose is the container's own id.
    hostname: spec.Hostname ? (orTemplate(spec.Hostname, container.Config?.Hostname) ?? null) : null,
    tty: container.Config?.Tty === true ? true : null,
    init: host.Init === true ? true : null,
    readOnlyRoot: host.ReadonlyRootfs === true ? true : null,
    privileged: host.Privileged === true ? true : null,
    restartPolicy: restart === '' || restart === 'no' ? null : restart,
    groups: [...(host.GroupAdd ?? [])].sort(),
    'capabilities/add': capabilities(host.CapAdd),
    'capabilities/drop': capabilities(host.CapDrop),
    dns: [...(host.Dns ?? [])].sort(),
    hosts: [...(host.ExtraHosts ?? [])].sort(),
  }
}

function limitValues({ HostConfig: host = {} }: WireContainerDetails): Record<Path, Value> {
  return {
    'limits/cpu': host.NanoCpus ? host.NanoCpus / 1e9 : null,
    'limits/memory': host.Memory || null,
    'limits/memoryReservation': host.MemoryReservation || null,
    'limits/pids': host.PidsLimit && host.PidsLimit > 0 ? host.PidsLimit : null,
    'limits/cpuShares': host.CpuShares || null,
    'limits/cpuQuota': host.CpuQuota && host.CpuQuota > 0 ? host.CpuQuota : null,
    'limits/cpuset': host.CpusetCpus || null,
  }
}

/** The engine's default network, where none is declared, and the ingress network come without being asked for. */
function attachedNetworks(of: ActualOf): string[] {
  const declared = networkNames(of)
  const byItself = ['bridge', 'none', 'docker_gwbridge', ...of.ingress]
  const attached = Object.keys(of.container.NetworkSettings?.Networks ?? {})
  return attached.filter(name => declared.includes(name) || !byItself.includes(name)).sort()
}

/** Ports of the routing mesh are the service's, ports of the host mode the container's own. */
function publishedPorts({ HostConfig: host }: WireContainerDetails, service: WireService): string[] {
  const written = service.Spec?.EndpointSpec?.Ports ?? []
  const isFree = (mode: string, target: number, protocol: string): boolean =>
    written.some(
      port =>
        (port.PublishMode ?? 'ingress') === mode &&
        port.TargetPort === target &&
        (port.Protocol ?? 'tcp') === protocol &&
        !port.PublishedPort,
    )
  const mesh = (service.Endpoint?.Ports ?? [])
    .filter(port => port.PublishMode !== 'host')
    .map(port => (isFree('ingress', port.TargetPort ?? 0, port.Protocol ?? 'tcp') ? { ...port, PublishedPort: 0 } : port))
  const bound = Object.entries(host?.PortBindings ?? {}).flatMap(([key, bindings]) => {
    const [target, protocol = 'tcp'] = key.split('/')
    return (bindings ?? []).map(({ HostPort: published }) => ({
      Protocol: protocol,
      TargetPort: Number(target),
      PublishedPort: isFree('host', Number(target), protocol) ? 0 : Number(published ?? 0),
      PublishMode: 'host',
    }))
  })
  return portsOf([...mesh, ...bound])
}

function has(words: readonly string[] | null | undefined): boolean {
  return (words ?? []).length > 0
}
