import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'mocha'
import { freeze, stopProcess } from './children.ts'
import { missing } from './missing.ts'
import { onPath } from './on-path.ts'
import { freePort, startProcess } from './server.ts'

export interface TestRedis {
  readonly url: string
  readonly port: number
  /** Ends the server and starts it again on the same port and data. */
  restart(downFor?: () => Promise<void>): Promise<void>
  /** Lets it answer nobody, its connections open, until what is returned is called. */
  freeze(): () => void
  stop(): Promise<void>
}

/** A real Redis of this test's own: append-only, on a free loopback port. */
export async function startRedis(test: Context): Promise<TestRedis> {
  const program = onPath('redis-server')
  if (program === null) return missing(test, 'redis-server')
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-redis-'))
  const port = await freePort()
  const command = [
    program,
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--databases',
    '64',
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--save',
    '',
    '--maxmemory-policy',
    'noeviction',
  ]
  const start = (): Promise<ChildProcess> => startProcess(command, () => ping(port))
  let server = await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async restart(downFor) {
      await stopProcess(server)
      await downFor?.()
      server = await start()
    },
    freeze: () => freeze(server),
    async stop() {
      await stopProcess(server)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function ping(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.on('error', reject)
    socket.on('data', data => {
      socket.destroy()
      if (String(data).startsWith('+PONG')) resolve()
      else reject(new Error(String(data)))
    })
  })
}
