// Makes this checkout ready to run: plain JavaScript for Node 20, without a dependency, because it runs before there are any.
// `npm start` and the others call it first, so it says nothing when there is nothing to do, and never writes to stdout.
//
//   node scripts/setup.mjs              npm packages
//   node scripts/setup.mjs --services   and the servers that tests start for themselves (Debian, as root)
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 20
const LOCK_WAIT = 10 * 60_000

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.firedrill-setup')
const lockFile = join(root, '.cache', 'setup.lock')
const azureSdk = join(root, '.cache', 'python-azure')

/** What tests start, how to see that it is there, and the Debian packages that bring it. */
const SERVICES = [
  { program: 'redis-server', packages: ['redis-server'] },
  { program: 'postgres', also: postgresFolders(), packages: ['postgresql'] },
  { program: 'dockerd', also: ['/usr/sbin'], packages: ['docker.io', 'iptables'] },
  { program: 'ip', also: ['/usr/sbin', '/sbin'], packages: ['iproute2'] },
  { program: 'busybox', packages: ['busybox-static'] },
  { program: 'openssl', packages: ['openssl'] },
  { program: 'docker-compose', packages: ['docker-compose'] },
  { program: 'debootstrap', also: ['/usr/sbin'], packages: ['debootstrap'] },
  { program: 'aws', packages: ['awscli'] },
  { program: 'chromium', packages: ['chromium'] },
  { program: 'faketime', packages: ['faketime'] },
  {
    program: "Azure's Python SDK",
    isThere: hasAzureSdk,
    packages: ['python3-isodate', 'python3-requests', 'python3-six', 'python3-typing-extensions'],
    finish: unpackAzureSdk,
  },
]

function main() {
  const major = Number(process.versions.node.split('.')[0])
  if (major < OLDEST_NODE) fail(`Node ${process.versions.node} is too old; install Node ${OLDEST_NODE} or newer (nodejs.org) and try again`)
  if (reasonToInstall() !== null) withLock(installPackages)
  if (process.argv.includes('--services')) installServices()
}

/** Why npm packages must be installed, or null. */
function reasonToInstall() {
  if (!existsSync(modules)) return 'node_modules is missing'
  if (!existsSync(join(modules, 'node', 'bin', 'node'))) return "the project's own Node is missing"
  if (!existsSync(stampFile)) return isWhatTheLockSays() ? null : 'node_modules was not made by this lock file'
  return readFileSync(stampFile, 'utf8') === stamp() ? null : 'package-lock.json changed'
}

function stamp() {
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  // Some packages are programs: a folder from another kind of machine does not do.
  return `${hash} ${process.platform}-${process.arch}\n`
}

/** Somebody ran npm ci by hand: npm's own record of what it installed tells. */
function isWhatTheLockSays() {
  try {
    const wanted = packagesOf(join(root, 'package-lock.json'))
    const present = packagesOf(join(modules, '.package-lock.json'))
    for (const [path, { version, optional }] of Object.entries(wanted)) {
      if (path !== '' && !optional && present[path]?.version !== version) return false
    }
    writeFileSync(stampFile, stamp())
    return true
  } catch {
    return false
  }
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
}

function installPackages() {
  // Another set-up may have done it while this one waited for the lock.
  const reason = reasonToInstall()
  if (reason === null) return
  say(`installing npm packages: ${reason}`)
  const started = Date.now()
  // NODE_ENV=production would leave out TypeScript and the tests' packages.
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-progress', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (npm.error?.code === 'ENOENT') fail('npm was not found; install Node together with npm (nodejs.org) and try again')
  const output = `${npm.stdout ?? ''}${npm.stderr ?? ''}`
  if (npm.status !== 0) {
    process.stderr.write(output)
    fail(`npm ci failed; ${advice(output)}`)
  }
  writeFileSync(stampFile, stamp())
  say(`npm packages are installed (${Math.round((Date.now() - started) / 1000)} s)`)
}

function advice(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH/.test(output))
    return 'the package registry cannot be reached: connect to the network (or set your proxy or registry in ~/.npmrc) and try again'
  if (/EACCES|EPERM|EROFS/.test(output)) return `this user may not write to ${root}: change its owner, or copy it to a folder of your own`
  if (/ENOSPC/.test(output)) return 'the disk is full: make room and try again'
  if (/in sync|EUSAGE/.test(output)) return 'package.json and package-lock.json disagree: run npm install and commit the lock file'
  return 'what npm says above tells why'
}

