import { access, open, readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type { Schedule } from '../domain/schedule.ts'
import { checkDocument } from './check-document.ts'
import { ConfigError, type Problem } from './config-error.ts'
import { readDocument, type SourceDocument } from './document.ts'
import type { Environment } from './environment.ts'
import { deepFreeze } from './freeze.ts'
import { installationSchema, type WrittenInstallation } from './installation-schema.ts'
import { contactsOf, notifyContradictions, notifySettings } from './notify.ts'
import { checkProviders } from './providers.ts'
import { checkSchedule } from './schedules.ts'
import { secret } from './secret.ts'
import type { Settings } from './settings.ts'
import { type WrittenWeb, webContradictions } from './web-schema.ts'

export const DEFAULT_FILE = 'firedrill.yaml'
/** Bytes of one file. Nobody writes as many settings; a log or a backup under that name would fill the memory. */
const LARGEST = 1_000_000

export interface LoadOptions {
  /** As given with `--config`; undefined: firedrill.yaml in `cwd` where there is one, else embedded defaults without providers. */
  readonly file?: string | undefined
  readonly env: Environment
  readonly cwd: string
}

/** Reads firedrill.yaml, the environment and every schedule. Throws one ConfigError with all mistakes of all files. */
export async function loadSettings(options: LoadOptions): Promise<Settings> {
  const { installation, problems, settings } = await loadInstallation(options)
  const schedules = await loadSchedules(installation, options)
  const all = [...problems, ...schedules.problems]
  if (all.length > 0 || settings === null) throw new ConfigError(all)
  return deepFreeze({ ...settings, schedules: schedules.schedules })
}

/**
 * Only what leads to the ledger: for the emergency stop and for reading what happened, which must work while
 * somebody is half way through editing a schedule. Where anything else in firedrill.yaml is wrong, there are no
 * providers in the answer and `onlyLoopback` is false. Throws ConfigError where ledger or dataDir is unusable.
 */
export async function loadLedgerSettings(options: LoadOptions): Promise<Settings> {
  const { installation, problems, settings } = await loadInstallation(options)
  if (settings !== null) return deepFreeze(settings)
  const { ledger, dataDir } = installation.valid
  if (ledger === undefined || dataDir === undefined) throw new ConfigError(problems)
  const defaults = installationSchema.parse({})
  return deepFreeze(
    assemble(
      { ...defaults, ledger, dataDir },
      { folder: installation.folder, written: installation.written, env: options.env, providers: {}, onlyLoopback: false },
    ),
  )
}

/** The folder that schedules stand in and the YAML files in it. Throws ConfigError where firedrill.yaml is wrong. */
export async function findSchedules(options: LoadOptions): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  const { installation, problems } = await loadInstallation(options)
  if (problems.length > 0 || installation.valid.schedules === undefined) throw new ConfigError(problems)
  const folder = resolve(installation.folder, installation.valid.schedules)
  const files = await yamlFiles(folder)
  return { folder, files: files === 'no folder' ? [] : (files ?? []) }
}

/** Throws ConfigError where no provider is configured: nothing could be seen. */
export function requireProviders(settings: Settings): void {
  if (Object.keys(settings.providers).length > 0) return
  throw new ConfigError([
    noPlace(
      join(settings.folder, DEFAULT_FILE),
      'no provider is configured',
      'Name one under providers:, or run "firedrill init" for a sample.',
    ),
  ])
}

interface Installation {
  readonly folder: string
  readonly doc: SourceDocument
  /** firedrill.yaml is really there. */
  readonly written: boolean
  /** What is right by itself, even beside mistakes. */
  readonly valid: Partial<WrittenInstallation>
}

async function loadInstallation({ file, env, cwd }: LoadOptions) {
  const path = resolve(cwd, file ?? DEFAULT_FILE)
  const shownPath = shownAs(path, cwd)
  const text = await readOrNull(path, shownPath)
  if (text === null && file !== undefined)
    throw new ConfigError([noPlace(shownPath, 'there is no such file', 'Name another with --config, or run "firedrill init" to make one.')])
  if (text === null) await refuseOtherSpelling(path, shownPath)
  const doc = readDocument(shownPath, text ?? '')
  const checked = checkDocument(installationSchema, doc, env)
  const providers = await checkProviders(checked.valid.providers ?? {}, { doc, env, isUnfilled: checked.isUnfilled })
  const problems = [
    ...checked.problems,
    ...providers.problems,
    ...webContradictions(checked.valid.web, doc),
    ...notifyContradictions(checked.valid, doc, env),
  ]
  const folder = dirname(path)
  const installation: Installation = { folder, doc, written: text !== null, valid: checked.valid }
  const settings = problems.length === 0 && checked.whole !== null ? assemble(checked.whole, { ...installation, env, ...providers }) : null
  return { installation, problems, settings }
}

/** Passed over in silence, the other ending of YAML files would mean a ledger elsewhere, and nothing that is never struck. */
async function refuseOtherSpelling(path: string, shownPath: string): Promise<void> {
  const other = path.replace(/\.yaml$/, '.yml')
  if (
    await access(other).then(
      () => true,
      () => false,
    )
  )
    throw new ConfigError([
      noPlace(shownPath.replace(/\.yaml$/, '.yml'), `this file is not read, ${DEFAULT_FILE} is`, 'Rename it, or name it with --config.'),
    ])
}

interface Surroundings {
  readonly folder: string
  readonly written: boolean
  readonly env: Environment
  readonly providers: Settings['providers']
  readonly onlyLoopback: boolean
}

