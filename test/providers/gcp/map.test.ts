import assert from 'node:assert/strict'
import { readOptIn } from '../../../src/domain/opt-in.ts'
import { labelsOf, summaryOf } from '../../../src/providers/gcp/map.ts'
import { memberSnapshot, phaseOf, replacementOff, unsteadyBy } from '../../../src/providers/gcp/members.ts'
import type { KnownInstance } from '../../../src/providers/gcp/memory.ts'
import type { ManagedInstance, Manager } from '../../../src/providers/gcp/wire.ts'
import { GROUP, manager, member, PROJECT, SCOPE, template } from './fake-api.ts'

const today = Temporal.PlainDate.from('2026-03-02')

function stateOf(
  labels: readonly (Record<string, string> | null)[],
  overlay: Record<string, string> = {},
  optInById: 'in' | 'out' | null = null,
) {
  const group = manager({ allInstancesConfig: { properties: { labels: overlay } } })
  const templates = labels.map((one, index) => template(`web-${index}`, { labels: one ?? {} }))
  return readOptIn(summaryOf(group, templates, { id: GROUP, scope: SCOPE, optInById }), today).state
}

describe('opting a managed instance group in', () => {
  const on = { firedrill: 'enabled' }
  const off = { firedrill: 'disabled' }
  for (const [about, state, expected] of [
    ['its only template says so', stateOf([on]), 'in'],
    ['all of its versions say so', stateOf([on, on]), 'in'],
    ['the configuration for all instances says so', stateOf([null, null], on), 'in'],
    ['only one of its versions says so', stateOf([on, null]), 'near-miss'],
    ['nobody says anything', stateOf([null]), 'none'],
    ['one of its versions says no', stateOf([on, off]), 'out'],
    ['a template says no under a configuration that says yes', stateOf([off], on), 'out'],
    ['the configuration for all instances says no', stateOf([on], off), 'out'],
    ['its id says yes and a template no', stateOf([off], {}, 'in'), 'out'],
    ['its id says yes', stateOf([null], {}, 'in'), 'in'],
    ['its id says no', stateOf([on], {}, 'out'), 'out'],
  ] as const)
    it(`S1 is "${expected}" where ${about}`, () => assert.equal(state, expected))

  it('tells a label that versions disagree on, so that nobody takes one of them', () => {
    const templates = [template('a', { labels: { 'firedrill-method': 'crash', app: 'x' } }), template('b', { labels: { app: 'x' } })]
    assert.deepEqual(labelsOf(manager(), templates), { 'firedrill-method': 'crash or none', app: 'x' })
  })

  it('takes the label of the configuration for all instances where a template has another', () => {
    const group = manager({ allInstancesConfig: { properties: { labels: { 'firedrill-schedule': 'nights' } } } })
    assert.deepEqual(labelsOf(group, [template('a', { labels: { 'firedrill-schedule': 'days' } })]), { 'firedrill-schedule': 'nights' })
  })

  it('S5 is another group where one was made again under the same name', () => {
    const of = { id: GROUP, scope: SCOPE, optInById: null }
    assert.notEqual(summaryOf(manager({ id: '78' }), [], of).incarnation, summaryOf(manager(), [], of).incarnation)
  })
})

