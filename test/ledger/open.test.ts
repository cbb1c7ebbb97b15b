import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, open as openFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { encode } from '../../src/domain/codec.ts'
import type { LedgerDialect } from '../../src/ledger/dialect.ts'
import { LedgerError, type LedgerErrorCode } from '../../src/ledger/ledger.ts'
import { steps } from '../../src/ledger/migrations.ts'
import { initLedger, type LedgerLocation } from '../../src/ledger/open.ts'
import { openPostgres } from '../../src/ledger/postgres.ts'
import { makeReady } from '../../src/ledger/ready.ts'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import { freePort } from '../support/server.ts'
import { at, concluded, intent, plan, summary } from './examples.ts'
import { kinds, open, type Places, places, query, secret, wallClock } from './places.ts'

function fails(code: LedgerErrorCode, words: RegExp): (error: unknown) => boolean {
  return error => {
    assert(error instanceof LedgerError, String(error))
    assert.deepEqual([error.code, words.test(error.message)], [code, true], `${error.code}: ${error.message}`)
    return true
  }
}

function authentication(kind: number, text: string): Buffer {
  const head = Buffer.alloc(9)
  head.write('R')
  head.writeInt32BE(8 + text.length, 1)
  head.writeInt32BE(kind, 5)
  return Buffer.concat([head, Buffer.from(text)])
}

function dialectOf(where: LedgerLocation): LedgerDialect {
  return where.kind === 'postgres' ? openPostgres(where.url) : openSqlite({ file: where.file, clock: wallClock, create: false })
}

