import { countedFrom, drawFor } from '../domain/draw.ts'
import type { PlannedDrill } from '../domain/drill.ts'
import { policyFor, readOptIn, scheduleOnRecord, serviceOf } from '../domain/opt-in.ts'
import type { Schedule } from '../domain/schedule.ts'
import type { GroupRecord } from '../domain/seen-group.ts'
import { dayHours } from '../domain/window.ts'
import type { NewPlan } from '../ledger/ledger.ts'
import { type Engine, scheduleOf } from './context.ts'

/**
 * Draws for every opted-in group and every window that opens today or is still open from yesterday. Idempotent:
 * a plan that exists is never redrawn, so a crash while planning loses and doubles nothing.
 */
export async function planToday(engine: Engine): Promise<readonly PlannedDrill[]> {
  const now = await engine.ledger.now()
  const salt = await engine.ledger.salt()
  const groups = (await engine.ledger.groups()).filter(group => group.optedIn && group.present)
  const plans = groups.flatMap(group => plansFor(engine, group, { now, salt }))
  return engine.ledger.addPlans(plans)
}

function plansFor(engine: Engine, group: GroupRecord, when: { now: Temporal.Instant; salt: string }): NewPlan[] {
  const plan = basisFor(engine, group, when.now)
  if (plan === null) return []
  const schedule = scheduleOf(engine, plan.schedule)
  const lastCountedDate = schedule === null ? null : countedFrom(schedule, group)
  if (schedule === null || lastCountedDate === null) return []
  return openDates(schedule, when.now).flatMap(date => {
    const drawn = drawFor({
      salt: when.salt,
      schedule,
      group: group.summary.id,
      date,
      meanDays: plan.meanDays,
      lastCountedDate,
      policy: plan.policy,
      pausedUntil: plan.pausedUntil,
    })
    if (!drawn.drilled || drawn.at === null) return []
    return [newPlan(plan, { planKey: date.toString(), plannedFor: drawn.at })]
  })
}

/** Today's date in the schedule's zone, and yesterday's where its own hours cross midnight and have not ended. */
function openDates(schedule: Schedule, now: Temporal.Instant): Temporal.PlainDate[] {
  const today = now.toZonedDateTimeISO(schedule.timezone).toPlainDate()
  return [today.subtract({ days: 1 }), today].filter(date => {
    const own = dayHours(schedule, date)
    return own !== null && Temporal.Instant.compare(own.closes, now) > 0
  })
}

/** What a plan for this group is made from. Null: no schedule takes it (`groups` says why). */
export function basisFor(engine: Engine, group: GroupRecord, now: Temporal.Instant): PlanBasis | null {
  const optIn = readOptIn(group.summary, now.toZonedDateTimeISO('UTC').toPlainDate())
  const schedule = scheduleOnRecord(group.summary, optIn, engine.schedules)
  if (schedule === null) return null
  const { owner, pausedUntil } = optIn.tags
  const { policy, meanDays } = policyFor(schedule, optIn)
  return { group, schedule: schedule.name, service: serviceOf(group.summary, optIn), owner, policy, meanDays, pausedUntil }
}

/** The plans of one campaign are its own: neither the service nor another run makes their strikes. */
export function runKey(run: string): string {
  return `${runPrefix}${run}`
}

export function isOfARun({ planKey }: Pick<PlannedDrill, 'planKey'>): boolean {
  return planKey.startsWith(runPrefix)
}

/** Other plans have a date there. */
const runPrefix = 'run:'

export interface PlanBasis {
  readonly group: GroupRecord
  readonly schedule: string
  readonly service: string
  readonly owner: string | null
  readonly policy: NewPlan['policy']
  readonly meanDays: number
  /** For the draw alone: a campaign that skips it has its refusal recorded. */
  readonly pausedUntil: Temporal.PlainDate | null
}

export function newPlan(basis: PlanBasis, when: { planKey: string; plannedFor: Temporal.Instant }): NewPlan {
  const { summary } = basis.group
  return {
    schedule: basis.schedule,
    provider: summary.provider,
    scope: summary.scope,
    group: summary.id,
    groupName: summary.name,
    incarnation: summary.incarnation,
    service: basis.service,
    owner: basis.owner,
    planKey: when.planKey,
    plannedFor: when.plannedFor,
    policy: basis.policy,
    wakeAt: when.plannedFor,
  }
}
