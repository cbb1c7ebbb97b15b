import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { LedgerLocation } from '../../src/ledger/open.ts'
import { kill, watched } from '../support/children.ts'

export interface Child {
  readonly pid: number
  /** The one line that it said. */
  readonly said: string
  /** Ends it without giving it a chance to do anything. */
  kill(): Promise<void>
}

/** Starts a process that does this to the ledger, and waits until it has said how that went. */
export async function child(action: 'hold' | 'init' | 'salt' | 'halt', where: LedgerLocation): Promise<Child> {
  const place = where.kind === 'postgres' ? where.url.reveal() : where.file
  const script = fileURLToPath(new URL('./child.ts', import.meta.url))
  const words = ['--disable-warning=ExperimentalWarning', script, action, place]
  const process_ = watched(spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] }))
  const said = await firstLine(process_)
  return {
    pid: process_.pid ?? 0,
    said,
    kill: () => kill(process_),
  }
}

function firstLine(from: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (from.stdout === null) throw new Error('no stdout')
    createInterface(from.stdout).once('line', resolve)
    from.once('exit', code => reject(new Error(`the child ended with ${code} and said nothing`)))
  })
}
