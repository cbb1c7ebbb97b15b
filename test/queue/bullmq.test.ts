import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Log } from '../../src/domain/log.ts'
import { openQueue } from '../../src/queue/open.ts'
import type { Queue } from '../../src/queue/queue.ts'
import { QueueError } from '../../src/queue/queue-error.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { kill, watched } from '../support/children.ts'
import { freePort } from '../support/server.ts'
import { Events, inMs, pass } from './events.ts'
import { type Flavour, flavours, recordingLog, secretOf, silentLog } from './flavours.ts'

for (const kind of ['redis', 'postgres'] as const) {
  describe(`queue of several processes on ${kind}`, function () {
    this.timeout(30_000)
    let flavour: Flavour
    let queues: Queue[] = []
    let children: ChildProcess[] = []
    let key = ''
    let number = 0

    before(async function () {
      flavour = await flavours[kind](this)
    })
    beforeEach(() => {
      key = `${kind}:scope/${number++}`
    })
    afterEach(async () => {
      await Promise.all(children.map(kill))
      await Promise.all(queues.map(queue => queue.close(100)))
      queues = []
      children = []
    })
    after(() => flavour?.stop())

    async function open(log?: Log): Promise<Queue> {
      const queue = await flavour.open(log)
      queues.push(queue)
      return queue
    }

    /** A worker in a process of its own, and the lines it prints. */
    async function startChild(task: 'hold' | 'serve'): Promise<{ readonly child: ChildProcess; readonly lines: Events<string> }> {
      const lines = new Events<string>()
      const file = new URL('./wake-process.ts', import.meta.url).pathname
      const child = watched(spawn(process.execPath, [file, kind, flavour.url, task], { stdio: ['ignore', 'pipe', 'inherit'] }))
      children.push(child)
      createInterface({ input: child.stdout }).on('line', line => lines.push(line))
      await lines.reach(1)
      return { child, lines }
    }

    it('takes the earlier moment of two processes, whichever asks first', async () => {
      const [one, other] = [await open(), await open()]
      const woken = new Events<string>()
      for (const queue of [one, other]) queue.onWake('watch', async wakeUp => woken.push(wakeUp.key))
      await one.wake('watch', `${key}/late-first`, inMs(60_000))
      await other.wake('watch', `${key}/late-first`, inMs(200))
      await one.wake('watch', `${key}/early-first`, inMs(200))
      await other.wake('watch', `${key}/early-first`, inMs(60_000))
      await woken.reach(2, 3000)
      await pass(200)
      assert.deepEqual([...woken.all].sort(), [`${key}/early-first`, `${key}/late-first`])
    })

    it('runs one more at the earlier moment when another process asks while the first is handling', async () => {
      const [worker, other] = [await open(), await open()]
      const woken = new Events<number>()
      const gate = Promise.withResolvers<void>()
      worker.onWake('watch', async wakeUp => {
        woken.push(Temporal.Now.instant().epochMilliseconds)
        if (woken.all.length > 1) return
        await gate.promise
        await worker.wake('watch', wakeUp.key, inMs(40_000))
      })
      await worker.wake('watch', key, inMs(0))
      await woken.reach(1)
      const soon = inMs(900)
      await other.wake('watch', key, inMs(30_000))
      await other.wake('watch', key, soon)
      await other.wake('watch', key, inMs(50_000))
      await pass(500)
      gate.resolve()
      const [, second = 0] = await woken.reach(2, 4000)
      // BullMQ alone would count the delay from the end of the job, and take the last moment.
      assert.ok(second >= soon.epochMilliseconds && second < soon.epochMilliseconds + 350, `${second - soon.epochMilliseconds} ms after`)
      await pass(300)
      assert.equal(woken.all.length, 2)
    })

    it('shares the work: a wake-up goes to one of the workers', async () => {
      const [one, other] = [await open(), await open()]
      const woken = new Events<string>()
      for (const queue of [one, other]) queue.onWake('drill', async wakeUp => woken.push(wakeUp.key))
      for (let drill = 0; drill < 20; drill++) await one.wake('drill', `${key}/${drill}`, inMs(20))
      await woken.reach(20)
      await pass(300)
      assert.equal(new Set(woken.all).size, 20)
      assert.equal(woken.all.length, 20)
    })

    it('keeps nothing of what is done', async () => {
      const queue = await open()
      const woken = new Events<string>()
      queue.onWake('notify', async wakeUp => {
        woken.push(wakeUp.key)
        if (wakeUp.key.endsWith('/1')) throw new Error('failed')
      })
      const before = await flavour.jobs()
      for (const part of [1, 2, 3]) await queue.wake('notify', `${key}/${part}`, inMs(0))
      await woken.reach(3)
      await pass(200)
      assert.equal(await flavour.jobs(), before)
    })

    it('goes on after the server restarted, with what was pending', async () => {
      const log = recordingLog()
      const queue = await open(log)
      const woken = new Events<string>()
      queue.onWake('watch', async wakeUp => woken.push(wakeUp.key))
      await queue.wake('watch', `${key}/before`, inMs(1500))
      await flavour.restart(() => pass(700))
      await woken.reach(1, 15_000)
      await queue.wake('watch', `${key}/after`, inMs(0))
      assert.deepEqual(await woken.reach(2, 15_000), [`${key}/before`, `${key}/after`])
      const warnings = log.lines.filter(line => line.level === 'warn')
      assert.ok(warnings.length > 0 && warnings.length < 20, `${warnings.length} warnings: ${JSON.stringify(warnings.slice(0, 5))}`)
    })

    it('gives a wake-up up after a few seconds while the server is away, and takes the next when it is back', async () => {
      const log = recordingLog()
      const queue = await open(log)
      const woken = new Events<string>()
      queue.onWake('watch', async wakeUp => woken.push(wakeUp.key))
      await flavour.restart(async () => {
        const before = performance.now()
        await queue.wake('watch', `${key}/lost`, inMs(0))
        assert.ok(performance.now() - before < 4000)
      })
      assert.ok(log.lines.some(line => line.level === 'warn' && line.message.includes('next tick repairs it')))
      await queue.wake('watch', `${key}/taken`, inMs(0))
      for (let events = 1; !woken.all.includes(`${key}/taken`); events++) await woken.reach(events, 15_000)
    })

    it('S12 goes on after the queue lost everything, also what was being handled then', async () => {
      const queue = await open()
      const woken = new Events<string>()
      const aborted = new Events<string>()
      queue.onWake('watch', async wakeUp => {
        woken.push(wakeUp.key)
        if (woken.all.length > 1) return
        // Its lease is gone: the signal says so within half a lease.
        await new Promise(resolve => wakeUp.signal.addEventListener('abort', resolve))
        aborted.push(String(wakeUp.signal.reason))
      })
      await queue.wake('watch', key, inMs(0))
      await queue.wake('watch', `${key}/pending`, inMs(60_000))
      await woken.reach(1)
      await flavour.loseEverything()
      assert.match((await aborted.reach(1))[0] ?? '', /lease/)
      await pass(100)
      await queue.wake('watch', key, inMs(50))
      await queue.wake('watch', `${key}/pending`, inMs(50))
      const keys = await woken.reach(3, 5000)
      assert.deepEqual([...keys].sort(), [key, key, `${key}/pending`])
    })

    it('gives the wake-up of a killed worker to another one within 10 s', async () => {
      const { child, lines } = await startChild('hold')
      const queue = await open()
      await queue.wake('watch', key, inMs(0))
      await lines.reach(2)
      const woken = new Events<string>()
      queue.onWake('watch', async wakeUp => woken.push(wakeUp.key))
      child.kill('SIGKILL')
      assert.deepEqual(await woken.reach(1, 10_000), [key])
    })

    it('lets its process end by itself once it is closed', async () => {
      const { child, lines } = await startChild('serve')
      child.kill('SIGTERM')
      await lines.reach(2)
      if (child.exitCode === null) await Promise.race([once(child, 'exit'), pass(2000)])
      assert.equal(child.exitCode, 0)
    })

    it('lets its process end within a few seconds though a handler holds on and the server is away', async () => {
      const { child, lines } = await startChild('hold')
      const queue = await open()
      await queue.wake('watch', key, inMs(0))
      await lines.reach(2)
      await queue.close()
      await flavour.restart(async () => {
        child.kill('SIGTERM')
        await lines.reach(3, 6000)
        assert.equal(lines.all.at(-1), 'closed')
      })
    })

    it('names the server, not its credentials, when nothing answers', async () => {
      const port = await freePort()
      const url = `${kind}://somebody:not-shown@127.0.0.1:${port}/1`
      await assert.rejects(openQueue({ kind, url: secretOf(url) }, { clock: systemClock(), log: silentLog }), (error: unknown) => {
        assert.ok(error instanceof QueueError)
        assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`))
        assert.match(error.message, /ECONNREFUSED/)
        assert.doesNotMatch(error.message, /not-shown|somebody/)
        return true
      })
    })
  })
}

describe('queue on a server that refuses or is set up badly', () => {
  it('says so at once when Redis wants another password', async function () {
    const flavour = await flavours.redis(this)
    const url = flavour.url.replace('redis://', 'redis://default:wrong@')
    try {
      await command(flavour.url, ['config', 'set', 'requirepass', 'right'])
      await assert.rejects(openQueue({ kind: 'redis', url: secretOf(url) }, { clock: systemClock(), log: silentLog }), (error: unknown) => {
        assert.ok(error instanceof QueueError)
        assert.match(error.message, /refuses: .*(WRONGPASS|NOAUTH)/)
        assert.doesNotMatch(error.message, /wrong@/)
        return true
      })
    } finally {
      await flavour.stop()
    }
  })

  it('says so at once when the database does not exist', async function () {
    const flavour = await flavours.postgres(this)
    const url = flavour.url.replace('/postgres', '/nowhere')
    try {
      const opening = openQueue({ kind: 'postgres', url: secretOf(url) }, { clock: systemClock(), log: silentLog })
      await assert.rejects(opening, /refuses: .*nowhere/)
    } finally {
      await flavour.stop()
    }
  })

  it('warns of a Redis that evicts keys', async function () {
    const flavour = await flavours.redis(this)
    const log = recordingLog()
    try {
      await command(flavour.url, ['config', 'set', 'maxmemory-policy', 'allkeys-lru'])
      const queue = await flavour.open(log)
      await queue.close()
      assert.deepEqual(
        log.lines.filter(line => line.level === 'warn').map(line => line.fields),
        [{ maxmemoryPolicy: 'allkeys-lru' }],
      )
    } finally {
      await flavour.stop()
    }
  })
})

async function command(url: string, [name = '', ...rest]: readonly string[]): Promise<void> {
  const { Redis } = await import('ioredis')
  const client = new Redis(url)
  try {
    await client.call(name, ...rest)
  } finally {
    client.disconnect()
  }
}
