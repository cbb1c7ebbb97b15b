import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Context } from 'mocha'
import { MAIN } from '../commands/binary.ts'
import { Engine, type Ran } from '../container/engine.ts'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'

const run = promisify(execFile)
/** Of the manager, within its own network. */
const TLS_PORT = 2376
const ADDRESSES = { manager: '192.0.2.1', worker: '192.0.2.2' }

/** Two real engines that form a Swarm over a cable of their own: nothing of it is seen on this machine's network. */
export class Cluster {
  readonly manager: Engine
  readonly worker: Engine

  private constructor(manager: Engine, worker: Engine) {
    this.manager = manager
    this.worker = worker
  }

  static async start(test: Context): Promise<Cluster> {
    for (const program of ['unshare', 'nsenter', 'ip', 'openssl']) if (onPath(program, ['/usr/sbin']) === null) missing(test, program)
    const started = await Promise.allSettled([TLS_PORT, null].map(tls => Engine.start(test, { isolated: true, tls })))
    const [manager, worker] = started.map(one => (one.status === 'fulfilled' ? one.value : null))
    try {
      for (const one of started) if (one.status === 'rejected') throw one.reason
      if (!manager || !worker) throw new Error('two engines were started')
      const cluster = new Cluster(manager, worker)
      await cluster.#join()
      return cluster
    } catch (error) {
      await Promise.all([manager?.stop(), worker?.stop()])
      throw error
    }
  }

  async #join(): Promise<void> {
    const inNetworkOf = (engine: Engine, ...words: readonly string[]) => run('nsenter', ['-t', String(engine.pid), '-n', 'ip', ...words])
    await inNetworkOf(this.manager, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', String(this.worker.pid))
    for (const [engine, address] of [
      [this.manager, ADDRESSES.manager],
      [this.worker, ADDRESSES.worker],
    ] as const) {
      await inNetworkOf(engine, 'address', 'add', `${address}/24`, 'dev', 'cable')
      await inNetworkOf(engine, 'link', 'set', 'cable', 'up')
    }
    await this.manager.docker(['swarm', 'init', '--advertise-addr', ADDRESSES.manager])
    const token = await this.manager.docker(['swarm', 'join-token', '--quiet', 'worker'])
    await this.worker.docker(['swarm', 'join', '--advertise-addr', ADDRESSES.worker, '--token', token, `${ADDRESSES.manager}:2377`])
  }

  /** A copy with the same id, as a pull from a registry would make. */
  async copyImage(tag: string): Promise<void> {
    await this.worker.pipe(['docker', '--host', socketOf(this.manager), 'save', tag], ['load'])
  }

  /** The program itself, in the manager's network: from there its engine is reached over TLS. */
  firedrillBesideManager(cwd: string, words: readonly string[]): Promise<Ran> {
    const { NODE_COMPILE_CACHE = '' } = process.env
    const command = ['-t', String(this.manager.pid), '-n', process.execPath, MAIN, ...words]
    return this.manager.try('nsenter', command, { cwd, env: { NODE_COMPILE_CACHE }, timeout: 200_000 })
  }

  /** Lines of firedrill.yaml that name the manager over TLS. */
  overTls(): string {
    const { folder } = this.manager
    const [cert, key] = [join(folder, 'tls.pem'), join(folder, 'tls-key.pem')]
    return `engines: ["tcp+tls://127.0.0.1:${TLS_PORT}"], tls: { ca: ${cert}, cert: ${cert}, key: ${key} }`
  }

  /** Containers of a service that run on an engine. */
  async containers(engine: Engine, service: string): Promise<string[]> {
    const ids = await engine.docker(['ps', '--quiet', '--no-trunc', '--filter', `label=com.docker.swarm.service.name=${service}`])
    return ids.split('\n').filter(id => id !== '')
  }

  /** Running tasks by id. */
  async tasks(service: string): Promise<string[]> {
    const lines = await this.manager.docker(['service', 'ps', '--no-trunc', '--format', '{{.ID}} {{.CurrentState}}', service])
    return lines
      .split('\n')
      .filter(line => / Running /.test(line))
      .map(line => line.split(' ')[0] ?? '')
  }

  /** Services whose tasks are not all running. */
  async unready(): Promise<string[]> {
    const lines = (await this.manager.docker(['service', 'ls', '--format', '{{.Name}} {{.Replicas}}'])).split('\n')
    return lines.filter(line => !/ (\d+)\/\1\b/.test(line))
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 90_000
    while (performance.now() < end) {
      if (await holds()) return
      await sleep(250)
    }
    throw new Error(`not within 90 s: ${what}\n${await this.manager.docker(['service', 'ls'])}`)
  }

  /** What must be gone afterwards: processes and namespaces by number, and folders whose mounts end with them. */
  async traces(): Promise<Traces> {
    const engines = [this.manager, this.worker]
    const pids = await Promise.all(
      engines.map(async engine => {
        const ids = (await engine.docker(['ps', '--quiet'])).split('\n').filter(id => id !== '')
        return ids.length === 0 ? [] : (await engine.docker(['inspect', '--format', '{{.State.Pid}}', ...ids])).split('\n')
      }),
    )
    const namespaces = await Promise.all(engines.map(engine => readlink(`/proc/${engine.pid}/ns/net`)))
    return {
      pids: [...pids.flat(), ...engines.map(engine => String(engine.pid))],
      namespaces,
      folders: engines.map(({ folder }) => folder),
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.worker.stop(), this.manager.stop()])
  }
}

export interface Traces {
  readonly pids: readonly string[]
  readonly namespaces: readonly string[]
  readonly folders: readonly string[]
}

/** What of it is still there, in words. */
export async function leftovers({ pids, namespaces, folders }: Traces): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter(line => folders.some(folder => line.includes(folder)))
  const found = mounts.map(mount => `mount ${mount}`)
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    try {
      const command = (await readFile(join('/proc', pid, 'cmdline'), 'utf8')).replaceAll('\0', ' ')
      const isOurs = pids.includes(pid) || folders.some(folder => command.includes(folder))
      const namespace = await readlink(join('/proc', pid, 'ns/net'))
      if (isOurs || namespaces.includes(namespace)) found.push(`process ${pid}: ${command}`)
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}

export function socketOf(engine: Engine): string {
  return `unix://${join(engine.folder, 'docker.sock')}`
}
