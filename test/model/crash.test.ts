import assert from 'node:assert/strict'
import { checkTheEnd, newModel } from './model.ts'
import { RealService } from './service.ts'

/** Lives one life of drills and dies once, at this point; '' never dies. Returns the points that were passed. */
async function live(half: { readonly restores: boolean }, deadly: string): Promise<ReadonlySet<string>> {
  const real = await RealService.open({ ...half, reusesNames: half.restores })
  const passed = new Set<string>()
  let died = false
  try {
    await real.plan()
    await real.tick()
    for (let step = 0; step < 400 && !died; step++) {
      const wake = real.take()
      if (wake === null) await real.stage.clock.advance(1_000)
      else
        died = await real.deliverThrough(wake, point => {
          passed.add(point)
          return point === deadly
        })
      if ((await real.stage.ledger.due(real.stage.clock.now().add({ hours: 99 }), 1)).length === 0) break
    }
    assert.equal(died, deadly !== '', `${deadly} was not passed`)
    // As after a kill: what the process knew is gone, and a new one begins with a tick.
    if (died) real.queue.loseEverything()
    await real.tick()
    await real.runToTheEnd()
    await checkTheEnd(newModel(), real, { deployed: false, restoredLate: false })
    return passed
  } finally {
    await real.stage.ledger.close()
  }
}

for (const [title, half] of [
  ['a platform that replaces by itself', { restores: false }],
  ['a platform that must be asked to, and names a place and not an instance', { restores: true }],
] as const)
  describe(`a crash at every boundary, in simulated time, on ${title}`, function () {
    this.timeout(120_000)

    it('S9, S11 leaves one strike, one verdict and no group smaller', async () => {
      const points = await live(half, '')
      const wanted = [
        /^ledger\.intend/,
        /^provider\.strike/,
        /^ledger\.advance\.concluded/,
        ...(half.restores ? [/^provider\.restore/, /^ledger\.advance\.(.*\+)?restore/] : []),
      ]
      for (const name of wanted)
        for (const side of ['.before', '.after'])
          assert.ok(
            [...points].some(point => name.test(point) && point.endsWith(side)),
            `${name} ${side}: ${[...points].join(' ')}`,
          )
      for (const point of points) await live(half, point)
    })
  })
