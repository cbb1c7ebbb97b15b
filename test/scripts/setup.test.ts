import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'

const SETUP = new URL('../../scripts/setup.mjs', import.meta.url).pathname
/** Debian's own way to forbid that a package starts its server. */
const POLICY = '/usr/sbin/policy-rc.d'

describe('set-up', () => {
  let folder = ''
  let checkout = ''
  let bin = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'firedrill-setup-'))
    checkout = join(folder, 'checkout')
    bin = join(folder, 'bin')
    mkdirSync(join(checkout, 'scripts'), { recursive: true })
    mkdirSync(bin)
    cpSync(SETUP, join(checkout, 'scripts/setup.mjs'))
    writeLock('1.0.0')
    symlinkSync(process.execPath, join(bin, 'node'))
    // Everybody may read and write here: one test runs without root.
    for (const path of [folder, checkout, join(checkout, 'scripts')]) chmodSync(path, 0o777)
    // Stands in for npm: writes down its call and lays out what npm ci would.
    program('npm', [
      'sleep "$' + '{NPM_TAKES:-0}"',
      'echo "$@" >> "$CALLS"',
      'rm -rf node_modules; mkdir -p node_modules/node/bin; : > node_modules/node/bin/node',
      'if [ -n "$NPM_SAYS" ]; then echo "$NPM_SAYS" >&2; exit 1; fi',
    ])
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function writeLock(version: string): void {
    const packages = { '': { version: '0.1.0' }, 'node_modules/node': { version } }
    writeFileSync(join(checkout, 'package-lock.json'), JSON.stringify({ packages }))
  }

  /** A shell script on the PATH of the set-up. */
  function program(name: string, lines: readonly string[]): void {
    writeFileSync(join(bin, name), ['#!/bin/sh', `PATH=/usr/bin:/bin`, ...lines, ''].join('\n'), { mode: 0o755 })
  }

  function start(words: readonly string[] = [], env: Readonly<Record<string, string>> = {}): ChildProcess {
    return spawn(process.execPath, [join(checkout, 'scripts/setup.mjs'), ...words], {
      env: { PATH: bin, CALLS: join(folder, 'calls'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  async function outcome(child: ChildProcess): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const output = { stdout: '', stderr: '' }
    child.stdout?.on('data', chunk => (output.stdout += chunk))
    child.stderr?.on('data', chunk => (output.stderr += chunk))
    const [code] = await once(child, 'close')
    return { code, ...output }
  }

  async function setUp(words: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
    return outcome(start(words, env))
  }

  function calls(): readonly string[] {
    const file = join(folder, 'calls')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }

  it('installs where nothing is installed, says so on stderr only, and is silent and quick the second time', async () => {
    const first = await setUp()
    assert.equal(first.code, 0)
    assert.equal(first.stdout, '')
    assert.match(first.stderr, /^setup: installing npm packages: node_modules is missing\n/)
    assert.deepEqual(calls(), ['ci --include=dev --no-progress --loglevel=error'])
    const before = performance.now()
    assert.deepEqual(await setUp(), { code: 0, stdout: '', stderr: '' })
    // A fresh Node takes most of it; nothing is started.
    assert.ok(performance.now() - before < 1000)
    assert.equal(calls().length, 1)
  })

  it('installs again when the lock file changed, or the own Node is gone', async () => {
    await setUp()
    writeLock('2.0.0')
    assert.match((await setUp()).stderr, /package-lock\.json changed/)
    rmSync(join(checkout, 'node_modules/node'), { recursive: true })
    assert.match((await setUp()).stderr, /own Node is missing/)
    assert.equal(calls().length, 3)
  })

  it('accepts what npm ci made by hand, unless it was made by another lock file', async () => {
    mkdirSync(join(checkout, 'node_modules/node/bin'), { recursive: true })
    writeFileSync(join(checkout, 'node_modules/node/bin/node'), '')
    cpSync(join(checkout, 'package-lock.json'), join(checkout, 'node_modules/.package-lock.json'))
    assert.deepEqual(await setUp(), { code: 0, stdout: '', stderr: '' })
    rmSync(join(checkout, 'node_modules/.firedrill-setup'))
    writeLock('3.0.0')
    assert.match((await setUp()).stderr, /not made by this lock file/)
  })

  it('installs once when two set-ups start at the same time', async () => {
    const both = await Promise.all([setUp([], { NPM_TAKES: '0.6' }), setUp([], { NPM_TAKES: '0.6' })])
    assert.deepEqual(
      both.map(one => one.code),
      [0, 0],
    )
    assert.equal(calls().length, 1)
    assert.ok(both.some(one => one.stderr.includes('another set-up is at work')))
  })

  it('does not wait for a set-up that was killed', async () => {
    const killed = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
    await once(killed, 'exit')
    mkdirSync(join(checkout, '.cache'))
    writeFileSync(join(checkout, '.cache/setup.lock'), String(killed.pid))
    const { code, stderr } = await setUp()
    assert.equal(code, 0)
    assert.doesNotMatch(stderr, /holds/)
    assert.equal(calls().length, 1)
  })

  it('says what to do when npm cannot install, and leaves no lock and no stamp', async () => {
    const offline = await setUp([], { NPM_SAYS: 'npm error code EAI_AGAIN' })
    assert.equal(offline.code, 1)
    assert.match(offline.stderr, /npm ci failed; the package registry cannot be reached: connect to the network/)
    assert.match((await setUp([], { NPM_SAYS: 'npm error code EACCES' })).stderr, /may not write to/)
    assert.equal((await setUp()).code, 0)
    assert.equal(calls().length, 3)
  })

  it('says what to do when there is no npm', async () => {
    rmSync(join(bin, 'npm'))
    const { code, stderr } = await setUp()
    assert.equal(code, 1)
    assert.match(stderr, /npm was not found; install Node together with npm/)
  })

  it('goes on without root, and tells what will be skipped', async function () {
    const setpriv = onPath('setpriv') ?? missing(this, 'setpriv')
    if (process.getuid?.() !== 0) missing(this, 'root')
    program('apt-get', ['echo "apt-get $*" >> "$CALLS"'])
    await setUp()
    const words = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, join(checkout, 'scripts/setup.mjs'), '--services']
    const child = spawn(setpriv, words, { env: { PATH: bin, CALLS: join(folder, 'calls') }, stdio: ['ignore', 'pipe', 'pipe'] })
    const { code, stderr } = await outcome(child)
    assert.equal(code, 0)
    assert.match(stderr, /not found: redis-server.*only root can install them.*skipped/)
    assert.equal(calls().length, 1)
  })

  it('installs missing services without letting Debian start them', async function () {
    if (process.getuid?.() !== 0) missing(this, 'root')
    const before = existsSync(POLICY)
    program('apt-get', [
      `[ -x ${POLICY} ] && { ${POLICY}; policy=$?; }`,
      'echo "apt-get $* | policy $policy, $DEBIAN_FRONTEND" >> "$CALLS"',
    ])
    const { code, stderr, stdout } = await setUp(['--services'])
    assert.equal(code, 0)
    assert.equal(stdout, '')
    assert.match(stderr, /installing with apt .*redis-server/)
    const [, update, install] = calls()
    assert.equal(update, 'apt-get -y -qq --no-install-recommends update -qq | policy 101, noninteractive')
    assert.match(install ?? '', /install redis-server .*\| policy 101/)
    assert.equal(calls().filter(call => call.includes(' install ')).length, 1)
    assert.equal(existsSync(POLICY), before)
  })

  it('goes on when apt cannot install one of them', async function () {
    if (process.getuid?.() !== 0) missing(this, 'root')
    const before = existsSync(POLICY)
    program('apt-get', ['echo "apt-get $*" >> "$CALLS"', 'case "$*" in *awscli*) exit 100;; esac'])
    const { code, stderr } = await setUp(['--services'])
    assert.equal(code, 0)
    assert.match(stderr, /apt could not install aws(, Azure's Python SDK)?; tests that need them are skipped/)
    assert.ok(calls().some(call => call.endsWith('install redis-server')))
    assert.equal(existsSync(POLICY), before)
  })
})
