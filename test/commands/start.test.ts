import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'
import { freePort } from '../support/server.ts'
import { type Ended, end, start } from './binary.ts'

const schedule = 'name: always\ntimezone: UTC\nmeanDaysBetweenDrills: 5\n'

describe('a command whose servers do not answer at its start', function () {
  this.timeout(60_000)
  let simulator: Simulator
  let folder = ''
  let dead = ''
  const children: ChildProcess[] = []

  before(async () => {
    simulator = await startSimulator({ world: createWorld({ groups: [{ name: 'web' }] }) })
  })
  after(() => simulator.close())

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-start-'))
    dead = `127.0.0.1:${await freePort()}`
    await mkdir(join(folder, 'schedules'))
    await writeFile(join(folder, 'schedules', 'always.yaml'), schedule)
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })

  async function begin(
    words: readonly string[],
    { lines = '', endpoint = simulator.aws.endpoint, beside = '', through = [] as readonly string[] } = {},
  ): Promise<Begun> {
    const { region, env } = simulator.aws
    const web = `web: { listen: "127.0.0.1:${await freePort()}" }`
    const settings = `${lines}\n${web}\nproviders: { aws: { endpoint: "${endpoint}", regions: [${region}] } ${beside} }\n`
    await writeFile(join(folder, 'firedrill.yaml'), settings)
    const child = start(words, { cwd: folder, env, through })
    children.push(child)
    let said = ''
    child.stderr?.on('data', chunk => (said += chunk))
    const ended = end(child)
    const saying = async (text: string) => {
      while (!said.includes(text)) {
        assert.equal(child.exitCode, null, said)
        await Promise.race([ended, new Promise(resolve => child.stderr?.once('data', resolve))])
      }
    }
    return { child, ended, saying }
  }

  interface Begun {
    readonly child: ChildProcess
    readonly ended: Promise<Ended>
    readonly saying: (text: string) => Promise<void>
  }

  for (const [queue, first, last] of [
    ['redis', 'Redis is away', 'did not answer within 10 s (connect ECONNREFUSED'],
    ['postgres', 'the queue cannot be reached yet and will be tried again', 'did not answer in 4 attempts (connect ECONNREFUSED'],
  ] as const)
    it(`never says that it serves while its queue on ${queue} is away, and ends with 4 and the address`, async () => {
      const { ended, saying } = await begin(['serve'], { lines: `queue: ${queue}://${dead}/0` })
      await saying(first)
      const { code, stderr } = await ended
      assert.equal(code, 4, stderr)
      assert.ok(stderr.includes(` at ${queue}://${dead}/0 ${last}`), stderr)
      assert.match(stderr, /correct queue: in firedrill\.yaml\n$/)
      assert.doesNotMatch(stderr, /"serving"/)
    })

  it('does not hide a queue that is away behind a platform that is', async () => {
    const { ended } = await begin(['serve'], { lines: `queue: postgres://${dead}/0`, endpoint: `http://${dead}` })
    const { code, stderr } = await ended
    assert.equal(code, 4, stderr)
    assert.match(stderr, /correct queue: in firedrill\.yaml\n$/)
  })

  it('says at the first try that the ledger is away, and that it is tried again', async () => {
    const { ended, saying } = await begin(['serve'], { lines: `ledger: postgres://${dead}/firedrill` })
    await saying('the ledger cannot be reached yet and will be tried again')
    const { code, stderr } = await ended
    assert.equal(code, 4, stderr)
    assert.ok(stderr.split('\n')[0]?.includes(`the ledger's PostgreSQL at ${dead} cannot be reached (ECONNREFUSED)`), stderr)
    assert.equal(stderr.split('tried again').length, 2, stderr)
  })

  it('tells whoever waits at the screen, and ends when asked to', async () => {
    const { child, ended, saying } = await begin(['drills'], { lines: `ledger: postgres://${dead}/firedrill` })
    await saying('firedrill: the ledger does not answer yet; it is tried again for some seconds\n')
    child.kill('SIGINT')
    const { code, stderr } = await ended
    assert.equal(code, 3, stderr)
    assert.match(stderr, /^firedrill: interrupted\n$/m)
  })

  it('serves without a platform that is away, and tries it again', async () => {
    const beside = `, gcp: { endpoint: "${simulator.gcp.endpoint}", projects: [${simulator.gcp.project}] }`
    const { child, ended, saying } = await begin(['serve'], { endpoint: `http://${dead}`, beside })
    await saying('"provider":"aws"')
    await saying('"serving"')
    child.kill('SIGTERM')
    const { code, stderr } = await ended
    assert.equal(code, 0, stderr)
    assert.match(stderr, /"provider":"aws","why":"[^"]+","msg":"platform cannot be reached and will be tried again"/)
    assert.equal(stderr.match(/will be tried again/g)?.length, 1, stderr)
  })

  it('says that the platform is throttling, once, though the calls are made again by themselves', async () => {
    const fault = simulator.faults.add({ kind: 'throttling', times: 3 })
    try {
      const { child, ended, saying } = await begin(['serve'])
      await saying('"provider":"aws","msg":"platform is throttling; looks and strikes may be late"')
      await saying('"serving"')
      child.kill('SIGTERM')
      const { code, stderr } = await ended
      assert.equal(code, 0, stderr)
      assert.equal(stderr.match(/"msg":"platform is throttling/g)?.length, 1, stderr)
    } finally {
      simulator.faults.clear(fault)
    }
  })

  it('tells whoever waits at the screen that the platform throttles, soon, and ends when asked to', async () => {
    const fault = simulator.faults.add({ kind: 'throttling', service: 'autoscaling' })
    try {
      const { child, ended, saying } = await begin(['groups'])
      await saying('firedrill: aws throttles calls (')
      const asked = Date.now()
      child.kill('SIGINT')
      const { code, stderr } = await ended
      assert.ok(Date.now() - asked < 10_000)
      assert.equal(code, 3, stderr)
      assert.match(stderr, /^firedrill: aws throttles calls \(\d+ of \d+, the last: DescribeAutoScalingGroups\), so this takes longer$/m)
    } finally {
      simulator.faults.clear(fault)
    }
  })

  describe('and a name server that hears and says nothing', () => {
    const nameServer = createSocket('udp4')

    before(async function () {
      if (process.getuid?.() !== 0 || onPath('unshare') === null) missing(this, 'unshare (as root)')
      // Of loopback's many addresses one that nobody has: where names are served is a port below 1024 that cannot be chosen.
      nameServer.bind(53, '127.0.53.53')
      await once(nameServer, 'listening')
    })
    after(() => nameServer.close())

    it('ends when asked to, though the name is still being looked up', async () => {
      const file = join(folder, 'resolv.conf')
      await writeFile(file, 'nameserver 127.0.53.53\n')
      const through = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"', 'sh', file]
      const heard = once(nameServer, 'message')
      const { child, ended } = await begin(['serve'], { lines: 'queue: redis://queue.example.org:6379/0', through })
      await heard
      const asked = performance.now()
      child.kill('SIGTERM')
      const { code, stderr } = await ended
      assert.equal(code, 0, stderr)
      assert.ok(performance.now() - asked < 5_000, `after ${Math.round(performance.now() - asked)} ms`)
    })
  })

  describe('and a platform that takes connections and says nothing', () => {
    const sockets: Socket[] = []
    let silent: Server
    let endpoint = ''

    before(async () => {
      silent = createServer(socket => void sockets.push(socket.on('error', () => {})))
      await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
      const address = silent.address()
      endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    })
    after(() => {
      for (const socket of sockets) socket.destroy()
      silent.close()
    })

    for (const [words, line, signal, expected] of [
      [['serve'], '"provider":"aws","msg":"platform has not answered yet"', 'SIGTERM', 0],
      [['groups'], 'firedrill: aws has not answered yet; waiting for it\n', 'SIGINT', 3],
    ] as const)
      it(`is told of by ${words.join(' ')}, which ends when asked to`, async () => {
        const { child, ended, saying } = await begin(words, { endpoint })
        await saying(line)
        const asked = performance.now()
        child.kill(signal)
        const { code, stderr } = await ended
        assert.equal(code, expected, stderr)
        assert.ok(performance.now() - asked < 10_000)
      })
  })
})
