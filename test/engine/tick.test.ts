import assert from 'node:assert/strict'
import { tick, watchAndWake } from '../../src/engine/tick.ts'
import { openInProcessQueue } from '../../src/queue/in-process.ts'
import { Stage } from './stage.ts'

describe('a tick', () => {
  it('S12 wakes a drill that its worker left at the strike at its own moment, not a minute later', async () => {
    const stage = await Stage.open()
    const engine = stage.engine()
    const queue = openInProcessQueue({ clock: stage.clock })
    const stop = new AbortController()
    try {
      stage.platform.add('web')
      const [plan] = await stage.plan()
      assert.ok(plan)
      stage.platform.next = ['lost']
      await stage.attempt([plan])
      assert.equal((await stage.drill(plan.id)).state, 'striking')
      queue.onWake('watch', ({ key }) => watchAndWake(engine, queue, key, stop.signal))
      await tick(engine, queue, stop.signal)
      await stage.clock.advance(15_000)
      await stage.clock.runUntil(async () => (await stage.drill(plan.id)).state !== 'striking', 10_000)
    } finally {
      stop.abort()
      await queue.close()
      await stage.ledger.close()
    }
  })
})
