import type { Finding } from '../../domain/finding.ts'
import type { GroupId } from '../../domain/group.ts'
import { ProviderError } from '../provider-error.ts'
import type { EngineApi } from './api.ts'
import { ask, type SwarmContext } from './context.ts'
import { enginesFor } from './declare.ts'
import { isNotFound } from './errors.ts'
import { type ResolvedImage, resolveImage } from './images.ts'
import { satisfies, takesTasks } from './placement.ts'
import { servicesNamed } from './reads.ts'
import { notReplacedAfterRetire, type RestartFacts, replacementOff, restartsLeft } from './restarts.ts'
import { hasEnded, isWanted, type Task } from './tasks.ts'
import type { WireNode, WireService } from './wire.ts'

/** The contract's forecast(): would Swarm make a new task, and would that find what it needs? */
export async function forecast(
  context: SwarmContext,
  groups: readonly GroupId[],
  signal: AbortSignal,
): Promise<Map<GroupId, readonly Finding[]>> {
  const services = await servicesNamed(context, groups, signal)
  const ids = [...services.values()].flatMap(service => service?.ID ?? [])
  const [tasks, nodes, swarm, networks] = await Promise.all([
    ask(context, api => api.tasks(ids, signal), signal),
    ask(context, api => api.nodes(signal), signal),
    ask(context, api => api.swarm(signal), signal),
    ask(context, api => api.networks(signal), signal),
  ])
  const around = {
    nodes,
    networks: new Set(networks.flatMap(({ Id, Name }) => [Id, Name])),
    remembered: swarm.Spec?.Orchestration?.TaskHistoryRetentionLimit ?? null,
  }
  const forecasts = await Promise.all(
    [...services].map(async ([group, service]) => {
      const own = tasks.filter((task): task is Task => task.ID !== undefined && task.ServiceID === service?.ID)
      const findings =
        service === null ? null : await orUnread(context, group, forecastOf(context, { service, tasks: own, ...around }, signal))
      return findings === null ? [] : [[group, findings] as const]
    }),
  )
  return new Map(forecasts.flat())
}

interface About {
  readonly service: WireService
  readonly tasks: readonly Task[]
  readonly nodes: readonly WireNode[]
  /** Ids and names of all networks. */
  readonly networks: ReadonlySet<string | undefined>
  readonly remembered: number | null
}

async function orUnread(context: SwarmContext, group: GroupId, findings: Promise<Finding[]>): Promise<Finding[] | null> {
  try {
    return await findings
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    context.log.warn('whether a rebuild would work could not be found out', { group, why: error.message })
    return null
  }
}

async function forecastOf(context: SwarmContext, about: About, signal: AbortSignal): Promise<Finding[]> {
  const [image, files] = await Promise.all([imageFindings(context, about, signal), fileFindings(context, about.service, signal)])
  return [...restartFindings(context, about), ...image, ...files, ...networkFindings(about), ...placementFindings(about)]
}

function restartFindings(context: SwarmContext, { service, tasks, remembered }: About): Finding[] {
  const facts: RestartFacts = { service, name: service.Spec?.Name ?? '', tasks, remembered, now: context.clock.now() }
  const off = replacementOff(facts)
  if (off !== null) return [finding('fail', 'restartPolicy', { actual: null, summary: `a rebuild would not come: ${off}` })]
  const left = restartsLeft(facts)
  const retire = notReplacedAfterRetire(service)
  return [
    ...(left !== null && left.left <= 1
      ? [
          finding('warn', 'restartPolicy', {
            actual: null,
            summary: `${left.place} has ${left.left} restart left (restart policy max_attempts)`,
          }),
        ]
      : []),
    ...(retire === null ? [] : [finding('warn', 'restartPolicy', { actual: 'on-failure', summary: retire })]),
  ]
}

