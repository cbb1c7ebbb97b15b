import { userInfo } from 'node:os'
import type { Writable } from 'node:stream'

/** What a command knows of the world it was called from; tests hand in their own. */
export interface Io {
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** Hears what a second signal, which ends the process at once, is to say of what stays behind. Left out where no signals come. */
  readonly whenCutOff?: (words: () => string) => void
  /** Somebody reads stdout on a screen. */
  readonly isTTY: boolean
  /** Width of that screen; 80 where there is none. */
  readonly columns: number
  readonly colour: boolean
}

/** The world of a real process. The signal is aborted by the first SIGINT or SIGTERM; a second one ends the process at once. */
export function processIo({ signal, whenCutOff }: Pick<Io, 'signal' | 'whenCutOff'>): Io {
  const { stdout, stderr, env } = process
  return {
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    signal,
    ...(whenCutOff !== undefined && { whenCutOff }),
    isTTY: stdout.isTTY === true,
    columns: stdout.isTTY === true && stdout.columns > 0 ? stdout.columns : 80,
    colour: wantsColour(env, stdout.isTTY === true),
  }
}

/** FORCE_COLOR beats NO_COLOR, and both beat what the terminal looks like; `FORCE_COLOR=0` means none. */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, isTTY: boolean): boolean {
  const forced = env.FORCE_COLOR
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  return isTTY && env.TERM !== 'dumb'
}

/** Who is at the keyboard, for the record of halts and clearings. Behind sudo it is the person who called it. */
export function whoIsThere(env: Readonly<Record<string, string | undefined>>): string {
  if (env.SUDO_USER !== undefined && env.SUDO_USER !== '') return env.SUDO_USER
  try {
    return userInfo().username
  } catch {
    // A container may run under a number that has no name.
    return env.USER ?? `uid ${process.getuid?.() ?? '?'}`
  }
}

export function writeLine(stream: Writable, line = ''): void {
  stream.write(`${line}\n`)
}

/** Exactly one JSON document on stdout. Temporal values print as ISO 8601. */
export function writeJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
