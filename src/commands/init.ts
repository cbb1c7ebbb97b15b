import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { DEFAULT_FILE, findSchedules, loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { initLedger } from '../ledger/open.ts'
import { sayingSo } from '../stored.ts'
import { EXIT } from './exit.ts'
import { type Io, writeLine } from './io.ts'
import type { InitOptions } from './options.ts'
import { SAMPLE_SCHEDULE, SAMPLE_SETTINGS } from './samples.ts'
import { clean } from './terminal.ts'

/** Makes what is missing, keeps what is there, and says what to do next. Throws ConfigError before the ledger is touched. */
export async function init(options: InitOptions, io: Io): Promise<number> {
  const file = resolve(io.cwd, options.config ?? DEFAULT_FILE)
  const location = { file, env: io.env, cwd: io.cwd }
  const say = (what: 'made' | 'kept', path: string, about = '') =>
    writeLine(io.stdout, clean(`${what}  ${relative(io.cwd, path) || path}${about}`))

  say((await make(file, SAMPLE_SETTINGS)) ? 'made' : 'kept', file)
  const { folder, files } = await findSchedules(location)
  if (files.length === 0) {
    const sample = join(folder, 'weekdays.yaml')
    await make(sample, SAMPLE_SCHEDULE)
    say('made', sample, ' (leashed: it strikes nothing)')
  } else say('kept', folder, ` (${files.length === 1 ? 'one schedule' : `${files.length} schedules`})`)

  const settings = await loadSettings(location)
  const { created } = await initLedger(settings.ledger, sayingSo(io))
  writeLine(io.stdout, clean(`${created ? 'made' : 'kept'}  the ledger ${placeOf(settings, io)}`))
  writeLine(io.stdout)
  writeLine(io.stdout, 'Next: set providers in firedrill.yaml, give a group the tag firedrill=enabled,')
  writeLine(io.stdout, 'and look at it with')
  writeLine(io.stdout, '  firedrill validate')
  writeLine(io.stdout, '  firedrill groups')
  return EXIT.ok
}

/** False where it is there already: what somebody wrote is never overwritten. */
async function make(file: string, text: string): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true })
  try {
    await writeFile(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function placeOf({ ledger }: Settings, io: Io): string {
  return ledger.kind === 'embedded' ? relative(io.cwd, ledger.file) || ledger.file : `at ${ledger.url}`
}
