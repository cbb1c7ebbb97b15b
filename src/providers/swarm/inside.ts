import { createHash } from 'node:crypto'
import type { NotCompared, PathGlob } from '../../domain/declaration.ts'
import { isIgnored } from '../../domain/differences.ts'
import { DELETED, type Inside } from '../../domain/drill.ts'
import type { Milliseconds } from '../../domain/time.ts'
import type { InstanceRef } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { mapLimited } from '../shared/batches.ts'
import type { SwarmContext } from './context.ts'
import { type Located, locate } from './describe.ts'
import { isNotFound, isUnanswered } from './errors.ts'
import { instantOf } from './ids.ts'
import { IGNORED_PATHS } from './ignored-paths.ts'
import { firstFile } from './tar.ts'
import type { WireChange, WirePathStat } from './wire.ts'

/*
 * What lives inside: the paths in which a container differs from its image, by the engine's own account, each with a digest of what
 * it is now. Mounts are not part of it. It is read right before a strike, so it is bounded in every direction.
 */

/** More changed paths than this are an application that keeps its data in its container: nobody would read such a list. */
const MOST_PATHS = 1_000
const LARGEST_FILE = 1024 * 1024
const MOST_BYTES = 32 * 1024 * 1024
const WIDTH = 8

/** Kinds of changes, in the engine's numbers. */
const ADDED = 1
const GONE = 2
/** Bits of Go's os.FileMode, in which the engine describes a path. */
const MODE = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  /** Devices, pipes and sockets. */
  other: 2 ** 26 + 2 ** 25 + 2 ** 24 + 2 ** 21,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  permissions: 0o777,
}

/** The contract's fingerprint(): keys are paths without their leading slash. */
export async function fingerprint(
  context: SwarmContext,
  instance: InstanceRef,
  { ignore }: { readonly ignore: readonly PathGlob[] },
  signal: AbortSignal,
): Promise<Inside> {
  const located = await locate(context, instance.id, signal)
  const changes = await located.api.changes(located.container.Id, signal)
  const relevant = relevantChanges(changes, located, ignore)
  if (relevant.length > MOST_PATHS) throw tooMany(relevant)
  const reader: Reader = { located, startUp: context.startUp, names: ownNames(located), budget: { left: MOST_BYTES } }
  const seen = await mapLimited(relevant, WIDTH, change => readChange(reader, change, signal))
  const entries = seen.flatMap(one => (one.value === null ? [] : [[one.key, one.value] as const]))
  return { fingerprint: Object.fromEntries(entries), shows: 'changes', unread: seen.flatMap(one => one.unread ?? []) }
}

interface Change {
  readonly key: string
  readonly path: string
  readonly kind: number
}

export function relevantChanges(
  changes: readonly WireChange[],
  { container }: Pick<Located, 'container'>,
  ignore: readonly PathGlob[],
): Change[] {
  const mounts = (container.Mounts ?? []).flatMap(({ Destination: at }) => at ?? [])
  const isMounted = (path: string): boolean => mounts.some(at => path === at || path.startsWith(`${at}/`) || at.startsWith(`${path}/`))
  const relevant = changes
    .flatMap(({ Path: path = '', Kind: kind = 0 }) => (path === '' ? [] : [{ key: path.replace(/^\/+/, ''), path, kind }]))
    .filter(({ path, kind }) => kind === GONE || !isMounted(path))
    .filter(({ key }) => !isIgnored(key, IGNORED_PATHS) && !isIgnored(`state/${key}`, ignore))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  // What was put into a folder tells of the folder too.
  const folders = new Set(relevant.map(({ key }) => key.slice(0, Math.max(0, key.lastIndexOf('/')))))
  return relevant.filter(({ key, kind }) => kind === GONE || !folders.has(key))
}

interface Reader {
  readonly located: Located
  readonly startUp: Milliseconds
  /** Every container finds other names for itself; they are taken out before digests are made. */
  readonly names: readonly string[]
  readonly budget: { left: number }
}

interface Read {
  readonly key: string
  /** Null: nothing to tell. */
  readonly value: string | null
  readonly unread?: NotCompared
}

