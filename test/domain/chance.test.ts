import assert from 'node:assert/strict'
import fc from 'fast-check'
import { pick, uniform } from '../../src/domain/chance.ts'

describe('chance', () => {
  it('gives the same number for the same parts, today and in every later release', () => {
    assert.equal(uniform('salt', 'weekdays', 'group', '2026-11-23'), uniform('salt', 'weekdays', 'group', '2026-11-23'))
    // Kept plans and replayed drills rest on these: a changed hash redraws everybody's year.
    assert.equal(uniform('salt', 'weekdays', 'group', '2026-11-23'), FIRST)
    assert.equal(uniform(), EMPTY)
  })

  it('stays within [0, 1) for any parts', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), parts => {
        const number = uniform(...parts)
        assert.ok(number >= 0 && number < 1)
      }),
    )
  })

  it('tells apart parts that only differ in where they end', () => {
    const sameText = [['ab', 'c'], ['a', 'bc'], ['abc'], ['', 'abc'], ['abc', ''], ['1:a', 'bc'], ['a1:', 'bc'], ['a', '', 'bc']]
    assert.equal(new Set(sameText.map(parts => uniform(...parts))).size, sameText.length)
  })

  it('spreads evenly, in its high bits as in its low ones', () => {
    const draws = 40_000
    const high = new Array<number>(64).fill(0)
    const low = new Array<number>(64).fill(0)
    for (let index = 0; index < draws; index++) {
      const number = uniform('salt', String(index))
      const bits = BigInt(number * 2 ** 53)
      count(high, Math.floor(number * 64))
      count(low, Number(bits & 63n))
    }
    // 63 degrees of freedom: 120 is beyond a chance of 1 in 50,000, and the draw never changes.
    assert.ok(chiSquare(high, draws) < 120, `${chiSquare(high, draws)}`)
    assert.ok(chiSquare(low, draws) < 120, `${chiSquare(low, draws)}`)
  })

  it('changes about half of all 53 bits when one letter changes', () => {
    const trials = 2000
    const flips = new Array<number>(53).fill(0)
    for (let index = 0; index < trials; index++) {
      let difference = BigInt(uniform('s', `web-${index}a`) * 2 ** 53) ^ BigInt(uniform('s', `web-${index}b`) * 2 ** 53)
      for (let bit = 0; bit < 53; bit++, difference >>= 1n) if (difference & 1n) count(flips, bit)
    }
    for (const [bit, flipped] of flips.entries()) assert.ok(Math.abs(flipped / trials - 0.5) < 0.06, `bit ${bit}: ${flipped} of ${trials}`)
  })

  it('does not link one day with the next', () => {
    let both = 0
    const days = 20_000
    for (let index = 0; index < days; index++) if (uniform('s', `${index}`) < 0.5 && uniform('s', `${index + 1}`) < 0.5) both++
    assert.ok(Math.abs(both / days - 0.25) < 0.015, `${both}`)
  })

  it('picks each item about as often, and nothing from nothing', () => {
    const counts = new Map<string, number>()
    for (let index = 0; index < 9000; index++) {
      const item = pick(['a', 'b', 'c'], 'salt', String(index)) ?? 'nothing'
      counts.set(item, (counts.get(item) ?? 0) + 1)
    }
    assert.deepEqual([...counts.keys()].sort(), ['a', 'b', 'c'])
    for (const count of counts.values()) assert.ok(Math.abs(count - 3000) < 250)
    assert.equal(pick([], 'salt'), null)
  })
})

const FIRST = 0.4682514767908822
const EMPTY = 0.573397580105495

function chiSquare(counts: readonly number[], draws: number): number {
  const expected = draws / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

function count(counts: number[], index: number): void {
  counts[index] = (counts[index] ?? 0) + 1
}
