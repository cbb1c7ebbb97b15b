import { openInstallation } from '../compose.ts'
import type { Finding } from '../domain/finding.ts'
import { matches } from '../domain/glob.ts'
import type { SeenGroup } from '../domain/seen-group.ts'
import { reasonOf, scopesOf } from '../engine/context.ts'
import { discover } from '../engine/discover.ts'
import { type Io, writeJson, writeLine } from './io.ts'
import type { ForecastOptions } from './options.ts'
import { table } from './terminal.ts'

interface Forecast {
  readonly group: string
  readonly name: string
  readonly findings: readonly Finding[]
  readonly unreadable: string | null
}

/** Findings without a strike: would a rebuild work? 1 where one certainly would not, 4 where something could not be read. */
export async function forecast(options: ForecastOptions, io: Io): Promise<number> {
  const installation = await openInstallation(options, io, { worker: false })
  try {
    const { engine } = installation
    const discovered = await discover(engine, io.signal)
    const wanted = discovered.groups.filter(
      group => group.optedIn && (options.group === undefined || matches([options.group], group.summary)),
    )
    const forecasts = (await Promise.all(scopesOf(engine).map(handle => forecastScope(handle, wanted, io.signal)))).flat()
    if (options.json === true) writeJson(io, { forecasts, unreadable: discovered.unreadable })
    else print(forecasts, io)
    for (const { scope, why } of discovered.unreadable) writeLine(io.stderr, `${scope} could not be read: ${why}`)
    if (discovered.unreadable.length > 0 || forecasts.some(one => one.unreadable !== null)) return 4
    return forecasts.some(one => one.findings.some(finding => finding.level === 'fail')) ? 1 : 0
  } finally {
    await installation.close()
  }
}

async function forecastScope(
  handle: ReturnType<typeof scopesOf>[number],
  groups: readonly SeenGroup[],
  signal: AbortSignal,
): Promise<Forecast[]> {
  const mine = groups.filter(group => group.summary.scope === handle.scope.id)
  if (mine.length === 0) return []
  let answer: ReadonlyMap<string, readonly Finding[]> = new Map()
  let why = 'the platform did not answer for it'
  try {
    answer = await handle.provider.forecast(
      handle.scope,
      mine.map(group => group.summary.id),
      signal,
    )
  } catch (error) {
    why = reasonOf(error)
  }
  return mine.map(({ summary }) => {
    const findings = answer.get(summary.id)
    return { group: summary.id, name: summary.name, findings: findings ?? [], unreadable: findings === undefined ? why : null }
  })
}

function print(forecasts: readonly Forecast[], io: Io): void {
  if (forecasts.length === 0) {
    writeLine(io.stdout, 'No opted-in group was found. `firedrill groups` lists near misses.')
    return
  }
  const rows = forecasts.flatMap(one => {
    if (one.unreadable !== null) return [[one.name, 'unreadable', one.unreadable]]
    if (one.findings.length === 0) return [[one.name, 'good', 'nothing stands in the way of a rebuild']]
    return one.findings.map(finding => [one.name, finding.level === 'fail' ? 'snowflake' : 'warning', finding.summary])
  })
  const columns = [{ title: 'GROUP', max: 28 }, { title: 'FORECAST' }, { title: 'WHY' }]
  for (const line of table(rows, columns, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
}
