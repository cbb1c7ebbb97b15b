import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Finding } from '../../src/domain/finding.ts'
import type { InstanceSnapshot } from '../../src/domain/group.ts'
import { driftRules, firstRefusal, isLeashed, victimRules } from '../../src/rules/rules.ts'
import { schedule } from '../domain/calendars.ts'
import { refusesIn } from './expect.ts'
import { ago, finding, hour, instance, victimFacts } from './facts.ts'

function checked(state: InstanceSnapshot['health'], detail = ''): InstanceSnapshot['checks'] {
  return [
    { source: 'platform', state: 'healthy', independent: false, detail: '' },
    { source: 'load balancer', state, independent: true, detail },
  ]
}

function limit(maxCapacityLoss: number) {
  return { limits: { ...schedule().limits, maxCapacityLoss } }
}

function members(...weights: number[]): InstanceSnapshot[] {
  return weights.map((weight, index) => instance(`i-${index + 1}`, { weight }))
}

/** The first of members of these weights, in a group that desires so much. */
function weighted(desired: number, ...weights: readonly [number, ...number[]]) {
  return victimFacts({ weight: weights[0] }, { desired, instances: members(...weights) })
}

describe('S7 the victim', () => {
  refusesIn(victimRules, 'S7', [
    ['a healthy member', victimFacts(), null],
    ['a pending member', victimFacts({ phase: 'pending' }), /i-1 is pending/],
    ['a member on standby', victimFacts({ phase: 'standby' }), /i-1 is standby/],
    ['a terminating member', victimFacts({ phase: 'terminating' }), /i-1 is terminating/],
    ['a protected member', victimFacts({ protection: 'it is protected from scale-in' }), /must not be struck: it is protected/],
    ['an unhealthy member', victimFacts({ health: 'unhealthy' }), /i-1 is unhealthy/],
    ['a starting member', victimFacts({ health: 'starting' }), /i-1 is still starting/],
    ['a member of unknown health', victimFacts({ health: 'unknown' }), /i-1 is of unknown health/],
    ['a member that every checker vouches for', victimFacts({ checks: checked('healthy') }), null],
    [
      'a member that one checker calls unhealthy',
      victimFacts({ checks: checked('unhealthy', 'timeout') }),
      /unhealthy by load balancer: timeout/,
    ],
    ['a member that one checker waits for', victimFacts({ checks: checked('starting') }), /still starting by load balancer/],
    ['a member that one checker cannot read', victimFacts({ checks: checked('unknown') }), /unknown health by load balancer/],
    ['a member exactly as old as minAge', victimFacts({ launchedAt: ago(hour) }), null],
    ['a member a moment younger than minAge', victimFacts({ launchedAt: ago(hour - 1) }), /59 min 59 s old, younger than 1 h/],
    ['a member from the future', victimFacts({ launchedAt: ago(-hour) }), /0 ms old/],
    ['half of a group of two', victimFacts({}, { instances: members(1, 1) }), null],
    [
      'more than half by weight',
      victimFacts({ weight: 3 }, { instances: members(3, 2) }),
      /60 % of the healthy capacity, and at most 50 %/,
    ],
    ['exactly half by weight', weighted(6, 3, 2, 1), null],
    [
      '7 of 1000 where 0.7 % may be lost',
      victimFacts({ weight: 7 }, { desired: 1000, instances: members(7, 993) }, limit(0.7 / 100)),
      null,
    ],
    [
      'a member without which the group is exactly at its size',
      weighted(2, 1, 2),
      /^without i-1 the group would still have 2 of 2 desired units of capacity: nothing would be launched in its place$/,
    ],
    ['a member without which the group is above its size', weighted(5, 1, 2, 4), /still have 6 of 5 desired units/],
    ['a member that leaves a gap smaller than any weight', weighted(5, 2, 2, 2), null],
    ['a heavier member of a group that could spare a lighter one', weighted(5, 2, 1, 2, 1), null],
    ['a member whose place is no longer desired', victimFacts({}, { desired: 2 }), /still have 2 of 2/],
    [
      'a member whose place one on standby only seems to take',
      victimFacts({}, { desired: 2, instances: [...members(1, 1), instance('i-3', { phase: 'standby' })] }),
      null,
    ],
    ['a member of a group whose size is no number', victimFacts({}, { desired: Number.NaN }), /nothing would be launched/],
    ['one third where 33 % may be lost', victimFacts({}, {}, limit(0.33)), /33.3 %.*at most 33 %/],
    [
      'half of what is healthy, though a third of all',
      victimFacts({}, { instances: [instance('i-1'), instance('i-2'), instance('i-3', { health: 'unhealthy' })] }, limit(0.4)),
      /50 % of the healthy capacity/,
    ],
    [
      'half of what is in service, though a third of all',
      victimFacts({}, { instances: [instance('i-1'), instance('i-2'), instance('i-3', { phase: 'standby' })] }, limit(0.4)),
      /50 % of the healthy capacity/,
    ],
    ['any share where none may be lost', victimFacts({}, {}, limit(0)), /at most 0 %/],
  ])
})

