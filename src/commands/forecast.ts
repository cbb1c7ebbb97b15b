import { openInstallation } from '../compose.ts'
import type { Finding } from '../domain/finding.ts'
import { foretellsSnowflake, isSnowflakeByForecast } from '../domain/findings.ts'
import { matches } from '../domain/glob.ts'
import { chooseSchedule, policyFor, readOptIn } from '../domain/opt-in.ts'
import type { SeenGroup } from '../domain/seen-group.ts'
import { type Engine, type ScopeHandle, scopesOf } from '../engine/context.ts'
import { discover } from '../engine/discover.ts'
import { forecastScope } from '../engine/forecast.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, writeJson, writeLine } from './io.ts'
import type { ForecastOptions } from './options.ts'
import { table, writeSentence } from './terminal.ts'

interface Told {
  readonly group: string
  readonly name: string
  /** What stands in the way of a rebuild. */
  readonly findings: readonly Finding[]
  /** What members already differ in from what they were born from; those that differ in nothing are left out. */
  readonly members: readonly { readonly instance: string; readonly findings: readonly Finding[] }[]
  readonly unreadable: string | null
}

/**
 * Findings without a strike: would a rebuild work, and what has drifted already? Exit codes: see forecastCode. Throws UsageError where
 * no group is the one asked for.
 */
export async function forecast(options: ForecastOptions, io: Io): Promise<number> {
  const installation = await openInstallation(options, io, { worker: false, quiet: true })
  try {
    const { engine } = installation
    const discovered = await discover(engine, io.signal)
    const wanted = discovered.groups.filter(
      group => group.optedIn && (options.group === undefined || matches([options.group], group.summary)),
    )
    if (options.group !== undefined && wanted.length === 0 && discovered.unreadable.length === 0)
      throw new UsageError(`no opted-in group that was seen matches ${options.group}: see \`firedrill groups\``)
    const forecasts = (await Promise.all(scopesOf(engine).map(handle => tellScope(engine, handle, wanted, io.signal)))).flat()
    if (options.json === true) writeJson(io, { forecasts, unreadable: discovered.unreadable })
    else if (forecasts.length > 0 || discovered.unreadable.length === 0) print(forecasts, io)
    for (const { scope, why } of discovered.unreadable) writeSentence(io.stderr, `${scope} could not be read: ${why}`)
    return forecastCode(forecasts, discovered.unreadable.length)
  } finally {
    await installation.close()
  }
}

/**
 * As outcomeCode ranks: 4 where a configured scope could not be seen, 1 for a snowflake by forecast, whatever could not be read of
 * other groups; then 4 where a group could not be read, for nothing good can be said of it, and 0 otherwise.
 */
function forecastCode(forecasts: readonly Told[], unreadable: number): number {
  if (unreadable > 0) return EXIT.failed
  if (forecasts.some(one => isSnowflakeByForecast(allOf(one)))) return EXIT.snowflake
  return forecasts.some(one => one.unreadable !== null) ? EXIT.failed : EXIT.ok
}

async function tellScope(engine: Engine, handle: ScopeHandle, groups: readonly SeenGroup[], signal: AbortSignal): Promise<Told[]> {
  const mine = groups.filter(group => group.summary.scope === handle.scope.id)
  const accepted = await engine.ledger.accepted()
  const wishes = mine.map(({ summary }) => ({ group: summary.id, policy: { drift: driftPolicy(engine, summary) }, accepted }))
  const forecasts = await forecastScope(handle, wishes, { since: engine.clock.now(), signal })
  return mine.map(({ summary }) => {
    const { rebuild = null, members = [], unreadable = null } = forecasts.get(summary.id) ?? {}
    const drifted = members.flatMap(({ instance, findings }) => (findings?.length ? [{ instance, findings }] : []))
    return { group: summary.id, name: summary.name, findings: rebuild ?? [], members: drifted, unreadable }
  })
}

/** What the group's schedule ignores is no drift; a group without a schedule is looked at with nothing ignored. */
function driftPolicy(engine: Engine, summary: SeenGroup['summary']) {
  const optIn = readOptIn(summary, engine.clock.now().toZonedDateTimeISO('UTC').toPlainDate())
  const chosen = chooseSchedule(summary, optIn, engine.schedules)
  return chosen.kind === 'schedule' ? policyFor(chosen.schedule, optIn).policy.drift : { ignore: [], warn: [] }
}

function allOf({ findings, members }: Told): Finding[] {
  return [...findings, ...members.flatMap(member => member.findings)]
}

function print(forecasts: readonly Told[], io: Io): void {
  if (forecasts.length === 0) {
    writeLine(io.stdout, 'No opted-in group was found. `firedrill groups` lists near misses.')
    return
  }
  const rows = forecasts.flatMap(one => {
    const row = (finding: Finding, on: string) => [
      one.name,
      foretellsSnowflake(finding) ? 'snowflake' : 'warning',
      `${on}${finding.summary}`,
    ]
    const rows = [
      ...(one.unreadable === null ? [] : [[one.name, 'unreadable', one.unreadable]]),
      ...one.findings.map(finding => row(finding, '')),
      ...one.members.flatMap(({ instance, findings }) => findings.map(finding => row(finding, `${instance}: `))),
    ]
    return rows.length > 0 ? rows : [[one.name, 'good', 'a rebuild would work, and no member differs from its declaration']]
  })
  const columns = [{ title: 'GROUP', max: 28 }, { title: 'FORECAST' }, { title: 'WHY' }]
  for (const line of table(rows, columns, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
}
