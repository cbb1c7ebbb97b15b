import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { endingInTime } from '../../src/commands/serve.ts'

describe('the end of a service', () => {
  function asked() {
    const controller = new AbortController()
    return { io: { signal: controller.signal, stderr: new PassThrough({ encoding: 'utf8' }) }, ask: () => controller.abort() }
  }

  it('is its own where nobody asked for it', async () => {
    const { io } = asked()
    assert.equal(await endingInTime(sleep(30, 4), io, 1), 4)
    await assert.rejects(endingInTime(Promise.reject(new Error('broken')), io, 1), /broken/)
  })

  it('is waited for where it comes in time', async () => {
    const { io, ask } = asked()
    const service = sleep(60, 0)
    ask()
    assert.equal(await endingInTime(service, io, 20_000), 0)
    assert.equal(io.stderr.read(), null)
  })

  it('still says what went wrong on the way', async () => {
    const { io, ask } = asked()
    const ending = endingInTime(
      sleep(30).then(() => Promise.reject(new Error('broken'))),
      io,
      20_000,
    )
    ask()
    await assert.rejects(ending, /broken/)
  })

  it('comes without it where something waits for ever, and says so', async () => {
    const { io, ask } = asked()
    const ending = endingInTime(new Promise(() => {}), io, 40)
    ask()
    assert.equal(await ending, 0)
    assert.equal(io.stderr.read(), 'firedrill: did not end in order within 0.04 s; what is open goes on at the next start\n')
  })
})
