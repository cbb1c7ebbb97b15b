import assert from 'node:assert/strict'
import type { LifecycleState } from '@aws-sdk/client-auto-scaling'
import { matchesPath } from '../../../src/domain/glob.ts'
import { controllerOf, DRIFT_IGNORE, isControllersInterface, isControllersVolume } from '../../../src/providers/aws/controllers.ts'
import { groupReading, statusReading, targetGroupsOf, targetReading, unreadableCheckers } from '../../../src/providers/aws/health.ts'
import { groupName, incarnationOf } from '../../../src/providers/aws/ids.ts'
import { membersOf, phaseOf, protectionOf, replacementOff, unsteadyByListing, weightOf } from '../../../src/providers/aws/members.ts'
import { auditName } from '../../../src/providers/aws/naming.ts'
import { awsSettingsSchema } from '../../../src/providers/aws/settings.ts'
import { bornFrom, declarationVersion, launchOptions } from '../../../src/providers/aws/sources.ts'
import { overall } from '../../../src/providers/shared/health.ts'
import { asg, member, SCOPE } from './fake-api.ts'

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0a1'

describe('AWS: members', () => {
  for (const [state, phase, reason] of [
    ['Pending', 'pending', 'scaling'],
    ['Pending:Wait', 'pending', 'scaling'],
    ['InService', 'in-service', null],
    ['EnteringStandby', 'standby', 'paused'],
    ['Standby', 'standby', 'paused'],
    ['Detaching', 'terminating', 'scaling'],
    ['Terminating:Wait', 'terminating', 'scaling'],
    ['Terminating:Retained', 'terminating', 'unknown'],
    ['Terminated', 'gone', 'scaling'],
    ['ReplacingRootVolume:Wait', 'pending', 'deploying'],
    ['RootVolumeReplaced', 'pending', 'deploying'],
    ['SomethingNew', 'pending', 'unknown'],
  ] as const)
    it(`S5 takes ${state} for ${phase}${reason === null ? '' : `, and the group for ${reason}`}`, () => {
      const one = member('i-0a1', { LifecycleState: state as LifecycleState })
      assert.equal(phaseOf(one), phase)
      assert.deepEqual(
        unsteadyByListing(asg('web', { Instances: [one] })).map(found => found.reason),
        reason === null ? [] : [reason],
      )
    })

  it('does not count what waits in the warm pool', () => {
    assert.deepEqual(
      membersOf(asg('web', { Instances: [member('i-0a1', { LifecycleState: 'Warmed:Stopped' }), member('i-0a2')] })).map(
        one => one.InstanceId,
      ),
      ['i-0a2'],
    )
  })

  it('S7 protects from scale-in, in standby, retained and what no template made', () => {
    assert.equal(protectionOf(member('i-0a1')), null)
    for (const more of [
      { ProtectedFromScaleIn: true },
      { LifecycleState: 'Standby' as const },
      { LifecycleState: 'Terminating:Retained' as const },
      { LaunchTemplate: undefined },
    ])
      assert.notEqual(protectionOf(member('i-0a1', more)), null)
    assert.equal(protectionOf(member('i-0a1', { LaunchTemplate: undefined, LaunchConfigurationName: 'web-1' })), null)
  })

  it('weighs by capacity units, and by one where there are none', () => {
    assert.deepEqual(
      [
        weightOf(member('i-0a1', { WeightedCapacity: '4' })),
        weightOf(member('i-0a1')),
        weightOf(member('i-0a1', { WeightedCapacity: 'x' })),
      ],
      [4, 1, 1],
    )
  })

  for (const [process, stops] of [
    ['Launch', true],
    ['Terminate', true],
    ['HealthCheck', true],
    ['ReplaceUnhealthy', true],
    ['AZRebalance', false],
    ['AlarmNotification', false],
    ['ScheduledActions', false],
    ['AddToLoadBalancer', false],
  ] as const)
    it(`S5 ${stops ? 'stops' : 'goes on'} where ${process} is suspended`, () => {
      assert.equal(replacementOff(asg('web', { SuspendedProcesses: [{ ProcessName: process }] })) !== null, stops)
    })

  it('S5 stops where AddToLoadBalancer is suspended and there is one', () => {
    assert.match(
      replacementOff(asg('web', { TargetGroupARNs: [ARN], SuspendedProcesses: [{ ProcessName: 'AddToLoadBalancer' }] })) ?? '',
      /never be registered/,
    )
  })
})

