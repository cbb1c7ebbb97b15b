import { type ComingDraw, comingDraws, countedFrom } from '../../domain/draw.ts'
import { chooseSchedule, policyFor, readOptIn } from '../../domain/opt-in.ts'
import type { Schedule } from '../../domain/schedule.ts'
import type { GroupRecord } from '../../domain/seen-group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { lastingRefusals } from '../../rules/lasting.ts'

export const comingDays = 14

/** What is planned by. */
interface Laws {
  readonly schedules: readonly Schedule[]
  readonly never: readonly string[]
}

/** A drill that the draw has in store; a refusal on the way moves it. */
export interface ComingDrill {
  readonly group: string
  readonly name: string
  readonly schedule: string
  readonly at: Temporal.Instant
}

export interface ComingPlans {
  /** Of all opted-in groups over the coming two weeks, soonest first; at most `kept` ms old. */
  all(now: Temporal.Instant): Promise<readonly ComingDrill[]>
  /** Every open day of one group; empty where each drill would be refused until somebody changes something. */
  of(record: GroupRecord, now: Temporal.Instant): Promise<readonly ComingDraw[]>
}

/** The draw of a day changes only with a strike, a discovery or a new day. */
const kept: Milliseconds = 60_000
/** Groups that are drawn before others get their turn. */
const turn = 50

export function openPlans(ledger: Pick<Ledger, 'groups' | 'salt'>, laws: Laws): ComingPlans {
  let known: { readonly at: number; readonly drills: Promise<readonly ComingDrill[]> } | null = null
  return {
    all(now) {
      const age = now.epochMilliseconds - (known?.at ?? Number.NEGATIVE_INFINITY)
      if (known !== null && age < kept) return known.drills
      const drills = drawAll(ledger, laws, now)
      known = { at: now.epochMilliseconds, drills }
      // What failed is asked again.
      drills.catch(() => {
        known = null
      })
      return drills
    },
    of: async (record, now) => drawsOf(record, laws, { now, salt: await ledger.salt() }).draws,
  }
}

async function drawAll(ledger: Pick<Ledger, 'groups' | 'salt'>, laws: Laws, now: Temporal.Instant): Promise<readonly ComingDrill[]> {
  const salt = await ledger.salt()
  const records = (await ledger.groups()).filter(record => record.optedIn && record.present)
  const drills: ComingDrill[] = []
  for (const [index, record] of records.entries()) {
    if (index % turn === turn - 1) await new Promise(resolve => setImmediate(resolve))
    const { schedule, draws } = drawsOf(record, laws, { now, salt })
    for (const { at } of draws)
      if (at !== null && Temporal.Instant.compare(at, now) > 0)
        drills.push({ group: record.summary.id, name: record.summary.name, schedule, at })
  }
  return drills.sort((a, b) => Temporal.Instant.compare(a.at, b.at))
}

function drawsOf(
  record: GroupRecord,
  { schedules, never }: Laws,
  { now, salt }: { readonly now: Temporal.Instant; readonly salt: string },
): { readonly schedule: string; readonly draws: readonly ComingDraw[] } {
  const optIn = readOptIn(record.summary, now.toZonedDateTimeISO('UTC').toPlainDate())
  const chosen = chooseSchedule(record.summary, optIn, schedules)
  const schedule = chosen.kind === 'schedule' ? chosen.schedule : null
  const lastCountedDate = schedule === null ? null : countedFrom(schedule, record)
  if (schedule === null || lastCountedDate === null) return { schedule: '', draws: [] }
  if (lastingRefusals(record, { schedules, never, now }).length > 0) return { schedule: schedule.name, draws: [] }
  const { policy, meanDays } = policyFor(schedule, optIn)
  const { pausedUntil } = optIn.tags
  const group = record.summary.id
  const date = now.toZonedDateTimeISO(schedule.timezone).toPlainDate()
  const draws = comingDraws({ salt, schedule, group, date, days: comingDays, meanDays, lastCountedDate, policy, pausedUntil })
  return { schedule: schedule.name, draws }
}
