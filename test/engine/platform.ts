import type { Configuration, Declaration } from '../../src/domain/declaration.ts'
import type { StrikeOrder } from '../../src/domain/drill.ts'
import type { Finding } from '../../src/domain/finding.ts'
import type { GroupId, GroupSummary, InstanceId, InstanceSnapshot, Observation, Scope } from '../../src/domain/group.ts'
import type { Clock } from '../../src/domain/time.ts'
import type { Asking, Capabilities, Provider, Receipt, Restored } from '../../src/providers/provider.ts'
import { declaration, declaredSet, instance } from '../domain/fixtures.ts'

const month = 30 * 24 * 3_600_000

interface Member {
  readonly id: InstanceId
  readonly launchedAt: Temporal.Instant
  readonly healthyAt: Temporal.Instant
  /** The version of the declaration that it was born from. */
  readonly version: number
  goneAt: Temporal.Instant | null
}

interface Group {
  /** Of its declaration. */
  version: number
  tags: Record<string, string>
  desired: number
  readonly members: Member[]
}

/** How a strike goes: `lost` acts and its answer gets lost, `silent` does nothing and its answer gets lost. */
export type StrikeOutcome = 'accepted' | 'lost' | 'silent' | Error

/** A call that reached the platform. */
export interface Strike {
  readonly order: StrikeOrder
  readonly at: Temporal.Instant
  /** The victim was there when the call came in. */
  readonly wasMember: boolean
  readonly killed: boolean
}

