import assert from 'node:assert/strict'
import fc from 'fast-check'
import { capacity, setDesired, terminateBehindBack, terminateByRequest } from '../../src/simulator/world/auto-scaling.ts'
import { type SimulatedGroup, simulateGroup } from './simulated-world.ts'

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('retire' as const, 'crash' as const), member: fc.nat(9) }),
  fc.record({ kind: fc.constant('resize' as const), desired: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('pass' as const), time: fc.nat(5000) }),
)

type Action = typeof step extends fc.Arbitrary<infer T> ? T : never

function take(web: SimulatedGroup, action: Action): void {
  switch (action.kind) {
    case 'resize':
      setDesired(web.place, action.desired, '')
      return
    case 'pass':
      web.pass(action.time)
      return
    default: {
      const alive = web.place.group.members.filter(member => member.state === 'InService')
      const victim = alive[action.member % Math.max(1, alive.length)]
      if (victim === undefined) return
      if (action.kind === 'retire') terminateByRequest(web.place, victim, false)
      else terminateBehindBack(web.place, web.instance(victim.instance))
    }
  }
}

describe('a simulated Auto Scaling group, whatever is done to it', () => {
  it('comes to its desired size with every member healthy, never overshoots, and ends every activity', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.boolean(), (actions, hooked) => {
        const hooks = [
          { on: 'terminate' as const, takes: 2500 },
          { on: 'launch' as const, takes: 700 },
        ]
        const web = simulateGroup({ maximum: 6, hooks: hooked ? hooks : [] })
        const { group } = web.place
        for (const action of actions) {
          take(web, action)
          assert.ok(capacity(group) <= 6, 'never beyond the maximum')
        }
        web.pass(120_000)
        assert.equal(group.members.length, group.desired)
        for (const member of group.members) {
          assert.deepEqual([member.state, member.health, web.target(member.instance)], ['InService', 'Healthy', 'healthy'])
        }
        assert.ok(
          group.activities.every(
            activity => /^(Successful|Cancelled)$/.test(activity.status) && activity.end !== null && activity.end >= activity.start,
          ),
        )
        assert.equal(new Set(group.activities.map(activity => activity.id)).size, group.activities.length)
      }),
      { numRuns: 150 },
    )
  })

  it('is the same however finely time is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 }), cuts => {
        const [fine, coarse] = [simulateGroup(), simulateGroup()]
        for (const web of [fine, coarse]) terminateByRequest(web.place, web.member(0), false)
        for (const cut of cuts) fine.pass(cut)
        coarse.pass(cuts.reduce((sum, cut) => sum + cut, 0))
        assert.deepEqual(fine.place.group.members, coarse.place.group.members)
        assert.deepEqual(fine.place.group.activities, coarse.place.group.activities)
      }),
      { numRuns: 60 },
    )
  })
})
