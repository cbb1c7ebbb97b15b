import assert from 'node:assert/strict'
import type { Log } from '../../src/domain/log.ts'
import { openInProcessQueue } from '../../src/queue/in-process.ts'
import type { Queue, WakeUp } from '../../src/queue/queue.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { Events, inMs, pass } from './events.ts'
import { type Flavour, flavours, recordingLog } from './flavours.ts'

const SCOPE = 'aws:123456789012/eu-west-1'

contract('in the process', async () => ({
  open: async log => openInProcessQueue({ clock: systemClock(), ...(log && { log }) }),
  stop: async () => {},
}))
contract('on Redis', test => flavours.redis(test))
contract('on PostgreSQL', test => flavours.postgres(test))

/** What every queue promises (src/queue/queue.ts). */
function contract(name: string, start: (test: Mocha.Context) => Promise<Pick<Flavour, 'open' | 'stop'>>): void {
  describe(`queue ${name}`, () => {
    let flavour: Pick<Flavour, 'open' | 'stop'>
    let queues: Queue[] = []
    // Each test has keys of its own: all share one server.
    let key = ''
    let number = 0

    before(async function () {
      flavour = await start(this)
    })
    beforeEach(() => {
      key = `${SCOPE}/${number++}`
    })
    afterEach(async () => {
      await Promise.all(queues.map(queue => queue.close(100)))
      queues = []
    })
    after(() => flavour?.stop())

    async function open(log?: Log): Promise<Queue> {
      const queue = await flavour.open(log)
      queues.push(queue)
      return queue
    }

    it('wakes once, at the moment and not before', async () => {
      const queue = await open()
      const woken = new Events<number>()
      queue.onWake('watch', async wakeUp => {
        if (wakeUp.key === key) woken.push(Temporal.Now.instant().epochMilliseconds)
      })
      const at = inMs(300)
      await queue.wake('watch', key, at)
      const [moment = 0] = await woken.reach(1)
      assert.ok(moment >= at.epochMilliseconds, `${moment - at.epochMilliseconds} ms early`)
      assert.ok(moment < at.epochMilliseconds + 1500, `${moment - at.epochMilliseconds} ms late`)
      await pass(300)
      assert.equal(woken.all.length, 1)
    })

    it('wakes at once for a moment that has passed', async () => {
      const queue = await open()
      const woken = new Events<string>()
      queue.onWake('drill', async wakeUp => woken.push(wakeUp.key))
      await queue.wake('drill', key, inMs(-60_000))
      assert.deepEqual(await woken.reach(1, 2000), [key])
    })

    it('moves a pending wake-up to the earlier moment, whichever was asked for first', async () => {
      const queue = await open()
      const woken = new Events<string>()
      queue.onWake('watch', async wakeUp => woken.push(wakeUp.key))
      await queue.wake('watch', `${key}/late-first`, inMs(60_000))
      await queue.wake('watch', `${key}/late-first`, inMs(200))
      await queue.wake('watch', `${key}/early-first`, inMs(200))
      await queue.wake('watch', `${key}/early-first`, inMs(60_000))
      const keys = await woken.reach(2, 3000)
      assert.deepEqual([...keys].sort(), [`${key}/early-first`, `${key}/late-first`])
      await pass(200)
      assert.equal(woken.all.length, 2)
    })

    it('makes one wake-up of many that are asked for at once, at the earliest of the moments', async () => {
      const queue = await open()
      const woken = new Events<string>()
      queue.onWake('tick', async wakeUp => woken.push(wakeUp.key))
      await Promise.all(Array.from({ length: 30 }, (_, index) => queue.wake('tick', key, inMs(300 + ((index * 7) % 30) * 1000))))
      await woken.reach(1, 2000)
      await pass(500)
      assert.equal(woken.all.length, 1)
    })

    it('keeps the same key of two kinds apart', async () => {
      const queue = await open()
      const woken = new Events<string>()
      queue.onWake('watch', async () => woken.push('watch'))
      queue.onWake('notify', async () => woken.push('notify'))
      await queue.wake('watch', key, inMs(50))
      await queue.wake('notify', key, inMs(50))
      assert.deepEqual([...(await woken.reach(2))].sort(), ['notify', 'watch'])
    })

    it('runs exactly one more for a key that is asked for while it is handled, at the earliest of the moments', async () => {
      const queue = await open()
      const woken = new Events<string>()
      const gate = Promise.withResolvers<void>()
      let running = 0
      queue.onWake('watch', async () => {
        assert.equal(++running, 1, 'two handlers at a time for one key')
        woken.push('started')
        if (woken.all.length === 1) await gate.promise
        running--
      })
      await queue.wake('watch', key, inMs(0))
      await woken.reach(1)
      await queue.wake('watch', key, inMs(50_000))
      await queue.wake('watch', key, inMs(0))
      await queue.wake('watch', key, inMs(90_000))
      await pass(200)
      assert.equal(woken.all.length, 1)
      gate.resolve()
      await woken.reach(2, 3000)
      await pass(500)
      assert.equal(woken.all.length, 2)
    })

    it('goes on for ever when each handling asks for the next', async () => {
      const queue = await open()
      const woken = new Events<number>()
      queue.onWake('watch', async wakeUp => {
        woken.push(Temporal.Now.instant().epochMilliseconds)
        if (woken.all.length < 6) await queue.wake('watch', wakeUp.key, inMs(100))
      })
      await queue.wake('watch', key, inMs(0))
      const moments = await woken.reach(6)
      const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0))
      assert.ok(
        gaps.every(gap => gap >= 99),
        `gaps of ${gaps.join(', ')} ms`,
      )
      await pass(300)
      assert.equal(woken.all.length, 6)
    })

    it('handles many keys side by side', async () => {
      const queue = await open()
      const woken = new Events<string>()
      const all = Promise.withResolvers<void>()
      queue.onWake('watch', async wakeUp => {
        woken.push(wakeUp.key)
        await all.promise
      })
      for (let scope = 0; scope < 16; scope++) await queue.wake('watch', `${key}/${scope}`, inMs(0))
      const keys = await woken.reach(16)
      all.resolve()
      assert.equal(new Set(keys).size, 16)
    })

    it('logs a handler that throws, and wakes it again when asked', async () => {
      const log = recordingLog()
      const queue = await open(log)
      const woken = new Events<string>()
      queue.onWake('drill', wakeUp => {
        woken.push(wakeUp.key)
        throw new Error('the cloud is on fire')
      })
      await queue.wake('drill', key, inMs(0))
      await woken.reach(1)
      await pass(100)
      await queue.wake('drill', key, inMs(0))
      await woken.reach(2)
      const failed = log.lines.filter(line => line.message === 'handler failed')
      assert.deepEqual(failed[0], {
        level: 'error',
        message: 'handler failed',
        fields: { kind: 'drill', key, error: 'the cloud is on fire' },
      })
    })

    it('keeps a wake-up for a handler that comes later', async () => {
      const queue = await open()
      const woken = new Events<string>()
      queue.onWake('tick', async () => {})
      await queue.wake('drill', key, inMs(0))
      await pass(100)
      queue.onWake('drill', async wakeUp => woken.push(wakeUp.key))
      assert.deepEqual(await woken.reach(1, 4000), [key])
    })

    it('refuses a second handler of one kind', async () => {
      const queue = await open()
      queue.onWake('tick', async () => {})
      assert.throws(() => queue.onWake('tick', async () => {}), /a handler for tick/)
    })

    it('signals running handlers when it closes, waits for them, and starts no other', async () => {
      const queue = await open()
      const woken = new Events<WakeUp>()
      let ended = false
      queue.onWake('watch', async wakeUp => {
        woken.push(wakeUp)
        await new Promise(resolve => wakeUp.signal.addEventListener('abort', resolve))
        await pass(50)
        ended = true
      })
      await queue.wake('watch', key, inMs(0))
      await queue.wake('watch', `${key}/later`, inMs(400))
      await woken.reach(1)
      const first = queue.close(3000)
      assert.equal(queue.close(), first)
      await first
      assert.equal(ended, true)
      await queue.wake('watch', `${key}/after`, inMs(0))
      await pass(500)
      assert.deepEqual(
        woken.all.map(wakeUp => wakeUp.key),
        [key],
      )
    })

    it('closes within its time though a handler does not obey', async () => {
      const log = recordingLog()
      const queue = await open(log)
      const woken = new Events<string>()
      const gate = Promise.withResolvers<void>()
      queue.onWake('watch', async wakeUp => {
        woken.push(wakeUp.key)
        await gate.promise
      })
      await queue.wake('watch', key, inMs(0))
      await woken.reach(1)
      const before = performance.now()
      await queue.close(200)
      const took = performance.now() - before
      gate.resolve()
      assert.ok(took < 2500, `took ${took} ms`)
      assert.ok(log.lines.some(line => line.level === 'warn' && line.message === 'handlers did not end in time'))
    })
  })
}