function assemble(settings: WrittenInstallation, { folder, written, env, providers, onlyLoopback }: Surroundings): Settings {
  const dataDir = resolve(folder, settings.dataDir)
  const haltFile = env.FIREDRILL_HALT_FILE
  return {
    folder,
    written,
    dataDir,
    ledger:
      settings.ledger === 'embedded'
        ? { kind: 'embedded', file: join(dataDir, 'ledger.sqlite') }
        : { kind: 'postgres', url: secret(settings.ledger) },
    queue:
      settings.queue === 'embedded'
        ? { kind: 'embedded' }
        : { kind: settings.queue.startsWith('redis') ? 'redis' : 'postgres', url: secret(settings.queue) },
    never: settings.never,
    limits: { concurrent: settings.limits.concurrent ?? null, strikesPerDay: settings.limits.strikesPerDay ?? null },
    providers,
    owners: contactsOf(settings.owners),
    notify: notifySettings(settings),
    web: webSettings(settings.web),
    schedules: [],
    haltFile: haltFile === undefined || haltFile === '' ? null : resolve(folder, haltFile),
    onlyLoopback,
  }
}

function webSettings({ listen, origin, tokens, proxy }: WrittenWeb): Settings['web'] {
  return {
    listen,
    origin: origin ?? null,
    tokens: tokens.map(({ name, role, token, file }) => ({
      name,
      role,
      from: token === undefined ? { file: file ?? '' } : { secret: secret(token) },
    })),
    proxy: proxy === undefined ? null : { ...proxy, groupsHeader: proxy.groupsHeader ?? null },
  }
}

async function loadSchedules({ folder, doc, written, valid }: Installation, { env, cwd }: LoadOptions) {
  const none = { schedules: [] as Schedule[], problems: [] as Problem[] }
  // Where the folder's name is itself a mistake, that is reported already.
  if (valid.schedules === undefined) return none
  const path = resolve(folder, valid.schedules)
  const files = await yamlFiles(path)
  const complain = (message: string, suggestion: string) => ({ ...none, problems: [doc.problem(['schedules'], { message, suggestion })] })
  if (files === null && !written) return none
  if (files === 'no folder') return complain(`${shownAs(path, cwd)} is no folder`, 'Name the folder that holds the schedules.')
  if (files === null)
    return complain(
      `the schedules folder ${shownAs(path, cwd)} is not there`,
      'Make it with a schedule in it, or run "firedrill init" for a sample.',
    )
  if (files.length === 0)
    return complain(
      `there is no schedule (*.yaml) in ${shownAs(path, cwd)}`,
      'Write one, or run "firedrill init" for a sample; leashed ones strike nothing.',
    )
  const targets = valid.notify === undefined ? null : Object.keys(valid.notify.targets)
  const checked = await Promise.all(
    files.map(async name => {
      const file = join(path, name)
      return checkSchedule(readDocument(shownAs(file, cwd), await readText(file, shownAs(file, cwd))), env, targets)
    }),
  )
  const duplicates = checked.flatMap(({ doc, name }, index) => {
    const first = checked.slice(0, index).find(other => name !== null && other.name === name)
    if (first === undefined) return []
    return [
      doc.problem(['name'], {
        message: `the schedule name "${name}" is taken by ${first.doc.file}`,
        suggestion: 'Give each schedule a name of its own.',
      }),
    ]
  })
  return {
    schedules: checked.flatMap(({ schedule }) => (schedule === null ? [] : [schedule])),
    problems: [...checked.flatMap(({ problems }) => problems), ...duplicates],
  }
}

/** Null: there is nothing. Editors' and hidden files are left out. */
async function yamlFiles(folder: string): Promise<readonly string[] | 'no folder' | null> {
  try {
    const entries = await readdir(folder)
    return entries.filter(name => /^[^.].*\.ya?ml$/.test(name)).sort()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    if (isCode(error, 'ENOTDIR')) return 'no folder'
    throw unreadable(error, folder)
  }
}

async function readOrNull(path: string, shown: string): Promise<string | null> {
  try {
    return await readSmall(path, shown)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw unreadable(error, shown)
  }
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    return await readSmall(path, shown)
  } catch (error) {
    throw unreadable(error, shown)
  }
}

async function readSmall(path: string, shown: string): Promise<string> {
  const file = await open(path)
  try {
    const parts: Buffer[] = []
    for await (const part of file.createReadStream({ end: LARGEST, autoClose: false })) parts.push(part)
    const text = Buffer.concat(parts)
    if (text.length > LARGEST)
      throw new ConfigError([noPlace(shown, 'this file holds more than 1 MB, which no settings do', 'Is it the right one?')])
    return text.toString('utf8')
  } finally {
    await file.close()
  }
}

function unreadable(error: unknown, shown: string): ConfigError {
  if (error instanceof ConfigError) return error
  if (isCode(error, 'EISDIR')) return new ConfigError([noPlace(shown, 'this is a folder, not a file', null)])
  if (isCode(error, 'EACCES'))
    return new ConfigError([noPlace(shown, 'this user may not read this file', 'Give it the right to, or run as another user.')])
  if (isCode(error, 'ENOENT')) return new ConfigError([noPlace(shown, 'this link leads to a file that is not there', null)])
  return new ConfigError([noPlace(shown, `this file cannot be read: ${error instanceof Error ? error.message : String(error)}`, null)])
}

function noPlace(file: string, message: string, suggestion: string | null): Problem {
  return { file, line: null, column: null, message, suggestion }
}

/** Relative where it lies below the current folder, as an editor shows it. */
function shownAs(path: string, cwd: string): string {
  const below = relative(cwd, path)
  return below === '' || below.startsWith('..') ? path : below
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
