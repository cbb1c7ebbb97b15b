import type { Declaration, DeclaredSet } from '../../domain/declaration.ts'
import type { GroupId } from '../../domain/group.ts'
import type { EngineApi } from './api.ts'
import { ask, type SwarmContext } from './context.ts'
import { declaredValues, ENVIRONMENT, OPEN } from './declared-values.ts'
import { instantOf } from './ids.ts'
import { isPinned, type ResolvedImage, resolveImage } from './images.ts'
import { servicesNamed } from './reads.ts'
import { bornFrom, serviceVersion, templateVersion } from './spec.ts'
import { hasEnded, isWanted, type Task } from './tasks.ts'
import type { WireService, WireTaskSpec } from './wire.ts'

/** The contract's declare(): the service's specification now, and that of every task which was born from another one. */
export async function declare(context: SwarmContext, groups: readonly GroupId[], signal: AbortSignal): Promise<Map<GroupId, Declaration>> {
  const [services, networks] = await Promise.all([servicesNamed(context, groups, signal), networkNamesById(context, signal)])
  const ids = [...services.values()].flatMap(service => service?.ID ?? [])
  const tasks = (await ask(context, api => api.tasks(ids, signal), signal)).filter((task): task is Task => task.ID !== undefined)
  const declarations = await Promise.all(
    [...services].map(async ([group, service]) => {
      if (service === null) return []
      const own = tasks.filter(task => task.ServiceID === service.ID && !hasEnded(task) && isWanted(task))
      return [[group, await declarationOf(context, { service, tasks: own, networks }, signal)] as const]
    }),
  )
  return new Map(declarations.flat())
}

async function networkNamesById(context: SwarmContext, signal: AbortSignal): Promise<Map<string, string>> {
  const networks = await ask(context, api => api.networks(signal), signal)
  return new Map(networks.flatMap(({ Id: id, Name: name }) => (id === undefined || name === undefined ? [] : [[id, name]])))
}

/** The engines that run its tasks; where none of them can be asked, every one of the Swarm that is configured. */
export async function enginesFor(context: SwarmContext, tasks: readonly Task[], signal: AbortSignal): Promise<EngineApi[]> {
  const nodes = new Set(tasks.map(task => task.NodeID))
  const identities = await context.engines.identities(signal)
  const running = identities.filter(({ node }) => node !== null && nodes.has(node))
  const members = running.length > 0 ? running : identities.filter(({ cluster }) => cluster === context.cluster)
  return members.map(({ api }) => api)
}

interface Of {
  readonly service: WireService
  readonly tasks: readonly Task[]
  readonly networks: ReadonlyMap<string, string>
}

async function declarationOf(context: SwarmContext, of: Of, signal: AbortSignal): Promise<Declaration> {
  const { service, tasks } = of
  const engines = await enginesFor(context, tasks, signal)
  const images = new Map<string, Promise<ResolvedImage>>()
  const set = async (template: WireTaskSpec, version: string): Promise<DeclaredSet> => {
    const reference = template.ContainerSpec?.Image ?? ''
    const image = images.get(reference) ?? resolveImage(reference, engines, signal)
    images.set(reference, image)
    return declaredSet(of, { template, version, image: await image })
  }
  const template = service.Spec?.TaskTemplate ?? {}
  const versions = new Map(tasks.map(task => [bornFrom(task, service), task.Spec ?? {}]))
  const born = await Promise.all([...versions].map(async ([version, spec]) => [version, await set(spec, version)] as const))
  return {
    current: await set(template, serviceVersion(service)),
    born: Object.fromEntries(born),
    // The orchestrator makes every new task from the service as it stands.
    promises: { retire: 'current', crash: 'current' },
  }
}

function declaredSet({ service, networks }: Of, from: { template: WireTaskSpec; version: string; image: ResolvedImage }): DeclaredSet {
  const { template, version, image } = from
  const isCurrent = templateVersion(template) === templateVersion(service.Spec?.TaskTemplate)
  const values = Object.entries(declaredValues({ template, service, networks })).filter(([, value]) => !isNothing(value))
  const known = isCurrent ? values : values.filter(([path]) => path !== 'ports')
  return {
    version,
    source: `service ${service.Spec?.Name ?? service.ID} (${image.reference})`,
    images: image.ids,
    values: Object.fromEntries(known.map(([path, value]) => [path, [value]])),
    // A task does not carry the ports that its service published when it was born.
    open: isCurrent ? OPEN : [...OPEN, 'ports'],
    environment: ENVIRONMENT,
    unread: image.ids.length > 0 ? [] : image.unread.map(why => ({ what: 'image', why })),
    since: isPinned(image.reference) ? instantOf(service.UpdatedAt) : image.taggedAt,
  }
}

function isNothing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0)
}
