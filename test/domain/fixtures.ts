import type { Configuration, Declaration, DeclaredSet } from '../../src/domain/declaration.ts'
import type { After, Before, Candidate, Evidence, PlannedDrill, StrikeOrder, Tracking } from '../../src/domain/drill.ts'
import type { GroupSnapshot, InstanceSnapshot, Observation, PlatformEvent } from '../../src/domain/group.ts'
import type { DrillPolicy } from '../../src/domain/schedule.ts'
import { startTracking } from '../../src/domain/tracking.ts'

/** The strike; every moment of these tests is told in seconds after it. */
export const struckAt = Temporal.Instant.from('2026-11-03T10:00:00Z')

export function at(seconds: number): Temporal.Instant {
  return struckAt.add({ milliseconds: Math.round(seconds * 1000) })
}

export function policy(changes: Partial<DrillPolicy> = {}): DrillPolicy {
  return {
    method: 'retire',
    target: 300_000,
    deadline: 900_000,
    soak: 300_000,
    maxImageLag: 14 * 86_400_000,
    drift: { ignore: [], warn: ['tags/**'] },
    probes: [],
    fingerprint: null,
    ...changes,
  }
}

export const victimId = 'i-victim'

export function order(changes: Partial<StrikeOrder> = {}): StrikeOrder {
  return {
    drill: 'drill-1',
    scope: 'cloud:here',
    group: 'cloud:here/web',
    groupName: 'web',
    incarnation: 'first',
    victim: { id: victimId, name: victimId, zone: 'a', image: 'image-1', bornFrom: 'template:1' },
    method: 'retire',
    desired: 3,
    members: [victimId, 'i-2', 'i-3'],
    declarationVersion: 'template:1',
    intendedAt: at(-1),
    requestId: '00000000-0000-4000-8000-000000000000',
    ...changes,
  }
}

export function declaredSet(changes: Partial<DeclaredSet> = {}): DeclaredSet {
  return {
    version: 'template:1',
    source: 'template web version 1',
    images: ['image-1'],
    values: { securityGroups: [['sg-1', 'sg-2']], type: ['large', 'xlarge'], 'volumes/xvda/size': [8] },
    open: ['subnet', 'notes/**'],
    environment: ['subnet'],
    unread: [],
    since: at(-30 * 86_400),
    ...changes,
  }
}

export function declaration(changes: Partial<DeclaredSet> = {}): Declaration {
  const set = declaredSet(changes)
  return { current: set, born: { [set.version]: set }, promises: { retire: 'current', crash: 'current' } }
}

export function configuration(instance: string, values: Configuration['values'] = {}, changes: Partial<Configuration> = {}): Configuration {
  return {
    instance,
    image: 'image-1',
    address: null,
    values: { securityGroups: ['sg-1', 'sg-2'], type: 'large', 'volumes/xvda/size': 8, subnet: 'a', ...values },
    unread: [],
    ...changes,
  }
}

export function instance(id: string, changes: Partial<InstanceSnapshot> = {}): InstanceSnapshot {
  const health = changes.health ?? 'healthy'
  return {
    id,
    name: id,
    zone: 'a',
    launchedAt: at(-7200),
    phase: 'in-service',
    health,
    checks: [{ source: 'load balancer', state: health, independent: true, detail: health === 'unhealthy' ? 'answered 500' : '' }],
    weight: 1,
    protection: null,
    bornFrom: 'template:1',
    origin: 'launched',
    image: 'image-1',
    ...changes,
  }
}

function snapshot(instances: readonly InstanceSnapshot[], changes: Partial<GroupSnapshot> = {}): GroupSnapshot {
  return {
    summary: {
      id: 'cloud:here/web',
      provider: 'cloud',
      scope: 'cloud:here',
      name: 'web',
      incarnation: 'first',
      tags: { firedrill: 'enabled' },
      optInById: null,
    },
    observedAt: at(0),
    clockSkew: null,
    desired: 3,
    minimum: 1,
    maximum: 6,
    instances,
    unsteady: [],
    replacementOff: null,
    controller: null,
    membershipChangedAt: null,
    declarationVersion: 'template:1',
    events: [],
    ownRecoveryTime: 0,
    ...changes,
  }
}

/** A reading `seconds` after the strike, taken at that moment. */
export function reading(seconds: number, instances: readonly InstanceSnapshot[], changes: Partial<GroupSnapshot> = {}): Observation {
  return { kind: 'snapshot', snapshot: snapshot(instances, { observedAt: at(seconds), ...changes }) }
}

export function event(id: string, changes: Partial<PlatformEvent> = {}): PlatformEvent {
  return {
    id,
    at: at(1),
    kind: 'launch',
    instance: null,
    cause: 'replacement',
    outcome: 'succeeded',
    detail: '',
    error: null,
    ...changes,
  }
}

export function candidate(id: string, changes: Partial<Candidate> = {}): Candidate {
  return {
    id,
    name: id,
    launchedAt: at(10),
    seenAt: at(10),
    origin: 'launched',
    bornFrom: 'template:1',
    image: 'image-1',
    health: 'healthy',
    independentlyHealthy: true,
    healthyAt: at(30),
    recoveredAt: at(30),
    lastProbeFailure: null,
    badLooks: 0,
    failedAt: null,
    absentSince: null,
    gone: null,
    healthDetail: '',
    ...changes,
  }
}

/** At the end of the soak of a drill that went well. */
export function tracking(changes: Partial<Tracking> = {}): Tracking {
  return {
    ...startTracking(order(), struckAt, {}),
    victimGoneAt: at(5),
    candidates: [candidate('i-new')],
    events: [event('launch-new', { instance: 'i-new' })],
    lookedAt: at(330),
    observedAt: at(330),
    wholeAt: at(30),
    ...changes,
  }
}

export function readBefore(changes: Partial<Before> = {}): Before {
  return {
    snapshot: snapshot([instance(victimId), instance('i-2'), instance('i-3')]),
    declaration: declaration(),
    victim: configuration(victimId),
    fingerprint: null,
    fingerprintWhy: null,
    driftIgnore: [],
    ...changes,
  }
}

export function readAfter(changes: Partial<After> = {}): After {
  return {
    at: at(330),
    declaration: declaration(),
    declarationWhy: null,
    configurations: { 'i-new': configuration('i-new') },
    fingerprints: {},
    ...changes,
  }
}

/** Of a drill that ends as a phoenix; tests change what they are about. */
export function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    order: order(),
    policy: policy(),
    before: readBefore(),
    tracking: tracking(),
    after: readAfter(),
    ...changes,
  }
}

/** Of a drill that stood at its deadline without a recovered successor. */
export function atDeadline(changes: Partial<Tracking>): Evidence {
  const lookedAt = at(900)
  return evidence({
    tracking: tracking({ candidates: [], events: [], lookedAt, observedAt: lookedAt, wholeAt: null, ...changes }),
    after: readAfter({ at: lookedAt, configurations: {} }),
  })
}

export function plannedDrill(changes: Partial<PlannedDrill> = {}): PlannedDrill {
  return {
    state: 'planned',
    id: 'drill-1',
    schedule: 'weekdays',
    provider: 'cloud',
    scope: 'cloud:here',
    group: 'cloud:here/web',
    groupName: 'web',
    incarnation: 'first',
    service: 'web',
    owner: null,
    planKey: '2026-11-03',
    plannedFor: at(-60),
    policy: policy(),
    revision: 0,
    wakeAt: at(-60),
    ...changes,
  }
}
