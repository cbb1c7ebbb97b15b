import assert from 'node:assert/strict'
import { LedgerError } from '../../src/ledger/ledger.ts'
import type { LedgerLocation } from '../../src/ledger/open.ts'
import { holdWorkerRole } from '../../src/ledger/worker-role.ts'
import { type Child, child } from './children.ts'
import { open, type Places, places, secret } from './places.ts'

describe('the worker role', () => {
  let where: Places
  let place: LedgerLocation
  const children: Child[] = []

  before(async function () {
    where = await places('embedded', this)
  })
  after(() => where.stop())
  beforeEach(async () => {
    place = await where.fresh()
  })
  afterEach(async () => {
    for (const started of children.splice(0)) await started.kill()
  })

  async function start(action: 'hold' | 'halt'): Promise<Child> {
    const started = await child(action, place)
    children.push(started)
    return started
  }

  it('is held by one process, and a second is told which', async () => {
    const first = await start('hold')
    assert.equal(first.said, 'held')
    await assert.rejects(
      holdWorkerRole(place),
      (error: unknown) => error instanceof LedgerError && error.code === 'in-use' && error.message.includes(`pid ${first.pid})`),
    )
    const second = await start('hold')
    assert.match(second.said, new RegExp(`^error: another worker \\(pid ${first.pid}\\)`))
  })

  it('ends with its process, however hard that was killed', async () => {
    const first = await start('hold')
    await first.kill()
    const role = await holdWorkerRole(place)
    const second = await start('hold')
    assert.match(second.said, new RegExp(`pid ${process.pid}\\)`))
    await role.release()
    const third = await start('hold')
    assert.equal(third.said, 'held')
  })

  it('goes to exactly one of five that start at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => start('hold')))
    assert.deepEqual(all.map(({ said }) => said === 'held').toSorted(), [false, false, false, false, true])
  })

  it('cannot be taken twice in one process, and can be given back twice', async () => {
    const role = await holdWorkerRole(place)
    await assert.rejects(holdWorkerRole(place), LedgerError)
    await role.release()
    await role.release()
    await (await holdWorkerRole(place)).release()
  })

  it('does not keep other commands from the ledger', async () => {
    await start('hold')
    const ledger = await open(place)
    assert.equal((await start('halt')).said, 'halted')
    assert.equal((await ledger.state()).halts.length, 1)
    await ledger.close()
  })

  it('is free for all on PostgreSQL and in memory', async () => {
    for (const free of [
      { kind: 'postgres', url: secret('postgres://127.0.0.1:1/x') },
      { kind: 'embedded', file: ':memory:' },
    ] as const) {
      const roles = [await holdWorkerRole(free), await holdWorkerRole(free)]
      for (const role of roles) await role.release()
    }
  })
})
