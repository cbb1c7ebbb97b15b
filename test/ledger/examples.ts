import type { Configuration, Declaration, DeclaredSet } from '../../src/domain/declaration.ts'
import type { After, Before, ConcludedDrill, OpenDrill, PlannedDrill, StrikeOrder, Tracking } from '../../src/domain/drill.ts'
import type { Verdict } from '../../src/domain/finding.ts'
import type { GroupSnapshot, GroupSummary } from '../../src/domain/group.ts'
import type { SeenGroup } from '../../src/domain/seen-group.ts'
import type { Intent, NewPlan } from '../../src/ledger/ledger.ts'

export const scope = 'aws:123456789012/eu-west-1'

export function at(text: string): Temporal.Instant {
  return Temporal.Instant.from(text.includes('T') ? text : `2026-11-02T${text}Z`)
}

export function plan(name: string, rest: Partial<NewPlan> = {}): NewPlan {
  return {
    schedule: 'weekdays',
    provider: 'aws',
    scope,
    group: `${scope}/asg/${name}`,
    groupName: name,
    incarnation: 'first',
    service: name,
    owner: null,
    planKey: '2026-11-02',
    plannedFor: at('10:00:00'),
    policy: {
      method: 'retire',
      target: 300_000,
      deadline: 900_000,
      soak: 300_000,
      maxImageLag: 86_400_000,
      drift: { ignore: [], warn: ['tags/**'] },
      probes: [],
      fingerprint: null,
    },
    wakeAt: at('10:00:00'),
    ...rest,
  }
}

export function order(drill: PlannedDrill): StrikeOrder {
  return {
    drill: drill.id,
    scope: drill.scope,
    group: drill.group,
    groupName: drill.groupName,
    incarnation: drill.incarnation,
    victim: { id: `i-${drill.groupName}`, name: `i-${drill.groupName}`, zone: 'eu-west-1a', image: 'ami-1', bornFrom: '7' },
    method: 'retire',
    desired: 3,
    members: [`i-${drill.groupName}`, 'i-2', 'i-3'],
    declarationVersion: 'lt-1/7',
    intendedAt: at('10:00:05'),
    requestId: '00000000-0000-4000-8000-000000000000',
  }
}

export function summary(name: string, rest: Partial<GroupSummary> = {}): GroupSummary {
  return {
    id: `${scope}/asg/${name}`,
    provider: 'aws',
    scope,
    name,
    incarnation: 'first',
    tags: { firedrill: 'enabled', $odd: 'a key that looks like the codec’s' },
    optInById: null,
    ...rest,
  }
}

export function seen(name: string, rest: Partial<SeenGroup> = {}): SeenGroup {
  return { summary: summary(name), optedIn: true, service: name, unsteady: null, barred: [], ...rest }
}

export function evidenceBefore(name: string): Before {
  return {
    snapshot: snapshot(name),
    declaration: declaration(),
    victim: configuration(`i-${name}`),
    fingerprint: null,
    fingerprintWhy: 'none asked for',
    driftIgnore: [],
  }
}

export function evidenceAfter(): After {
  return {
    at: at('10:10:00.123456789'),
    declaration: null,
    declarationWhy: 'throttled',
    configurations: { 'i-9': configuration('i-9') },
    fingerprints: {},
  }
}

export function intent(drill: PlannedDrill, rest: Partial<Intent> = {}): Intent {
  return { drill, order: order(drill), before: evidenceBefore(drill.groupName), run: null, permitFor: 10_000, decide: () => null, ...rest }
}

function tracking(rest: Partial<Tracking> = {}): Tracking {
  return {
    struckAt: at('10:00:06'),
    victimGoneAt: null,
    candidates: [],
    events: [],
    desired: 3,
    declarationVersion: 'lt-1/7',
    groupGoneAt: null,
    lookedAt: null,
    unreadableSince: null,
    unreadableWhy: null,
    restore: null,
    wholeAt: null,
    ...rest,
  }
}

/** The next revision of an open drill, watched. */
export function recovering(drill: OpenDrill, rest: Partial<Tracking> = {}): OpenDrill {
  return { ...base(drill), state: 'recovering', order: drill.order, tracking: tracking(rest), wakeAt: at('10:00:10') }
}

export interface Conclusion {
  readonly verdict: Verdict
  readonly at?: Temporal.Instant
  readonly wounded?: boolean
}

/** The next revision of a drill, concluded. */
export function concluded(
  drill: OpenDrill | ConcludedDrill,
  { verdict, at: when = at('10:20:00'), wounded = false }: Conclusion,
): ConcludedDrill {
  const judgement = { verdict, findings: [], proven: ['replaced'], notCompared: [], successor: 'i-9' }
  const followed = 'tracking' in drill && drill.tracking !== null ? drill.tracking : tracking()
  const wakeAt = wounded ? at('10:21:00') : null
  return { ...base(drill), state: 'concluded', order: drill.order, tracking: followed, judgement, concludedAt: when, wounded, wakeAt }
}

function base(drill: OpenDrill | ConcludedDrill) {
  const { id, schedule, provider, group, groupName, incarnation, service, owner, planKey, plannedFor, policy } = drill
  const same = { id, schedule, provider, scope: drill.scope, group, groupName, incarnation, service, owner, planKey, plannedFor, policy }
  return { ...same, revision: drill.revision + 1 }
}

function snapshot(name: string): GroupSnapshot {
  return {
    summary: summary(name),
    observedAt: at('10:00:04.5'),
    clockSkew: 20,
    desired: 3,
    minimum: 1,
    maximum: 6,
    instances: [],
    unsteady: [],
    replacementOff: null,
    controller: null,
    membershipChangedAt: null,
    declarationVersion: 'lt-1/7',
    events: [],
    ownRecoveryTime: 60_000,
  }
}

function declaration(): Declaration {
  const set: DeclaredSet = {
    version: 'lt-1/7',
    source: 'launch template lt-1 version 7',
    images: ['ami-1'],
    values: { securityGroups: [['sg-1']] },
    open: ['network/**'],
    environment: [],
    unread: [],
    since: at('09:00:00'),
  }
  return { current: set, born: { '7': set }, promises: { retire: 'current', crash: 'current' } }
}

function configuration(instance: string): Configuration {
  return { instance, image: 'ami-1', address: null, values: { securityGroups: ['sg-1'] }, unread: [] }
}
