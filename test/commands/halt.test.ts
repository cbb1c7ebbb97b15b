import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { intent, seen } from '../ledger/examples.ts'
import { end, firedrill, start } from './binary.ts'
import { planned, withLedger } from './ledger.ts'

describe('halt and resume', () => {
  it('S2 a halt is in the ledger for every other process at once, and stays until it is resumed', async () => {
    await withLedger(async (cwd, ledger) => {
      const { code, stdout } = await firedrill(cwd, ['halt', 'incident 4711'])
      assert.equal(code, 0)
      assert.match(stdout, /^Halted the whole installation, by .+: incident 4711\nNo strike is in flight\.\n$/)
      const [halt] = (await ledger.state()).halts
      assert.deepEqual([halt?.target, halt?.reason, halt?.until], [{ kind: 'installation' }, 'incident 4711', null])
      assert.match((await firedrill(cwd, ['resume'])).stdout, /^Resumed the whole installation/)
      assert.deepEqual((await ledger.state()).halts, [])
    })
  })

  it('S2 can be set while firedrill.yaml and the schedules are broken', async () => {
    await withLedger(async (cwd, ledger) => {
      const { writeFile, mkdir } = await import('node:fs/promises')
      await mkdir(join(cwd, 'schedules'))
      await writeFile(join(cwd, 'schedules/a.yaml'), 'name: [')
      await writeFile(join(cwd, 'firedrill.yaml'), 'nevr: [web]\nproviders: { nope: {} }\n')
      assert.equal((await firedrill(cwd, ['halt'])).code, 0)
      assert.equal((await ledger.state()).halts.length, 1)
      assert.equal((await firedrill(cwd, ['validate'])).code, 2)
    })
  })

  it('S2 takes a target and an end, and never looks as if it stopped what nobody knows', async () => {
    await withLedger(async (cwd, ledger) => {
      await ledger.recordDiscovery({
        scope: 'aws:123456789012/eu-west-1',
        at: Temporal.Now.instant(),
        unreadable: null,
        groups: [seen('checkout')],
      })
      const known = await firedrill(cwd, ['halt', '--service', 'checkout', '--until', '2h', '--json'])
      assert.equal(known.stderr, '')
      const { halt } = JSON.parse(known.stdout)
      assert.deepEqual(halt.target, { kind: 'service', name: 'checkout' })
      const hours = (Date.parse(halt.until) - Date.parse(halt.since)) / 3_600_000
      assert.ok(hours > 1.99 && hours < 2.01, String(hours))
      const byName = await firedrill(cwd, ['halt', '--group', 'checkout', '--wait'])
      assert.equal(byName.code, 0, byName.stderr)
      assert.match(byName.stdout, /none will start\.\n$/)
      const unknown = await firedrill(cwd, ['halt', '--service', 'chekcout', '--wait'])
      assert.equal(unknown.code, 4)
      assert.match(unknown.stderr, /it stops nothing: the ledger has not seen any service chekcout; did you mean checkout\?/)
      assert.doesNotMatch(unknown.stdout, /none will start/)
      const schedule = await firedrill(cwd, ['halt', '--schedule', 'weekday', '--json'])
      assert.equal(schedule.code, 4)
      assert.equal(JSON.parse(schedule.stdout).knownTarget, false)
      assert.equal((await ledger.state()).halts.length, 4)
    })
  })

  it('refuses an end that lies in the past or has no zone, and sets nothing', async () => {
    await withLedger(async (cwd, ledger) => {
      for (const [until, says] of [
        ['2020-01-01T00:00:00Z', /is not in the future/],
        ['2030-01-01T00:00', /must be a moment with its zone/],
        ['soon', /must be a moment with its zone/],
      ] as const) {
        const { code, stderr } = await firedrill(cwd, ['halt', '--until', until])
        assert.equal(code, 2)
        assert.match(stderr, says)
      }
      assert.deepEqual((await ledger.state()).halts, [])
    })
  })

  it('resumes one target and names what is still halted; --all ends everything', async () => {
    await withLedger(async cwd => {
      await firedrill(cwd, ['halt', '--schedule', 'weekdays'])
      await firedrill(cwd, ['halt'])
      const { stdout } = await firedrill(cwd, ['resume'])
      assert.match(
        stdout,
        /^Resumed the whole installation.*\nStill halted: schedule weekdays.*\(firedrill resume --schedule weekdays\)\n$/,
      )
      assert.match((await firedrill(cwd, ['resume', '--group', 'x'])).stdout, /^There was no halt on group x\./)
      assert.match((await firedrill(cwd, ['resume', '--all'])).stdout, /^Resumed schedule weekdays/)
      assert.equal((await firedrill(cwd, ['resume', '--all'])).stdout, 'Nothing was halted.\n')
    })
  })

  it('S2 prints the strikes in flight, and --wait returns only when their permits are over', async () => {
    await withLedger(async (cwd, ledger) => {
      const result = await ledger.intend(intent(await planned(ledger, 'web')))
      assert.equal(result.kind, 'permitted')
      const child = start(['halt', '--wait'], { cwd })
      const ended = end(child)
      await once(child.stdout ?? child, 'data')
      while ((await ledger.state()).halts.length === 0) await once(child.stdout ?? child, 'data')
      assert.equal(child.exitCode, null)
      await ledger.endPermit('aa0-0000')
      const { code, stdout } = await ended
      assert.equal(code, 0)
      assert.match(stdout, /^aa0-0000 +i-web /m)
      assert.match(stdout, /No strike is in flight any more; none will start\.\n$/)
    })
  })

  it('S2 --wait ends by itself when a permit runs out', async () => {
    await withLedger(async (cwd, ledger) => {
      await ledger.intend(intent(await planned(ledger, 'web'), { permitFor: 1500 }))
      const { code, stdout } = await firedrill(cwd, ['halt', '--wait'])
      assert.equal(code, 0)
      assert.match(stdout, /none will start\.\n$/)
      assert.deepEqual(await ledger.strikesInFlight(), [])
    })
  })

  it('S2 a wait that is interrupted leaves the halt standing and does not look like success', async () => {
    await withLedger(async (cwd, ledger) => {
      await ledger.intend(intent(await planned(ledger, 'web'), { permitFor: 60_000 }))
      const child = start(['halt', '--wait'], { cwd })
      const ended = end(child)
      await once(child.stdout ?? child, 'data')
      child.kill('SIGTERM')
      const { code, stderr } = await ended
      assert.equal(code, 4)
      assert.match(stderr, /the halt stands/)
      assert.equal((await ledger.state()).halts.length, 1)
    })
  })

  it('lets several processes write to one embedded ledger at the same time', async () => {
    await withLedger(async (cwd, ledger) => {
      const ended = await Promise.all(['a', 'b', 'c', 'd'].map(reason => firedrill(cwd, ['halt', reason])))
      assert.deepEqual(
        ended.map(({ code }) => code),
        [0, 0, 0, 0],
      )
      assert.equal((await ledger.state()).halts.length, 4)
    })
  })
})
