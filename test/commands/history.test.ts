import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { firedrill } from './binary.ts'
import { planned, snowflake, withLedger } from './ledger.ts'

describe('quarantine', () => {
  it('S6 lists services, and clears them by glob, with a note that is kept', async () => {
    await withLedger(async (cwd, ledger) => {
      await snowflake(ledger, 'web-a')
      await snowflake(ledger, 'api')
      const { stdout } = await firedrill(cwd, ['quarantine'])
      assert.match(stdout, /^SERVICE +SINCE +DRILL +WHY\n/)
      assert.match(stdout, /^web-a .*config-drift: securityGroups$/m)
      const missed = await firedrill(cwd, ['quarantine', 'clear', 'wbe-a', '--note', 'fixed'])
      assert.equal(missed.code, 2)
      assert.match(missed.stderr, /no service in quarantine matches "wbe-a"; did you mean web-a\?/)
      assert.equal((await firedrill(cwd, ['quarantine', 'clear', 'web-*', '--note', '  '])).code, 2)
      const cleared = await firedrill(cwd, ['quarantine', 'clear', 'web-*', '--note', 'template fixed'])
      assert.deepEqual(cleared, { code: 0, stdout: 'Cleared web-a: template fixed\n', stderr: '' })
      const left = JSON.parse((await firedrill(cwd, ['quarantine', '--json'])).stdout)
      assert.deepEqual(
        left.map((one: { service: string }) => one.service),
        ['api'],
      )
    })
  })
})

describe('drills', () => {
  it('prints a table of at most 80 columns that says why', async () => {
    await withLedger(async (cwd, ledger) => {
      await snowflake(ledger, 'web')
      await planned(ledger, `a-very-long-name-${'x'.repeat(60)}`)
      const { code, stdout } = await firedrill(cwd, ['drills'])
      assert.equal(code, 0)
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line)
      assert.match(stdout, /2026-11-02 10:00Z +\S+ +web +concluded +snowflake +security/)
      assert.match(stdout, / a-.*….* planned/)
    })
  })

  it('filters by group, state and age', async () => {
    await withLedger(async (cwd, ledger) => {
      await snowflake(ledger, 'web')
      await planned(ledger, 'api')
      const names = async (...args: string[]) => {
        const { code, stdout, stderr } = await firedrill(cwd, ['drills', '--json', ...args])
        assert.deepEqual([code, stderr], [0, ''])
        return JSON.parse(stdout).map((drill: { groupName: string }) => drill.groupName)
      }
      assert.deepEqual((await names()).sort(), ['api', 'web'])
      assert.deepEqual(await names('--group', 'w*'), ['web'])
      assert.deepEqual(await names('--group', 'aws:123456789012/eu-west-1/asg/api'), ['api'])
      assert.deepEqual(await names('--state', 'concluded,refused'), ['web'])
      assert.equal((await names('--limit', '1')).length, 1)
      assert.deepEqual(await names('--group', 'nothing'), [])
    })
  })
})

describe('report', () => {
  it('goes to the data folder, or where it is told to', async () => {
    await withLedger(async (cwd, ledger) => {
      await snowflake(ledger, 'web')
      const places = { '.firedrill/reports': [], here: ['--out', 'here'], 'there/deep': ['--out', join(cwd, 'there/deep')] }
      for (const [place, args] of Object.entries(places)) {
        const { code, stdout, stderr } = await firedrill(cwd, ['report', ...args])
        const file = join(cwd, place, 'report.html')
        assert.deepEqual([code, stdout, stderr], [0, `${file}\n`, ''])
        assert.match(await readFile(file, 'utf8'), /web/)
      }
      assert.equal((await firedrill(cwd, ['report', '--out', 'here/report.html/no'])).code, 2)
    })
  })
})

describe('show', () => {
  it('prints timeline, findings and evidence of a drill named by the beginning of its id', async () => {
    await withLedger(async (cwd, ledger) => {
      const drill = await snowflake(ledger, 'web')
      const { code, stdout } = await firedrill(cwd, ['show', drill.id.slice(0, 2)])
      assert.equal(code, 0)
      assert.match(stdout, new RegExp(`^web {2}snowflake {2}${drill.id}\n`))
      assert.match(stdout, /^ {2}10:00:06Z +\+0 ms {2}struck +i-web$/m)
      assert.match(stdout, /^ {2}10:02:00Z +\+1 min 54 s {2}recovered$/m)
      assert.match(stdout, /fail {2}config-drift {2}securityGroups\n +security group sg-9 was on the victim/)
      assert.match(stdout, /expected sg-1, found sg-1, sg-9/)
      assert.match(stdout, /declaration afterwards: not read \(throttled\)/)
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line)
    })
  })

  it('prints everything as JSON', async () => {
    await withLedger(async (cwd, ledger) => {
      const drill = await snowflake(ledger, 'web')
      const record = JSON.parse((await firedrill(cwd, ['show', drill.id, '--json'])).stdout)
      assert.equal(record.drill.judgement.verdict, 'snowflake')
      assert.equal(record.before.victim.instance, 'i-web')
      assert.equal(record.after.declarationWhy, 'throttled')
      assert.ok(record.events.some((event: { kind: string }) => event.kind === 'struck'))
    })
  })

  it('ends with 2 for an id that names no drill or several', async () => {
    await withLedger(async (cwd, ledger) => {
      await planned(ledger, 'web')
      const second = await planned(ledger, 'api')
      const none = await firedrill(cwd, ['show', 'zzz'])
      assert.deepEqual([none.code, none.stdout], [2, ''])
      assert.match(none.stderr, /there is no drill "zzz"/)
      const several = await firedrill(cwd, ['show', 'a'])
      assert.deepEqual([several.code, several.stdout], [2, ''])
      assert.match(several.stderr, /2 drills begin with "a": .*\(web\)/)
      assert.equal((await firedrill(cwd, ['show', second.id])).code, 0)
      assert.equal((await firedrill(cwd, ['show', ''])).code, 2)
    })
  })
})
