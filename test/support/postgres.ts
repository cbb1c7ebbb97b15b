import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Context } from 'mocha'
import pg from 'pg'
import { freeze, stopProcess } from './children.ts'
import { missing } from './missing.ts'
import { onPath, postgresFolders } from './on-path.ts'
import { freePort, startProcess } from './server.ts'

export interface TestPostgres {
  /** Of the database that every cluster starts with. */
  readonly url: string
  /** Makes an empty database and returns its URL. */
  database(name: string): Promise<string>
  restart(downFor?: () => Promise<void>): Promise<void>
  /** Lets it answer nobody, its connections open, until what is returned is called. */
  freeze(): () => void
  stop(): Promise<void>
}

/** A real PostgreSQL of this test's own, in a fresh cluster on a free loopback port. It refuses to run as root. */
export async function startPostgres(test: Context): Promise<TestPostgres> {
  const postgres = onPath('postgres', postgresFolders())
  const initdb = onPath('initdb', postgresFolders())
  if (postgres === null || initdb === null) return missing(test, 'postgres')
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-postgres-'))
  await chmod(folder, 0o777)
  const data = join(folder, 'data')
  const asUser = process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  const [program = '', ...rest] = [...asUser, initdb, '-D', data, '-U', 'firedrill', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C']
  // Simulated clouds of other tests live in this process: while it waited for a cluster to be made, they would answer nobody.
  await promisify(execFile)(program, rest, { cwd: folder })
  const port = await freePort()
  const command = [
    ...asUser,
    postgres,
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    `unix_socket_directories=${folder}`,
  ]
  const url = (database: string): string => `postgres://firedrill@127.0.0.1:${port}/${database}`
  const start = () => startProcess(command, () => query(url('postgres'), 'select 1'))
  let server = await start()
  return {
    url: url('postgres'),
    async database(name) {
      await query(url('postgres'), `create database "${name}"`)
      return url(name)
    },
    async restart(downFor) {
      await stopProcess(server, 'SIGINT')
      await downFor?.()
      server = await start()
    },
    freeze: () => freeze(server),
    async stop() {
      await stopProcess(server, 'SIGINT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 15_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end()
  }
}
