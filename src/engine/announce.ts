import type { PlannedDrill } from '../domain/drill.ts'
import { describeDuration } from '../domain/duration.ts'
import { inZone } from '../domain/instants.ts'
import { announcementKey, type NewMessage, strikeNotice } from '../domain/notice.ts'
import type { Schedule } from '../domain/schedule.ts'
import type { RuleRefusal } from '../rules/rule.ts'
import { type Engine, scheduleOf } from './context.ts'
import { post } from './tell.ts'

/** Announcements of strikes that come within this are written down; the next tick writes the others. */
const ahead = 13 * 60 * 60 * 1000

/** Writes down the announcements of strikes that are planned, each to be sent `before` ahead of its strike. Idempotent. */
export async function announceComing(engine: Engine, planned: readonly PlannedDrill[], now: Temporal.Instant): Promise<void> {
  const soon = now.add({ milliseconds: ahead })
  const coming = planned.filter(({ plannedFor }) => Temporal.Instant.compare(plannedFor, soon) <= 0)
  await post(
    engine,
    coming.flatMap(plan => announcement(engine, plan, scheduleOf(engine, plan.schedule))),
  )
}

function announcement(engine: Engine, plan: PlannedDrill, schedule: Schedule | null): readonly NewMessage[] {
  const before = schedule?.notify?.before ?? null
  // A leashed schedule strikes nothing, so there is nothing to announce.
  if (schedule === null || before === null || schedule.leashed) return []
  return engine.notifier?.messagesFor(strikeNotice(plan, { before, timezone: schedule.timezone })) ?? []
}

/** `underWay`: nothing is in the way of the announcement but time. */
export interface Unannounced extends RuleRefusal {
  readonly underWay: boolean
}

/**
 * Why an announced strike must not be made yet: somebody who was promised an announcement has not had it for `before`
 * (docs/decisions/0012). The plan waits as long as its window leaves time, then it is refused. Null: it may go on.
 */
export async function announcementSays(engine: Engine, plan: PlannedDrill, schedule: Schedule): Promise<Unannounced | null> {
  const before = schedule.notify?.before ?? null
  if (before === null || schedule.leashed) return null
  const wanted = announcement(engine, plan, schedule)
  if (wanted.length === 0) return untold('the schedule announces its strikes, and there is nobody who would be told')
  const key = announcementKey(plan.id)
  const told = (await engine.ledger.messagesAbout(plan.id)).filter(message => message.key === key)
  const missing = wanted.filter(({ target }) => !told.some(message => message.target === target))
  if (missing.length > 0) await post(engine, missing)
  const now = await engine.ledger.now()
  let early: Unannounced | null = null
  for (const { target } of wanted) {
    const message = told.find(one => one.target === target)
    const promise = `the strike must be announced to ${target} ${describeDuration(before)} ahead`
    if (message === undefined || (message.state === 'waiting' && message.problem === null)) {
      early ??= underWay(`${promise}: it has not been sent yet`)
    } else if (message.state !== 'sent' || message.endedAt === null) {
      return untold(`${promise}, and could not be: ${message.problem ?? 'it was not sent'}`)
    } else if (Temporal.Instant.compare(message.endedAt.add({ milliseconds: before }), now) > 0) {
      early ??= underWay(
        `${target} was told of the strike at ${inZone(message.endedAt, schedule.timezone)}, less than ${describeDuration(before)} ago`,
      )
    }
  }
  return early
}

/** What is missing may still come: the plan waits for it. */
function underWay(reason: string): Unannounced {
  return { rule: 'announcement', reason, transient: true, underWay: true }
}

function untold(reason: string): Unannounced {
  return { ...underWay(reason), underWay: false }
}