describe('AWS: health', () => {
  for (const [state, reason, expected] of [
    ['healthy', undefined, 'healthy'],
    ['initial', 'Elb.RegistrationInProgress', 'starting'],
    ['unhealthy', 'Target.FailedHealthChecks', 'unhealthy'],
    ['unhealthy.draining', undefined, 'unhealthy'],
    ['draining', 'Target.DeregistrationInProgress', 'unhealthy'],
    ['unused', 'Target.NotInUse', 'unknown'],
    ['unused', 'Target.InvalidState', 'unhealthy'],
    ['unavailable', 'Target.HealthCheckDisabled', 'unknown'],
    [undefined, undefined, 'unknown'],
  ] as const)
    it(`takes a target that is ${state} (${reason}) for ${expected}`, () => {
      const target = { Target: { Id: 'i-0a1' }, TargetHealth: { State: state as 'healthy', Reason: reason as 'Target.NotInUse' } }
      assert.equal(targetReading(ARN, [target], { id: 'i-0a1', pending: false }).state, expected)
    })

  it('counts the worst of several ports, and a target that is not registered as unhealthy once its turn has come', () => {
    const targets = (['healthy', 'unhealthy'] as const).map(State => ({ Target: { Id: 'i-0a1' }, TargetHealth: { State } }))
    assert.equal(targetReading(ARN, targets, { id: 'i-0a1', pending: false }).state, 'unhealthy')
    assert.equal(targetReading(ARN, targets, { id: 'i-0a2', pending: false }).state, 'unhealthy')
    assert.equal(targetReading(ARN, targets, { id: 'i-0a2', pending: true }).state, 'starting')
  })

  for (const [instance, system, volumes, expected] of [
    ['ok', 'ok', undefined, 'healthy'],
    ['initializing', 'ok', undefined, 'starting'],
    ['ok', 'insufficient-data', undefined, 'starting'],
    ['impaired', 'ok', undefined, 'unhealthy'],
    ['ok', 'ok', 'impaired', 'unhealthy'],
    ['not-applicable', 'ok', 'ok', 'healthy'],
    [undefined, 'ok', undefined, 'unknown'],
  ] as const)
    it(`takes status checks ${instance}, ${system}, ${volumes} for ${expected}, which vouch for nothing inside`, () => {
      const reading = statusReading({
        InstanceState: { Name: 'running' },
        ...(instance === undefined ? {} : { InstanceStatus: { Status: instance } }),
        SystemStatus: { Status: system },
        ...(volumes === undefined ? {} : { AttachedEbsStatus: { Status: volumes } }),
      })
      assert.deepEqual([reading.state, reading.independent], [expected, false])
    })

  it('believes no machine that does not run or is not shown', () => {
    assert.equal(statusReading({ InstanceState: { Name: 'stopped' } }).state, 'unhealthy')
    assert.equal(statusReading(undefined).state, 'unknown')
  })

  it("trusts the group's own Healthy only once a member is in service", () => {
    assert.equal(groupReading(member('i-0a1', { LifecycleState: 'Pending' }), 'pending').state, 'starting')
    assert.equal(groupReading(member('i-0a1'), 'in-service').state, 'healthy')
    assert.equal(groupReading(member('i-0a1', { HealthStatus: 'Unhealthy' }), 'pending').state, 'unhealthy')
    assert.equal(groupReading(member('i-0a1', { HealthStatus: undefined }), 'in-service').state, 'unknown')
  })

  it('is unhealthy by one checker, starting by one, unknown without any', () => {
    const all = (...states: ('healthy' | 'unhealthy' | 'starting' | 'unknown')[]) =>
      overall(states.map(state => ({ source: 'x', state, independent: true, detail: '' })))
    assert.deepEqual(
      [all('healthy', 'starting', 'unhealthy'), all('healthy', 'unknown', 'starting'), all('healthy', 'unknown'), all('healthy'), all()],
      ['unhealthy', 'starting', 'unknown', 'healthy', 'unknown'],
    )
  })

  it('finds target groups in both places, and checkers that it cannot read', () => {
    const group = asg('web', {
      TargetGroupARNs: [ARN],
      LoadBalancerNames: ['old'],
      TrafficSources: [{ Identifier: ARN, Type: 'elbv2' }, { Identifier: `${ARN}b` }, { Identifier: 'lattice', Type: 'vpc-lattice' }],
    })
    assert.deepEqual(targetGroupsOf(group), [ARN, `${ARN}b`])
    assert.deepEqual(
      unreadableCheckers(group).map(one => one.source),
      ['classic-elb/old', 'vpc-lattice/lattice'],
    )
  })
})

