import { loadSettings } from '../config/load.ts'
import { near } from '../domain/spelling.ts'
import { sendTest } from '../notify/open.ts'
import { systemClock } from '../telemetry/system-clock.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, whoIsThere, writeLine } from './io.ts'
import type { CommonOptions, NotifyTestOptions } from './options.ts'
import { table, writeSentence } from './terminal.ts'

/** Lists the targets. */
export async function notify(options: CommonOptions, io: Io): Promise<number> {
  const settings = await loadSettings({ file: options.config, env: io.env, cwd: io.cwd })
  const rows = Object.entries(settings.notify.targets).map(([name, { kind }]) => [name, kind])
  if (rows.length === 0) writeLine(io.stdout, 'No target is configured: write one under notify.targets of firedrill.yaml.')
  else
    for (const line of table(rows, [{ title: 'TARGET' }, { title: 'KIND' }], { width: io.columns, colour: io.colour }))
      writeLine(io.stdout, line)
  return EXIT.ok
}

/** Sends one message to a target, now, and says whether it was taken. Opens no ledger. Throws UsageError where it is not known. */
export async function notifyTest(options: NotifyTestOptions, io: Io): Promise<number> {
  const settings = await loadSettings({ file: options.config, env: io.env, cwd: io.cwd })
  const known = Object.keys(settings.notify.targets)
  const { target } = options
  if (!known.includes(target)) throw new UsageError(unknownTarget(target, known))
  const clock = systemClock()
  const needs = { settings, env: io.env, folder: settings.folder, now: () => clock.now() }
  try {
    await sendTest(needs, { target, by: whoIsThere(io.env) }, io.signal)
  } catch (error) {
    writeSentence(io.stderr, `firedrill: ${target} could not be told: ${error instanceof Error ? error.message : String(error)}`)
    return EXIT.failed
  }
  writeLine(io.stdout, `Told ${target}.`)
  return EXIT.ok
}

function unknownTarget(target: string, known: readonly string[]): string {
  if (known.length === 0) return 'no target is configured: write one under notify.targets of firedrill.yaml'
  const meant = near(target, known)[0]
  return `there is no target "${target}"; ${meant === undefined ? `there are ${known.join(', ')}` : `did you mean "${meant}"?`}`
}
