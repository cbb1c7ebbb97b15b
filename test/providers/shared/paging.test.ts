import assert from 'node:assert/strict'
import fc from 'fast-check'
import { batches, mapLimited } from '../../../src/providers/shared/batches.ts'
import { orAborted } from '../../../src/providers/shared/deadline.ts'
import { collect } from '../../../src/providers/shared/paging.ts'

describe('paging', () => {
  it('gives every item of every page once and in order, empty pages among them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.integer(), { maxLength: 4 }), { minLength: 1, maxLength: 12 }), async pages => {
        let calls = 0
        const items = await collect(async token => {
          const index = token === undefined ? 0 : Number(token.slice(1))
          calls++
          return {
            items: pages[index] ?? [],
            next: index + 1 < pages.length ? `t${index + 1}` : fc.sample(fc.constantFrom(undefined, null, ''), 1)[0],
          }
        })
        assert.deepEqual(items, pages.flat())
        assert.equal(calls, pages.length)
      }),
      { numRuns: 60 },
    )
  })

  it('does not take a listing that goes round in circles for a whole one', async () => {
    await assert.rejects(
      collect(async () => ({ items: [1], next: 'again' })),
      { name: 'ProviderError', code: 'unknown', message: /same page token twice/ },
    )
  })

  it('does not read for ever a listing that does not end', async () => {
    let pages = 0
    const endless = collect(async () => ({ items: [], next: String(++pages) }))
    await assert.rejects(endless, { name: 'ProviderError', message: /more than 10000 pages/ })
    assert.ok(pages <= 10_001)
  })
})

describe('batches', () => {
  it('lose nothing and are never larger than asked', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (items, size) => {
        const parts = batches(items, size)
        assert.deepEqual(parts.flat(), items)
        assert.ok(parts.every(part => part.length > 0 && part.length <= size))
        assert.equal(parts.length, Math.ceil(items.length / size))
      }),
    )
  })

  it('are worked on in order of their results, with no more at a time than allowed', async () => {
    let busy = 0
    let most = 0
    const results = await mapLimited([5, 1, 4, 2, 3], 2, async item => {
      most = Math.max(most, ++busy)
      await new Promise(resolve => setImmediate(resolve))
      busy--
      return item * 10
    })
    assert.deepEqual(results, [50, 10, 40, 20, 30])
    assert.equal(most, 2)
  })
})

describe('orAborted', () => {
  it("ends with the signal's own reason while the work goes on", async () => {
    const stop = new AbortController()
    const waiting = orAborted(new Promise(() => {}), stop.signal)
    stop.abort(new Error('halted'))
    await assert.rejects(waiting, /halted/)
  })

  it('gives the result and leaves no listener behind', async () => {
    const stop = new AbortController()
    assert.equal(await orAborted(Promise.resolve(7), stop.signal), 7)
    stop.abort()
  })
})
