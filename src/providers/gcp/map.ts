import type { GroupId, GroupSnapshot, GroupSummary, PlatformEvent, ScopeId, Unsteady } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { controllerOf } from './controllers.ts'
import { memberSnapshot, membersOf, replacementOff, unsteadyBy } from './members.ts'
import type { ProjectMemory } from './memory.ts'
import { declarationVersion } from './templates.ts'
import { type Autoscaler, idOf, type ManagedInstance, type Manager, type Template } from './wire.ts'

const KEY = 'firedrill'
const VALUE = 'enabled'

export interface Named {
  readonly id: GroupId
  readonly scope: ScopeId
  readonly optInById: 'in' | 'out' | null
}

type Labels = Readonly<Record<string, string>>

/**
 * A group carries no labels itself: those count that all of its instances get. An "out" that stands anywhere is everybody's, and a
 * label that only some versions have, or have with other values, is told so that nobody takes it for agreement.
 */
export function labelsOf(manager: Manager, templates: readonly Template[]): Record<string, string> {
  const overlay = manager.allInstancesConfig?.properties?.labels ?? {}
  const own = templates.map(template => template.properties?.labels ?? {})
  const effective = own.length > 0 ? own.map(labels => ({ ...labels, ...overlay })) : [overlay]
  const told: Record<string, string> = {}
  for (const key of new Set(effective.flatMap(labels => Object.keys(labels)))) {
    const values = [...new Set(effective.map((labels: Labels) => labels[key]))]
    const [only] = values
    if (values.length === 1 && only !== undefined) told[key] = only
    else if (isFiredrills(key)) told[key] = values.map(value => value ?? 'none').join(' or ')
  }
  const against = [...own, overlay].flatMap((labels: Labels) => labels[KEY] ?? []).filter(value => value !== VALUE)
  const [first] = against.sort((a, b) => Number(saysNo(b)) - Number(saysNo(a)))
  return first === undefined ? told : { ...told, [KEY]: first }
}

function isFiredrills(key: string): boolean {
  return key === KEY || key.startsWith(`${KEY}-`)
}

/** Only an order among several odd values: what each of them means is not decided here. */
function saysNo(value: string): boolean {
  return /^(dis|off|no|n$|f$|fal|0|out|opt-out|nev|nul|stop|deny|excl)/.test(value)
}

export function summaryOf(manager: Manager, templates: readonly Template[], of: Named): GroupSummary {
  return {
    id: of.id,
    provider: 'gcp',
    scope: of.scope,
    name: manager.name ?? of.id,
    incarnation: idOf(manager.id) ?? manager.creationTimestamp ?? 'unknown',
    tags: labelsOf(manager, templates),
    optInById: of.optInById,
  }
}

export interface SnapshotFacts extends Named {
  readonly project: string
  readonly memory: ProjectMemory
  readonly templates: readonly Template[]
  readonly managed: readonly ManagedInstance[]
  /** Null where there is none, or where nobody asked. */
  readonly autoscaler: Autoscaler | null
  readonly clockSkew: Milliseconds | null
  readonly now: Temporal.Instant
  readonly events: readonly PlatformEvent[]
  readonly changedAt: Temporal.Instant | null
}

export function snapshotOf(manager: Manager, facts: SnapshotFacts): GroupSnapshot {
  const { autoscaler, clockSkew, project, memory } = facts
  const target = manager.targetSize ?? 0
  const instances = membersOf(facts.managed).map(member =>
    memberSnapshot(member, { manager, project, known: memory.instances.get(member.identity) }),
  )
  return {
    summary: summaryOf(manager, facts.templates, facts),
    observedAt: clockSkew === null ? facts.now : facts.now.subtract({ milliseconds: clockSkew }),
    clockSkew,
    desired: target,
    minimum: autoscaler?.autoscalingPolicy?.minNumReplicas ?? 0,
    maximum: autoscaler?.autoscalingPolicy?.maxNumReplicas ?? target,
    instances,
    unsteady: [...unsteadyBy(manager, facts.managed), ...autoscaling(autoscaler, target)],
    replacementOff: replacementOff(manager),
    controller: controllerOf(manager, facts.templates),
    membershipChangedAt: facts.changedAt,
    declarationVersion: declarationVersion(manager, project),
    events: facts.events,
    ownRecoveryTime: (manager.autoHealingPolicies?.[0]?.initialDelaySec ?? 0) * 1000,
  }
}

/** An autoscaler that wants another size is about to set it. */
function autoscaling(autoscaler: Autoscaler | null, target: number): Unsteady[] {
  if (autoscaler === null) return []
  const { recommendedSize, status, autoscalingPolicy } = autoscaler
  if (autoscalingPolicy?.mode === 'OFF') return []
  if (status === 'DELETING' || status === 'PENDING')
    return [{ reason: 'scaling', detail: `its autoscaler is ${String(status).toLowerCase()}` }]
  if (typeof recommendedSize !== 'number' || recommendedSize === target || recommendedSize === 0) return []
  return [{ reason: 'scaling', detail: `its autoscaler recommends ${recommendedSize} instances where ${target} are set` }]
}
