import type { Activity } from '@aws-sdk/client-auto-scaling'
import type { PlatformEvent } from '../../domain/group.ts'
import { changesMembership, instant, platformEvent } from './activities.ts'
import type { GroupEvents } from './memory.ts'

/** More of one group's events than this are forgotten, the oldest first. */
const KEPT = 200
/** Stamps may be whole seconds, and two clocks are never quite the same. */
const STAMP_TOLERANCE_MS = 5_000

/** Activities in our words, oldest first, and when one of them last changed the membership. */
export function eventsFrom(activities: readonly Activity[]): GroupEvents {
  const events: PlatformEvent[] = []
  let changedAt: Temporal.Instant | null = null
  for (const activity of activities) {
    const event = platformEvent(activity)
    if (event === null) continue
    events.push(event)
    if (changesMembership(event)) changedAt = later(changedAt, activity.EndTime === undefined ? event.at : instant(activity.EndTime))
  }
  return { events: events.sort(inTime), changedAt }
}

/** What was known, with what was read now in its place where it is the same event. */
export function mergedEvents(known: GroupEvents | undefined, read: GroupEvents): GroupEvents {
  const ids = new Set(read.events.map(event => event.id))
  const kept = (known?.events ?? []).filter(event => !ids.has(event.id))
  return { events: [...kept, ...read.events].sort(inTime).slice(-KEPT), changedAt: later(known?.changedAt ?? null, read.changedAt) }
}

export function eventsSince(events: readonly PlatformEvent[], since: Temporal.Instant): PlatformEvent[] {
  const from = since.subtract({ milliseconds: STAMP_TOLERANCE_MS })
  return events.filter(event => Temporal.Instant.compare(event.at, from) >= 0)
}

export function later(a: Temporal.Instant | null, b: Temporal.Instant | null): Temporal.Instant | null {
  if (a === null || b === null) return a ?? b
  return Temporal.Instant.compare(a, b) > 0 ? a : b
}

function inTime(a: PlatformEvent, b: PlatformEvent): number {
  return Temporal.Instant.compare(a.at, b.at) || (a.id < b.id ? -1 : 1)
}
