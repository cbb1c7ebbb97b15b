import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'

const root = new URL('../../', import.meta.url).pathname

interface Service {
  readonly image?: string
  readonly environment?: Readonly<Record<string, string>>
  /** `source:target:mode` from version 1 of docker compose, a map from version 2. */
  readonly volumes?: readonly (string | { readonly source: string; readonly target: string })[]
}

/** As docker compose understands docker-compose.yml with this environment, and no `.env` beside it. */
function servicesWith(env: Readonly<Record<string, string>>): Service[] {
  const folder = mkdtempSync(join(tmpdir(), 'firedrill-compose-'))
  try {
    writeFileSync(join(folder, 'empty.env'), '')
    const needed = { POSTGRES_PASSWORD: 'fake', REDIS_PASSWORD: 'fake', FIREDRILL_OPERATOR_TOKEN: 'fake' }
    const words = ['--project-directory', root, '--env-file', join(folder, 'empty.env'), '--profile', 'rehearsal', 'config']
    const said = spawnSync('docker-compose', words, { cwd: root, env: { PATH: process.env.PATH, HOME: folder, ...needed, ...env } })
    assert.equal(said.status, 0, String(said.stderr))
    const { services } = parse(String(said.stdout)) as { services: Record<string, Service> }
    return Object.values(services).filter(({ image }) => image === 'firedrill')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The folder of this machine in which a service looks for its halt file. */
function haltFolder({ volumes = [] }: Service): string | undefined {
  const mounted = volumes.map(volume => {
    if (typeof volume !== 'string') return volume
    const [source = '', target = ''] = volume.split(':')
    return { source, target }
  })
  return mounted.find(({ target }) => target === '/halt')?.source
}

describe('docker-compose.yml', () => {
  before(function () {
    if (onPath('docker-compose') === null) missing(this, 'docker-compose')
  })

  it('S2 has a halt file on this machine for every process, without an edit', () => {
    const services = servicesWith({})
    assert.equal(services.length, 4)
    for (const service of services) {
      assert.equal(service.environment?.FIREDRILL_HALT_FILE, '/halt/HALT')
      assert.equal(service.environment?.FIREDRILL_LOG_LEVEL, 'info')
      assert.equal(haltFolder(service), join(root, 'deploy'))
    }
  })

  it('takes another folder, another file and another log level from the environment', () => {
    const env = { FIREDRILL_HALT_FOLDER: '/run/incident', FIREDRILL_HALT_FILE: '/halt/STOP', FIREDRILL_LOG_LEVEL: 'debug' }
    for (const { environment, ...service } of servicesWith(env)) {
      assert.deepEqual([environment?.FIREDRILL_HALT_FILE, environment?.FIREDRILL_LOG_LEVEL], ['/halt/STOP', 'debug'])
      assert.equal(haltFolder(service), '/run/incident')
    }
  })

  it('shows in its example of an environment everything that it takes', () => {
    const taken = new Set([...readFileSync(join(root, 'docker-compose.yml'), 'utf8').matchAll(/\$\{(\w+)/g)].map(([, name]) => name ?? ''))
    const shown = readFileSync(join(root, 'deploy/example.env'), 'utf8')
    assert.deepEqual(
      [...taken].filter(name => !new RegExp(`^#?${name}=`, 'm').test(shown)),
      [],
    )
  })
})
