import assert from 'node:assert/strict'
import { failedLaunches, takenByOthers, terminationOf } from '../../src/domain/platform-events.ts'
import { event } from './fixtures.ts'

const noRoom = { category: 'capacity', message: 'no room' } as const

describe('what a platform tells', () => {
  it('is a decision of others where it scaled, rebalanced, interrupted, deployed or was called, and else the fault of the instance', () => {
    for (const cause of ['scale-in', 'rebalance', 'interruption', 'deployment', 'strike'] as const)
      assert.equal(takenByOthers(cause), true, cause)
    for (const cause of ['replacement', 'unhealthy', 'scale-out', 'unknown'] as const) assert.equal(takenByOthers(cause), false, cause)
  })

  it('is a failed launch only where it is not about a termination', () => {
    const events = [
      event('a', { error: noRoom, outcome: 'failed' }),
      event('b', { error: noRoom, kind: 'terminate' }),
      event('c', { error: noRoom, kind: 'other' }),
      event('d'),
    ]
    assert.deepEqual(
      failedLaunches(events).map(({ id }) => id),
      ['a', 'c'],
    )
  })

  it('is the end of an instance by the account that names a cause, of several that did not fail', () => {
    const ends = (...causes: readonly ['unknown' | 'scale-in' | 'unhealthy', 'succeeded' | 'failed' | 'in-progress'][]) =>
      causes.map(([cause, outcome], n) => event(`e-${n}`, { kind: 'terminate', instance: 'i-new', cause, outcome }))
    assert.equal(terminationOf(ends(['unknown', 'succeeded'], ['scale-in', 'in-progress']), 'i-new')?.id, 'e-1')
    assert.equal(terminationOf(ends(['unknown', 'succeeded'], ['unknown', 'succeeded']), 'i-new')?.id, 'e-0')
    assert.equal(terminationOf(ends(['unhealthy', 'succeeded'], ['scale-in', 'succeeded']), 'i-new')?.id, 'e-0')
    assert.equal(terminationOf(ends(['scale-in', 'failed'], ['unknown', 'succeeded']), 'i-new')?.id, 'e-1')
    assert.equal(terminationOf(ends(['scale-in', 'succeeded']), 'i-other'), undefined)
  })
})