describe('AWS: names and owners', () => {
  it('S7 knows the groups of other controllers by their tags, and CloudFormation as none', () => {
    for (const key of [
      'eks:nodegroup-name',
      'kubernetes.io/cluster/prod',
      'k8s.io/cluster-autoscaler/enabled',
      'AmazonECSManaged',
      'elasticbeanstalk:environment-name',
      'karpenter.sh/nodepool',
      'AWSBatchServiceTag',
      'aws:elasticmapreduce:job-flow-id',
    ])
      assert.notEqual(controllerOf({ Tags: [{ Key: key, Value: 'x' }] }), null, key)
    assert.equal(
      controllerOf({
        Tags: [
          { Key: 'aws:cloudformation:stack-name', Value: 'x' },
          { Key: 'Name', Value: 'web' },
        ],
      }),
      null,
    )
    assert.notEqual(controllerOf({ Operator: { Principal: 'eks.amazonaws.com' } }), null)
  })

  it('ignores what controllers put on instances, and nothing else', () => {
    for (const path of [
      'tags/kubernetes.io/cluster/prod',
      'tags/aws:autoscaling:groupName',
      'tags/cluster.k8s.amazonaws.com/name',
      'tags/node.k8s.aws/instance_id',
      'tags/AmazonECSManaged',
    ])
      assert.equal(matchesPath(DRIFT_IGNORE, path), path !== 'tags/cluster.k8s.amazonaws.com/name', path)
    assert.equal(matchesPath(DRIFT_IGNORE, 'tags/Name'), false)
    assert.ok(
      isControllersInterface({ Description: 'aws-K8S-i-0a1' }) &&
        !isControllersInterface({ Description: 'by hand', InterfaceType: 'interface' }),
    )
    assert.ok(
      isControllersVolume({ Tags: [{ Key: 'kubernetes.io/created-for/pvc/name' }] }) && !isControllersVolume({ Tags: [{ Key: 'Name' }] }),
    )
  })

  it('tells a group made again under its name from the first, and reads names with slashes', () => {
    const arn = 'arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:0a-1b:autoScalingGroupName/web'
    assert.equal(incarnationOf({ AutoScalingGroupARN: arn }), '0a-1b')
    assert.equal(incarnationOf({ CreatedTime: new Date(0) }), '1970-01-01T00:00:00.000Z')
    assert.deepEqual([groupName(SCOPE, `${SCOPE}/asg/a/b`), groupName(SCOPE, 'aws:111122223333/eu-west-1/asg/a')], ['a/b', null])
  })

  it('keeps the name in the audit log within what AWS allows', () => {
    assert.match(auditName('ä drill/with:odd signs '.repeat(9)), /^firedrill-[\w+=,.@-]{54}$/)
  })

  it('names the declaration in force, and the version a member was born from', () => {
    const alias = asg('web', { LaunchTemplate: { LaunchTemplateId: 'lt-0a1', Version: '$Latest' } })
    const aliases = new Map([['lt-0a1', { latest: '9', default: '7' }]])
    assert.equal(declarationVersion(alias, aliases), 'lt-0a1:9')
    assert.equal(declarationVersion(asg('web', { LaunchTemplate: { LaunchTemplateId: 'lt-0a1' } }), aliases), 'lt-0a1:7')
    assert.equal(declarationVersion(alias, new Map()), 'lt-0a1:$Latest')
    assert.deepEqual(
      [
        bornFrom(member('i')),
        bornFrom(member('i', { LaunchTemplate: { LaunchTemplateId: 'lt-0a1', Version: '$Latest' } })),
        bornFrom(member('i', { LaunchTemplate: undefined, LaunchConfigurationName: 'c' })),
      ],
      ['lt-0a1:7', null, 'lc:c'],
    )
    assert.equal(launchOptions(asg('web')).length, 0)
  })

  it('has defaults for every setting, and refuses unknown ones and impossible combinations', () => {
    assert.deepEqual(awsSettingsSchema.parse({}), { regions: [], accounts: [], self: true, endpoint: null, optIn: [], optOut: [] })
    for (const wrong of [
      { region: 'x' },
      { regions: ['europe'] },
      { accounts: [{ roleArn: 'firedrill' }] },
      { self: false },
      { optIn: ['web'] },
    ])
      assert.equal(awsSettingsSchema.safeParse(wrong).success, false, JSON.stringify(wrong))
  })
})
