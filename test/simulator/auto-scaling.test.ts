import assert from 'node:assert/strict'
import {
  capacity,
  reconcile,
  refreshOn,
  setDesired,
  terminateBehindBack,
  terminateByRequest,
} from '../../src/simulator/world/auto-scaling.ts'
import { simulateGroup } from './simulated-world.ts'

describe('a simulated Auto Scaling group', () => {
  it('replaces a member that a user terminated, through draining, launching and health checks', () => {
    const web = simulateGroup()
    const victim = web.member(0)
    terminateByRequest(web.place, victim, false)
    assert.equal(victim.state, 'Terminating')
    assert.equal(web.target(victim.instance), 'draining')
    web.pass(550)
    const [successor] = web.newcomers()
    assert.equal(successor?.state, 'Pending')
    assert.equal(web.instance(victim.instance).state, 'shutting-down')
    web.pass(2000)
    assert.equal(successor?.state, 'InService')
    assert.equal(web.target(successor?.instance ?? ''), 'initial', 'InService does not mean that the load balancer is content')
    web.pass(1000)
    assert.equal(web.target(successor?.instance ?? ''), 'healthy')
    assert.equal(web.place.group.members.length, 3)
    assert.equal(web.instance(victim.instance).state, 'terminated')
  })

  it('tells its activities in the words of the platform, newest last', () => {
    const web = simulateGroup()
    const victim = web.member(0).instance
    terminateByRequest(web.place, web.member(0), false)
    web.pass(10_000)
    const [terminated, launched] = web.place.group.activities.slice(-2)
    assert.equal(terminated?.description, `Terminating EC2 instance: ${victim}`)
    assert.equal(terminated?.cause, `At 2026-03-02T09:00:00Z instance ${victim} was taken out of service in response to a user request.`)
    assert.equal(launched?.description, `Launching a new EC2 instance: ${web.newcomers()[0]?.instance}`)
    assert.match(launched?.cause ?? '', /an instance was launched in response to an unhealthy instance needing to be replaced\.$/)
    assert.deepEqual([terminated?.status, launched?.status], ['Successful', 'Successful'])
  })

  it('shrinks without a replacement when the desired capacity is decremented', () => {
    const web = simulateGroup()
    terminateByRequest(web.place, web.member(0), true)
    web.pass(60_000)
    assert.equal(web.place.group.desired, 2)
    assert.equal(web.place.group.members.length, 2)
    assert.equal(web.newcomers().length, 0)
  })

  it('notices an instance that was terminated behind its back only after a while', () => {
    const web = simulateGroup({ times: { detect: 5000 } })
    const victim = web.member(1)
    terminateBehindBack(web.place, web.instance(victim.instance))
    web.pass(4000)
    assert.equal(victim.state, 'InService', 'the group still believes in it')
    assert.equal(web.instance(victim.instance).state, 'terminated')
    web.pass(1000)
    assert.equal(victim.health, 'Unhealthy')
    web.pass(20_000)
    assert.equal(web.newcomers().length, 1)
    assert.equal(capacity(web.place.group), 3)
    assert.ok(
      web.place.group.activities.some(each => each.cause.includes('an EC2 health check indicating it has been terminated or stopped')),
    )
  })

  for (const process of ['HealthCheck', 'ReplaceUnhealthy', 'Terminate', 'Launch']) {
    it(`replaces nothing while ${process} is suspended`, () => {
      const web = simulateGroup()
      web.place.group.suspended.set(process, 'User suspended')
      const victim = web.member(0)
      terminateBehindBack(web.place, web.instance(victim.instance))
      web.pass(60_000)
      assert.equal(web.newcomers().length, 0)
      assert.equal(victim.health, process === 'HealthCheck' ? 'Healthy' : 'Unhealthy')
      assert.equal(web.place.group.members.includes(victim), process !== 'Launch')
    })
  }

  it('lets a member that was launched while AddToLoadBalancer was suspended stay unregistered', () => {
    const web = simulateGroup()
    web.place.group.suspended.set('AddToLoadBalancer', 'User suspended')
    terminateByRequest(web.place, web.member(0), false)
    web.pass(60_000)
    const [successor] = web.newcomers()
    assert.equal(successor?.state, 'InService')
    assert.equal(web.target(successor?.instance ?? ''), null)
  })

  it('waits for lifecycle hooks on the way in and on the way out', () => {
    const hooks = [
      { on: 'launch' as const, takes: 4000 },
      { on: 'terminate' as const, takes: 3000 },
    ]
    const web = simulateGroup({ hooks })
    const victim = web.member(0)
    terminateByRequest(web.place, victim, false)
    web.pass(500)
    assert.equal(victim.state, 'Terminating:Wait')
    assert.equal(web.instance(victim.instance).state, 'running', 'an instance lives on while its hook waits')
    web.pass(2100)
    assert.equal(web.newcomers()[0]?.state, 'Pending:Wait')
    web.pass(4000)
    assert.equal(web.newcomers()[0]?.state, 'InService')
    assert.equal(web.instance(victim.instance).state, 'terminated')
  })

  it('grows and shrinks with its desired capacity, spares protected members and stays in balance over zones', () => {
    const web = simulateGroup({ maximum: 9 })
    setDesired(
      web.place,
      6,
      'At T a user request explicitly set group desired capacity changing the desired capacity from {from} to {to}.  ',
    )
    web.pass(10_000)
    assert.equal(capacity(web.place.group), 6)
    const perZone = Object.values(Object.groupBy(web.place.group.members, member => member.zone)).map(members => members?.length)
    assert.deepEqual(perZone, [2, 2, 2])
    assert.ok(web.place.group.activities.some(each => each.cause.includes('changing the desired capacity from 3 to 6.')))
    for (const member of web.newcomers()) member.protected = true
    setDesired(web.place, 3, '')
    web.pass(10_000)
    assert.equal(web.newcomers().length, 3, 'only the unprotected were taken')
    assert.equal(web.place.group.members.length, 3)
  })

  it('counts in weights where a mixed policy gives them', () => {
    const overrides = [{ type: 't3.small', weight: 2 }]
    const web = simulateGroup({ source: 'mixed', overrides, size: 6 })
    assert.equal(web.place.group.members.length, 3)
    terminateByRequest(web.place, web.member(0), false)
    web.pass(10_000)
    assert.equal(web.newcomers().length, 1)
    assert.equal(capacity(web.place.group), 6)
  })

  it('tries a failed launch again, less and less often, and goes on when the cause is gone', () => {
    const web = simulateGroup({ traits: [{ trait: 'no-capacity', for: 20_000 }], times: { retry: 1000 } })
    terminateByRequest(web.place, web.member(0), false)
    web.pass(19_000)
    const failed = web.place.group.activities.filter(each => each.status === 'Failed')
    assert.ok(failed.length >= 3 && failed.length <= 5, `${failed.length} attempts`)
    assert.match(
      failed[0]?.message ?? '',
      /We currently do not have sufficient t3\.micro capacity in the Availability Zone you requested \(eu-west-1[abc]\)/,
    )
    web.pass(30_000)
    assert.equal(capacity(web.place.group), 3)
    assert.equal(web.newcomers()[0]?.state, 'InService')
  })

  it('replaces a member whose load balancer check fails once its grace period is over', () => {
    const web = simulateGroup({ grace: 10_000, traits: ['unhealthy'] })
    terminateByRequest(web.place, web.member(0), false)
    web.pass(5000)
    const [first] = web.newcomers()
    assert.equal(web.target(first?.instance ?? ''), 'unhealthy')
    assert.equal(first?.state, 'InService')
    web.pass(9000)
    assert.ok(!web.newcomers().some(member => member.instance === first?.instance))
    assert.ok(web.place.group.activities.some(each => each.cause.includes('in response to an ELB system health check failure')))
  })

  it('runs an instance refresh through every member, one at a time', () => {
    const web = simulateGroup()
    const { group } = web.place
    const pending = group.members.map(member => member.instance)
    group.refreshes.push({
      id: 'r',
      status: 'Pending',
      reason: null,
      start: 0,
      end: null,
      percentage: 0,
      total: 3,
      pending,
      replacing: null,
      frozen: false,
    })
    refreshOn(web.place)
    web.pass(4000)
    assert.equal(group.refreshes[0]?.percentage, 33)
    assert.equal(group.refreshes[0]?.status, 'InProgress')
    web.pass(60_000)
    assert.equal(group.refreshes[0]?.status, 'Successful')
    assert.equal(web.newcomers().length, 3)
  })

  it('never holds more or fewer members than desired for long, whatever is struck', () => {
    const web = simulateGroup({ size: 4 })
    for (let round = 0; round < 20; round++) {
      const alive = web.place.group.members.filter(member => member.state === 'InService')
      const victim = alive[round % alive.length]
      if (victim !== undefined && round % 2 === 0) terminateByRequest(web.place, victim, false)
      else if (victim !== undefined) terminateBehindBack(web.place, web.instance(victim.instance))
      web.pass(round * 300)
      assert.ok(capacity(web.place.group) <= 4, `round ${round}`)
    }
    web.pass(60_000)
    reconcile(web.place)
    assert.equal(web.place.group.members.length, 4)
    assert.ok(web.place.group.members.every(member => member.state === 'InService' && web.target(member.instance) === 'healthy'))
  })

  it('forgets a terminated instance after an hour, as EC2 does', () => {
    const web = simulateGroup()
    const id = web.member(0).instance
    terminateByRequest(web.place, web.member(0), false)
    web.pass(30 * 60_000)
    assert.equal(web.instance(id).state, 'terminated')
    assert.deepEqual(web.instance(id).volumes, [])
    web.pass(31 * 60_000)
    assert.equal(web.place.region.instances.has(id), false)
  })

  it('gives the same world for the same seed, ids included', () => {
    assert.deepEqual(
      simulateGroup().place.group.members.map(member => member.instance),
      simulateGroup().place.group.members.map(member => member.instance),
    )
  })
})