describe('S7 the size that is left', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 12 })

  it('S7 lets nobody be struck whose loss leaves no gap, whatever the weights', () => {
    const property = fc.property(weights, fc.integer({ min: 1, max: 100 }), (all, desired) => {
      const instances = members(...all)
      for (const victim of instances) {
        const facts = { ...victimFacts({}, { desired, instances }, limit(1)), instance: victim }
        const left = all.reduce((sum, weight) => sum + weight, 0) - victim.weight
        assert.equal(firstRefusal(victimRules, facts) === null, left < desired)
      }
    })
    fc.assert(property)
  })
})

describe('S10 a victim that cannot be judged', () => {
  refusesIn(victimRules, 'S10', [['a member of unknown age', victimFacts({ launchedAt: null }), /since when i-1 has been running/]])

  for (const weight of [0, -1, Number.NaN]) {
    it(`S10 refuses a member of weight ${weight}`, () => assert.equal(firstRefusal(victimRules, victimFacts({ weight }))?.rule, 'S10'))
  }
})

describe('S13 a victim that differs already', () => {
  const drifted = schedule({ strikeDrifted: true })
  const fails = [finding('fail', 'sg-9 was added by hand'), finding('warn', 'tag')]
  const told = (findings: readonly Finding[]) => ({ findings, why: null })
  const unread = { findings: null, why: 'tags could not be read' }
  refusesIn(driftRules, 'S13', [
    ['no drift', { schedule: schedule(), drift: told([]) }, null],
    ['warnings only', { schedule: schedule(), drift: told([finding('warn', 'tag')]) }, null],
    ['drift', { schedule: schedule(), drift: told(fails) }, /already differs from its declaration: sg-9 was added by hand/],
    ['drift where the schedule strikes it', { schedule: drifted, drift: told(fails) }, null],
  ])
  refusesIn(driftRules, 'S10', [
    [
      'what could not be compared',
      { schedule: schedule(), drift: unread },
      /could not be compared with its declaration: tags could not be read$/,
    ],
    [
      'what could not be compared, also where drift is struck',
      { schedule: drifted, drift: unread },
      /could not be compared with its declaration: tags could not be read$/,
    ],
  ])

  it('S13 keeps every finding', () => {
    assert.deepEqual(firstRefusal(driftRules, { schedule: schedule(), drift: told(fails) })?.findings, fails)
  })
})

describe('S8 the leash', () => {
  it('S8 is off only where the schedule says leashed: false', () => {
    assert.equal(isLeashed(schedule({ leashed: true })), true)
    assert.equal(isLeashed(schedule({ leashed: false })), false)
    const { leashed: _, ...unsaid } = schedule()
    assert.equal(isLeashed(unsaid as ReturnType<typeof schedule>), true)
  })
})
