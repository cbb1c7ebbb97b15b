import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFile, chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compareFingerprints } from '../../src/domain/drift.ts'
import type { Fingerprint } from '../../src/domain/drill.ts'
import { fingerprintKinds, openFingerprinter } from '../../src/fingerprints/registry.ts'
import { debianRoot } from '../support/debian-root.ts'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'

const run = promisify(execFile)
const SCRIPT = new URL('../../tools/fingerprint.sh', import.meta.url).pathname
const never = new AbortController().signal
const target = { group: 'cloud:here/group/web', id: 'i-1', name: 'web', address: null }
const nothing = { ignore: [], warn: [] }

/** Names that break what is not careful: line ends, quotes, JSON, escapes, other alphabets, bytes that are no text. */
const hostileNames: readonly Buffer[] = [
  'plain.conf',
  'with space',
  'line\nend',
  'ends with a line\n',
  'tab\tquote" backslash\\',
  '","injected":"yes',
  '$(touch owned)`touch owned`;*?[a]',
  '-rf',
  '\u001b[31mred',
  'Ünïcödé \u202Egpj.exe',
].map(name => Buffer.from(name))
const noText = Buffer.from([0x62, 0x61, 0x64, 0xff, 0xfe, 0x80])

describe('tools/fingerprint.sh', function () {
  this.timeout(300_000)
  let folder = ''
  let root = ''
  let edited = ''

  before(async function () {
    if (process.getuid?.() !== 0) missing(this, 'root')
    const busybox = onPath('busybox') ?? missing(this, 'busybox-static')
    const archive = await debianRoot(this)
    folder = await mkdtemp(join(tmpdir(), 'firedrill-roots-'))
    ;[root, edited] = ['root', 'edited'].map(name => join(folder, name)) as [string, string]
    for (const one of [root, edited]) {
      await mkdir(one)
      await run('tar', ['-C', one, '--exclude=./usr/share/*', '--exclude=./usr/lib/postgresql/*', '-xf', archive])
      await mkdir(join(one, 'opt/busybox'), { recursive: true })
      await copyFile(busybox, join(one, 'opt/busybox/busybox'))
      await run('chroot', [one, '/opt/busybox/busybox', '--install', '/opt/busybox'])
    }
    await editByHand(edited)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** As a schedule takes it: a program that carries the script into the machine. */
  async function take(machine: string, shell: 'dash' | 'busybox', ...options: string[]): Promise<Fingerprint> {
    const path = shell === 'busybox' ? '/opt/busybox' : '/usr/sbin:/usr/bin:/sbin:/bin'
    const inside = `exec env -i PATH=${path} /usr/sbin/chroot "$0" ${shell === 'busybox' ? '/opt/busybox/sh' : '/bin/sh'} -s -- --without ports ${options.join(' ')} <${SCRIPT}`
    const written = { command: ['/bin/sh', '-c', inside, machine] }
    const settings = fingerprintKinds.command?.schema.parse(written) ?? {}
    return openFingerprinter({ kind: 'command', settings }, { env: {}, folder, now: () => Temporal.Now.instant() }).take(target, never)
  }

  for (const shell of ['dash', 'busybox'] as const) {
    it(`finds nothing to tell two Debian roots from one another by, in ${shell}`, async () => {
      const record = await take(root, shell)
      assert.deepEqual(compareFingerprints(record, await take(root, shell), nothing), [])
      const sections = Object.groupBy(Object.keys(record), key => key.split('/')[0] ?? '')
      assert.ok((sections.package?.length ?? 0) > 80, `${sections.package?.length} packages`)
      assert.ok((sections.file?.length ?? 0) > 80, `${sections.file?.length} files`)
      assert.ok((sections.setuid?.length ?? 0) > 5, `${sections.setuid?.length} setuid files`)
      for (const section of ['kernel', 'os', 'service', 'user', 'group']) assert.ok(sections[section], section)
      assert.match(record['package/bash:amd64'] ?? record['package/bash:arm64'] ?? '', /^\d/)
    })

    it(`tells what was edited by hand as state-drift with paths, in ${shell}`, async () => {
      const findings = compareFingerprints(await take(edited, shell), await take(root, shell), nothing)
      const paths = findings.map(({ path }) => path)
      for (const expected of [
        'state/crontab/var/spool/cron/crontabs/root',
        'state/file/etc/host.conf',
        'state/group/intruder',
        'state/key/root/AAAIHandMadeKeyForThisTestOnlyXX',
        'state/package/hand-made:all',
        'state/service/hand-made.service/multi-user.target.wants',
        'state/setuid/usr/local/bin/way-in',
        'state/user/intruder',
      ])
        assert.ok(paths.includes(expected), `${expected} is not among ${paths.join('\n')}`)
      assert.ok(findings.every(({ kind, level }) => kind === 'state-drift' && level === 'fail'))
      assert.ok(!paths.some(path => path?.includes('machine-id') || path?.includes('shadow')))
    })

    it(`survives every name that a file can have, in ${shell}`, async () => {
      const record = await take(edited, shell)
      const names = Object.keys(record).filter(key => key.startsWith('file/etc/hostile/'))
      assert.equal(names.length, hostileNames.length + 2, names.join('\n'))
      assert.equal(record.injected, undefined)
      for (const name of hostileNames) {
        const key = `file/etc/hostile/${[...name].map(byte => String.fromCharCode(byte)).join('')}`
        assert.match(record[key] ?? '', /^sha256:[0-9a-f]{64} 644 0:0$/, JSON.stringify(key))
      }
      assert.match(record['file/etc/hostile/bad\u00ff\u00fe\u0080'] ?? '', /^sha256:/)
      assert.equal(record['file/etc/hostile/link'], '-> to "nowhere"\n')
    })
  }

  it('says the same in both shells', async () => {
    assert.deepEqual(await take(edited, 'busybox'), await take(edited, 'dash'))
  })

  it('leaves out what it is told to, and takes no section that there is not', async () => {
    const record = await take(edited, 'dash', '--without', 'setuid', '--skip', "'/etc/hostile/*'")
    assert.deepEqual(
      Object.keys(record).filter(key => key.startsWith('setuid/') || key.includes('hostile')),
      [],
    )
    await assert.rejects(take(edited, 'dash', '--without', 'prots'), /exited with 1: fingerprint.sh: there is no section "prots"/)
  })

  it('tells the ports that are listened on, and the whole as one flat object', async () => {
    const others = ['kernel', 'packages', 'etc', 'services', 'users', 'crontabs', 'setuid'].flatMap(name => ['--without', name])
    const { createServer } = await import('node:net')
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(done => server.once('listening', done))
    const { stdout } = await run('/bin/sh', [SCRIPT, ...others])
    const address = server.address()
    server.close()
    const record = JSON.parse(stdout) as Fingerprint
    assert.equal(record[`port/tcp/${typeof address === 'object' ? address?.port : ''}`], 'loopback')
  })

  it('S10 ends with an error rather than with half a record', async () => {
    await assert.rejects(run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', '/bin/sh', SCRIPT]), /run this as root/)
  })
})

/** What somebody does to a server in a bad night. */
async function editByHand(root: string): Promise<void> {
  const at = (path: string) => join(root, path)
  await appendFile(at('etc/host.conf'), 'multi off\n')
  await appendFile(at('etc/machine-id'), 'differs by design\n')
  await run('chroot', [root, 'useradd', '--create-home', 'intruder'])
  await mkdir(at('root/.ssh'), { recursive: true })
  await writeFile(
    at('root/.ssh/authorized_keys'),
    '# a comment\nfrom="10.0.0.0/8" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHandMadeKeyForThisTestOnlyXX somebody\n',
  )
  await mkdir(at('var/spool/cron/crontabs'), { recursive: true })
  await writeFile(at('var/spool/cron/crontabs/root'), '* * * * * /usr/local/bin/way-in\n')
  await copyFile(at('bin/cat'), at('usr/local/bin/way-in'))
  await chmod(at('usr/local/bin/way-in'), 0o4755)
  await writeFile(at('etc/systemd/system/hand-made.service'), '[Service]\nExecStart=/bin/true\n')
  await mkdir(at('etc/systemd/system/multi-user.target.wants'), { recursive: true })
  await symlink('/etc/systemd/system/hand-made.service', at('etc/systemd/system/multi-user.target.wants/hand-made.service'))
  await installByHand(root)
  await mkdir(at('etc/hostile'))
  for (const name of [...hostileNames, noText])
    await writeFile(Buffer.concat([Buffer.from(`${at('etc/hostile')}/`), name]), 'content', { mode: 0o644 })
  await symlink('to "nowhere"\n', at('etc/hostile/link'))
}

/** A real package, made and installed in the machine itself. */
async function installByHand(root: string): Promise<void> {
  const folder = join(root, 'tmp/hand-made/DEBIAN')
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'control'),
    'Package: hand-made\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: made by hand\n',
  )
  await run('chroot', [
    root,
    'sh',
    '-c',
    'dpkg-deb --build /tmp/hand-made >/dev/null && dpkg -i /tmp/hand-made.deb && rm -r /tmp/hand-made*',
  ])
}

it('tools/fingerprint.sh is what the package ships', async () => {
  assert.match(await readFile(SCRIPT, 'utf8'), /^#!\/bin\/sh\n/)
})
