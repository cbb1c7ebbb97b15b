import assert from 'node:assert/strict'
import type { Drill } from '../../src/domain/drill.ts'
import { expectedOf, type Recovery, recoveriesOf, recoveryOf, withRecovery } from '../../src/domain/recoveries.ts'
import { transition } from '../../src/domain/transition.ts'
import { at, candidate, order, plannedDrill, tracking } from './fixtures.ts'

const took = (group: string, ...seconds: number[]): Recovery[] => seconds.map(each => ({ group, took: each * 1000 }))

describe('recoveries', () => {
  it('are read from drills, from the strike until the first successor was recovered', () => {
    const struck = tracking({
      struckAt: at(0),
      candidates: [candidate('i-b', { recoveredAt: at(50) }), candidate('i-a', { recoveredAt: at(40) })],
    })
    assert.deepEqual(recoveryOf({ group: 'web', tracking: struck }), { group: 'web', took: 40_000 })
    assert.equal(recoveryOf({ group: 'web', tracking: tracking({ candidates: [] }) }), null)
    assert.equal(recoveryOf({ group: 'web', tracking: null }), null)
  })

  it('teach nothing where looks were missed: an outage of ours is no property of the group', () => {
    const unseen = candidate('i-a', { recoveredAt: at(400), recoveredAfter: at(20) })
    assert.equal(recoveryOf({ group: 'web', tracking: tracking({ candidates: [unseen] }) }), null)
  })

  it('come oldest first from a list of drills that begins with the newest', () => {
    const recovered = (seconds: number): Drill =>
      (
        [
          { kind: 'intend', order: order() },
          { kind: 'struck', at: at(0), mustRestore: false, declarationVersion: 'template:1', desired: 3 },
          {
            kind: 'looked',
            tracking: tracking({ candidates: [candidate('i-new', { healthyAt: at(seconds), recoveredAt: at(seconds) })] }),
            at: at(seconds),
          },
        ] as const
      ).reduce<Drill>(transition, plannedDrill())
    assert.deepEqual(
      recoveriesOf([recovered(20), plannedDrill(), recovered(10)]).map(one => one.took),
      [10_000, 20_000],
    )
  })

  it('of the group itself say most, and three are enough', () => {
    const known = [...took('other', ...new Array(20).fill(100)), ...took('web', 30, 31, 32)]
    assert.deepEqual(expectedOf(known, 'web'), { soonest: 30_000, latest: 32_000, isSure: true })
    assert.deepEqual(expectedOf([...known, ...took('web', 40, 41, 42, 43, 44)], 'web'), { soonest: 40_000, latest: 44_000, isSure: true })
  })

  it('of the rest of the scope stand in, be it one, and say nothing where they disagree', () => {
    const known = took('other', 30, 30, 30, 30, 31, 31, 31, 33)
    assert.deepEqual(expectedOf(known, 'web'), { soonest: 30_000, latest: 33_000, isSure: true })
    assert.deepEqual(expectedOf(known.slice(-1), 'web'), { soonest: 33_000, latest: 33_000, isSure: false })
    assert.equal(expectedOf([...known, ...took('other', 46)], 'web'), null)
    assert.equal(expectedOf([...known, ...took('web', 30, 60, 90)], 'web'), null, 'its own disagree')
    assert.equal(expectedOf([], 'web'), null)
  })

  it('tell when all of them were still missed, as far as somebody knows', () => {
    const [first, second] = took('other', 30, 31) as [Recovery, Recovery]
    const known = [first, { ...second, notYet: 29_500 }, { ...second, notYet: 30_500 }]
    assert.deepEqual(expectedOf(known, 'web'), { soonest: 30_000, latest: 31_000, notYet: 29_500, isSure: false })
  })

  it('are kept up to a number, the oldest go first', () => {
    const many = Array.from({ length: 300 }, (_, index) => index).reduce<Recovery[]>(
      (known, ms) => withRecovery(known, { group: 'web', took: ms }),
      [],
    )
    assert.equal(many.length, 200)
    assert.equal(many[0]?.took, 100)
  })
})
