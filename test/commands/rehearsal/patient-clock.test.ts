import assert from 'node:assert/strict'
import { PatientClock } from '../../../src/commands/rehearsal/patient-clock.ts'

describe('the clock of a rehearsal', () => {
  let clock: PatientClock

  beforeEach(() => {
    clock = new PatientClock()
  })
  afterEach(() => clock.close())

  it('sleeps no less than asked, by its own time', async () => {
    const [before, instant] = [clock.monotonic(), clock.now()]
    await clock.sleep(60)
    assert.ok(clock.monotonic() - before >= 60)
    assert.ok(clock.now().since(instant).total('milliseconds') >= 59)
  })

  it('stands still while its process gets no turn, and goes on from there', async () => {
    await clock.sleep(20)
    const before = clock.monotonic()
    for (const end = performance.now() + 300; performance.now() < end; );
    assert.equal(clock.monotonic(), before)
    await clock.sleep(1)
    assert.ok(clock.monotonic() - before < 150, `${clock.monotonic() - before} ms passed`)
  })

  it("ends a sleep with the signal's reason", async () => {
    const controller = new AbortController()
    const sleeping = clock.sleep(60_000, controller.signal)
    controller.abort(new Error('stopped'))
    await assert.rejects(sleeping, /^Error: stopped$/)
  })
})
