import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { groupCommit } from '../../src/ledger/group-commit.ts'
import { NodeSqliteDialect } from '../../src/ledger/node-sqlite.ts'
import type { Db } from '../../src/ledger/schema.ts'

describe('the commit that SQLite’s writers share', () => {
  const insert = (transaction: Db, n: number) => sql`insert into written values (${n})`.execute(transaction)
  const ledger = (atMost = 32) => {
    const database = new DatabaseSync(':memory:')
    database.exec('create table written (n integer primary key, check (n < 100))')
    const db: Db = new Kysely({ dialect: new NodeSqliteDialect(database) })
    let commits = 0
    const prepare = database.prepare.bind(database)
    database.prepare = text => {
      const statement = prepare(text)
      if (text !== 'commit') return statement
      const run = statement.run.bind(statement)
      statement.run = () => {
        commits++
        return run()
      }
      return statement
    }
    const rows = () =>
      prepare('select n from written order by n')
        .all()
        .map(({ n }) => n)
    return { database, transact: groupCommit(db, { begin: async () => {}, atMost }), rows, commits: () => commits }
  }

  it('is one for all who ask at the same time, and answers each with its own', async () => {
    const { transact, rows, commits } = ledger()
    const write = async (transaction: Db, n: number) => {
      await insert(transaction, n)
      return n * 10
    }
    const answers = await Promise.all([3, 1, 2].map(n => transact(transaction => write(transaction, n))))
    assert.deepEqual([answers, rows(), commits()], [[30, 10, 20], [1, 2, 3], 1])
    await transact(transaction => write(transaction, 4))
    assert.equal(commits(), 2)
  })

  it('lets each see what those before it wrote', async () => {
    const { transact } = ledger()
    const count = async (transaction: Db) => {
      const { rows } = await sql<{ n: number }>`select count(*) as n from written`.execute(transaction)
      await insert(transaction, rows[0]?.n ?? 0)
      return rows[0]?.n
    }
    assert.deepEqual(await Promise.all([transact(count), transact(count), transact(count)]), [0, 1, 2])
  })

  it('leaves out one that fails, with all that it wrote, and no other', async () => {
    const { transact, rows } = ledger()
    const results = await Promise.allSettled([
      transact(transaction => insert(transaction, 1)),
      transact(async transaction => {
        await insert(transaction, 2)
        throw new Error('decided otherwise')
      }),
      transact(transaction => insert(transaction, 1)),
      transact(transaction => insert(transaction, 4)),
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(rows(), [1, 4])
  })

  it('fails all of them where the database undid the whole transaction, and goes on with the next', async () => {
    const { database, transact, rows } = ledger()
    const results = await Promise.allSettled([
      transact(transaction => insert(transaction, 1)),
      transact(async () => {
        database.exec('rollback')
        throw new Error('disk I/O error')
      }),
      transact(transaction => insert(transaction, 3)),
    ])
    assert.deepEqual(
      results.map(result => (result.status === 'rejected' ? result.reason.message : 'written')),
      ['disk I/O error', 'disk I/O error', 'disk I/O error'],
    )
    assert.deepEqual(rows(), [])
    await transact(transaction => insert(transaction, 5))
    assert.deepEqual(rows(), [5])
  })

  it('is each one’s own where no more than one may share it', async () => {
    const { transact, rows, commits } = ledger(1)
    const results = await Promise.allSettled([
      transact(transaction => insert(transaction, 1)),
      transact(transaction => insert(transaction, 1)),
      transact(transaction => insert(transaction, 2)),
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual([rows(), commits()], [[1, 2], 2])
  })

  it('answers nobody before it is made: where it fails, nothing was written', async () => {
    const { database, transact, rows } = ledger()
    database.exec('pragma foreign_keys = on; create table child (n references written (n) deferrable initially deferred)')
    const orphan = transact(transaction => sql`insert into child values (7)`.execute(transaction))
    const results = await Promise.allSettled([orphan, transact(transaction => insert(transaction, 1))])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.deepEqual(rows(), [])
    await transact(transaction => insert(transaction, 2))
    assert.deepEqual(rows(), [2])
  })
})