/** Swarm pulls before it starts a task and goes on with what the engine has: only where it has nothing the registry decides. */
async function imageFindings(context: SwarmContext, { service, tasks }: About, signal: AbortSignal): Promise<Finding[]> {
  const reference = service.Spec?.TaskTemplate?.ContainerSpec?.Image ?? ''
  const running = tasks.filter(task => !hasEnded(task) && isWanted(task))
  const engines = await enginesFor(context, running, signal)
  const image = await resolveImage(reference, engines, signal)
  if (image.unread.length > 0 && image.ids.length === 0) throw unreadable(image.unread[0] ?? 'the image could not be read')
  const absent = await Promise.all(image.missingOn.map(api => absence(api, reference, signal)))
  const gone = absent.filter(why => why !== null)
  if (gone.length > 0) {
    const everywhere = gone.length === engines.length
    const where = everywhere
      ? 'on no engine that runs its tasks'
      : `missing on ${gone.length} of ${engines.length} engines that run its tasks`
    const summary = `image ${reference} is ${where}, and its registry does not give it (${gone[0]}): push it again, or name one that exists`
    return [finding(everywhere ? 'fail' : 'warn', 'image', { actual: reference, summary })]
  }
  return ambiguous(image)
}

function ambiguous({ reference, ids }: ResolvedImage): Finding[] {
  if (ids.length < 2) return []
  const summary = `image ${reference} means ${ids.length} different images on the nodes of its tasks: a rebuild elsewhere is another one; pin its digest`
  return [finding('warn', 'image', { actual: reference, summary })]
}

/** Null: the registry has it. Where the registry asks for credentials, which only Swarm has, nobody knows. */
async function absence(api: EngineApi, reference: string, signal: AbortSignal): Promise<string | null> {
  try {
    await api.distribution(reference, signal)
    return null
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ProviderError)) throw error
    if (error.code === 'denied' || error.code === 'throttled') throw error
    return error.message.replace(/\.$/, '')
  }
}

async function fileFindings(context: SwarmContext, service: WireService, signal: AbortSignal): Promise<Finding[]> {
  const { Secrets: secrets, Configs: configs } = service.Spec?.TaskTemplate?.ContainerSpec ?? {}
  const wanted = [
    ...(secrets ?? []).map(({ SecretID: id, SecretName: name }) => ({ kind: 'secret' as const, id, name })),
    ...(configs ?? []).map(({ ConfigID: id, ConfigName: name }) => ({ kind: 'config' as const, id, name })),
  ]
  const findings = await Promise.all(
    wanted.map(async ({ kind, id = '', name = id }) => {
      try {
        await ask(context, api => (kind === 'secret' ? api.secret(id, signal) : api.config(id, signal)), signal)
        return []
      } catch (error) {
        if (!isNotFound(error)) throw error
        const summary = `the ${kind} ${name} does not exist any more: make it again, or take it out of the service`
        return [finding('fail', `${kind}s`, { actual: name, summary })]
      }
    }),
  )
  return findings.flat()
}

function networkFindings({ service, networks }: About): Finding[] {
  const template = service.Spec?.TaskTemplate
  const wanted = template?.Networks?.length ? template.Networks : (service.Spec?.Networks ?? [])
  return wanted.flatMap(({ Target: target = '' }) => {
    if (networks.has(target)) return []
    const summary = `the network ${target} does not exist any more: make it again, or take it out of the service`
    return [finding('fail', 'networks', { actual: target, summary })]
  })
}

function placementFindings({ service, nodes }: About): Finding[] {
  const open = nodes.filter(takesTasks)
  if (open.length === 0)
    return [finding('fail', 'placement', { actual: null, summary: 'no node is ready and active, so no task can be placed' })]
  const constraints = service.Spec?.TaskTemplate?.Placement?.Constraints ?? []
  // A constraint that is not understood is taken as met: Swarm itself says so when it is not.
  const fitting = open.filter(node => constraints.every(constraint => satisfies(node, constraint) !== false))
  if (fitting.length > 0) return []
  const summary = `no ready node satisfies ${constraints.join(' and ')}: label a node, or change the constraint`
  return [finding('fail', 'placement', { actual: constraints.join(', '), summary })]
}

function finding(level: Finding['level'], path: string, about: { actual: string | null; summary: string }): Finding {
  return { kind: 'cannot-rebuild', level, path, expected: null, ...about }
}

function unreadable(why: string): ProviderError {
  return new ProviderError(why, { code: 'unavailable', operation: 'ImageInspect', mayHaveActed: false })
}
