import assert from 'node:assert/strict'
import { systemClock } from '../../src/telemetry/system-clock.ts'

describe('system clock', () => {
  it('sleeps no less than asked', async () => {
    const clock = systemClock()
    const before = clock.monotonic()
    await clock.sleep(25)
    assert.ok(clock.monotonic() - before >= 25)
  })

  it("ends a sleep with the signal's reason and leaves no timer", async () => {
    const timers = () => process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length
    // Mocha starts its own timer once the test has given its promise back.
    await systemClock().sleep(1)
    const controller = new AbortController()
    const before = timers()
    // Longer than any timer of Node, which would fire such a one at once.
    const sleeping = systemClock().sleep(2 ** 40, controller.signal)
    assert.equal(timers(), before + 1)
    controller.abort(new Error('stopped'))
    await assert.rejects(sleeping, /stopped/)
    assert.equal(timers(), before)
    await assert.rejects(systemClock().sleep(1, controller.signal), /stopped/)
  })
})
