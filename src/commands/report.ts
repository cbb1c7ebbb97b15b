import { join, resolve } from 'node:path'
import { buildReport } from '../reports/report.ts'
import { writeReports } from '../reports/write.ts'
import { openStored } from '../stored.ts'
import { type Io, writeLine } from './io.ts'
import type { ReportOptions } from './options.ts'
import { prepareOutputs } from './outputs.ts'
import { reportInput } from './report-input.ts'

/** Writes reports about what the ledger holds of a period. */
export async function report(options: ReportOptions, io: Io): Promise<number> {
  const stored = await openStored(options, io)
  try {
    const from = (await stored.ledger.now()).subtract({ milliseconds: options.since })
    const input = await reportInput(stored.ledger, { title: 'Firedrill recovery report', from, drills: null })
    const out = resolve(io.cwd, options.out ?? join(stored.settings.dataDir, 'reports'))
    await prepareOutputs({ '--out': { folder: out } })
    for (const file of await writeReports({ report: buildReport(input), formats: options.format, out })) writeLine(io.stdout, file)
    return 0
  } finally {
    await stored.close()
  }
}
