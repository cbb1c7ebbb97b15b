import type { VirtualMachineScaleSet, VirtualMachineScaleSetInstanceView } from '@azure/arm-compute'
import type { EventCause, InstanceId, PlatformEvent } from '../../domain/group.ts'
import type { Machine } from './api.ts'
import { failureOf, provisioningFailure } from './failures.ts'
import { identityOf } from './ids.ts'
import { isSpot, phaseOf } from './members.ts'
import type { ScopeMemory, Seen, SeenMember } from './memory.ts'

/*
 * Azure's Compute API keeps no list of activities. What happened is told from what stands: when machines were created and
 * how that went, how the set's own last change went, and who is missing since the last look. Causes are named only where
 * they can be known; a launch never is.
 */

/** Stamps may be whole seconds, and two clocks are never quite the same. */
const STAMP_TOLERANCE_MS = 5_000

/** How far a read may lag behind the truth, milliseconds (Resource Graph's is a minute at most). */
export const OLDEST_VIEW_MS = 60_000

export interface EventFacts {
  readonly set: VirtualMachineScaleSet
  readonly machines: readonly Machine[]
  /** Only read where the set's last change failed. */
  readonly view: VirtualMachineScaleSetInstanceView | null
  readonly since: Temporal.Instant
  readonly now: Temporal.Instant
}

export function eventsOf(facts: EventFacts): PlatformEvent[] {
  const from = facts.since.subtract({ milliseconds: STAMP_TOLERANCE_MS })
  const launches = facts.machines.flatMap(machine => launchOf(machine, facts.now) ?? [])
  const evicted = facts.machines.flatMap(machine => evictionOf(facts.set, machine, facts.now) ?? [])
  const recent = [...launches, ...evicted].filter(event => Temporal.Instant.compare(event.at, from) >= 0)
  return [...recent, ...changeOf(facts)].sort((a, b) => Temporal.Instant.compare(a.at, b.at) || (a.id < b.id ? -1 : 1))
}

/** A member's creation. Azure does not say why it came. */
function launchOf(machine: Machine, now: Temporal.Instant): PlatformEvent | null {
  const id = identityOf(machine)
  const name = machine.name ?? machine.instanceId ?? 'a machine'
  const state = machine.provisioningState ?? ''
  const base = { kind: 'launch', cause: 'unknown' } as const
  if (id === null || machine.timeCreated === undefined) {
    const detail = `${name} is being created`
    return { ...base, id: `launch:${name}`, at: now, instance: null, outcome: 'in-progress', detail, error: null }
  }
  const at = Temporal.Instant.fromEpochMilliseconds(machine.timeCreated.getTime())
  const event = { ...base, id: launchId(id), at, instance: id }
  if (/^failed$/i.test(state)) {
    const text = provisioningFailure(machine.instanceView?.statuses)?.text ?? 'provisioning failed, and Azure says no more'
    return { ...event, outcome: 'failed', detail: `creating ${name} failed: ${text}`, error: failureOf(text) }
  }
  // A machine that is being deleted shows no more how its creation went: what is known of that stays.
  const outcome = /^(creating|deleting)$/i.test(state) ? 'in-progress' : 'succeeded'
  return { ...event, outcome, detail: `${name} was created (${state || 'no provisioning state'})`, error: null }
}

/** A spot machine that was evicted and stays in the list, deallocated. */
function evictionOf(set: VirtualMachineScaleSet, machine: Machine, now: Temporal.Instant): PlatformEvent | null {
  const id = identityOf(machine)
  const evicted =
    id !== null && isSpot(set, machine) && phaseOf(set, machine) === 'terminating' && !/^deleting$/i.test(machine.provisioningState ?? '')
  if (!evicted) return null
  const detail = `${machine.name ?? id} was deallocated, as spot machines are when they are evicted`
  return { id: `evicted:${id}`, at: now, kind: 'terminate', instance: id, cause: 'interruption', outcome: 'succeeded', detail, error: null }
}

/** How the set's own last change went, one event for each size that it was changed to. */
function changeOf({ set, view, since, now }: EventFacts): PlatformEvent[] {
  const state = (set.provisioningState ?? '').toLowerCase()
  const base = { id: `size:${set.sku?.capacity ?? 0}`, at: now, kind: 'launch', instance: null, cause: 'unknown' } as const
  if (state === 'updating') return [{ ...base, outcome: 'in-progress', detail: 'the scale set is being changed', error: null }]
  if (state === 'succeeded') return [{ ...base, outcome: 'succeeded', detail: 'the scale set is at rest', error: null }]
  const failure = state === 'failed' ? provisioningFailure(view?.statuses) : null
  if (failure === null || (failure.at !== null && failure.at.getTime() < since.epochMilliseconds - STAMP_TOLERANCE_MS)) return []
  return [{ ...base, outcome: 'failed', detail: failure.text, error: failureOf(failure.text) }]
}

/**
 * When the set's last change ended. Who was scaled in leaves no other trace, so it counts as a change of members (S5), whatever it
 * was; null where Azure shows no time.
 */
