import type { GroupId, Observation } from '../../domain/group.ts'
import type { ObserveOptions } from '../provider.ts'
import { mapLimited } from '../shared/batches.ts'
import { ask, type SwarmContext } from './context.ts'
import { instantOf } from './ids.ts'
import { type Seen, snapshotOf, summaryOf } from './map.ts'
import { servicesNamed } from './reads.ts'
import { hasEnded, isWanted, type Task } from './tasks.ts'
import type { WireContainer, WireNode, WireService } from './wire.ts'

/** Engines asked at the same time. */
const WIDTH = 8

/** The contract's observe(): four questions to a manager and one to each engine that runs a task, however many groups are asked. */
export async function observe(
  context: SwarmContext,
  groups: readonly GroupId[],
  options: ObserveOptions,
  signal: AbortSignal,
): Promise<Map<GroupId, Observation>> {
  signal.throwIfAborted()
  const found = await servicesNamed(context, groups, signal)
  const ids = [...found.values()].flatMap(service => service?.ID ?? [])
  const surroundings = await readSurroundings(context, { services: ids, options }, signal)
  return new Map(groups.map(group => [group, observationOf(context, found.get(group) ?? null, surroundings)]))
}

function observationOf(context: SwarmContext, service: WireService | null, surroundings: Surroundings): Observation {
  if (service === null) return { kind: 'gone' }
  const tasks = surroundings.tasks.get(service.ID ?? '') ?? []
  return { kind: 'snapshot', snapshot: snapshotOf(service, summaryOf(service, context), { ...surroundings, tasks }) }
}

type Surroundings = Omit<Seen, 'tasks'> & { readonly tasks: ReadonlyMap<string, readonly Task[]> }

async function readSurroundings(
  context: SwarmContext,
  asked: { services: readonly string[]; options: ObserveOptions },
  signal: AbortSignal,
): Promise<Surroundings> {
  const { services, options } = asked
  const needsHistory = options.depth === 'full'
  const [tasks, nodes, time, remembered] = await Promise.all([
    ask(context, api => api.tasks(services, signal), signal),
    ask(context, api => api.nodes(signal), signal),
    readTime(context, signal),
    needsHistory ? ask(context, api => api.swarm(signal), signal) : null,
  ])
  const known = tasks.filter((task): task is Task => task.ID !== undefined)
  const alive = known.filter(task => !hasEnded(task) && isWanted(task) && task.NodeID)
  const { containers, outOfReach } = await readEngines(context, new Set(alive.map(task => task.NodeID ?? '')), signal)
  return {
    tasks: Map.groupBy(known, task => task.ServiceID ?? ''),
    nodes: byId(nodes),
    containers,
    outOfReach: inWords(outOfReach, byId(nodes)),
    remembered: remembered?.Spec?.Orchestration?.TaskHistoryRetentionLimit ?? null,
    since: options.since,
    ...time,
  }
}

/** By the manager's own clock, which stamps what tasks are created. */
async function readTime(context: SwarmContext, signal: AbortSignal): Promise<Pick<Seen, 'now' | 'clockSkew'>> {
  const sent = context.clock.now()
  const info = await ask(context, api => api.info(signal), signal)
  const received = context.clock.now()
  const theirs = instantOf(info.SystemTime)
  if (theirs === null) return { now: received, clockSkew: null }
  const ours = sent.add({ milliseconds: Math.round(received.since(sent).total('milliseconds') / 2) })
  return { now: theirs, clockSkew: Math.round(ours.since(theirs).total('milliseconds')) }
}

type Reach = { readonly kind: 'unconfigured' } | { readonly kind: 'silent'; readonly why: string }

async function readEngines(
  context: SwarmContext,
  nodes: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<{ containers: Map<string, WireContainer>; outOfReach: Map<string, Reach> }> {
  const containers = new Map<string, WireContainer>()
  const outOfReach = new Map<string, Reach>()
  await mapLimited([...nodes], WIDTH, async node => {
    const engine = await context.engines.onNode(node, signal)
    if (engine.kind === 'unconfigured') return void outOfReach.set(node, { kind: 'unconfigured' })
    if (engine.kind === 'unknown') return void outOfReach.set(node, { kind: 'silent', why: engine.why })
    try {
      for (const container of await engine.api.containers(signal)) {
        const task = container.Labels?.['com.docker.swarm.task.id']
        if (task !== undefined) containers.set(task, container)
      }
    } catch (error) {
      signal.throwIfAborted()
      outOfReach.set(node, { kind: 'silent', why: error instanceof Error ? error.message : String(error) })
    }
  })
  return { containers, outOfReach }
}

function inWords(outOfReach: ReadonlyMap<string, Reach>, nodes: ReadonlyMap<string, WireNode>): Map<string, string> {
  return new Map(
    [...outOfReach].map(([id, reach]) => {
      const name = nodes.get(id)?.Description?.Hostname ?? id
      const unconfigured = `it runs on the node ${name}, whose engine is not configured: add it to providers.swarm.engines in firedrill.yaml`
      return [id, reach.kind === 'unconfigured' ? unconfigured : `the engine of its node ${name} could not be asked: ${reach.why}`]
    }),
  )
}

function byId(nodes: readonly WireNode[]): Map<string, WireNode> {
  return new Map(nodes.flatMap(node => (node.ID === undefined ? [] : [[node.ID, node]])))
}
