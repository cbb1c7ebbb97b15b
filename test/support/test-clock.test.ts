import assert from 'node:assert/strict'
import { TestClock } from './test-clock.ts'

describe('simulated clock', () => {
  it('wakes sleepers in the order of their moments, each at its own time', async () => {
    const clock = new TestClock('2026-01-01T00:00:00Z')
    const seen: string[] = []
    for (const duration of [300, 100, 200, 100]) void clock.sleep(duration).then(() => seen.push(`${duration}@${clock.monotonic()}`))
    await clock.advance(250)
    assert.deepEqual(seen, ['100@100', '100@100', '200@200'])
    assert.equal(clock.now().toString(), '2026-01-01T00:00:00.25Z')
    assert.equal(clock.sleeping, 1)
  })

  it('wakes what a woken sleeper goes on to wait for within the same advance', async () => {
    const clock = new TestClock()
    const moments: number[] = []
    void (async () => {
      for (let turn = 0; turn < 3; turn++) {
        await clock.sleep(10)
        moments.push(clock.monotonic())
      }
    })()
    await clock.advance(30)
    assert.deepEqual(moments, [10, 20, 30])
  })

  it("rejects a sleep with its signal's reason, at once or later", async () => {
    const clock = new TestClock()
    const controller = new AbortController()
    const sleeping = clock.sleep(10, controller.signal)
    controller.abort(new Error('enough'))
    await assert.rejects(sleeping, /enough/)
    await assert.rejects(clock.sleep(10, controller.signal), /enough/)
    assert.equal(clock.sleeping, 0)
  })

  it('says so when what is waited for does not come', async () => {
    const clock = new TestClock()
    void clock.sleep(5000)
    await assert.rejects(
      clock.runUntil(() => clock.monotonic() > 1000, 2000),
      /not reached within 2000 ms/,
    )
  })
})