export function lastChangeOf(view: VirtualMachineScaleSetInstanceView | null): Temporal.Instant | null {
  const time = view?.statuses?.find(status => /^ProvisioningState\//i.test(status.code ?? ''))?.time
  return time === undefined || Number.isNaN(time.getTime()) ? null : Temporal.Instant.fromEpochMilliseconds(time.getTime())
}

/**
 * Adds who went or is going since the last look, and keeps what this look shows for the next. Azure tells no reason and no
 * time; and a list may be an older one, so that who is only missing is gone with the second look, and who is there again was
 * never gone: the event of the same id then says so.
 */
export function noteGone(memory: ScopeMemory, group: string, facts: EventFacts): readonly PlatformEvent[] {
  const { set, machines, since, now } = facts
  const incarnation = set.uniqueId ?? ''
  const before = memory.seen(group)
  const known = before?.incarnation === incarnation ? before : undefined
  const members = membersSeen(known, facts)
  const capacity = set.sku?.capacity ?? 0
  const failure = provisioningFailure(facts.view?.statuses)
  const fellAt = capacity < (known?.capacity ?? capacity) ? now : (known?.fellAt ?? null)
  const gone = new Map((known?.gone ?? []).map(event => [event.id, event]))
  const missing = new Set<InstanceId>()
  const listed = new Map(machines.map(machine => [identityOf(machine), /^deleting$/i.test(machine.provisioningState ?? '')]))
  for (const [id, member] of members) {
    const told = gone.get(goneId(id))
    const isLeaving = listed.get(id)
    if (isLeaving === false && told !== undefined) {
      gone.delete(launchId(id))
      gone.set(told.id, takenBack(told, now))
    }
    if (!member.fresh || isLeaving === false) continue
    const wasTold = told?.outcome === 'succeeded'
    if (!wasTold && isLeaving === undefined && known?.missing.has(id) !== true) missing.add(id)
    // What explains it may be shown later than that it went.
    else if (!wasTold || isUnexplained(gone, told))
      for (const event of accountOf(id, { member, fellAt, failure, at: wasTold ? told.at : now, now })) gone.set(event.id, event)
  }
  const all = [...gone.values()].slice(-50)
  const isOpen = (id: InstanceId) => listed.has(id) || missing.has(id) || isUnexplained(gone, gone.get(goneId(id)))
  const kept = new Map([...members].filter(([id]) => isOpen(id)))
  memory.note(group, { incarnation, capacity, fellAt, members: kept, missing, gone: all })
  return all.filter(event => Temporal.Instant.compare(event.at, since) >= 0)
}

function isUnexplained(gone: ReadonlyMap<string, PlatformEvent>, told: PlatformEvent | undefined): boolean {
  return told?.instance != null && told.cause === 'unknown' && !gone.has(launchId(told.instance))
}

interface Trace {
  readonly member: SeenMember
  readonly fellAt: Temporal.Instant | null
  readonly failure: ReturnType<typeof provisioningFailure>
  /** When it was first known to be gone. */
  readonly at: Temporal.Instant
  readonly now: Temporal.Instant
}

/**
 * How a machine went, as far as can be told: its creation was given up, or the set was made smaller. Size, list and the set's own
 * state are read apart, so that any of them may be the older one: a fall from when the machine came until soon after it went
 * counts, and a change that failed in its time.
 */
function accountOf(id: InstanceId, { member, fellAt, failure, at, now }: Trace): PlatformEvent[] {
  const until = at.epochMilliseconds + OLDEST_VIEW_MS
  const fell = fellAt !== null && fellAt.epochMilliseconds >= member.createdAt && fellAt.epochMilliseconds <= until
  // A failure without a time may be any that came since.
  const failedAt = failure === null ? null : (failure.at?.getTime() ?? now.epochMilliseconds)
  const isItsOwn =
    failedAt !== null && failedAt >= member.createdAt - STAMP_TOLERANCE_MS && failedAt <= at.epochMilliseconds + STAMP_TOLERANCE_MS
  if (failure === null || member.made || !isItsOwn) return [goneEvent(id, { member, fell, now: at })]
  return [givenUp(id, failure.text, at), goneEvent(id, { member, fell: false, now: at })]
}

/** Who was there in earlier looks, and who is now. A machine that is being deleted does not show that it had been made. */
function membersSeen(known: Seen | undefined, { set, machines, since }: EventFacts): Map<InstanceId, SeenMember> {
  const members = new Map(known?.members)
  for (const [id, member] of machines.flatMap(machine => memberOf(set, machine, since)))
    members.set(id, { ...member, made: member.made || members.get(id)?.made === true })
  return members
}

function launchId(id: InstanceId): string {
  return `launch:${id}`
}

function goneId(id: InstanceId): string {
  return `gone:${id}`
}

function takenBack(told: PlatformEvent, now: Temporal.Instant): PlatformEvent {
  return { ...told, at: now, cause: 'unknown', outcome: 'failed', detail: 'it is there after all: an older list had missed it' }
}

function memberOf(set: VirtualMachineScaleSet, machine: Machine, since: Temporal.Instant): [InstanceId, SeenMember][] {
  const id = identityOf(machine)
  if (id === null) return []
  const createdAt = machine.timeCreated?.getTime() ?? 0
  const fresh = createdAt >= since.epochMilliseconds - STAMP_TOLERANCE_MS
  return [[id, { createdAt, spot: isSpot(set, machine), fresh, made: /^(succeeded|updating)$/i.test(machine.provisioningState ?? '') }]]
}

/** A machine that was being made is in the list no more, and the set says why its change failed. */
function givenUp(id: InstanceId, text: string, now: Temporal.Instant): PlatformEvent {
  const detail = `its creation was given up: ${text}`
  return { id: launchId(id), at: now, kind: 'launch', instance: id, cause: 'unknown', outcome: 'failed', detail, error: failureOf(text) }
}

function goneEvent(id: InstanceId, { member, fell, now }: { member: SeenMember; fell: boolean; now: Temporal.Instant }): PlatformEvent {
  const cause: EventCause = fell ? 'scale-in' : member.spot ? 'interruption' : 'unknown'
  const why = fell ? 'the size of the scale set fell at the same time' : member.spot ? 'it was a spot machine' : 'Azure does not say why'
  return {
    id: goneId(id),
    at: now,
    kind: 'terminate',
    instance: id,
    cause,
    outcome: 'succeeded',
    detail: `it was taken out: ${why}`,
    error: null,
  }
}
