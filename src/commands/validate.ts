import { ConfigError, formatProblem, type Problem } from '../config/config-error.ts'
import { loadSettings } from '../config/load.ts'
import { readLogLevel } from '../config/log-level.ts'
import type { Settings } from '../config/settings.ts'
import { readTraceSettings } from '../config/trace-settings.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, writeJson, writeLine } from './io.ts'
import type { ValidateOptions } from './options.ts'
import { clean, paint, writeSentence } from './terminal.ts'

/** Checks everything that is written, and opens nothing. Mistakes are what this command prints, so they go to stdout. */
export async function validate(options: ValidateOptions, io: Io): Promise<number> {
  try {
    const settings = await loadSettings({ file: options.config, env: io.env, cwd: io.cwd })
    // Whoever is in the wrong folder must not be told that all is well.
    if (!settings.written && settings.schedules.length === 0)
      throw new UsageError(
        `there is nothing to check in ${settings.folder}: no firedrill.yaml and no schedule; go to the folder of your installation, or name its firedrill.yaml with --config`,
      )
    readLogLevel(io.env)
    readTraceSettings(io.env)
    if (options.json === true) writeJson(io, { ok: true, problems: [], ...counts(settings) })
    else writeLine(io.stdout, summary(settings))
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (options.json === true) writeJson(io, { ok: false, problems: error.problems })
    else printProblems(error.problems, io)
    return EXIT.usage
  }
}

function printProblems(problems: readonly Problem[], io: Io): void {
  for (const problem of problems) {
    const [line = '', ...suggestion] = formatProblem(problem).split('\n')
    writeSentence(io.stdout, line)
    for (const more of suggestion) writeSentence(io.stdout, more, line => paint(line, 'dim', io.colour))
  }
  writeLine(io.stdout)
  writeLine(io.stdout, paint(problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`, 'red', io.colour))
}

function counts(settings: Settings) {
  return {
    schedules: settings.schedules.map(({ name, leashed }) => ({ name, leashed })),
    providers: Object.keys(settings.providers),
    ledger: settings.ledger.kind,
    queue: settings.queue.kind,
  }
}

function summary(settings: Settings): string {
  const { schedules, providers, ledger, queue } = counts(settings)
  const unleashed = schedules.filter(({ leashed }) => !leashed).map(({ name }) => name)
  const strikes = unleashed.length === 0 ? 'all leashed' : `${unleashed.join(', ')} unleashed`
  const many = schedules.length === 0 ? 'no schedule' : `${schedules.length} schedule${schedules.length === 1 ? '' : 's'} (${strikes})`
  const named = providers.length === 0 ? 'no provider ("firedrill init" makes a sample)' : `providers: ${providers.join(', ')}`
  return clean(`ok: ${many}, ${named}, ledger: ${ledger}, queue: ${queue}`)
}
