import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { complaints, guard, never, question } from './guards.ts'

describe('the command guard', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-command-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const run = (script: string, more: Record<string, unknown> = {}, env: Record<string, string> = {}) =>
    guard('command', { command: ['/bin/sh', '-c', script], ...more }, { folder, env }).ask(question, never)

  it('proceeds on exit code 0, and gives the group as JSON', async () => {
    const said = await run('cat > input.json')
    assert.equal(said.proceed, true)
    const input = JSON.parse(await readFile(join(folder, 'input.json'), 'utf8'))
    assert.deepEqual(
      [input.group.id, input.group.tags, input.schedule, input.lastsSeconds],
      ['cloud:here/group/web', { firedrill: 'enabled' }, 'weekdays', 1200],
    )
  })

  it('refuses any other end, in the words of the program', async () => {
    const said = await run('echo "deploys are frozen" >&2; exit 3')
    assert.deepEqual([said.proceed, said.reason], [false, '/bin/sh exited with 3: deploys are frozen'])
    assert.deepEqual(said.evidence.code, 3)
    assert.match((await run('kill -TERM $$')).reason, /was ended by SIGTERM/)
  })

  it('has no shell: an argument stays one argument', async () => {
    const hostile = '$(touch owned); `touch owned` | touch owned'
    const said = await guard('command', { command: ['/bin/echo', hostile] }, { folder }).ask(question, never)
    assert.equal(String(said.evidence.stdout).trim(), hostile)
    await assert.rejects(readFile(join(folder, 'owned')))
  })

  it('sees nothing of our environment but what the schedule gives it, and its secrets do not come back', async () => {
    process.env.FIREDRILL_TEST_CANARY = 'leaked'
    try {
      const more = { env: { REGION: 'here', TOKEN: { env: 'TOKEN' } } }
      const said = await run('env | sort; test "$TOKEN" = canary-token', more, { TOKEN: 'canary-token' })
      assert.equal(said.proceed, true)
      const names = String(said.evidence.stdout)
        .split('\n')
        .map(line => line.split('=')[0])
      assert.deepEqual(
        names.filter(name => name !== '' && name !== '_' && name !== 'PWD'),
        ['LANG', 'PATH', 'REGION', 'TOKEN'],
      )
      assert.doesNotMatch(JSON.stringify(said), /canary/)
    } finally {
      delete process.env.FIREDRILL_TEST_CANARY
    }
  })

  it('S10 kills the whole process group at its timeout', async () => {
    const script = 'sleep 60 & echo $! > child; echo $$ > parent; trap "" TERM; wait'
    await assert.rejects(run(script, { timeout: '400ms' }), /no answer within 400 ms/)
    for (const who of ['child', 'parent']) assert.equal(await isGone(Number(await readFile(join(folder, who), 'utf8'))), true, who)
  })

  it('leaves no child behind when the program itself has ended, and does not wait for one', async () => {
    const started = performance.now()
    assert.equal((await run('sleep 60 & echo $! > left; exit 0')).proceed, true)
    assert.ok(performance.now() - started < 5_000)
    assert.equal(await isGone(Number(await readFile(join(folder, 'left'), 'utf8'))), true)
  })

  it('S10 refuses a program that is not there, cannot be run, or writes without end', async () => {
    await writeFile(join(folder, 'plain.txt'), 'not a program')
    const opened = (program: string) => guard('command', { command: [program] }, { folder }).ask(question, never)
    await assert.rejects(opened('./missing'), /could not be started/)
    await assert.rejects(opened('./plain.txt'), /could not be started/)
    await assert.rejects(run('while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done'), /wrote more than 64 kB/)
  })

  it('does not mind a program that leaves its input unread', async () => {
    assert.equal((await guard('command', { command: ['/bin/true'] }, { folder }).ask(question, never)).proceed, true)
  })

  it('is a list, not a line', () => {
    assert.notDeepEqual(complaints('command', { command: 'check --now' }), [])
    assert.notDeepEqual(complaints('command', { command: [] }), [])
    assert.notDeepEqual(complaints('command', { command: ['a\0b'] }), [])
  })
})

/** Killed processes are gone a moment later; a zombie counts. */
async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').then(
      text => text.split(') ')[1]?.[0] ?? '',
      () => 'gone',
    )
    if (state === 'gone' || state === 'Z') return true
    await sleep(20)
  }
  return false
}