/** A small platform in simulated time, without a wire: what the engine asks is counted, what strikes do is told by the test. */
export class Platform implements Provider {
  readonly name = 'cloud'
  readonly scope: Scope = { id: 'cloud:here', provider: 'cloud' }
  readonly groups = new Map<GroupId, Group>()
  readonly strikes: StrikeOrder[] = []
  readonly sent: Strike[] = []
  readonly calls: Record<string, number> = {}
  /** The groups of each observation, in order. */
  readonly asked: (readonly GroupId[])[] = []
  replacementTime = 30_000
  unreadable: string | null = null
  protection: string | null = null
  /** So many descriptions of successors lack a part, since one of the calls behind them fails. */
  halfDescribed = 0
  /** So many declarations lack their images after a strike, since one of the calls behind them fails. */
  halfDeclared = 0
  /** Why the images that are declared now cannot be read. */
  imagesUnread: string | null = null
  successorImage = 'image-1'
  /** Settings of the members that were there from the start and that no declaration explains. */
  byHand: Configuration['values'] = {}
  next: StrikeOutcome[] = []
  /** Runs when a strike is asked for, before anything happens. */
  beforeStrike: () => Promise<void> | void = () => {}
  /** Runs when a victim is really taken. */
  onKill: (order: StrikeOrder) => void = () => {}
  capabilities: Capabilities = {
    methods: ['retire', 'crash'],
    replacesItself: true,
    namesInstance: ['retire', 'crash'],
    staleness: 60_000,
    driftIgnore: [],
    healthCheck: 'attach a health check',
  }
  restore?: (order: StrikeOrder, signal: AbortSignal, asking: Asking) => Promise<Restored>
  readonly #clock: Clock
  #launched = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(name: string, tags: Record<string, string> = {}): GroupId {
    const id = `${this.scope.id}/group/${name}`
    const launchedAt = this.#clock.now().subtract({ milliseconds: month })
    const members = ['a', 'b', 'c'].map(letter => ({
      id: `i-${name}-${letter}`,
      launchedAt,
      healthyAt: launchedAt,
      version: 1,
      goneAt: null,
    }))
    this.groups.set(id, { tags: { firedrill: 'enabled', ...tags }, version: 1, desired: 3, members })
    return id
  }

  scopes(): readonly Scope[] {
    return [this.scope]
  }

  async *discover(): AsyncIterable<GroupSummary> {
    this.#count('discover')
    for (const id of this.groups.keys()) yield this.#summary(id)
  }

  async observe(_scope: Scope, groups: readonly GroupId[]): Promise<ReadonlyMap<GroupId, Observation>> {
    this.#count('observe')
    this.asked.push(groups)
    return new Map(groups.map(id => [id, this.#observation(id)]))
  }

  async declare(_scope: Scope, groups: readonly GroupId[]): Promise<ReadonlyMap<GroupId, Declaration>> {
    this.#count('declare')
    return new Map(groups.map(id => [id, this.#declaration(id)]))
  }

  async describe(_scope: Scope, instances: readonly { readonly id: InstanceId }[]): Promise<ReadonlyMap<InstanceId, Configuration>> {
    this.#count('describe')
    const values = { securityGroups: ['sg-1', 'sg-2'], type: 'large', 'volumes/xvda/size': 8 }
    return new Map(
      instances.map(({ id }) => {
        const own = id.startsWith('i-new') ? values : { ...values, ...this.byHand }
        const image = id.startsWith('i-new') ? this.successorImage : 'image-1'
        const whole = { instance: id, image, address: null, values: own, protection: this.protection, unread: [] }
        if (!id.startsWith('i-new') || this.halfDescribed <= 0) return [id, whole]
        this.halfDescribed--
        const { type: _unread, ...rest } = own
        return [id, { ...whole, values: rest, unread: [{ what: 'type', why: 'throttled' }] }]
      }),
    )
  }

  async forecast(_scope: Scope, groups: readonly GroupId[]): Promise<ReadonlyMap<GroupId, readonly Finding[]>> {
    this.#count('forecast')
    return new Map(groups.map(id => [id, []]))
  }

  async strike(order: StrikeOrder, _signal: AbortSignal, mayStillSend: () => boolean): Promise<Receipt> {
    await this.beforeStrike()
    if (!mayStillSend()) throw new Error('the permit has run out')
    this.strikes.push(order)
    const outcome = this.next.shift() ?? 'accepted'
    const wasMember = this.#victimOf(order) !== undefined
    const killed = wasMember && (outcome === 'accepted' || outcome === 'lost')
    this.sent.push({ order, at: this.#clock.now(), wasMember, killed })
    if (outcome instanceof Error) throw outcome
    if (outcome !== 'silent') this.#kill(order)
    if (outcome !== 'accepted') throw new Error('the connection was reset')
    return { acceptedAt: this.#clock.now(), reference: 'activity-1' }
  }

  async close(): Promise<void> {}

  /** How many members a group has that are up, or coming up. */
  size(id: GroupId): number {
    return this.groups.get(id)?.members.filter(member => member.goneAt === null).length ?? 0
  }

  /** As a platform that does not replace by itself is asked to: once it has begun, a launch takes its time. */
  restoreGroup(order: StrikeOrder): Restored {
    const group = this.groups.get(order.group)
    if (group === undefined) return { state: 'yielded', detail: 'the group is gone' }
    if (this.size(order.group) >= order.desired) return { state: 'done', detail: 'back at its size' }
    this.#launch(group)
    return { state: 'requested', detail: 'one more was asked for' }
  }

  /** Brings every group back to its size, as a restore would. */
  refill(): Restored {
    const at = this.#clock.now()
    for (const group of this.groups.values()) {
      const missing = group.desired - group.members.filter(member => member.goneAt === null).length
      for (let count = 0; count < missing; count++)
        group.members.push({ id: `i-new-${++this.#launched}`, launchedAt: at, healthyAt: at, version: group.version, goneAt: null })
    }
    return { state: 'done', detail: 'back at its size' }
  }

  /** A new version of what members are made from; those that are there stay as they were born. */
  deploy(id: GroupId): void {
    const group = this.groups.get(id)
    if (group !== undefined) group.version++
  }

  #declaration(id: GroupId): Declaration {
    const versions = Array.from({ length: this.groups.get(id)?.version ?? 1 }, (_, index) => index + 1)
    const isHalf = this.strikes.length > 0 && this.halfDeclared-- > 0
    const part = isHalf ? { images: [], unread: [{ what: 'image', why: 'throttled' }] } : {}
    const named = (version: number) => ({ version: `template:${version}`, source: `template web version ${version}` })
    const sets = versions.map(version => declaredSet({ ...named(version), ...part }))
    const latest = sets.at(-1) ?? declaredSet()
    const current = this.imagesUnread === null ? latest : { ...latest, images: [], unread: [{ what: 'image', why: this.imagesUnread }] }
    return { ...declaration(), current, born: Object.fromEntries(sets.map(set => [set.version, set])) }
  }

  #kill(order: StrikeOrder): void {
    const group = this.groups.get(order.group)
    const victim = this.#victimOf(order)
    if (group === undefined || victim === undefined) return
    victim.goneAt = this.#clock.now()
    this.onKill(order)
    if (!this.capabilities.replacesItself) return
    this.#launch(group)
  }

  #launch(group: Group): void {
    const launchedAt = this.#clock.now().add({ seconds: 2 })
    const healthyAt = this.#clock.now().add({ milliseconds: this.replacementTime })
    group.members.push({ id: `i-new-${++this.#launched}`, launchedAt, healthyAt, version: group.version, goneAt: null })
  }

  #victimOf(order: StrikeOrder): Member | undefined {
    return this.groups.get(order.group)?.members.find(member => member.id === order.victim.id && member.goneAt === null)
  }

  #summary(id: GroupId): GroupSummary {
    const name = id.split('/').at(-1) ?? id
    return {
      id,
      provider: 'cloud',
      scope: this.scope.id,
      name,
      incarnation: 'first',
      tags: this.groups.get(id)?.tags ?? {},
      optInById: null,
    }
  }

  #observation(id: GroupId): Observation {
    const group = this.groups.get(id)
    if (this.unreadable !== null) return { kind: 'unreadable', why: this.unreadable }
    if (group === undefined) return { kind: 'gone' }
    const now = this.#clock.now()
    const present = group.members.filter(member => member.goneAt === null && Temporal.Instant.compare(member.launchedAt, now) <= 0)
    return {
      kind: 'snapshot',
      snapshot: {
        summary: this.#summary(id),
        observedAt: now,
        clockSkew: null,
        desired: group.desired,
        minimum: 1,
        maximum: 6,
        instances: present.map(member => this.#snapshot(member, now)),
        unsteady: [],
        replacementOff: null,
        controller: null,
        membershipChangedAt: null,
        declarationVersion: `template:${group.version}`,
        events: [],
        ownRecoveryTime: 0,
      },
    }
  }

  #snapshot(member: Member, now: Temporal.Instant): InstanceSnapshot {
    const isUp = Temporal.Instant.compare(member.healthyAt, now) <= 0
    const changes = {
      launchedAt: member.launchedAt,
      phase: isUp ? 'in-service' : 'pending',
      health: isUp ? 'healthy' : 'starting',
      bornFrom: `template:${member.version}`,
    } as const
    return instance(member.id, changes)
  }

  #count(call: string): void {
    this.calls[call] = (this.calls[call] ?? 0) + 1
  }
}
