import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { firedrill } from './binary.ts'
import { planned, snowflake, withLedger } from './ledger.ts'

const tomorrow = Temporal.Now.plainDateISO('UTC').add({ days: 1 }).toString()
const given = ['--until', tomorrow, '--note', 'see 4711']

describe('accept', () => {
  it('records a difference of the group until the end of that day, and says that the quarantine stays', async () => {
    await withLedger(async (cwd, ledger) => {
      const drill = await snowflake(ledger, 'web')
      const { code, stdout } = await firedrill(cwd, ['accept', drill.id.slice(0, 5), 'securityGroups', ...given])
      assert.equal(code, 0)
      assert.match(
        stdout,
        /^Accepted securityGroups of aws:.*\/web until .*: see 4711\nThe service stays in quarantine: firedrill quarantine clear 'web'/,
      )
      const [accepted] = await ledger.accepted(drill.group)
      assert.deepEqual(
        [accepted?.kind, accepted?.path, accepted?.actual, accepted?.note],
        ['config-drift', 'securityGroups', ['sg-1', 'sg-9'], 'see 4711'],
      )
      assert.equal(
        accepted?.until.toString(),
        Temporal.PlainDate.from(tomorrow).add({ days: 1 }).toZonedDateTime('UTC').toInstant().toString(),
      )
    })
  })

  it('is shown by show and in every report, on the drill that found it', async () => {
    await withLedger(async (cwd, ledger) => {
      const drill = await snowflake(ledger, 'web')
      await firedrill(cwd, ['accept', drill.id, 'securityGroups', ...given])
      const mark = new RegExp(`accepted until ${tomorrow} by .*: see 4711`)
      assert.match((await firedrill(cwd, ['show', drill.id])).stdout.replace(/\s+/g, ' '), mark)
      assert.match((await firedrill(cwd, ['show', drill.id, '--json'])).stdout, mark)
      const { stdout } = await firedrill(cwd, ['report', '--since', '3650d', '--format', 'html,json,md,junit', '--out', 'out'])
      const files = stdout.trim().split('\n')
      assert.equal(files.length, 4)
      for (const file of files) assert.match((await readFile(resolve(cwd, file), 'utf8')).replace(/<wbr\/?>|\\(?=-)/g, ''), mark, file)
    })
  })

  it('accepted again replaces what was accepted before', async () => {
    await withLedger(async (cwd, ledger) => {
      const drill = await snowflake(ledger, 'web')
      const today = Temporal.Now.plainDateISO('UTC').toString()
      await firedrill(cwd, ['accept', drill.id, 'securityGroups', ...given])
      await firedrill(cwd, ['accept', drill.id, 'securityGroups', '--until', today, '--note', 'it ends today'])
      assert.deepEqual(
        (await ledger.accepted()).map(({ note }) => note),
        ['it ends today'],
      )
    })
  })

  it('refuses what is no difference of this drill, no day, or over, and records nothing', async () => {
    await withLedger(async (cwd, ledger) => {
      const drill = await snowflake(ledger, 'web')
      const plan = await planned(ledger, 'api')
      const wrong: readonly [readonly string[], RegExp][] = [
        [[drill.id, 'securityGroup', ...given], /found no difference at "securityGroup"; did you mean securityGroups\?/],
        [[drill.id, 'image', ...given], /it found some at securityGroups/],
        [[plan.id, 'image', ...given], /found no difference that could be accepted/],
        [['zzz', 'image', ...given], /there is no drill "zzz"/],
        [[drill.id, 'securityGroups', '--until', '2020-01-01', '--note', 'x'], /is over already/],
        [[drill.id, 'securityGroups', '--until', '2026-02-30', '--note', 'x'], /must be a day/],
        [[drill.id, 'securityGroups', '--until', '2h', '--note', 'x'], /must be a day/],
        [[drill.id, 'securityGroups', '--until', tomorrow, '--note', ' '], /--note must say why/],
        [[drill.id, 'securityGroups', '--until', tomorrow], /--note/],
      ]
      for (const [words, says] of wrong) {
        const { code, stderr } = await firedrill(cwd, ['accept', ...words])
        assert.equal(code, 2, words.join(' '))
        assert.match(stderr, says)
      }
      assert.deepEqual(await ledger.accepted(), [])
    })
  })
})
