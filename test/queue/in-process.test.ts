import assert from 'node:assert/strict'
import { openInProcessQueue } from '../../src/queue/in-process.ts'
import { TestClock } from '../support/test-clock.ts'

describe('in-process queue in simulated time', () => {
  it('wakes at the very moment, and days pass in no time', async () => {
    const clock = new TestClock('2026-11-02T10:00:00Z')
    const queue = openInProcessQueue({ clock })
    const woken: string[] = []
    queue.onWake('tick', async wakeUp => {
      woken.push(clock.now().toString())
      await queue.wake('tick', wakeUp.key, clock.now().add({ hours: 24 }))
    })
    await queue.wake('tick', 'all', clock.now().add({ minutes: 1 }))
    await clock.advance(59_999)
    assert.deepEqual(woken, [])
    await clock.advance(1)
    await clock.advance(2 * 86_400_000)
    assert.deepEqual(woken, ['2026-11-02T10:01:00Z', '2026-11-03T10:01:00Z', '2026-11-04T10:01:00Z'])
    await queue.close()
    assert.equal(clock.sleeping, 0)
  })

  it('never wakes before a moment between two milliseconds', async () => {
    const clock = new TestClock('2026-11-02T10:00:00Z')
    const queue = openInProcessQueue({ clock })
    let woken: Temporal.Instant | null = null
    queue.onWake('drill', async () => {
      woken = clock.now()
    })
    const at = clock.now().add({ microseconds: 1500 })
    await queue.wake('drill', 'd-1', at)
    await clock.runUntil(() => woken !== null)
    assert.ok(Temporal.Instant.compare(clock.now(), at) >= 0)
    await queue.close()
  })

  it('gives up a handler that does not obey when the time for closing is over', async () => {
    const clock = new TestClock()
    const queue = openInProcessQueue({ clock })
    queue.onWake('watch', () => new Promise(() => {}))
    await queue.wake('watch', 'aws:1', clock.now())
    await clock.advance(0)
    let closed = false
    const closing = queue.close(5000).then(() => {
      closed = true
    })
    await clock.advance(4999)
    assert.equal(closed, false)
    await clock.advance(1)
    await closing
    assert.equal(clock.sleeping, 0)
  })
})
