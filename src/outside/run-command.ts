import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

export interface CommandQuestion {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[]
  /** Relative programs start here, and it is where the program runs. */
  readonly folder: string
  /** All that the program finds beside PATH and LANG. */
  readonly env: Readonly<Record<string, string>>
  readonly input: unknown
  /** Bytes of stdout. */
  readonly largest?: number
}

export interface CommandAnswer {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly endedBy: string | null
  readonly stdout: string
  readonly stderr: string
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const LARGEST_OUTPUT = 64 * 1024
const LARGEST_COMPLAINT = 4 * 1024
/** What children of the program still write after it has ended is waited for so long. */
const LAST_WORDS = 200

/** It could not be started at all: that says nothing about what it was to check. */
class CommandStartError extends Error {
  override readonly name = 'CommandStartError'
}

/**
 * Runs a program without a shell, in an environment of its own, in a process group of its own which is killed when
 * it has ended, when it writes too much, or when the signal is aborted. Its stdin is `input` as JSON.
 */
export async function runCommand(question: CommandQuestion, signal: AbortSignal): Promise<CommandAnswer> {
  signal.throwIfAborted()
  const [program = '', ...args] = question.command
  const child = spawn(program.includes('/') ? resolve(question.folder, program) : program, args, {
    cwd: question.folder,
    env: { PATH, LANG: 'C.UTF-8', ...question.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    shell: false,
  })
  const kill = () => killGroup(child)
  signal.addEventListener('abort', kill, { once: true })
  try {
    const answer = await outcome(child, question, kill)
    signal.throwIfAborted()
    return answer
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
  }
}

async function outcome(child: ChildProcess, { input, command, largest = LARGEST_OUTPUT }: CommandQuestion, kill: () => void) {
  const ended = Promise.withResolvers<{ code: number | null; endedBy: string | null }>()
  child.once('error', error => ended.reject(new CommandStartError(`${command[0]} could not be started: ${error.message}`)))
  child.once('exit', (code, endedBy) => ended.resolve({ code, endedBy }))
  const closed = new Promise<void>(done => child.once('close', () => done()))
  const stdout = collect(child.stdout, largest, () => {
    ended.reject(new Error(`${command[0]} wrote more than ${Math.round(largest / 1024)} kB`))
    kill()
  })
  const stderr = collect(child.stderr, LARGEST_COMPLAINT, () => {})
  // A program that does not read its input is none the worse for it.
  child.stdin?.on('error', () => {})
  child.stdin?.end(JSON.stringify(input))
  const result = await ended.promise
  const patience = new AbortController()
  await Promise.race([closed, sleep(LAST_WORDS, undefined, { signal: patience.signal }).catch(() => {})])
  patience.abort()
  return { ...result, stdout: stdout(), stderr: stderr() }
}

function collect(stream: Readable | null, largest: number, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    if (size + chunk.length > largest) {
      chunks.push(chunk.subarray(0, largest - size))
      size = largest
      return onTooMuch()
    }
    size += chunk.length
    chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The whole group has ended already.
  }
  child.stdout?.destroy()
  child.stderr?.destroy()
}
