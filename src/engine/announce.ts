import type { PlannedDrill } from '../domain/drill.ts'
import { describeDuration } from '../domain/duration.ts'
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

/**
 * Why an announced strike must not be made yet: somebody who was promised an announcement has not had it for `before`
 * (docs/decisions/0012). The plan waits as long as its window leaves time, then it is refused. Null: it may go on.
 */
export async function announcementSays(engine: Engine, plan: PlannedDrill, schedule: Schedule): Promise<RuleRefusal | null> {
  const before = schedule.notify?.before ?? null
  if (before === null || schedule.leashed) return null
  const wanted = announcement(engine, plan, schedule)
  if (wanted.length === 0) return refuse('the schedule announces its strikes, and there is nobody who would be told')
  const key = announcementKey(plan.id)
  const told = (await engine.ledger.messagesAbout(plan.id)).filter(message => message.key === key)
  const missing = wanted.filter(({ target }) => !told.some(message => message.target === target))
  if (missing.length > 0) await post(engine, missing)
  const now = await engine.ledger.now()
  for (const { target } of wanted) {
    const message = told.find(one => one.target === target)
    if (message?.state !== 'sent' || message.endedAt === null) {
      const why = message?.problem ?? 'it has not been sent yet'
      return refuse(`the strike must be announced to ${target} ${describeDuration(before)} ahead, and could not be: ${why}`)
    }
    if (Temporal.Instant.compare(message.endedAt.add({ milliseconds: before }), now) > 0)
      return refuse(`${target} was told of the strike at ${message.endedAt}, less than ${describeDuration(before)} ago`)
  }
  return null
}

/** What is missing may still come: the plan waits for it. */
function refuse(reason: string): RuleRefusal {
  return { rule: 'announcement', reason, transient: true }
}