describe('a row of a managed instance group', () => {
  for (const [action, status, phase] of [
    ['NONE', 'RUNNING', 'in-service'],
    ['VERIFYING', 'RUNNING', 'pending'],
    ['CREATING', 'STAGING', 'pending'],
    // Whose instance this is cannot be told: a successor must never be taken for one that leaves.
    ['RECREATING', 'RUNNING', 'pending'],
    ['RECREATING', 'PROVISIONING', 'pending'],
    ['RECREATING', 'STOPPING', 'terminating'],
    ['NONE', 'STOPPING', 'terminating'],
    ['DELETING', 'RUNNING', 'terminating'],
    ['ABANDONING', 'RUNNING', 'terminating'],
    ['NONE', 'TERMINATED', 'pending'],
    ['SOMETHING_NEW', 'RUNNING', 'pending'],
  ] as const)
    it(`is ${phase} while ${action} and ${status}`, () =>
      assert.equal(phaseOf({ currentAction: action, instanceStatus: status } as ManagedInstance), phase))

  for (const [target, status, action, phase] of [
    ['STOPPED', 'TERMINATED', 'NONE', 'standby'],
    ['SUSPENDED', 'SUSPENDED', 'NONE', 'standby'],
    ['STOPPED', 'STOPPING', 'STOPPING', 'terminating'],
    ['RUNNING', 'RUNNING', 'NONE', 'in-service'],
  ] as const)
    it(`is ${phase} where it is to be ${target}, while ${action} and ${status}`, () => {
      const row = { currentAction: action, instanceStatus: status, targetStatus: target } as unknown as ManagedInstance
      assert.equal(phaseOf(row), phase)
    })

  const shown = (row: ManagedInstance, group: Manager = manager(), known?: KnownInstance) =>
    memberSnapshot({ ...row, identity: '1' }, { manager: group, project: PROJECT, known })

  for (const [state, health] of [
    ['HEALTHY', 'healthy'],
    ['UNHEALTHY', 'unhealthy'],
    ['TIMEOUT', 'unhealthy'],
    ['DRAINING', 'unhealthy'],
    ['UNKNOWN', 'unknown'],
  ] as const)
    it(`is ${health} where its health check says ${state}`, () =>
      assert.equal(shown(member('1', { instanceHealth: [{ detailedHealthState: state }] })).health, health))

  it('S10 is of unknown health where an attached check says nothing, and starting while it is verified', () => {
    assert.equal(shown(member('1', { instanceHealth: [] })).health, 'unknown')
    assert.equal(shown(member('1', { instanceHealth: [], currentAction: 'VERIFYING' })).health, 'starting')
  })

  it('has no independent witness of its health where no check is attached', () => {
    const seen = shown(member('1', { instanceHealth: [] }), manager({ autoHealingPolicies: [] }))
    assert.deepEqual([seen.health, seen.checks.some(check => check.independent)], ['healthy', false])
  })

  it('S7 is protected where it or its group is stateful', () => {
    assert.match(shown(member('1'), manager({ status: { stateful: { hasStatefulConfig: true } } })).protection ?? '', /stateful/)
    assert.match(shown(member('1'), manager({ statefulPolicy: { preservedState: { disks: { data: {} } } } })).protection ?? '', /stateful/)
    assert.match(shown(member('1', { preservedStateFromPolicy: { disks: { data: {} } } })).protection ?? '', /data/)
    assert.match(shown(member('1', { preservedStateFromConfig: { metadata: { a: 'b' } } })).protection ?? '', /a would/)
    assert.equal(shown(member('1', { preservedStateFromPolicy: {} })).protection, null)
  })

  it('S7 is protected where its deletion protection is on', () => {
    const known = { name: 'web-aaaa', zone: 'z', launchedAt: null, image: '111', bornFrom: null, deletionProtection: false }
    assert.equal(shown(member('1'), manager(), known).protection, null)
    assert.match(shown(member('1'), manager(), { ...known, deletionProtection: true }).protection ?? '', /deletion protection is on/)
  })
})

describe('a managed instance group that is not at rest', () => {
  const rows = [member('1')]
  const why = (more: Partial<Manager>, row = rows) =>
    unsteadyBy(manager(more), row)
      .map(({ detail }) => detail)
      .join('; ')
  it('S5 is steady where it says that it is stable', () => {
    assert.equal(why({}), '')
    assert.equal(why({ currentActions: { none: 1, creating: 0 } }), '')
  })
  it('S5 says why it is not', () => {
    assert.match(why({ status: { isStable: false, versionTarget: { isReached: true } } }), /not stable/)
    assert.match(why({ status: { versionTarget: { isReached: true } } }), /does not say whether it is stable/)
    assert.match(why({ status: { isStable: true, versionTarget: { isReached: false } } }), /rolling update/)
    assert.match(why({ status: { isStable: true, allInstancesConfig: { effective: false } } }), /all instances is not yet applied/)
    const stateful = { perInstanceConfigs: { allEffective: false } }
    assert.match(why({ status: { isStable: true, stateful } }), /single instances are not yet applied/)
    assert.match(why({ currentActions: { none: 1, verifying: 1 } }), /1 member is verifying/)
    assert.match(why({}, [member('1', { currentAction: 'RESTARTING' })]), /web-aaaa is restarting/)
    assert.match(why({}, [member(null)]), /there is no instance web-aaaa/)
  })
  it('is steady where members wait for an update that nobody rolls out', () => {
    const status = { isStable: true, versionTarget: { isReached: false } }
    assert.equal(why({ status, updatePolicy: { type: 'OPPORTUNISTIC' } }), '')
  })
  it('S5 says that nothing would be made again where repairs are off', () => {
    assert.equal(replacementOff(manager()), null)
    assert.match(replacementOff(manager({ instanceLifecyclePolicy: { defaultActionOnFailure: 'DO_NOTHING' } })) ?? '', /DO_NOTHING/)
    assert.match(replacementOff(manager({ instanceLifecyclePolicy: { onFailedHealthCheck: 'DO_NOTHING' } })) ?? '', /autohealing/)
    assert.equal(replacementOff(manager({ instanceLifecyclePolicy: { defaultActionOnFailure: 'REPAIR' } })), null)
    assert.match(replacementOff(manager({ versions: [] })) ?? '', /no instance template/)
  })
})