for (const kind of kinds) {
  describe(`opening a ledger (${kind})`, () => {
    let where: Places
    let place: LedgerLocation

    before(async function () {
      where = await places(kind, this)
    })
    after(() => where?.stop())
    beforeEach(async () => {
      place = await where.fresh()
    })

    async function withDialect<T>(work: (dialect: LedgerDialect) => Promise<T>): Promise<T> {
      const dialect = dialectOf(place)
      try {
        return await work(dialect)
      } finally {
        await dialect.close()
      }
    }

    /** Today's schema and a step of a later version. */
    function withLaterStep(dialect: LedgerDialect, up: () => Promise<void> = async () => {}) {
      return {
        ...steps(dialect),
        '9999-later': {
          async up(db: LedgerDialect['db']) {
            await db.schema.createTable('later').addColumn('id', 'text').execute()
            await up()
          },
        },
      }
    }

    it('S14 says to run `firedrill init` where there is none, and makes nothing', async () => {
      await assert.rejects(open(place, { create: false }), fails('missing', /`firedrill init`/))
      await assert.rejects(open(place, { create: false }), fails('missing', /`firedrill init`/))
      if (place.kind === 'embedded') assert.equal(existsSync(place.file), false)
      else assert.deepEqual(await query(place.url.reveal(), "select 1 from pg_namespace where nspname = 'firedrill'"), [])
    })

    it('S14 works after init, which can be run again and keeps the salt', async () => {
      assert.deepEqual(await initLedger(place), { created: true })
      const first = await open(place, { create: false })
      const salt = await first.salt()
      assert.deepEqual(await initLedger(place), { created: false })
      const second = await open(place, { create: true })
      assert.equal(await second.salt(), salt)
      await first.close()
      await second.close()
    })

    it('keeps everything for the next process', async () => {
      const first = await open(place)
      const [drill] = await first.addPlans([plan('web')])
      assert(drill)
      assert.equal((await first.intend(intent(drill))).kind, 'permitted')
      await first.close()
      const second = await open(place, { create: false })
      assert.equal((await second.drill(drill.id))?.state, 'striking')
      assert.equal((await second.strikesInFlight()).length, 1)
      await second.close()
    })

    it('brings a ledger of the first version up to date with what it knows: names, owners, verdicts, refused rules', async () => {
      const old = place.kind === 'postgres' ? openPostgres(place.url) : openSqlite({ file: place.file, clock: wallClock, create: true })
      try {
        const table = (name: string) => (old.schema === null ? sql.id(name) : sql.id(old.schema, name))
        const { '0001-ledger': first } = steps(old)
        assert(first)
        await makeReady(old, { create: true, steps: { '0001-ledger': first } })
        const group = { ...summary('Web'), tags: { firedrill: 'enabled', 'firedrill-owner': 'payments' } }
        const text = (value: string) => sql.lit(value)
        await sql`insert into ${table('groups')} (id, scope, incarnation, service, opted_in, first_seen, last_seen, present, last_verdict, last_verdict_at, summary)
          values (${text(group.id)}, 's', 'first', 'web', 1, 1, 1, 1, 'snowflake', 77, ${text(encode(group))})`.execute(old.db)
        for (let index = 0; index < 501; index++) {
          const body = encode({ ...plan('web'), state: 'refused', refusal: { rule: index === 500 ? 'alarm' : 'S5', reason: 'r' } })
          const id = String(index).padStart(4, '0')
          await sql`insert into ${table('drills')} (id, schedule, provider, scope, group_id, service, plan_key, state, revision, planned_for, wounded, failed_rebuild, busy, body)
            values (${text(id)}, 'x', 'p', 's', 'g', 'v', ${text(id)}, 'refused', 2, 5, 0, 0, 0, ${text(body)})`.execute(old.db)
        }
      } finally {
        await old.close()
      }
      const ledger = await open(place, { create: false })
      try {
        const { groups } = await ledger.fleet({ proofSince: at('10:00:00'), limit: 10, offset: 0 })
        const [web] = groups
        assert.deepEqual([web?.name, web?.owner, web?.standing, web?.since?.epochMilliseconds], ['Web', 'payments', 'snowflake', 77])
        assert.deepEqual(await ledger.refusalCounts(Temporal.Instant.fromEpochMilliseconds(0)), [
          { rule: 'S5', drills: 500 },
          { rule: 'alarm', drills: 1 },
        ])
      } finally {
        await ledger.close()
      }
    })

    it('refuses a ledger of a newer version', async () => {
      await initLedger(place)
      await withDialect(dialect => makeReady(dialect, { create: false, steps: withLaterStep(dialect) }))
      await assert.rejects(open(place), fails('newer', /newer Firedrill \(9999-later\)/))
      await assert.rejects(initLedger(place), fails('newer', /newer Firedrill/))
    })

    it('brings an older ledger up to date once, though two processes start', async () => {
      await initLedger(place)
      let taken = 0
      const start = () =>
        withDialect(dialect => makeReady(dialect, { create: false, steps: withLaterStep(dialect, async () => void taken++) }))
      assert.deepEqual(await Promise.all([start(), start(), start()]), [false, false, false])
      assert.equal(taken, 1)
    })

    it('leaves an older ledger as it was where a step fails', async () => {
      await initLedger(place)
      const broken = async () => {
        throw new Error('a broken step')
      }
      await assert.rejects(
        withDialect(dialect => makeReady(dialect, { create: false, steps: withLaterStep(dialect, broken) })),
        fails('failed', /9999-later.*left as it was/),
      )
      await (await open(place, { create: false })).close()
      await withDialect(dialect => makeReady(dialect, { create: false, steps: withLaterStep(dialect) }))
    })

    it('S9 lets nobody change or remove what happened', async () => {
      const ledger = await open(place)
      const [drill] = await ledger.addPlans([plan('web')])
      assert(drill)
      await ledger.intend(intent(drill))
      await ledger.close()
      await withDialect(async ({ db }) => {
        const appendOnly = /append-only/
        await assert.rejects(db.updateTable('drill_events').set({ kind: 'nothing' }).execute(), appendOnly)
        await assert.rejects(db.deleteFrom('drill_events').execute(), appendOnly)
        await assert.rejects(db.updateTable('strikes').set({ victim: 'i-other' }).execute(), appendOnly)
        await assert.rejects(db.deleteFrom('strikes').execute(), appendOnly)
        assert.equal((await db.selectFrom('drill_events').selectAll().execute()).length, 1)
      })
    })

    it('keeps the note and the name of whoever cleared or ended what stopped strikes', async () => {
      const ledger = await open(place)
      const [drill] = await ledger.addPlans([plan('web')])
      assert(drill)
      const result = await ledger.intend(intent(drill))
      assert(result.kind === 'permitted')
      await ledger.advance({ drill: concluded(result.drill, { verdict: 'snowflake' }), events: [], quarantine: 'drift' })
      await ledger.clearQuarantine('web', 'fixed it', 'ops')
      await ledger.halt({ target: { kind: 'installation' }, reason: 'a try', by: 'ops', until: null })
      await ledger.resume(null, 'lead')
      await ledger.close()
      await withDialect(async ({ db }) => {
        const [quarantine] = await db.selectFrom('quarantines').selectAll().execute()
        assert.deepEqual([quarantine?.note, quarantine?.cleared_by, typeof quarantine?.cleared_at], ['fixed it', 'ops', 'number'])
        const [halt] = await db.selectFrom('halts').selectAll().execute()
        assert.deepEqual([halt?.ended_by, typeof halt?.ended_at], ['lead', 'number'])
      })
    })
  })
}

