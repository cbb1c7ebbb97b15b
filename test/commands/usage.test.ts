import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MINIMAL, withFiles } from '../config/folder.ts'
import { end, firedrill, start } from './binary.ts'

const COMMANDS = [
  'init',
  'validate',
  'rehearse',
  'run',
  'serve',
  'worker',
  'plan',
  'groups',
  'forecast',
  'drills',
  'show',
  'report',
  'halt',
  'resume',
  'quarantine',
  'notify',
  'simulate',
]

describe('the command line', () => {
  it('prints help and ends with 2 without a command', async () => {
    await withFiles({}, async cwd => {
      const { code, stdout, stderr } = await firedrill(cwd, [])
      assert.equal(code, 2)
      assert.equal(stdout, '')
      for (const command of COMMANDS) assert.match(stderr, new RegExp(`^  ${command} `, 'm'))
    })
  })

  it('prints its version, and help for every command with examples, and ends with 0', async () => {
    await withFiles({}, async cwd => {
      assert.match((await firedrill(cwd, ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
      const says = async (command: string) => {
        const { code, stdout, stderr } = await firedrill(cwd, [...command.split(' '), '--help'])
        assert.deepEqual([code, stderr], [0, ''], command)
        assert.match(stdout, /--config <file>/)
        assert.match(stdout, new RegExp(`Examples:\n  firedrill ${command}`))
      }
      await Promise.all([...COMMANDS, 'quarantine clear', 'notify test'].map(says))
    })
  })

  const wrong: readonly [string, readonly string[], RegExp][] = [
    ['an unknown command', ['drils'], /unknown command 'drils'\n\(Did you mean drills\?\)/],
    ['an unknown option', ['plan', '--dayz', '3'], /unknown option '--dayz'\n\(Did you mean --days\?\)/],
    ['a number that is none', ['plan', '--days', 'many'], /must be a whole number from 1 to 366/],
    ['a state that is none', ['drills', '--state', 'burnt'], /"burnt" is none of planned, refused/],
    ['a duration that is none', ['report', '--since', 'monday'], /must be a duration such as 30d/],
    ['an argument too few', ['show'], /missing required argument 'drill'/],
    ['an argument too many', ['resume', 'now'], /too many arguments/],
    ['clearing without a note', ['quarantine', 'clear', 'web'], /required option '--note <text>' not specified/],
    ['two targets', ['halt', '--group', 'a', '--service', 'b'], /name one target, not --service and --group/],
    ['two ways to say which groups, of which one is all', ['run', '--all', '--group', 'web'], /name either --all or --group/],
    ['a victim of no group', ['run', '--victim', 'i-1'], /--victim needs the group that it belongs to: add --group/],
    [
      'a report that cannot be written, before anything is struck',
      ['run', '--json', 'here.txt/x.json'],
      /--json: nothing can be written to \S+here\.txt /,
    ],
    ['a folder where a file is to be written', ['run', '--json', '.'], /--json: \S+ is a folder; name a file in it/],
    ['a configuration that is not there', ['drills', '--config', 'nope.yaml'], /nope\.yaml: there is no such file/],
  ]
  for (const [about, args, says] of wrong)
    it(`ends with 2 for ${about}`, async () => {
      await withFiles({ 'here.txt': '' }, async cwd => {
        const { code, stdout, stderr } = await firedrill(cwd, args)
        assert.match(stderr, says)
        assert.deepEqual([code, stdout], [2, ''])
      })
    })

  it('S14 ends with 4 and one sentence where nobody made a ledger, and makes none', async () => {
    await withFiles({ 'firedrill.yaml': '' }, async cwd => {
      const { code, stderr } = await firedrill(cwd, ['drills'])
      assert.equal(code, 4)
      assert.match(stderr, /^firedrill: there is no ledger at .*firedrill init.*\n$/)
      assert.equal((await firedrill(cwd, ['halt'])).code, 4)
    })
  })

  it('S2 sends who halts in the wrong folder to the right one, not to a new ledger', async () => {
    await withFiles({}, async cwd => {
      const { code, stderr } = await firedrill(cwd, ['halt'])
      assert.equal(code, 4)
      assert.match(
        stderr,
        /^firedrill: there is no firedrill\.yaml in \S+ and no ledger; go to the folder of your installation, .*--config.*\n$/,
      )
    })
  })

  it('leaves a firedrill.yaml alone that a rehearsal has not written', async () => {
    const files = { 'firedrill.yaml': 'never: ["*-db"]\n', 'schedules/a.yaml': MINIMAL, 'ledger/kept': 'x' }
    await withFiles(files, async cwd => {
      const { code, stderr } = await firedrill(cwd, ['rehearse', '--out', '.'])
      assert.equal(code, 2)
      assert.match(stderr, /holds a firedrill\.yaml of yours/)
      for (const [name, text] of Object.entries(files)) assert.equal(await readFile(join(cwd, name), 'utf8'), text)
    })
  })

  it('S14 makes a missing ledger silently where every endpoint is on loopback', async () => {
    const files = { 'firedrill.yaml': 'providers: { aws: { endpoint: "http://127.0.0.1:9" } }\n', 'schedules/a.yaml': MINIMAL }
    await withFiles(files, async cwd => {
      assert.deepEqual(await firedrill(cwd, ['drills']), { code: 0, stdout: 'No drills match.\n', stderr: '' })
    })
  })

  it('ends with 4 for a file that is no ledger, leaves it alone, and shows a stack only when asked', async () => {
    await withFiles(
      { '.firedrill/ledger.sqlite': 'this is something else entirely, and long enough to look at. '.repeat(20) },
      async cwd => {
        const plain = await firedrill(cwd, ['drills'])
        assert.equal(plain.code, 4)
        assert.equal(plain.stderr.trimEnd().split('\n').length, 1)
        const debug = await firedrill(cwd, ['drills'], { FIREDRILL_DEBUG: '1' })
        assert.match(debug.stderr, /\n +at /)
        assert.equal(debug.code, 4)
      },
    )
  })

  it('escapes what would move the cursor', async () => {
    await withFiles({}, async cwd => {
      await firedrill(cwd, ['init'])
      const { stdout } = await firedrill(cwd, ['halt', '\u001b[2Jgone\r\u202e'])
      assert.match(stdout, /\\u\{1b\}\[2Jgone\\u\{d\}\\u\{202e\}/)
    })
  })

  it('ends quietly where nobody reads its output', async () => {
    await withFiles({}, async cwd => {
      const child = start(['--help'], { cwd })
      child.stdout?.destroy()
      const { code, stderr } = await end(child)
      assert.deepEqual([code, stderr], [0, ''])
    })
  })

  it('runs without colour unless it is forced', async () => {
    await withFiles({ 'schedules/a.yaml': 'nme: a\n' }, async cwd => {
      assert.ok(!(await firedrill(cwd, ['validate'])).stdout.includes('\u001b'))
      assert.ok((await firedrill(cwd, ['validate'], { FORCE_COLOR: '1' })).stdout.includes('\u001b[31m'))
    })
  })
})
