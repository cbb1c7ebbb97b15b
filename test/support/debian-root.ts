import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Context } from 'mocha'
import { missing } from './missing.ts'
import { onPath } from './on-path.ts'

const run = promisify(execFile)

const RELEASE = 'bookworm'
const PACKAGES = 'ca-certificates,libatomic1,libstdc++6,redis-server,postgresql'
/** It takes a minute to make and is the same each time. */
const CACHE = new URL(`../../.cache/${RELEASE}-root.tar`, import.meta.url).pathname

/** A minimal Debian as a tar archive. Skips the test where none can be made. */
export async function debianRoot(test: Context): Promise<string> {
  if (await exists(CACHE)) return CACHE
  if (onPath('debootstrap', ['/usr/sbin']) === null) return missing(test, 'debootstrap')
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-root-'))
  const root = join(folder, 'root')
  try {
    // Nothing of it outlives this test, so dpkg need not wait for the disk.
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, DPKG_FORCE: 'unsafe-io' }
    const options = { timeout: 600_000, maxBuffer: 64 << 20, env }
    await run('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, RELEASE, root, await mirror()], options)
    await mkdir(dirname(CACHE), { recursive: true })
    // Two suites may make it at once.
    const part = `${CACHE}.${process.pid}.part`
    const leftOut = ['./var/cache/apt/*', './var/lib/apt/lists/*', './usr/share/doc/*', './usr/share/locale/*', './usr/share/man/*']
    await run('tar', ['-C', root, ...leftOut.map(path => `--exclude=${path}`), '-cf', part, '.'])
    await rename(part, CACHE)
    return CACHE
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Where this machine gets its Debian packages from. */
async function mirror(): Promise<string> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(ORIGIN) $(CODENAME)'])
  const line = stdout.split('\n').find(one => one.endsWith(` Debian ${RELEASE}`))
  if (line === undefined) throw new Error(`apt on this machine knows no Debian ${RELEASE}`)
  return line.split(' ')[0] ?? ''
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
