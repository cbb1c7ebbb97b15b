import type { StrikeOrder, Tracking } from './drill.ts'
import type { EventCause, GroupSnapshot, InstanceId, PlatformEvent } from './group.ts'

/** Events of a drill that are kept on its row: enough to attribute every candidate and to quote errors. */
export const KEPT_EVENTS = 60

/** Platforms stamp events in whole seconds, and the strike's own second may have begun before the call. */
const STAMP_TOLERANCE_MS = 2000

/** Those who take a healthy instance for a reason of their own: what they take was not a bad rebuild. */
const TAKEN_BY_OTHERS: readonly EventCause[] = ['scale-in', 'rebalance', 'interruption', 'deployment', 'strike']

export function takenByOthers(cause: EventCause): boolean {
  return TAKEN_BY_OTHERS.includes(cause)
}

/**
 * Adds what a snapshot tells to what is known: once per id, an outcome never goes back to "in progress", a
 * known cause never back to "unknown". Keeps those since the strike, and when there are too many the ones
 * about the victim and new members first, then failures, then the newest.
 */
export function foldEvents(tracking: Tracking, order: StrikeOrder, snapshot: GroupSnapshot): readonly PlatformEvent[] {
  const byId = new Map(tracking.events.map(event => [event.id, event]))
  const since = tracking.struckAt.subtract({ milliseconds: STAMP_TOLERANCE_MS })
  for (const event of snapshot.events) {
    const ours = event.at.add({ milliseconds: Math.round(snapshot.clockSkew ?? 0) })
    const known = byId.get(event.id)
    if (known !== undefined) byId.set(event.id, newer(known, event))
    else if (isNewMember(event.instance, order) || Temporal.Instant.compare(ours, since) >= 0) byId.set(event.id, event)
  }
  return bounded([...byId.values()].sort(inTime), order)
}

/** Launches since the strike that failed, oldest first. */
export function failedLaunches(events: readonly PlatformEvent[]): readonly PlatformEvent[] {
  return events.filter(event => event.error !== null && event.kind !== 'terminate')
}

/** It needs the owner: trying again gives the same. */
export function isBroken({ error }: PlatformEvent): boolean {
  return error?.category === 'broken'
}

/** How an instance went, by the platform's own account. */
export function terminationOf(events: readonly PlatformEvent[], id: InstanceId): PlatformEvent | undefined {
  const terminations = events.filter(event => event.kind === 'terminate' && event.instance === id && event.outcome !== 'failed')
  return terminations.find(event => event.cause !== 'unknown') ?? terminations[0]
}

function isNewMember(instance: InstanceId | null, order: StrikeOrder): boolean {
  return instance !== null && !order.members.includes(instance) && instance !== order.victim.id
}

function newer(known: PlatformEvent, seen: PlatformEvent): PlatformEvent {
  const [base, other] = seen.outcome === 'in-progress' && known.outcome !== 'in-progress' ? [known, seen] : [seen, known]
  return {
    ...base,
    cause: base.cause === 'unknown' ? other.cause : base.cause,
    instance: base.instance ?? other.instance,
    error: base.error ?? (base.outcome === 'succeeded' ? null : other.error),
  }
}

function inTime(a: PlatformEvent, b: PlatformEvent): number {
  return Temporal.Instant.compare(a.at, b.at) || (a.id < b.id ? -1 : 1)
}

function bounded(events: readonly PlatformEvent[], order: StrikeOrder): readonly PlatformEvent[] {
  if (events.length <= KEPT_EVENTS) return events
  const worth = (event: PlatformEvent): number =>
    isNewMember(event.instance, order) || event.instance === order.victim.id ? 2 : event.error !== null ? 1 : 0
  const kept = new Set(
    events
      .map((event, age) => ({ event, age, worth: worth(event) }))
      .sort((a, b) => b.worth - a.worth || b.age - a.age)
      .slice(0, KEPT_EVENTS)
      .map(({ event }) => event),
  )
  return events.filter(event => kept.has(event))
}
