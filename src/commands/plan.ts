import { openInstallation } from '../compose.ts'
import { type ComingDraw, comingDraws, countedFrom } from '../domain/draw.ts'
import type { Refusal } from '../domain/drill.ts'
import type { GroupRecord } from '../domain/seen-group.ts'
import { type Engine, scheduleOf } from '../engine/context.ts'
import { discover } from '../engine/discover.ts'
import { basisFor } from '../engine/plan.ts'
import { plural } from '../reports/sentences.ts'
import { lastingRefusals } from '../rules/lasting.ts'
import { type Io, writeJson, writeLine } from './io.ts'
import type { PlanOptions } from './options.ts'
import { table, writeSentence } from './terminal.ts'

interface PlannedDay {
  readonly group: string
  readonly name: string
  readonly schedule: string
  readonly leashed: boolean
  /** No day before this one has odds; null where no pause lies ahead. */
  readonly pausedUntil: Temporal.PlainDate | null
  readonly draws: readonly ComingDraw[]
}

/** An opted-in group each of whose drills would be refused, whatever is drawn, until somebody changes something. */
interface InTheWay {
  readonly group: string
  readonly name: string
  readonly refusals: readonly Refusal[]
  /** The reasons in one sentence. */
  readonly why: string
}

/** What would be drilled on the coming days, and the odds of each group; strikes nothing. */
export async function plan(options: PlanOptions, io: Io): Promise<number> {
  const installation = await openInstallation(options, io, { worker: false, quiet: true })
  try {
    const { engine } = installation
    const discovered = await discover(engine, io.signal)
    const now = await engine.ledger.now()
    const salt = await engine.ledger.salt()
    const groups = (await engine.ledger.groups()).filter(group => group.optedIn && group.present)
    const inTheWay = groups.flatMap(group => inTheWayOf(engine, group, now))
    const free = groups.filter(group => !inTheWay.some(one => one.group === group.summary.id))
    const planned = free.flatMap(group => drawsOf(engine, group, { now, salt, days: options.days }))
    if (options.json === true) writeJson(io, { days: options.days, groups: planned, inTheWay })
    else print(planned, inTheWay, { io, days: options.days, optedIn: groups.length })
    for (const { scope, why } of discovered.unreadable) writeSentence(io.stderr, `${scope} could not be read: ${why}`)
    return discovered.unreadable.length > 0 ? 4 : 0
  } finally {
    await installation.close()
  }
}

/** Rules refuse these on the day, as far as the ledger can know, so their draws are none to reckon with. */
function inTheWayOf({ schedules, never }: Engine, record: GroupRecord, now: Temporal.Instant): InTheWay[] {
  const refusals = lastingRefusals(record, { schedules, never, now }).map(({ rule, reason }) => ({ rule, reason }))
  const { id: group, name } = record.summary
  return refusals.length === 0 ? [] : [{ group, name, refusals, why: refusals.map(({ reason }) => reason).join('; ') }]
}

function drawsOf(engine: Engine, group: GroupRecord, when: { now: Temporal.Instant; salt: string; days: number }): PlannedDay[] {
  const basis = basisFor(engine, group, when.now)
  const schedule = basis === null ? null : scheduleOf(engine, basis.schedule)
  const lastCountedDate = schedule === null ? null : countedFrom(schedule, group)
  if (basis === null || schedule === null || lastCountedDate === null) return []
  const date = when.now.toZonedDateTimeISO(schedule.timezone).toPlainDate()
  const draws = comingDraws({
    salt: when.salt,
    schedule,
    group: group.summary.id,
    date,
    days: when.days,
    meanDays: basis.meanDays,
    lastCountedDate,
    policy: basis.policy,
    pausedUntil: basis.pausedUntil,
  })
  const isPaused = basis.pausedUntil !== null && Temporal.PlainDate.compare(date, basis.pausedUntil) < 0
  const { id, name } = group.summary
  const { name: by, leashed } = schedule
  return [{ group: id, name, schedule: by, leashed, pausedUntil: isPaused ? basis.pausedUntil : null, draws }]
}

interface Page {
  readonly io: Io
  readonly days: number
  readonly optedIn: number
}

function print(planned: readonly PlannedDay[], inTheWay: readonly InTheWay[], { io, days, optedIn }: Page): void {
  const coming = planned.flatMap(one => one.draws.filter(draw => draw.drilled).map(draw => ({ ...one, draw })))
  const sorted = coming.toSorted((a, b) => (a.draw.at?.epochMilliseconds ?? 0) - (b.draw.at?.epochMilliseconds ?? 0))
  if (sorted.length === 0) writeLine(io.stdout, `Nothing is drawn for ${days === 1 ? 'today' : `the next ${days} days`}.`)
  else {
    const rows = sorted.map(one => [
      one.draw.at?.toString({ smallestUnit: 'minute' }) ?? '',
      one.name,
      one.schedule,
      whyDrawn(one.draw, one.leashed),
    ])
    const columns = [{ title: 'WHEN (UTC)' }, { title: 'GROUP', max: 30 }, { title: 'SCHEDULE', max: 16 }, { title: 'ODDS THAT DAY' }]
    for (const line of table(rows, columns, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
  }
  writeLine(io.stdout)
  const not = [...inTheWay.flatMap(refusalRows), ...planned.flatMap(pauseRow)]
  if (not.length > 0) {
    const columns = [{ title: 'NOT DRILLED', max: 30 }, { title: 'WHY' }]
    for (const line of table(not, columns, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
    writeLine(io.stdout)
  }
  writeLine(
    io.stdout,
    `${plural(sorted.length, 'drill')} in ${plural(days, 'day')} for ${plural(optedIn, 'opted-in group')}. A refusal on the day moves what follows.`,
  )
}

function refusalRows({ name, refusals }: InTheWay): string[][] {
  return refusals.map(({ rule, reason }, index) => [index === 0 ? name : '', `${rule} ${reason}`])
}

function pauseRow({ name, pausedUntil }: PlannedDay): string[][] {
  return pausedUntil === null ? [] : [[name, `S1 paused until ${pausedUntil} by the tag firedrill-paused-until`]]
}

function whyDrawn(draw: ComingDraw, leashed: boolean): string {
  const odds = draw.due ? 'due' : `${Math.round(draw.odds * 100)} %`
  return leashed ? `${odds}, leashed` : odds
}