async function readChange(reader: Reader, change: Change, signal: AbortSignal): Promise<Read> {
  const { key, path, kind } = change
  if (kind === GONE) return { key, value: DELETED }
  const { api, container } = reader.located
  try {
    const stat = await api.stat(container.Id, path, signal)
    const mode = stat.mode ?? 0
    // A directory counts as changed as soon as something in it does.
    if (has(mode, MODE.directory))
      return { key, value: kind === ADDED && !isOfTheStart(stat, reader) ? `directory ${permissions(mode)}` : null }
    if (isOfTheStart(stat, reader) || has(mode, MODE.other)) return { key, value: null }
    if (has(mode, MODE.symlink)) return { key, value: `link to ${stat.linkTarget ?? '?'}` }
    return await readFile(reader, { ...change, stat }, signal)
  } catch (error) {
    signal.throwIfAborted()
    // One path more that nobody could compare would be a snowflake that passes for a phoenix.
    if (!(error instanceof ProviderError) || isUnanswered(error)) throw error
    // It was there a moment ago: what comes and goes by itself is not what somebody left.
    if (isNotFound(error)) return { key, value: null }
    return { key, value: null, unread: { what: `state/${key}`, why: error.message } }
  }
}

async function readFile(reader: Reader, { key, path, stat }: Change & { stat: WirePathStat }, signal: AbortSignal): Promise<Read> {
  const size = stat.size ?? 0
  const about = `file ${permissions(stat.mode ?? 0)}`
  if (size > LARGEST_FILE || size > reader.budget.left) {
    const why =
      size > LARGEST_FILE ? `it has ${size} bytes, and up to ${LARGEST_FILE} are read` : 'too much was read from this container already'
    return { key, value: `${about}, ${size} bytes`, unread: { what: `contents of ${key}`, why: `${why}: only its size is compared` } }
  }
  reader.budget.left -= size
  const { api, container } = reader.located
  // Beside the file an archive holds headers and padding.
  const file = firstFile(await api.archive({ container: container.Id, path, limit: size + 64 * 1024 }, signal))
  if (file === null) return { key, value: null, unread: { what: `state/${key}`, why: 'the engine gave no file for it' } }
  return { key, value: `${about} ${file.owner}, ${size} bytes, ${contentDigest(file.content, reader.names)}` }
}

/** Its own names in a file differ by design, so they are replaced; a file without any keeps its plain SHA-256. */
export function contentDigest(content: Buffer, names: readonly string[]): string {
  const text = content.toString('latin1')
  const neutral = names.reduce((left, name) => left.replaceAll(name, '(own name)'), text)
  return `sha256:${createHash('sha256').update(Buffer.from(neutral, 'latin1')).digest('hex').slice(0, 16)}`
}

function ownNames({ container, task }: Located): string[] {
  const { Id: id, Name: name = '', Config: config, NetworkSettings: settings } = container
  const addresses = Object.values(settings?.Networks ?? {}).map(network => network?.IPAddress)
  const names = [id, name.replace(/^\//, ''), task.ID, id.slice(0, 12), config?.Hostname, ...addresses]
  // The longest first, or a part of one would be taken for another; a short word may stand for something else.
  return [...new Set(names.filter(one => one !== undefined && one.length >= 7))].map(String).sort((a, b) => b.length - a.length)
}

/** A container that starts may write before its engine has noted that it runs, and never before it is made. */
function isOfTheStart({ mtime }: WirePathStat, { located, startUp }: Reader): boolean {
  const { container } = located
  const at = instantOf(mtime)
  const made = instantOf(container.Created)
  const started = instantOf(container.State?.StartedAt)
  if (at === null || made === null || started === null) return false
  // The engine gives the file's time in whole seconds.
  const began = made.round({ smallestUnit: 'second', roundingMode: 'floor' })
  return Temporal.Instant.compare(at, began) >= 0 && Temporal.Instant.compare(at, started.add({ milliseconds: startUp })) <= 0
}

/** Go's mode is wider than the 32 bits that JavaScript's own operators keep. */
function has(mode: number, bits: number): boolean {
  return (BigInt(mode) & BigInt(bits)) !== 0n
}

function permissions(mode: number): string {
  const bits = Number(BigInt(mode) & BigInt(MODE.permissions)).toString(8)
  const special = [has(mode, MODE.setuid) ? 'setuid ' : '', has(mode, MODE.setgid) ? 'setgid ' : ''].join('')
  return `${special}${bits.padStart(3, '0')}`
}

function tooMany(changes: readonly Change[]): ProviderError {
  const folders = Map.groupBy(changes, ({ key }) => key.split('/').slice(0, 2).join('/'))
  const [largest] = [...folders].sort(([, a], [, b]) => b.length - a.length)
  const message = `${changes.length} paths inside have changed, and at most ${MOST_PATHS} are compared. If that is by design, add state/${largest?.[0]}/** to drift.ignore.`
  return new ProviderError(message, { code: 'invalid', operation: 'ContainerChanges', mayHaveActed: false })
}
