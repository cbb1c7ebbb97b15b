import { sql } from 'kysely'
import type { Db } from './schema.ts'

type Work<Result> = (transaction: Db) => Promise<Result>

interface Job {
  readonly work: Work<unknown>
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

export interface Grouping {
  /** What each group says first. */
  readonly begin: Work<void>
  /** Whoever comes next waits for a whole group. With 1 each is alone, and they only wait for each other. */
  readonly atMost: number
}

/**
 * Write transactions, one after the other. Those that are asked for at the same time share one, because each commit waits for the
 * disk, and the whole process with it. Each is a savepoint: it sees what those before it wrote, and one that throws is undone
 * alone. Nobody is answered before the commit, and where that fails all of them have failed.
 */
export function groupCommit(db: Db, grouping: Grouping): <Result>(work: Work<Result>) => Promise<Result> {
  const waiting: Job[] = []
  let isWriting = false
  const write = async (): Promise<void> => {
    // Those who were set off by the same event ask in the turns of this very moment.
    await null
    while (waiting.length > 0) await commit(db, grouping.begin, waiting.splice(0, grouping.atMost))
    isWriting = false
  }
  return work =>
    new Promise((resolve, reject) => {
      waiting.push({ work, resolve, reject })
      if (isWriting) return
      isWriting = true
      void write()
    })
}

async function commit(db: Db, begin: Work<void>, jobs: readonly Job[]): Promise<void> {
  const [only, ...others] = jobs
  const answers: (() => void)[] = []
  try {
    await db.transaction().execute(async transaction => {
      await begin(transaction)
      if (only !== undefined && others.length === 0) answers.push(await done(transaction, only))
      else for (const job of jobs) answers.push(await savepoint(transaction, job))
    })
  } catch (error) {
    for (const job of jobs) job.reject(error)
    return
  }
  for (const answer of answers) answer()
}

async function done(transaction: Db, { work, resolve }: Job): Promise<() => void> {
  const value = await work(transaction)
  return () => resolve(value as never)
}

async function savepoint(transaction: Db, job: Job): Promise<() => void> {
  await sql`savepoint job`.execute(transaction)
  try {
    const answer = await done(transaction, job)
    await sql`release savepoint job`.execute(transaction)
    return answer
  } catch (error) {
    await undo(transaction, error)
    return () => job.reject(error)
  }
}

/** A full disk, or a connection that broke, has undone the whole transaction, and so what the others wrote. */
async function undo(transaction: Db, why: unknown): Promise<void> {
  try {
    await sql`rollback to savepoint job`.execute(transaction)
    await sql`release savepoint job`.execute(transaction)
  } catch {
    throw why
  }
}
