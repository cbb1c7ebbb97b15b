import { openInstallation } from '../compose.ts'
import { type ComingDraw, comingDraws, countedFrom } from '../domain/draw.ts'
import type { GroupRecord } from '../domain/seen-group.ts'
import { type Engine, scheduleOf } from '../engine/context.ts'
import { discover } from '../engine/discover.ts'
import { basisFor } from '../engine/plan.ts'
import { plural } from '../reports/sentences.ts'
import { type Io, writeJson, writeLine } from './io.ts'
import type { PlanOptions } from './options.ts'
import { table, writeSentence } from './terminal.ts'

interface PlannedDay {
  readonly group: string
  readonly name: string
  readonly schedule: string
  readonly leashed: boolean
  readonly draws: readonly ComingDraw[]
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
    const planned = groups.flatMap(group => drawsOf(engine, group, { now, salt, days: options.days }))
    if (options.json === true) writeJson(io, { days: options.days, groups: planned })
    else print(planned, groups.length, { io, days: options.days })
    for (const { scope, why } of discovered.unreadable) writeSentence(io.stderr, `${scope} could not be read: ${why}`)
    return discovered.unreadable.length > 0 ? 4 : 0
  } finally {
    await installation.close()
  }
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
  })
  return [{ group: group.summary.id, name: group.summary.name, schedule: schedule.name, leashed: schedule.leashed, draws }]
}

function print(planned: readonly PlannedDay[], optedIn: number, { io, days }: { io: Io; days: number }): void {
  const coming = planned.flatMap(one => one.draws.filter(draw => draw.drilled).map(draw => ({ ...one, draw })))
  const sorted = coming.toSorted((a, b) => (a.draw.at?.epochMilliseconds ?? 0) - (b.draw.at?.epochMilliseconds ?? 0))
  if (sorted.length === 0) writeLine(io.stdout, `Nothing is drawn for the next ${days} days. ${optedIn} groups are opted in.`)
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
  writeLine(
    io.stdout,
    `${plural(sorted.length, 'drill')} in ${plural(days, 'day')} for ${plural(optedIn, 'opted-in group')}. A refusal on the day moves what follows.`,
  )
}

function whyDrawn(draw: ComingDraw, leashed: boolean): string {
  const odds = draw.due ? 'due' : `${Math.round(draw.odds * 100)} %`
  return leashed ? `${odds}, leashed` : odds
}