describe('an embedded ledger', () => {
  let where: Places
  let file: string
  let place: LedgerLocation

  before(async function () {
    where = await places('embedded', this)
  })
  after(() => where.stop())
  beforeEach(async () => {
    place = await where.fresh()
    assert(place.kind === 'embedded')
    file = place.file
  })

  async function isLeftAlone(code: LedgerErrorCode, words: RegExp): Promise<void> {
    const bytes = await readFile(file)
    const neighbours = await readdir(dirname(file))
    await assert.rejects(open(place, { create: true }), fails(code, words))
    await assert.rejects(open(place, { create: false }), fails(code, words))
    await assert.rejects(initLedger(place), fails(code, words))
    assert(bytes.equals(await readFile(file)))
    assert.deepEqual(await readdir(dirname(file)), neighbours)
  }

  it('is durable: write-ahead log, full sync, foreign keys, and patience with other processes', async () => {
    await initLedger(place)
    const dialect = dialectOf(place)
    const read = async (name: string) => Object.values((await sql<object>`pragma ${sql.raw(name)}`.execute(dialect.db)).rows[0] ?? {})[0]
    assert.deepEqual([await read('journal_mode'), await read('synchronous'), await read('foreign_keys')], ['wal', 2, 1])
    assert.equal(await read('busy_timeout'), 5_000)
    await dialect.db.transaction().execute(async () => {})
    assert.equal(await read('busy_timeout'), 5_000)
    await dialect.close()
  })

  it('leaves a database that is not Firedrill’s alone', async () => {
    const other = new DatabaseSync(file)
    other.exec('create table customers (id integer)')
    other.close()
    await isLeftAlone('foreign', /not Firedrill's/)
  })

  it('leaves another program’s database alone, also while that is empty or has a write-ahead log', async () => {
    const other = new DatabaseSync(file)
    other.exec('pragma application_id = 42; pragma journal_mode = wal')
    other.close()
    await isLeftAlone('foreign', /not Firedrill's/)
  })

  it('says of what is no database that it is damaged or no ledger', async () => {
    await writeFile(file, 'a shopping list, which is of course a little longer than the header of a database\n'.repeat(20))
    await isLeftAlone('corrupt', /damaged or not a ledger at all/)
  })

  it('finds damage in the middle of its file when it is opened', async () => {
    const ledger = await open(place)
    await ledger.addPlans(Array.from({ length: 300 }, (_, index) => plan(`g${index}`)))
    await ledger.close()
    const handle = await openFile(file, 'r+')
    const { size } = await handle.stat()
    await handle.write(Buffer.alloc(8_192, 0x5a), 0, 8_192, Math.floor(size / 8_192) * 4_096)
    await handle.close()
    await assert.rejects(open(place), fails('corrupt', /^.* is damaged .*; put a backup in its place[^\n]*$/))
  })

  it('says that a ledger which was cut off is damaged', async () => {
    await initLedger(place)
    await writeFile(file, (await readFile(file)).subarray(0, 6_000))
    await assert.rejects(open(place), fails('corrupt', /damaged/))
  })

  it('S14 takes an empty file for none at all', async () => {
    await writeFile(file, '')
    await assert.rejects(open(place, { create: false }), fails('missing', /`firedrill init`/))
    assert.deepEqual(await initLedger(place), { created: true })
  })

  it('is refused where its place is a folder, or under a file', async () => {
    await mkdir(file)
    await assert.rejects(open(place), fails('foreign', /is not a file/))
    await writeFile(`${file}.txt`, 'x')
    await assert.rejects(initLedger({ kind: 'embedded', file: `${file}.txt/ledger.db` }), fails('failed', /cannot be opened/))
  })

  it('makes the folders that it stands in', async () => {
    assert.deepEqual(await initLedger({ kind: 'embedded', file: `${file}.d/deep/ledger.db` }), { created: true })
  })

  it('says after a while that another process keeps it locked', async function () {
    this.timeout(60_000)
    await initLedger(place)
    const ledger = await open(place)
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    await assert.rejects(ledger.addPlans([plan('web')]), fails('in-use', /locked by another process/))
    other.exec('rollback')
    other.close()
    assert.equal((await ledger.addPlans([plan('web')])).length, 1)
    await ledger.close()
  })

  it('may live in memory, each one for itself, told the time by its clock', async () => {
    const memory: LedgerLocation = { kind: 'embedded', file: ':memory:' }
    await assert.rejects(open(memory, { create: false }), fails('missing', /`firedrill init`/))
    const clock = { now: () => Temporal.Instant.from('2030-01-01T00:00:00.0005Z') }
    const [first, second] = [await open(memory, { clock }), await open(memory)]
    await first.addPlans([plan('web')])
    assert.equal((await first.drills({})).length, 1)
    assert.equal((await second.drills({})).length, 0)
    assert.equal((await first.now()).toString(), '2030-01-01T00:00:00Z')
    await first.close()
    await second.close()
  })
})

describe('a ledger on PostgreSQL', () => {
  let where: Places

  before(async function () {
    where = await places('postgres', this)
  })
  after(() => where?.stop())

  async function fresh(): Promise<{ place: LedgerLocation; url: string }> {
    const place = await where.fresh()
    assert(place.kind === 'postgres')
    return { place, url: place.url.reveal() }
  }

  it('leaves a schema that is not Firedrill’s alone', async () => {
    const { place, url } = await fresh()
    for (const table of ['customers (id int)', 'meta (id int)', 'meta (name text, value text)']) {
      await query(url, `drop schema if exists firedrill cascade; create schema firedrill; create table firedrill.${table}`)
      await assert.rejects(open(place, { create: true }), fails('foreign', /not Firedrill's/))
      await assert.rejects(initLedger(place), fails('foreign', /not Firedrill's/))
      const tables = await query(
        url,
        "select 1 from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'firedrill' and relkind = 'r'",
      )
      assert.equal(tables.length, 1)
    }
  })

  it('fills an empty schema that somebody with more rights has made', async () => {
    const { place, url } = await fresh()
    await query(url, 'drop role if exists narrow; create role narrow login; create schema firedrill authorization narrow')
    const narrow: LedgerLocation = { kind: 'postgres', url: secret(url.replace('firedrill@', 'narrow@')) }
    assert.deepEqual(await initLedger(narrow), { created: true })
    await (await open(place, { create: false })).close()
    await query(url, 'drop schema firedrill cascade')
    await assert.rejects(initLedger(narrow), fails('failed', /too few rights at 127\.0\.0\.1:/))
  })

  it('names the server that cannot be reached, never the user or the password', async () => {
    const port = await freePort()
    const place: LedgerLocation = { kind: 'postgres', url: secret(`postgres://somebody:hush@127.0.0.1:${port}/db`) }
    for (const attempt of [() => open(place), () => initLedger(place)])
      await assert.rejects(attempt, (error: unknown) => {
        assert(error instanceof LedgerError)
        assert.equal(error.code, 'unreachable')
        assert(error.message.includes(`127.0.0.1:${port}`))
        assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error.cause)}`, /somebody|hush/)
        return true
      })
    const nonsense: LedgerLocation = { kind: 'postgres', url: secret('not a url') }
    await assert.rejects(open(nonsense), fails('unreachable', /postgres:\/\/user@host/))
  })

  it('says that a password is missing, and leaves no connection open that would hold the process', async () => {
    const port = await freePort()
    let closed: Promise<unknown> = Promise.resolve()
    const server = createServer(socket => {
      closed = once(socket, 'close')
      // What a server says that wants SCRAM: which kind, and then its first message.
      const answers = [authentication(10, 'SCRAM-SHA-256\0\0'), authentication(11, 'r=nonce,s=c2FsdA==,i=4096')]
      socket.on('data', () => socket.write(answers.shift() ?? ''))
    }).listen(port, '127.0.0.1')
    await once(server, 'listening')
    const place: LedgerLocation = { kind: 'postgres', url: secret(`postgres://firedrill@127.0.0.1:${port}/db`) }
    await assert.rejects(open(place), fails('denied', /asks for a password; correct user and password under "ledger"/))
    await closed
    server.close()
  })

  it('says so where the database does not exist', async () => {
    const { url } = await fresh()
    const place: LedgerLocation = { kind: 'postgres', url: secret(url.replace(/\/ledger$/, '/nowhere')) }
    await assert.rejects(open(place), fails('missing', /create it, then run `firedrill init`/))
  })

  it('goes on after the server restarted, and is unreachable while that is down', async () => {
    const { place } = await fresh()
    const ledger = await open(place)
    const [drill] = await ledger.addPlans([plan('web')])
    assert(drill && where.server)
    await Promise.all(Array.from({ length: 5 }, () => ledger.state()))
    await where.server.restart(async () => {
      await assert.rejects(ledger.state(), fails('unreachable', /127\.0\.0\.1:\d+ cannot be reached/))
      await assert.rejects(ledger.intend(intent(drill)), fails('unreachable', /no strike is made/))
    })
    assert.equal((await ledger.intend(intent(drill))).kind, 'permitted')
    assert.equal((await ledger.state()).strikes.length, 1)
    await ledger.close()
  })

  it('waits a while for a server that is about to come back', async () => {
    const { place } = await fresh()
    await (await open(place)).close()
    assert(where.server)
    let opened: ReturnType<typeof open> | null = null
    await where.server.restart(async () => {
      opened = open(place, { create: false })
    })
    assert(opened)
    const ledger = await (opened as ReturnType<typeof open>)
    assert.deepEqual((await ledger.state()).halts, [])
    await ledger.close()
  })

  it('loses a transaction that the server’s end interrupts, whole', async () => {
    const { place, url } = await fresh()
    const ledger = await open(place)
    const [drill] = await ledger.addPlans([plan('web')])
    assert(drill)
    const blocker = openPostgres(secret(url))
    // Somebody holds the lock, so that the intent is certainly under way when its connection is cut.
    const cut = blocker.underLock(async () => {
      const under = assert.rejects(ledger.intend(intent(drill)), fails('unreachable', /cannot be reached/))
      const waiting = "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and pid <> pg_backend_pid()"
      while ((await query(url, waiting)).length === 0);
      await under
    })
    await cut
    await blocker.close()
    assert.deepEqual(await ledger.drill(drill.id), drill)
    assert.equal((await ledger.intend(intent(drill))).kind, 'permitted')
    await ledger.close()
  })
})
