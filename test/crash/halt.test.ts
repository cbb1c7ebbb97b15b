import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { CrashInstallation } from './installation.ts'

const regions = ['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-north-1', 'us-east-1', 'us-east-2']

describe('a halt against many workers', function () {
  this.timeout(180_000)
  let postgres: TestPostgres

  before(async function () {
    postgres = await startPostgres(this)
  })

  after(() => postgres?.stop())

  it('S2 after halt --wait has returned there is no strike, not even of workers that were paused between intent and call', async () => {
    const url = await postgres.database(`halt-${randomUUID()}`)
    const installation = await CrashInstallation.open({ backend: `ledger: "${url}"\nqueue: "${url}"\n`, groups: 24, regions })
    try {
      await installation.discover()
      const planned = await installation.planIn(
        15,
        Array.from({ length: 24 }, (_, index) => index),
      )
      // Paused at different sides of the call, and at different turns; two more are never paused.
      const pauses = ['provider.strike.before', 'provider.strike.before:2', 'ledger.intend.after', 'ledger.advance.sending.after']
      const workers: ChildProcess[] = [
        ...pauses.map(point => installation.start(['worker'], { point, action: 'stop' })),
        ...[1, 2].map(() => installation.start(['worker'])),
      ]
      await installation.until(() => installation.strikes().length >= 2, 'the first strikes')
      const halt = installation.start(['halt', 'an incident', '--wait'])
      assert.equal(await installation.ended(halt), 0, installation.output.slice(-4_000))
      const struck = installation.strikes().length
      assert.deepEqual(await installation.ledger.strikesInFlight(), [])
      for (const worker of workers) worker.kill('SIGCONT')
      await installation.until(async () => (await installation.drills()).every(drill => drill.state !== 'planned'), 'a refusal of the rest')
      for (const worker of workers) await installation.stop(worker)
      assert.equal(installation.strikes().length, struck, 'a strike was made after the halt')
      const drills = await installation.drills()
      assert.equal(drills.length, planned.length)
      const victims = drills.flatMap(drill => ('order' in drill ? [drill.order.victim.id] : []))
      assert.ok(victims.length > struck, 'nobody was paused between intent and call')
      for (const victim of installation.strikes()) assert.equal(victims.filter(one => one === victim).length, 1)
      assert.equal(new Set(installation.strikes()).size, struck)
      assert.ok(drills.some(drill => drill.state === 'refused' && drill.refusal.rule === 'S2'))
    } finally {
      await installation.close()
    }
  })

  it('S2 waits for a lock that others keep longer than a write may, says so, and is set', async () => {
    const url = await postgres.database(`halt-${randomUUID()}`)
    const installation = await CrashInstallation.open({ backend: `ledger: "${url}"\nqueue: "${url}"\n`, groups: 1 })
    const others = new pg.Client({ connectionString: url })
    try {
      await others.connect()
      // As long as a write waits for the lock, and a little longer.
      const held = others.query("begin; select pg_advisory_xact_lock(x'4644524c'::int); select pg_sleep(22); commit")
      const halt = installation.start(['halt', 'an incident'])
      assert.equal(await installation.ended(halt), 0, installation.output)
      await held
      assert.match(installation.output, /^firedrill: nothing is halted yet: .*\nHalted the whole installation/s)
      assert.equal((await installation.ledger.state()).halts.length, 1)
    } finally {
      await others.end()
      await installation.close()
    }
  })

  it('S2 the file that FIREDRILL_HALT_FILE names halts everything, and its absence goes on', async () => {
    const installation = await CrashInstallation.open({ backend: '', groups: 2 })
    try {
      const env = { FIREDRILL_HALT_FILE: join(installation.folder, 'halt') }
      await installation.discover()
      const [halted] = await installation.plan(0)
      await writeFile(env.FIREDRILL_HALT_FILE, '')
      const service = installation.start(['serve'], { env })
      await installation.until(() => installation.allSettled(), 'a refusal')
      assert.deepEqual(installation.strikes(), [])
      await rm(env.FIREDRILL_HALT_FILE)
      await installation.stop(service)
      await installation.plan(1)
      const again = installation.start(['serve'], { env })
      await installation.until(() => installation.allSettled(), 'a verdict')
      await installation.stop(again)
      assert.equal(installation.strikes().length, 1)
      const drill = (await installation.drills()).find(one => one.id === halted)
      assert.ok(drill?.state === 'refused' && drill.refusal.rule === 'S2')
    } finally {
      await installation.close()
    }
  })

  it('S2 a halt of a scope, a service, a group or a schedule stops that and nothing else', async () => {
    const installation = await CrashInstallation.open({ backend: '', groups: 3, regions: ['eu-west-1', 'eu-west-2', 'eu-west-3'] })
    try {
      await installation.discover()
      const group = (await installation.ledger.groups()).find(({ summary }) => summary.name === 'g000')?.summary
      const scope = (await installation.ledger.groups()).find(({ summary }) => summary.name === 'g001')?.summary.scope
      assert.ok(group !== undefined && scope !== undefined)
      for (const [kind, name, code] of [
        ['--group', group.id, 0],
        ['--service', group.id, 0],
        ['--scope', scope, 0],
        // That there is none is said.
        ['--schedule', 'another', 4],
      ] as const)
        assert.equal(await installation.ended(installation.start(['halt', kind, name])), code, `${kind} ${name}`)
      await installation.plan(0, 1, 2)
      const service = installation.start(['serve'])
      await installation.until(() => installation.allSettled(), 'an end of every drill')
      await installation.stop(service)
      const ends = (await installation.drills()).map(drill => `${drill.groupName} ${drill.state}`).toSorted()
      assert.deepEqual(ends, ['g000 refused', 'g001 refused', 'g002 concluded'])
    } finally {
      await installation.close()
    }
  })
})
