import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LedgerError } from './ledger.ts'
import { isBusy } from './node-sqlite.ts'
import type { LedgerLocation } from './open.ts'

export interface WorkerRole {
  release(): Promise<void>
}

/** Long enough for two that start at once to let go of each other; a holder does not let go. */
const patience = 500

/**
 * The worker role on an embedded ledger belongs to one process. It is an exclusive lock of the operating system on
 * `<ledger>.worker.lock`, held through a transaction that SQLite keeps open there, so it ends with the process, kill -9
 * included. The file itself stays. On PostgreSQL any number of workers share a ledger, and nothing is held.
 *
 * Throws LedgerError `in-use` with the pid of the holder.
 */
export async function holdWorkerRole(where: LedgerLocation): Promise<WorkerRole> {
  if (where.kind === 'postgres' || where.file === ':memory:') return { release: async () => {} }
  const file = resolve(where.file)
  const pidFile = `${file}.worker.pid`
  const lock = openLock(file)
  try {
    lock.exec('begin exclusive')
    writeFileSync(pidFile, `${process.pid}\n`)
  } catch (error) {
    lock.close()
    if (isBusy(error))
      throw new LedgerError(
        'in-use',
        `another worker (pid ${readPid(pidFile)}) already works on ${file}; end it, or use PostgreSQL for several`,
        error,
      )
    throw new LedgerError('failed', `the worker role on ${file} could not be taken: ${messageOf(error)}`, error)
  }
  return {
    async release() {
      if (!lock.isOpen) return
      // The pid goes first: after the lock has gone it may be somebody else's.
      rmSync(pidFile, { force: true })
      lock.close()
    },
  }
}

function openLock(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true })
    return new DatabaseSync(`${file}.worker.lock`, { timeout: patience })
  } catch (error) {
    throw new LedgerError('failed', `${file}.worker.lock cannot be opened: ${messageOf(error)}; check the folder's permissions`, error)
  }
}

function readPid(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim()
  } catch {
    return 'not known yet'
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
