import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { watched } from '../support/children.ts'

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

const { NODE_COMPILE_CACHE } = process.env
const cache = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Surroundings {
  readonly cwd: string
  readonly env?: Record<string, string>
  /** A program, with its words, that becomes the one it is given. */
  readonly through?: readonly string[]
}

/** The real program as a process of its own, in this folder and with nothing of this process's environment but PATH and Node's cache. */
export function start(args: readonly string[], { cwd, env = {}, through = [] }: Surroundings): ChildProcess {
  const [program = '', ...words] = [...through, process.execPath, MAIN, ...args]
  return watched(
    spawn(program, words, {
      cwd,
      env: { PATH: process.env.PATH ?? '', HOME: cwd, ...cache, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
}

export async function end(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', chunk => (stdout += chunk))
  child.stderr?.setEncoding('utf8').on('data', chunk => (stderr += chunk))
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

export async function firedrill(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return end(start(args, { cwd, env }))
}
