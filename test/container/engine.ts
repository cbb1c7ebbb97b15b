import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Context } from 'mocha'
import { stopProcess } from '../support/children.ts'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'
import { startProcess } from '../support/server.ts'

const run = promisify(execFile)

export interface Ran {
  readonly code: number
  readonly output: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeout?: number
}

export interface EngineOptions {
  /**
   * In a network and a mount namespace of its own, which end with it: Swarm mode makes bridges and overlays. What runs on it finds
   * its socket where every engine has it, and none of another engine.
   */
  readonly isolated?: boolean
  /** Listens on that port, too. */
  readonly tls?: number | null
  /** Where its images are kept, and stay when it stops: the next engine may have them. */
  readonly data?: string
}

/** Its words are where the engine listens, and the engine. */
const ALONE = 'ip link set lo up && mount -t tmpfs run /run && ln -s "$1" /run/docker.sock && shift && exec "$@"'

/** A Docker Engine of this test's own: its own socket, data and state, and no trace on this machine's network. */
export class Engine {
  readonly folder: string
  /** Of the engine itself. */
  readonly pid: number
  readonly #stop: () => Promise<void>

  constructor(folder: string, pid: number, stop: () => Promise<void>) {
    this.folder = folder
    this.pid = pid
    this.#stop = stop
  }

  static async start(test: Context, { isolated = false, tls = null, data }: EngineOptions = {}): Promise<Engine> {
    const dockerd = onPath('dockerd', ['/usr/sbin'])
    if (process.getuid?.() !== 0 || dockerd === null) return missing(test, 'dockerd (as root)')
    if (onPath('docker') === null) return missing(test, 'docker')
    const folder = await mkdtemp(join(tmpdir(), 'firedrill-docker-'))
    const path = (name: string): string => join(folder, name)
    const words = [
      ...['--host', `unix://${path('docker.sock')}`, '--pidfile', path('pid')],
      ...['--data-root', data ?? path('data'), '--exec-root', path('exec')],
      // Compose makes its own networks; the machine's default bridge, rules and forwarding stay as they are.
      ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
      '--log-level=error',
      ...(tls === null ? [] : listenOverTls(tls, certificate(path('tls.pem'), path('tls-key.pem')))),
    ]
    const ready = async (): Promise<void> => void (await run('docker', ['version'], { env: environment(folder) }))
    const alone = ['unshare', '--net', '--mount', 'sh', '-c', ALONE, 'sh', path('docker.sock')]
    const process_ = await startProcess([...(isolated ? alone : []), dockerd, ...words], ready)
    return new Engine(folder, process_.pid ?? 0, async () => {
      await stopProcess(process_)
      for (const place of data === undefined ? [folder] : [folder, data]) await unmountBelow(place)
      await rm(folder, { recursive: true, force: true })
    })
  }

  /** Output of a command that must succeed. */
  async docker(words: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, output } = await this.try('docker', words, options)
    if (code !== 0) throw new Error(`docker ${words.join(' ')} ended with ${code}: ${output.slice(-3000)}`)
    return output.trim()
  }

  async try(program: string, words: readonly string[], { cwd, env = {}, timeout = 120_000 }: RunOptions = {}): Promise<Ran> {
    try {
      const { stdout, stderr } = await run(program, words, {
        ...(cwd === undefined ? {} : { cwd }),
        env: { ...environment(this.folder), ...env },
        timeout,
        maxBuffer: 64 << 20,
      })
      return { code: 0, output: `${stdout}${stderr}` }
    } catch (error) {
      if (!(error instanceof Error) || !('stdout' in error) || !('stderr' in error) || !('code' in error)) throw error
      return { code: typeof error.code === 'number' ? error.code : -1, output: `${error.stdout}${error.stderr}${error.message}` }
    }
  }

  /** Streams a command's output into `docker <words>`; neither is held in memory. */
  pipe(command: readonly [string, ...string[]], words: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const source = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
      const sink = spawn('docker', words, { stdio: [source.stdout, 'ignore', 'inherit'], env: environment(this.folder) })
      for (const child of [source, sink]) child.on('error', reject)
      sink.on('close', code => (code === 0 ? resolve() : reject(new Error(`docker ${words.join(' ')} ended with ${code}`))))
    })
  }

  stop(): Promise<void> {
    return this.#stop()
  }
}

export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** One that vouches for itself, for both ends. */
function certificate(cert: string, key: string): Certificate {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(onPath('openssl') ?? '', ['req', '-x509', ...kind, '-out', cert, '-days', '2', ...subject], { stdio: 'pipe' })
  return { cert, key }
}

function listenOverTls(port: number, { cert, key }: Certificate): string[] {
  return ['--host', `tcp://127.0.0.1:${port}`, '--tlsverify', `--tlscacert=${cert}`, `--tlscert=${cert}`, `--tlskey=${key}`]
}

function environment(folder: string): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  // The classic builder comes with every client; BuildKit needs a plug-in.
  return { PATH, HOME, DOCKER_HOST: `unix://${join(folder, 'docker.sock')}`, DOCKER_BUILDKIT: '0', COMPOSE_DOCKER_CLI_BUILD: '0' }
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map(line => line.split(' ')[1] ?? '')
  for (const mount of mounts.filter(one => one.startsWith(`${folder}/`)).reverse()) await run('umount', ['-l', mount]).catch(() => {})
}
