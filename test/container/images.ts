import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Context } from 'mocha'
import { debianRoot } from '../support/debian-root.ts'
import { onPath } from '../support/on-path.ts'
import type { Engine } from './engine.ts'

const run = promisify(execFile)

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** What the official image does, as far as docker-compose.yml relies on it. */
const POSTGRES_ENTRYPOINT = `#!/bin/sh
set -e
bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/postgres)")
data=/var/lib/postgresql/data
if [ ! -f "$data/PG_VERSION" ]; then
  mkdir -p "$data" && chown -R postgres "$data" && chmod 700 "$data"
  echo "$POSTGRES_PASSWORD" > /tmp/password && chown postgres /tmp/password
  setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/initdb" -D "$data" -U "$POSTGRES_USER" -A scram-sha-256 --pwfile=/tmp/password --no-sync -E UTF8 --locale=C
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
  mkdir -p /run/postgresql && chown postgres /run/postgresql
  setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/pg_ctl" -D "$data" -w -o "-c listen_addresses=" start
  PGPASSWORD=$POSTGRES_PASSWORD psql -h /run/postgresql -U "$POSTGRES_USER" -d postgres -c "create database \\"$POSTGRES_DB\\""
  setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/pg_ctl" -D "$data" -w -m fast stop
fi
mkdir -p /run/postgresql && chown postgres /run/postgresql
exec setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/postgres" -D "$data" -c 'listen_addresses=*'
`

/**
 * Images under the names that Dockerfile, docker-compose.yml and the example use, made on this machine: tests pull nothing.
 * They are Debian's own programs, so of other versions than the names say.
 */
export async function makeBaseImages(engine: Engine, test: Context): Promise<void> {
  const root = await debianRoot(test)
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-images-'))
  try {
    await engine.docker(['import', root, 'local-root:latest'])
    const node = join(folder, 'node')
    await layOutNode(node)
    await build(engine, node, 'node:26-bookworm-slim', [
      'FROM local-root:latest',
      'COPY local /usr/local',
      `COPY ca-certificates.crt ${CERTIFICATES}`,
      'RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node',
    ])
    await build(engine, join(folder, 'redis'), 'redis:8-bookworm', ['FROM local-root:latest', 'WORKDIR /data', 'VOLUME /data'])
    const postgres = join(folder, 'postgres')
    await mkdir(postgres)
    await writeFile(join(postgres, 'entrypoint'), POSTGRES_ENTRYPOINT)
    await chmod(join(postgres, 'entrypoint'), 0o755)
    await build(engine, postgres, 'postgres:18-bookworm', [
      'FROM local-root:latest',
      'COPY entrypoint /usr/local/bin/entrypoint',
      'ENTRYPOINT ["entrypoint"]',
      // As the official image does: a fast shutdown.
      'STOPSIGNAL SIGINT',
    ])
    const client = join(folder, 'client')
    await mkdir(client)
    await cp(await realpath(onPath('docker') ?? 'docker'), join(client, 'docker'))
    await build(engine, client, 'docker:28-cli', ['FROM local-root:latest', 'COPY docker /usr/local/bin/docker'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function build(engine: Engine, folder: string, tag: string, lines: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`)
  await engine.docker(['build', '--network', 'none', '--tag', tag, folder])
}

/** The Node that runs this test and the npm beside it, with the certificates that this machine trusts. */
async function layOutNode(folder: string): Promise<void> {
  const npm = await realpath(onPath('npm') ?? 'npm')
  const local = join(folder, 'local')
  await mkdir(join(local, 'bin'), { recursive: true })
  await cp(process.execPath, join(local, 'bin/node'))
  await cp(dirname(dirname(npm)), join(local, 'lib/node_modules/npm'), { recursive: true })
  await run('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm')])
  await cp(CERTIFICATES, join(folder, 'ca-certificates.crt'))
  await mkdir(join(local, 'etc'))
  const { stdout: registry } = await run('npm', ['config', 'get', 'registry'], { cwd: tmpdir() })
  await writeFile(join(local, 'etc/npmrc'), `cafile=${CERTIFICATES}\nregistry=${registry.trim()}\n`)
}
