import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MINIMAL, withFiles } from '../config/folder.ts'
import { firedrill } from './binary.ts'

describe('init and validate', () => {
  it('S14 makes ledger, settings and a leashed schedule, all of which validate', async () => {
    await withFiles({}, async cwd => {
      const { code, stdout, stderr } = await firedrill(cwd, ['init'])
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(
        stdout,
        /^made {2}firedrill\.yaml\nmade {2}schedules\/weekdays\.yaml \(leashed.*\nmade {2}the ledger \.firedrill\/ledger\.sqlite\n/,
      )
      assert.ok((await stat(join(cwd, '.firedrill/ledger.sqlite'))).size > 0)
      const valid = await firedrill(cwd, ['validate'])
      assert.deepEqual(valid, {
        code: 0,
        stdout: 'ok: 1 schedule (all leashed), providers: aws, ledger: embedded, queue: embedded\n',
        stderr: '',
      })
      assert.equal((await firedrill(cwd, ['drills'])).code, 0)
    })
  })

  it('keeps what is there, and halts in the ledger, when it runs again', async () => {
    await withFiles({ 'firedrill.yaml': 'schedules: plans\n', 'plans/mine.yaml': MINIMAL }, async cwd => {
      await firedrill(cwd, ['init'])
      await firedrill(cwd, ['halt', 'keep me'])
      const { stdout } = await firedrill(cwd, ['init'])
      assert.match(stdout, /^kept {2}firedrill\.yaml\nkept {2}plans \(one schedule\)\nkept {2}the ledger/)
      assert.equal(await readFile(join(cwd, 'firedrill.yaml'), 'utf8'), 'schedules: plans\n')
      assert.match((await firedrill(cwd, ['resume'])).stdout, /keep me/)
    })
  })

  it('makes no ledger where the settings are wrong', async () => {
    await withFiles({ 'firedrill.yaml': 'ledgr: embedded\n' }, async cwd => {
      const { code, stderr } = await firedrill(cwd, ['init'])
      assert.equal(code, 2)
      assert.match(stderr, /^firedrill\.yaml:1:1: unknown key "ledgr"$/m)
      await assert.rejects(stat(join(cwd, '.firedrill')), { code: 'ENOENT' })
    })
  })

  it('prints every mistake with its place, or as JSON, and ends with 2', async () => {
    await withFiles({ 'schedules/a.yaml': `${MINIMAL}setle: 5m\nmethod: burn\n` }, async cwd => {
      const { code, stdout, stderr } = await firedrill(cwd, ['validate'])
      assert.deepEqual([code, stderr], [2, ''])
      assert.equal(
        stdout,
        'schedules/a.yaml:4:1: unknown key "setle"\n    Did you mean "settle"?\n' +
          'schedules/a.yaml:5:9: method must be retire or crash, not "burn"\n\n2 mistakes\n',
      )
      const json = await firedrill(cwd, ['validate', '--json'])
      assert.equal(json.code, 2)
      assert.deepEqual(JSON.parse(json.stdout).problems[0], {
        file: 'schedules/a.yaml',
        line: 4,
        column: 1,
        message: 'unknown key "setle"',
        suggestion: 'Did you mean "settle"?',
      })
    })
  })

  it('does not call the wrong folder all right', () =>
    withFiles({}, async cwd => {
      const { code, stdout, stderr } = await firedrill(cwd, ['validate'])
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /^firedrill: there is nothing to check in .*: no firedrill\.yaml and no schedule; go to /)
    }))
})