/** One set-up at a time: npm ci begins by deleting node_modules. A lock whose process is gone does not count. */
function withLock(work) {
  mkdirSync(dirname(lockFile), { recursive: true })
  const until = Date.now() + LOCK_WAIT
  let waited = false
  while (!takeLock()) {
    if (Date.now() > until) fail(`another set-up holds ${lockFile} for ten minutes; end it, or delete the file`)
    if (!waited) say('another set-up is at work: waiting for it')
    waited = true
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  process.on('exit', () => rmSync(lockFile, { force: true }))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
  work()
  rmSync(lockFile, { force: true })
}

function takeLock() {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const holder = holderOfLock()
  if (holder !== null && !isAlive(holder)) rmSync(lockFile, { force: true })
  return false
}

function holderOfLock() {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8'))
    return pid > 0 ? pid : null
  } catch {
    return null
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function installServices() {
  const missing = SERVICES.filter(service => !(service.isThere?.() ?? isThere(service.program, service.also)))
  if (missing.length === 0) return
  const names = missing.map(service => service.program).join(', ')
  const skipped = `tests that need them are skipped (with FIREDRILL_REQUIRE_ALL=1 they fail)`
  if (!isThere('apt-get')) return say(`not found: ${names}; this is no Debian, so install them by hand; ${skipped}`)
  if (process.getuid?.() !== 0)
    return say(`not found: ${names}; only root can install them (sudo node scripts/setup.mjs --services); ${skipped}`)
  say(`installing with apt what tests start for themselves: ${names}`)
  const failed = withoutStartingServices(() => aptInstall(missing))
  if (failed.length > 0) say(`apt could not install ${failed.join(', ')}; ${skipped}`)
}

function aptInstall(missing) {
  apt(['update', '-qq'])
  const together = apt(['install', ...missing.flatMap(service => service.packages)])
  // One package that this Debian lacks must not keep the others away.
  const installed = service => (together || apt(['install', ...service.packages])) && (service.finish?.() ?? true)
  return missing.filter(service => !installed(service)).map(service => service.program)
}

function hasAzureSdk() {
  return [azureSdk, '/'].some(folder => existsSync(join(folder, 'usr/lib/python3/dist-packages/azure/mgmt/compute/__init__.py')))
}

/** Debian has all of Azure's SDK in one package, which takes 900 MB and minutes to install: only what the tests ask is unpacked. */
function unpackAzureSdk() {
  rmSync(azureSdk, { recursive: true, force: true })
  mkdirSync(azureSdk, { recursive: true })
  // apt's own user may not write here, and says so at length.
  apt(['-o', 'APT::Sandbox::User=root', 'download', 'python3-azure'], azureSdk)
  const parts = ['__init__.py', 'common*', 'core*', 'profiles*', 'mgmt/__init__.py', 'mgmt/core*', 'mgmt/compute*']
  const wanted = parts.map(part => `'./usr/lib/python3/dist-packages/azure/${part}'`).join(' ')
  spawnSync('sh', ['-c', `dpkg-deb --fsys-tarfile python3-azure_*.deb | tar -x --wildcards ${wanted}; rm -f python3-azure_*.deb`], {
    cwd: azureSdk,
    stdio: ['ignore', 2, 2],
  })
  return hasAzureSdk()
}

function apt(words, cwd = root) {
  const result = spawnSync('apt-get', ['-y', '-qq', '--no-install-recommends', ...words], {
    cwd,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  })
  return result.status === 0
}

/** Debian starts a server as soon as it is installed, unless this file forbids it. Servers that run already are left alone. */
function withoutStartingServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  const own = !existsSync(policy)
  if (own) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
  } finally {
    if (own) rmSync(policy, { force: true })
  }
}

function isThere(program, also = []) {
  return [...(process.env.PATH ?? '').split(delimiter), ...also].some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function postgresFolders() {
  try {
    return readdirSync('/usr/lib/postgresql').map(version => join('/usr/lib/postgresql', version, 'bin'))
  } catch {
    return []
  }
}

function say(sentence) {
  process.stderr.write(`setup: ${sentence}\n`)
}

function fail(sentence) {
  say(sentence)
  process.exit(1)
}

main()
