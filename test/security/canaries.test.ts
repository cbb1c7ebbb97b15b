import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { firedrill } from '../commands/binary.ts'
import { SmtpStage } from '../notify/smtp.ts'
import { HttpStage } from '../support/http.ts'
import { freePort } from '../support/server.ts'

const times = { detect: 200, boot: 800, health: 300, drain: 100, terminate: 100, retry: 300 }

/** Every way in which a secret comes in has one of its own, so that a leak names its way. */
const canaries = {
  AWS_SECRET_ACCESS_KEY: 'canary-aws-secret-key',
  GUARD_TOKEN: 'canary-guard-token',
  GUARD_HEADER: 'canary-guard/header "quoted" \\ back',
  PROMETHEUS_TOKEN: 'canary-prometheus-token',
  COMMAND_SECRET: 'canary-command-secret',
  PROBE_TOKEN: 'canary-probe-token',
  FINGERPRINT_SECRET: 'canary-fingerprint-secret',
  HOOK_SECRET: 'canary-webhook-secret',
  HOOK_HEADER: 'canary-webhook-header',
  MAIL_PASSWORD: 'canary-mail-password',
} as const
const inFile = 'canary-in-a-file'

describe('secrets', function () {
  // A dozen starts of the program, on a machine that may be busy.
  this.timeout(300_000)
  let simulator: Simulator
  let folder = ''
  let output = ''
  /** Further variables of the program. */
  let more: Record<string, string> = {}
  const server = new HttpStage()

  before(async () => {
    await server.start()
    simulator = await startSimulator({
      world: createWorld({
        groups: [
          { name: 'web', times },
          { name: 'told', times },
          { name: 'api', times, tags: { guarded: 'red' } },
        ],
      }),
    })
  })
  after(async () => {
    await simulator.close()
    await server.stop()
  })
  beforeEach(async () => {
    output = ''
    more = {}
    folder = await mkdtemp(join(tmpdir(), 'firedrill-canaries-'))
    await mkdir(join(folder, 'schedules'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function call(...args: string[]) {
    const env = { ...simulator.aws.env, ...canaries, ...more, FIREDRILL_LOG_LEVEL: 'debug', FIREDRILL_DEBUG: '1' }
    const ended = await firedrill(folder, args, env)
    output += `$ ${args.join(' ')}\n${ended.stdout}${ended.stderr}`
    return ended
  }

  /** Whatever was printed and whatever stands in any file of the installation, but the secret's own file. */
  async function assertNoCanary() {
    const names = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = names.filter(entry => entry.isFile() && entry.name !== 'secret.txt').map(entry => join(entry.parentPath, entry.name))
    const contents = await Promise.all(files.map(async file => [file, await readFile(file, 'latin1')] as const))
    for (const [where, text] of [['the output', output] as const, ...contents]) {
      const at = text.indexOf('canary')
      assert.equal(at, -1, `${where}: …${text.slice(Math.max(0, at - 200), at + 80)}…`)
    }
    return files
  }

  async function write(schedule: string, settings = '') {
    const { endpoint, region } = simulator.aws
    const providers = `providers:\n  aws: { endpoint: "${endpoint}", regions: [${region}] }\n`
    await writeFile(join(folder, 'firedrill.yaml'), settings + providers)
    await writeFile(join(folder, 'secret.txt'), `${inFile}\n`)
    await writeFile(
      join(folder, 'schedules', 'always.yaml'),
      `name: always\ntimezone: UTC\nhours: "00:00-24:00"\nmeanDaysBetweenDrills: 5\n${schedule}`,
    )
  }

  it('reach no log, report, page, error or ledger, whoever echoes them', async () => {
    // The worst of servers and programs: they give back all that they were given.
    server.answer = (response, { url, headers }) => {
      if (url?.startsWith('/api/v1'))
        return void response.writeHead(400).end(JSON.stringify({ status: 'error', error: `bad ${headers.authorization}` }))
      response.end(JSON.stringify({ status: 'ok', headers }))
    }
    await writeFile(join(folder, 'echo.sh'), '#!/bin/sh\nenv; env >&2\n')
    await writeFile(join(folder, 'look-inside.sh'), '#!/bin/sh\nprintf \'{"password": "%s", "%s": "key"}\' "$INSIDE" "$INSIDE"\n')
    await write(`leashed: false
limits: { concurrent: 10, concurrentPerScope: 10, spacing: 0s, breaker: off, woundedPerScope: 10 }
recovery: { target: 60s, deadline: 90s, soak: 500ms }
groups: { include: [web] }
guards:
  - http: { url: "${server.url}/echo", token: { env: GUARD_TOKEN }, headers: { X-Api-Key: { env: GUARD_HEADER }, X-File: { file: secret.txt } } }
  - command: { command: [/bin/sh, ./echo.sh], env: { SECRET: { env: COMMAND_SECRET } } }
probes:
  - http: { url: "${server.url}/echo", token: { env: PROBE_TOKEN }, interval: 100ms }
  - command: { command: [/bin/sh, ./echo.sh], env: { SECRET: { env: COMMAND_SECRET } }, interval: 100ms }
fingerprint: { command: { command: [/bin/sh, ./look-inside.sh], env: { INSIDE: { env: FINGERPRINT_SECRET } } } }
`)
    await writeFile(
      join(folder, 'schedules', 'red.yaml'),
      `name: red\ntimezone: UTC\nhours: "00:00-24:00"\nmeanDaysBetweenDrills: 5\ngroups: { include: [api] }
limits: { concurrent: 10, concurrentPerScope: 10, spacing: 0s, woundedPerScope: 10 }
guards:
  - prometheus: { url: "${server.url}", query: up, min: 1, token: { env: PROMETHEUS_TOKEN } }
`,
    )
    assert.equal((await call('init')).code, 0, output)
    assert.equal((await call('validate')).code, 0, output)
    const run = await call('run', '--all', '--json', 'run.json')
    assert.equal(run.code, 0, output)
    const report = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'))
    const drills = report.drills as {
      id: string
      groupName: string
      verdict: string | null
      refusal: { rule: string; reason: string } | null
    }[]
    assert.deepEqual(drills.map(({ groupName, verdict }) => [groupName, verdict]).sort(), [
      ['api', null],
      ['web', 'phoenix'],
    ])
    assert.match(drills.find(({ groupName }) => groupName === 'api')?.refusal?.reason ?? '', /bad Bearer \*\*\*/)
    for (const { id } of drills) await call('show', id, '--json')
    await call('show', drills[0]?.id ?? '')
    for (const args of [['drills', '--json'], ['groups'], ['validate', '--json']]) await call(...args)
    await call('report', '--since', '1d', '--format', 'html,json,md,junit', '--out', 'reports')
    assert.deepEqual((await readdir(join(folder, 'reports'))).sort(), ['report.html', 'report.json', 'report.md', 'report.xml'])
    assert.match(output, /"X-Api-Key|x-api-key/, 'the echo came through, without the secrets in it')
    const files = await assertNoCanary()
    assert.ok(files.some(file => file.endsWith('.sqlite')))
  })

  it('are in no error or record of a message that could not be told, whoever echoes them', async () => {
    server.answer = (response, { url, headers }) => void response.writeHead(404).end(`Cannot POST ${url} with ${JSON.stringify(headers)}`)
    const mail = new SmtpStage()
    await mail.start()
    mail.refusedLogin = `535 ${canaries.MAIL_PASSWORD} is wrong`
    try {
      more = { SLACK_URL: `${server.url}/services/canary-slack?token=canary-query` }
      const settings = `notify:
  targets:
    chat: { slack: { url: { env: SLACK_URL } } }
    hook: { webhook: { url: "${server.url}/in", secret: { env: HOOK_SECRET }, headers: { X-Api-Key: { env: HOOK_HEADER } } } }
    mail: { email: { to: [sre@example.org] } }
  smtp: { host: 127.0.0.1, port: ${mail.port}, tls: none, from: a@example.org, user: fire, password: { env: MAIL_PASSWORD } }
`
      await write(
        `leashed: false
guards: none
limits: { breaker: off }
recovery: { target: 60s, deadline: 90s, soak: 500ms }
groups: { include: [told] }
notify: [{ target: chat, on: [phoenix] }, { target: hook, on: [phoenix] }, { target: mail, on: [phoenix] }]
`,
        settings,
      )
      for (const target of ['chat', 'hook', 'mail']) {
        const { code, stderr } = await call('notify', 'test', target)
        assert.equal(code, 4, stderr)
        assert.match(stderr, /could not be told: .*\*\*\*/, 'the echo came through, without the secret in it')
      }
      assert.equal((await call('init')).code, 0, output)
      assert.equal((await call('run', '--all', '--json', 'run.json')).code, 0, output)
      for (const target of ['chat', 'hook', 'mail'])
        assert.match(output, new RegExp(`"target":"${target}".*"why":".*\\*\\*\\*.*could not tell and will try again`))
      await assertNoCanary()
    } finally {
      await mail.stop()
    }
  })

  it('stay hidden where servers cannot be reached', async () => {
    const port = await freePort()
    for (const settings of [
      `ledger: "postgres://drill:canary-ledger@127.0.0.1:${port}/drill?password=canary-query"\n`,
      `queue: "redis://:canary-queue@127.0.0.1:${port}"\n`,
    ]) {
      await write('', settings)
      await call('validate')
      await call('drills')
      await call('run', '--all')
    }
    // What was printed is all that counts here: firedrill.yaml itself holds the URL, as its owner wrote it.
    assert.equal(output.indexOf('canary'), -1, output.slice(Math.max(0, output.indexOf('canary') - 300)))
    assert.match(output, /127\.0\.0\.1/)
  })

  it('are not repeated where somebody wrote them into a file by mistake', async () => {
    await write(
      `leashed: false
guards:
  - http: { url: "http://user:canary-url@127.0.0.1/", token: canary-token }
  - http: { url: "http://127.0.0.1/?api_key=canary-query" }
  - http: { url: "http://127.0.0.1/", headers: { Authorization: Bearer canary-header }, token: { env: canary wrong } }
  - command: { command: [/bin/true], env: { API_TOKEN: canary-env } }
  - calendar: { url: { env: NOT_SET, file: canary-both } }
`,
      'ledger: "postgress://drill:canary-ledger@127.0.0.1/drill"\nqueue: "redis//:canary-queue@127.0.0.1"\n',
    )
    assert.equal((await call('validate')).code, 2, output)
    await call('validate', '--json')
    await call('run', '--all')
    assert.equal(output.indexOf('canary'), -1, output)
    assert.match(output, /may hold a secret/)
  })
})
