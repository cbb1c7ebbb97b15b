import { join } from 'node:path'
import { openInstallation } from '../compose.ts'
import { runCampaign } from '../engine/campaign.ts'
import { buildReport } from '../reports/report.ts'
import { writeReports } from '../reports/write.ts'
import { campaignScreen } from './campaign-screen.ts'
import { type Io, writeLine } from './io.ts'
import type { RunOptions } from './options.ts'
import { outcomeCode } from './outcome.ts'
import { reportInput } from './report-input.ts'
import { writeAtomically } from './write-file.ts'

/** One campaign now. Exit codes: see outcome.ts. */
export async function run(options: RunOptions, io: Io): Promise<number> {
  const screen = campaignScreen(io)
  const installation = await openInstallation(options, io, { needsProviders: true, worker: true, changed: screen.changed })
  const { ledger, engine, clock } = installation
  try {
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
    screen.print(input, { groups: result.discovered.groups.filter(group => group.optedIn).length, clock })
    for (const { scope, why } of result.discovered.unreadable) writeLine(io.stderr, `${scope} could not be read: ${why}`)
    if (options.json !== undefined) await writeAtomically(join(io.cwd, options.json), `${JSON.stringify(report, null, 2)}\n`)
    if (options.report !== undefined) {
      const files = await writeReports({ input, formats: ['html', 'json', 'md', 'junit'], out: join(io.cwd, options.report) })
      for (const file of files) writeLine(io.stdout, file)
    }
    return outcomeCode(
      input.drills.map(one => one.drill),
      result.discovered.unreadable.length,
    )
  } finally {
    await installation.close()
  }
}
