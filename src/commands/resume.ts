import { openStored } from '../stored.ts'
import { EXIT, UsageError } from './exit.ts'
import { haltText, resumeFlag, targetOf, targetText } from './halt-target.ts'
import { type Io, whoIsThere, writeJson, writeLine } from './io.ts'
import type { ResumeOptions } from './options.ts'
import { clean } from './terminal.ts'

/** Ends the halts of one target, and says which ones still hold. */
export async function resume(options: ResumeOptions, io: Io): Promise<number> {
  const target = targetOf(options)
  if (options.all === true && target.kind !== 'installation') throw new UsageError(`name either --all or --${target.kind}`)
  const stored = await openStored(options, io)
  try {
    const { ledger } = stored
    const ended = await ledger.resume(options.all === true ? null : target, whoIsThere(io.env))
    const { halts: left } = await ledger.state()
    if (options.json === true) {
      writeJson(io, { ended, stillHalted: left })
      return EXIT.ok
    }
    for (const halt of ended)
      writeLine(io.stdout, clean(`Resumed ${targetText(halt.target)} (it was halted by ${halt.by}: ${halt.reason})`))
    if (ended.length === 0)
      writeLine(io.stdout, clean(options.all === true ? 'Nothing was halted.' : `There was no halt on ${targetText(target)}.`))
    for (const halt of left) writeLine(io.stdout, clean(`Still halted: ${haltText(halt)} (firedrill resume${resumeFlag(halt.target)})`))
    const { haltFile } = stored.settings
    if (haltFile !== null) writeLine(io.stdout, clean(`While the file ${haltFile} exists, everything is halted.`))
    return EXIT.ok
  } finally {
    await stored.close()
  }
}
