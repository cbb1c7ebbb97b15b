import assert from 'node:assert/strict'
import { terminateByRequest } from '../../src/simulator/world/auto-scaling.ts'
import { createWorld } from '../../src/simulator/world/create.ts'
import type { WorldInput } from '../../src/simulator/world/description.ts'
import { defaultFleet } from '../../src/simulator/world/fleets.ts'
import { type SimulatedGroup, simulateGroup } from './simulated-world.ts'

type Trait = NonNullable<NonNullable<WorldInput['groups']>[number]['traits']>[number]

/** Strikes the first member and lets a minute pass. */
function drill(...traits: Trait[]): SimulatedGroup & { readonly victim: string } {
  const web = simulateGroup({ traits })
  const victim = web.member(0).instance
  terminateByRequest(web.place, web.member(0), false)
  web.pass(10_000)
  return { ...web, victim }
}

const kinds = (web: SimulatedGroup, question = {}) => web.world.truth('web', question).findings.map(finding => finding.kind)
const outcome = (web: SimulatedGroup, question = {}) => web.world.truth('web', question).outcome
const successor = (web: SimulatedGroup) => web.instance(web.newcomers()[0]?.instance ?? 'none')

describe('the traits of simulated groups', () => {
  it('a phoenix comes back the same', () => {
    const web = drill('phoenix')
    assert.equal(outcome(web), 'phoenix')
    assert.equal(successor(web).image, [...web.place.region.images.values()][0]?.id)
    assert.equal(web.target(successor(web).id), 'healthy')
  })

  for (const cause of ['kms', 'image-deregistered', 'launch-suspended', 'template-deleted', 'silent'] as const) {
    it(`not-replaced (${cause}) shows nothing before the strike and never brings a successor`, () => {
      const before = simulateGroup({ traits: [{ trait: 'not-replaced', cause }] })
      assert.equal(before.place.group.suspended.size, 0)
      assert.equal(
        [...before.place.region.images.values()].some(image => image.gone),
        false,
      )
      assert.equal(before.place.region.templates.size, 1)
      const web = drill({ trait: 'not-replaced', cause })
      web.pass(120_000)
      assert.equal(web.newcomers().filter(member => member.state === 'InService').length, 0)
      assert.deepEqual([outcome(web), kinds(web)], ['snowflake', ['not-replaced']])
      const failed = web.place.group.activities.filter(each => each.status === 'Failed' || each.status === 'Cancelled')
      assert.equal(failed.length > 0, cause !== 'launch-suspended' && cause !== 'silent')
    })
  }

  it('no-capacity and quota fail with their own messages and prove nothing', () => {
    for (const [trait, message] of [
      ['no-capacity', /do not have sufficient/],
      ['quota', /current vCPU limit/],
    ] as const) {
      const web = drill(trait)
      assert.equal(web.newcomers().length, 0)
      assert.match(web.place.group.activities.at(-1)?.message ?? '', message)
      assert.deepEqual([outcome(web), kinds(web)], ['inconclusive', ['no-capacity']])
    }
  })

  it('unhealthy: the successor fails its load balancer check', () => {
    const web = simulateGroup({ grace: 60_000, traits: ['unhealthy'] })
    terminateByRequest(web.place, web.member(0), false)
    web.pass(10_000)
    assert.equal(web.target(successor(web).id), 'unhealthy')
    assert.equal(web.target(web.member(0).instance), 'healthy', 'the old members are well')
  })

  it('late is still pending after ten minutes, slow is there in the end', () => {
    const late = drill('late')
    late.pass(600_000)
    assert.equal(late.newcomers()[0]?.state, 'Pending')
    const slow = simulateGroup({ traits: ['slow'] })
    terminateByRequest(slow.place, slow.member(0), false)
    slow.pass(4000)
    assert.equal(slow.newcomers()[0]?.state, 'Pending')
    slow.pass(4000)
    assert.equal(slow.newcomers()[0]?.state, 'InService')
  })

  it('wrong-image: the successor runs an image that nobody declared', () => {
    const web = drill('wrong-image')
    assert.notEqual(successor(web).image, web.instance(web.victim).image)
    assert.equal(
      web.place.group.members.every(member => member.template?.version === 1),
      true,
    )
  })

  it('stale-image: the members run an image older than the declared one; how bad that is depends on its age', () => {
    const web = drill('stale-image')
    assert.notEqual(successor(web).image, web.instance(web.victim).image)
    assert.equal(web.newcomers()[0]?.template?.version, 2)
    assert.equal(outcome(web), 'snowflake')
    assert.equal(outcome(drill({ trait: 'stale-image', age: '3d' })), 'phoenix')
  })

  it('outdated: the declaration moved on, the image did not', () => {
    const web = drill('outdated')
    assert.equal(successor(web).image, web.instance(web.victim).image)
    assert.equal(successor(web).metadata.hopLimit, 3)
    assert.equal(web.instance(web.member(0).instance).metadata.hopLimit, 2)
  })

  it('config-drift: members differ by hand, and only those struck count', () => {
    const web = simulateGroup({ traits: [{ trait: 'config-drift', members: 1 }] })
    const [edited, clean] = [web.member(0).instance, web.member(1).instance]
    assert.equal(web.instance(edited).securityGroups.length, 2)
    assert.equal(web.instance(clean).securityGroups.length, 1)
    assert.equal(outcome(web, { victim: edited }), 'refused')
    assert.equal(outcome(web, { victim: edited, strikeDrifted: true }), 'snowflake')
    assert.equal(outcome(web, { victim: clean }), 'phoenix')
  })

  it('every kind of change by hand is seen on the instance', () => {
    const edits = [
      { kind: 'volume', device: '/dev/sdf', size: 5 },
      { kind: 'role', profile: 'admin' },
      { kind: 'metadata', tokens: 'optional' },
      { kind: 'tag', key: 'keep', value: 'yes' },
      { kind: 'source-dest-check', enabled: false },
      { kind: 'type', type: 'm7i.large' },
      { kind: 'user-data', text: 'echo' },
      { kind: 'termination-protection', enabled: true },
      { kind: 'credits', option: 'unlimited' },
      { kind: 'content', path: 'file:/root/key', value: 'x' },
    ] as const
    const web = simulateGroup({ traits: [{ trait: 'config-drift', edits: [...edits] }] })
    const instance = web.instance(web.member(0).instance)
    assert.equal(instance.volumes.length, 2)
    assert.equal(web.place.region.volumes.get(instance.volumes[1]?.volume ?? '')?.size, 5)
    assert.deepEqual(
      [instance.profile, instance.metadata.tokens, instance.tags.keep, instance.sourceDestCheck, instance.type],
      ['admin', 'optional', 'yes', false, 'm7i.large'],
    )
    assert.deepEqual([instance.disableApiTermination, instance.credits, instance.content['file:/root/key']], [true, 'unlimited', 'x'])
  })

  it('successor-drift: only what is rebuilt differs', () => {
    const web = drill('successor-drift')
    assert.equal(web.instance(web.member(0).instance).securityGroups.length, 1)
    assert.equal(successor(web).securityGroups.length, 2)
    assert.deepEqual([outcome(web), kinds(web)], ['snowflake', ['config-drift']])
  })

  it('environment-changed: an account default moved under the declaration', () => {
    const web = drill('environment-changed')
    const encrypted = (id: string) => web.place.region.volumes.get(web.instance(id).volumes[0]?.volume ?? '')?.encrypted
    assert.equal(encrypted(web.member(0).instance), false)
    assert.equal(encrypted(successor(web).id), true)
  })

  it('state-drift: what lives inside the victim is not in the successor, and only fingerprints tell', () => {
    const web = simulateGroup({ traits: ['state-drift'] })
    const victim = web.instance(web.member(0).instance)
    terminateByRequest(web.place, web.member(0), false)
    web.pass(10_000)
    assert.notEqual(victim.content['file:/etc/app.conf'], successor(web).content['file:/etc/app.conf'])
    assert.equal(outcome(web, { fingerprints: true }), 'snowflake')
    assert.equal(outcome(web), 'phoenix')
  })

  for (const how of ['crash', 'unhealthy'] as const) {
    it(`died-young (${how}): the successor is healthy once, and then is not`, () => {
      const web = simulateGroup({ traits: [{ trait: 'died-young', how }] })
      terminateByRequest(web.place, web.member(0), false)
      web.pass(3700)
      const first = successor(web).id
      assert.equal(web.target(first), 'healthy')
      web.pass(10_000)
      assert.equal(
        web.place.group.members.some(member => member.instance === first),
        false,
      )
      assert.equal(web.newcomers().length, 1, 'and is replaced by one that stays')
    })
  }

  for (const how of ['spot', 'scale-in', 'rebalance'] as const) {
    it(`interrupted (${how}): the platform takes the successor for a reason of its own`, () => {
      const web = simulateGroup({ traits: [{ trait: 'interrupted', how }] })
      terminateByRequest(web.place, web.member(0), false)
      web.pass(4000)
      const first = successor(web).id
      web.pass(10_000)
      assert.equal(
        web.place.group.members.some(member => member.instance === first),
        false,
      )
      assert.equal(web.place.group.members.length, how === 'scale-in' ? 2 : 3)
      assert.equal(outcome(web), 'inconclusive')
    })
  }

  it('group-changed: the declaration changes with the strike', () => {
    const web = drill('group-changed')
    assert.equal(web.newcomers()[0]?.template?.version, 2)
    assert.equal(outcome(web), 'inconclusive')
  })

  it('a trait can set in some time after the strike', () => {
    const web = simulateGroup({ traits: [{ trait: 'suspended', when: { afterStrike: '5s' } }] })
    terminateByRequest(web.place, web.member(0), false)
    web.pass(4000)
    assert.equal(web.place.group.suspended.size, 0)
    web.pass(2000)
    assert.equal(web.place.group.suspended.has('Launch'), true)
  })

  it('pre-built: the successor comes from the warm pool, which is filled again', () => {
    const web = simulateGroup({ traits: ['pre-built'] })
    const pooled = web.place.group.warmPool?.members[0]?.instance
    terminateByRequest(web.place, web.member(0), false)
    web.pass(10_000)
    assert.equal(successor(web).id, pooled)
    assert.equal(web.place.group.warmPool?.members[0]?.state, 'Warmed:Stopped')
    assert.notEqual(web.place.group.warmPool?.members[0]?.instance, pooled)
  })

  const refusals: [Trait, string][] = [
    ['not-opted-in', 'S1'],
    ['near-miss', 'S1'],
    ['refreshing', 'S5'],
    ['scaling', 'S5'],
    ['recently-changed', 'S5'],
    ['below-desired', 'S5'],
    ['unhealthy-member', 'S5'],
    ['standby', 'S5'],
    ['suspended', 'S5'],
    ['deleting', 'S5'],
    ['protected', 'S7'],
    ['too-small', 'S7'],
    ['young', 'S7'],
    ['owned', 'S7'],
    [{ trait: 'owned', by: 'ecs' }, 'S7'],
    ['unreadable', 'S10'],
    ['cannot-rebuild', 'S13'],
  ]
  for (const [trait, rule] of refusals) {
    it(`${rule} is the truth about ${JSON.stringify(trait)}, and it lasts`, () => {
      const web = simulateGroup({ traits: [trait] })
      assert.deepEqual(
        web.world.truth('web').refusals.map(each => each.rule),
        [rule],
      )
      assert.equal(outcome(web), 'refused')
      web.pass(60_000)
      const { group } = web.place
      const seen: Record<string, boolean> = {
        'not-opted-in': group.tags.length === 0,
        'near-miss': group.tags.some(tag => tag.key === 'firedrill' && tag.value === 'Enabled'),
        refreshing: group.refreshes[0]?.status === 'InProgress',
        scaling: group.members.some(member => member.state === 'Pending'),
        'recently-changed': group.activities.some(each => each.start > web.world.time - 600_000),
        'below-desired': group.members.length < group.desired,
        'unhealthy-member': web.target(web.member(0).instance) === 'unhealthy',
        standby: web.member(0).state === 'Standby',
        suspended: group.suspended.has('Launch'),
        deleting: group.status !== null,
        protected: group.members.every(member => member.protected),
        'too-small': group.members.length === 1,
        young: group.members.every(member => (member.inServiceAt ?? 0) > web.world.time - 3_600_000),
        owned: group.tags.some(tag => tag.key.startsWith('eks:') || tag.key === 'AmazonECSManaged'),
        unreadable: web.world.initialFaults.length === 1,
        'cannot-rebuild': [...web.place.region.images.values()].some(image => image.gone),
      }
      assert.equal(seen[typeof trait === 'string' ? trait : trait.trait], true)
    })
  }

  for (const cause of [
    'image-deregistered',
    'image-disabled',
    'template-deleted',
    'version-deleted',
    'security-group',
    'key-pair',
    'profile',
  ] as const) {
    it(`cannot-rebuild (${cause}) makes the next launch fail with EC2's own words`, () => {
      const web = drill({ trait: 'cannot-rebuild', cause })
      assert.equal(web.newcomers().length, 0)
      assert.equal(web.place.group.activities.at(-1)?.status, 'Failed')
      assert.match(web.place.group.activities.at(-1)?.message ?? '', /Launching EC2 instance failed\.$/)
    })
  }

  it('traits compose: what leaves a drill without a conclusion wins', () => {
    const web = simulateGroup({ traits: ['no-capacity', 'state-drift', 'health-unproven'] })
    const truth = web.world.truth('web', { fingerprints: true })
    assert.equal(truth.verdict, 'inconclusive')
    assert.deepEqual(truth.findings.map(finding => finding.kind).toSorted(), ['health-unproven', 'no-capacity', 'state-drift'])
  })

  describe('S7 of a group whose members weigh differently', () => {
    const weighing = (size: number, ...weights: readonly number[]) =>
      simulateGroup({ source: 'mixed', size, overrides: weights.map((weight, index) => ({ type: `t3.${index}`, weight })) })
    const why = (web: SimulatedGroup, question = {}) => web.world.truth('web', question).refusals.map(({ rule, why }) => `${rule} ${why}`)
    const spare = 'S7 the group reaches its desired capacity without the victim'
    const tooMuch = 'S7 the victim is more than half of the capacity'

    it('is refused where every member is spare, or more than half', () => {
      for (const web of [weighing(2, 1, 2), weighing(5, 1, 2, 4)]) {
        assert.deepEqual([outcome(web), why(web)], ['refused', [spare, tooMuch]])
        const [light, heavy] = [web.member(0).instance, web.place.group.members.at(-1)?.instance ?? '']
        assert.deepEqual([why(web, { victim: light }), why(web, { victim: heavy })], [[spare], [tooMuch]])
        assert.equal(web.world.truth('web', { victim: light }).verdict, 'inconclusive')
        assert.deepEqual(kinds(web, { victim: light }), ['interrupted'])
        terminateByRequest(web.place, web.member(0), false)
        web.pass(60_000)
        assert.deepEqual(web.newcomers(), [], 'nothing is launched for it')
        assert.deepEqual(why(web, { victim: light }), [spare], 'it stays true when it is gone')
      }
    })

    it('is a phoenix where another may be struck, whose loss leaves a gap', () => {
      const web = weighing(5, 1, 2)
      assert.deepEqual([outcome(web), why(web)], ['phoenix', []])
      assert.deepEqual(why(web, { victim: web.member(0).instance }), [spare])
      assert.equal(outcome(web, { victim: web.member(1).instance }), 'phoenix')
      terminateByRequest(web.place, web.member(1), false)
      web.pass(60_000)
      assert.equal(web.newcomers().length, 1)
    })

    it('is a phoenix where all weigh the same', () => assert.equal(outcome(weighing(5, 2, 2)), 'phoenix'))
  })

  it('the default fleet has a group for every trait', () => {
    const fleet = createWorld(defaultFleet())
    const outcomes = new Set(fleet.groupIds().map(id => fleet.truth(id).outcome))
    assert.deepEqual([...outcomes].sort(), ['inconclusive', 'phoenix', 'refused', 'snowflake'])
  })
})
