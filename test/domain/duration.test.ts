import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describeDuration, formatDuration, parseDuration } from '../../src/domain/duration.ts'

describe('durations', () => {
  const right: readonly [string, number][] = [
    ['500ms', 500],
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['14d', 1_209_600_000],
    ['0s', 0],
    ['0ms', 0],
  ]
  for (const [text, length] of right) {
    it(`reads ${text} as ${length} ms`, () => assert.equal(parseDuration(text), length))
  }

  for (const text of ['', '5', 's', '1.5h', '-1s', '1 h', ' 1h', '1h ', '1H', '1m30s', '1w', '1e3s', '٣s', '999999999999999d']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), null))
  }

  it('writes what it reads back as the same length', () => {
    fc.assert(fc.property(fc.nat({ max: 10 ** 12 }), length => assert.equal(parseDuration(formatDuration(length)), length)))
  })

  it('writes the shortest spelling', () => {
    assert.deepEqual([0, 90_000, 900_000, 3_600_000, 1_209_600_000, 1500].map(formatDuration), ['0s', '90s', '15m', '1h', '14d', '1500ms'])
  })

  it('describes lengths in two units for people', () => {
    const lengths = [80, 3250, 45_900, 345_678, 600_000, 7_500_000, 183_600_000, -45_000]
    const words = ['80 ms', '3.2 s', '45 s', '5 min 45 s', '10 min', '2 h 5 min', '2 d 3 h', '45 s']
    assert.deepEqual(lengths.map(describeDuration), words)
    const edges = [999, 1000, 9_999, 10_000, 59_999, 60_000, 3_599_999, 3_600_000, 86_399_999, 86_400_000]
    const told = ['999 ms', '1 s', '9.9 s', '10 s', '59 s', '1 min', '59 min 59 s', '1 h', '23 h 59 min', '1 d']
    assert.deepEqual(edges.map(describeDuration), told)
  })
})
