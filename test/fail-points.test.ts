import assert from 'node:assert/strict'
import { failPoints, pointsThat } from '../src/fail-points.ts'
import { Platform } from './engine/platform.ts'
import { Stage } from './engine/stage.ts'
import { TestClock } from './support/test-clock.ts'

describe('fail points', () => {
  it('are not there at all unless the environment asks for them', async () => {
    const stage = await Stage.open()
    const points = failPoints({})
    assert.equal(points.ledger(stage.ledger), stage.ledger)
    assert.equal(points.provider(stage.platform), stage.platform)
    await stage.ledger.close()
  })

  it('stand before and after each write and each call, and not at reads of the ledger', async () => {
    const passed: string[] = []
    const points = pointsThat(name => void passed.push(name))
    const stage = await Stage.open()
    const ledger = points.ledger(stage.ledger)
    await ledger.now()
    await ledger.drills({})
    await ledger.endPermit('nobody')
    const provider = points.provider(new Platform(new TestClock()))
    await provider.observe(
      { id: 'cloud:here', provider: 'cloud' },
      [],
      { since: stage.clock.now(), depth: 'watch' },
      AbortSignal.timeout(1_000),
    )
    for await (const _group of provider.discover({ id: 'cloud:here', provider: 'cloud' }, AbortSignal.timeout(1_000)));
    assert.deepEqual(passed, [
      'ledger.endPermit.before',
      'ledger.endPermit.after',
      'provider.observe.watch.before',
      'provider.observe.watch.after',
      'provider.discover.before',
      'provider.discover.after',
    ])
    assert.equal(provider.capabilities.replacesItself, true)
    assert.equal(provider.restore, undefined)
    await ledger.close()
  })

  it('keep what comes before from happening, and let what came after stand', async () => {
    const stage = await Stage.open()
    const dying = (point: string) =>
      pointsThat(name => {
        if (name === point) throw new Error('killed')
      }).ledger(stage.ledger)
    const halt = { target: { kind: 'installation' }, reason: 'r', by: 'b', until: null } as const
    await assert.rejects(async () => dying('ledger.halt.before').halt(halt), /killed/)
    assert.equal((await stage.ledger.state()).halts.length, 0)
    await assert.rejects(async () => dying('ledger.halt.after').halt(halt), /killed/)
    assert.equal((await stage.ledger.state()).halts.length, 1)
    await stage.ledger.close()
  })
})
