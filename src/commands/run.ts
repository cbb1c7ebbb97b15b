import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openInstallation } from '../compose.ts'
import type { Schedule } from '../domain/schedule.ts'
import { runCampaign } from '../engine/campaign.ts'
import { renderJson } from '../reports/json.ts'
import { buildReport } from '../reports/report.ts'
import { reportFormats, writeReports, writeWhole } from '../reports/write.ts'
import { campaignScreen } from './campaign-screen.ts'
import { type Io, writeLine } from './io.ts'
import type { RunOptions } from './options.ts'
import { outcomeCode } from './outcome.ts'
import { reportInput } from './report-input.ts'

/** One campaign now. Exit codes: see outcome.ts. */
export async function run(options: RunOptions, io: Io): Promise<number> {
  const screen = campaignScreen(io)
  const installation = await openInstallation(options, io, { worker: true, changed: screen.changed, waits: screen.waits, quiet: io.isTTY })
  const { ledger, engine } = installation
  try {
    screen.start(engine.clock)
    const from = await ledger.now()
    const result = await runCampaign(
      engine,
      {
        run: engine.newId(),
        all: options.all ?? false,
        group: options.group ?? null,
        victim: options.victim ?? null,
        max: options.max ?? null,
      },
      io.signal,
    )
    screen.done()
    const input = await reportInput(ledger, { title: 'Firedrill campaign', from, drills: result.drills })
    const report = buildReport(input)
    const files =
      options.report === undefined ? [] : await writeReports({ report, formats: reportFormats, out: resolve(io.cwd, options.report) })
    if (options.json !== undefined) await writeWhole(resolve(io.cwd, options.json), renderJson(report))
    const optedIn = result.discovered.groups.filter(group => group.optedIn).length
    const html = files.find(file => file.endsWith('.html'))
    screen.print({
      title: `Firedrill campaign: ${optedIn} opted-in groups`,
      aside: leashOf(installation.settings.schedules),
      drills: input.drills,
      reportUrl: html === undefined ? null : pathToFileURL(html).href,
    })
    for (const { scope, why } of result.discovered.unreadable) writeLine(io.stderr, `${scope} could not be read: ${why}`)
    return outcomeCode(
      input.drills.map(one => one.drill),
      result.discovered.unreadable.length,
    )
  } finally {
    screen.done()
    await installation.close()
  }
}

function leashOf(schedules: readonly Schedule[]): string {
  const leashed = schedules.filter(schedule => schedule.leashed).length
  if (leashed === schedules.length) return 'leashed'
  return leashed === 0 ? 'leash off' : 'leash partly off'
}
