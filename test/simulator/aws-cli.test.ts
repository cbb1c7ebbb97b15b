import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createWorld, SimulatedClock, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'
import { START } from './simulated-world.ts'

interface Outcome {
  readonly code: number
  readonly out: string
  readonly error: string
}

describe('the simulated AWS, asked by the official command line', function () {
  this.timeout(60_000)
  const clock = new SimulatedClock(START)
  let simulator: Simulator
  let program: string

  before(async function () {
    const found = onPath('aws', ['/usr/bin', '/usr/local/bin'])
    if (found === null) return missing(this, 'aws')
    program = found
    const groups = [
      ...['api', 'batch', 'queue', 'web'].map(name => ({ name })),
      { name: 'search', traits: ['refreshing' as const] },
      { name: 'wiki', optIn: false },
    ]
    const accounts = [{ id: '123456789012' }, { id: '111122223333', roles: ['firedrill'] }]
    const world = createWorld({ accounts, groups, alarms: [{ name: 'errors', state: 'ALARM' }] }, { clock })
    simulator = await startSimulator({ world })
  })

  after(() => simulator?.close())

  function run(...args: string[]): Promise<Outcome> {
    const { endpoint, env } = simulator.aws
    return new Promise(resolve => {
      // Versions before 2.13 do not read AWS_ENDPOINT_URL.
      const given = ['--endpoint-url', endpoint, '--output', 'json', ...args]
      const settings = { ...env, HOME: '/nonexistent', PATH: process.env.PATH ?? '', AWS_MAX_ATTEMPTS: '1', AWS_PAGER: '' }
      execFile(program, given, { env: settings }, (error, out, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 255, out, error: stderr })
      })
    })
  }

  /** Runs and parses; a failure fails the test with what the command said. */
  async function json<T>(...args: string[]): Promise<T> {
    const { code, out, error } = await run(...args)
    assert.equal(code, 0, `aws ${args.join(' ')}: ${error}`)
    return (out.trim() === '' ? {} : JSON.parse(out)) as T
  }

  const member = (name: string, index: number) => simulator.world.findGroup(name).group.members[index]?.instance ?? ''

  it('describes groups by tag, page by page', async () => {
    interface Page {
      readonly AutoScalingGroups: { readonly AutoScalingGroupName: string; readonly Instances: unknown[] }[]
      readonly NextToken?: string
    }
    const describe = ['autoscaling', 'describe-auto-scaling-groups', '--filters', 'Name=tag:firedrill,Values=enabled']
    const [all, first] = await Promise.all([
      json<Page>(...describe, '--page-size', '2'),
      json<Page>(...describe, '--page-size', '2', '--max-items', '3'),
    ])
    assert.deepEqual(
      all.AutoScalingGroups.map(each => each.AutoScalingGroupName),
      ['api', 'batch', 'queue', 'search', 'web'],
    )
    assert.equal(first.AutoScalingGroups.length, 3)
    assert.equal(all.AutoScalingGroups[0]?.Instances.length, 3)
    const rest = await json<Page>(...describe, '--page-size', '2', '--starting-token', first.NextToken ?? '')
    assert.deepEqual(
      rest.AutoScalingGroups.map(each => each.AutoScalingGroupName),
      ['search', 'web'],
    )
  })

  it('opts a group in with a tag', async () => {
    const tag = 'ResourceId=wiki,ResourceType=auto-scaling-group,Key=firedrill,Value=enabled,PropagateAtLaunch=false'
    await json('autoscaling', 'create-or-update-tags', '--tags', tag)
    const { Tags } = await json<{ Tags: unknown[] }>('autoscaling', 'describe-tags', '--filters', 'Name=auto-scaling-group,Values=wiki')
    assert.deepEqual(Tags, [
      { ResourceId: 'wiki', ResourceType: 'auto-scaling-group', Key: 'firedrill', Value: 'enabled', PropagateAtLaunch: false },
    ])
  })

  it('terminates a member through its group and tells what happened', async () => {
    const victim = member('web', 0)
    const terminate = [
      'autoscaling',
      'terminate-instance-in-auto-scaling-group',
      '--instance-id',
      victim,
      '--no-should-decrement-desired-capacity',
    ]
    const { Activity } = await json<{ Activity: Record<string, unknown> }>(...terminate)
    assert.equal(Activity.Cause, `At 2026-03-02T09:00:00Z instance ${victim} was taken out of service in response to a user request.`)
    clock.advance(20_000)
    const arn = simulator.world.findGroup('web').group.targetGroups[0] ?? ''
    const [activities, health] = await Promise.all([
      json<{ Activities: { Description: string; StatusCode: string }[] }>(
        'autoscaling',
        'describe-scaling-activities',
        '--auto-scaling-group-name',
        'web',
        '--max-items',
        '2',
      ),
      json<{ TargetHealthDescriptions: { TargetHealth: { State: string } }[] }>(
        'elbv2',
        'describe-target-health',
        '--target-group-arn',
        arn,
      ),
    ])
    assert.deepEqual(
      activities.Activities.map(each => each.StatusCode),
      ['Successful', 'Successful'],
    )
    assert.match(activities.Activities[0]?.Description ?? '', /^Launching a new EC2 instance: i-/)
    assert.deepEqual(
      health.TargetHealthDescriptions.map(each => each.TargetHealth.State),
      ['healthy', 'healthy', 'healthy'],
    )
  })

  it('terminates an instance behind its group’s back', async () => {
    const victim = member('api', 0)
    interface Terminated {
      readonly TerminatingInstances: {
        readonly CurrentState: { readonly Name: string }
        readonly PreviousState: { readonly Name: string }
      }[]
    }
    const { TerminatingInstances } = await json<Terminated>('ec2', 'terminate-instances', '--instance-ids', victim)
    assert.deepEqual(
      [TerminatingInstances[0]?.PreviousState.Name, TerminatingInstances[0]?.CurrentState.Name],
      ['running', 'shutting-down'],
    )
    clock.advance(20_000)
    assert.equal(simulator.world.findGroup('api').group.members.length, 3)
    const found = await json<{ Reservations: { Instances: { State: { Name: string } }[] }[] }>(
      'ec2',
      'describe-instances',
      '--instance-ids',
      victim,
    )
    assert.equal(found.Reservations[0]?.Instances[0]?.State.Name, 'terminated')
  })

  it('suspends and resumes processes, and changes the desired capacity', async () => {
    const name = ['--auto-scaling-group-name', 'batch']
    await json('autoscaling', 'suspend-processes', ...name, '--scaling-processes', 'Launch', 'Terminate')
    assert.deepEqual([...simulator.world.findGroup('batch').group.suspended.keys()], ['Launch', 'Terminate'])
    await Promise.all([
      json('autoscaling', 'resume-processes', ...name, '--scaling-processes', 'Launch'),
      json('autoscaling', 'set-desired-capacity', ...name, '--desired-capacity', '4'),
    ])
    clock.advance(20_000)
    simulator.world.catchUp()
    assert.equal(simulator.world.findGroup('batch').group.members.length, 4)
    await json('autoscaling', 'update-auto-scaling-group', ...name, '--min-size', '2', '--max-size', '4')
    assert.equal(simulator.world.findGroup('batch').group.minimum, 2)
  })

  it('starts an instance refresh, and tells of one', async () => {
    const [started, known] = await Promise.all([
      json<{ InstanceRefreshId: string }>('autoscaling', 'start-instance-refresh', '--auto-scaling-group-name', 'queue'),
      json<{ InstanceRefreshes: { Status: string; PercentageComplete: number }[] }>(
        'autoscaling',
        'describe-instance-refreshes',
        '--auto-scaling-group-name',
        'search',
      ),
    ])
    assert.match(started.InstanceRefreshId, /^[0-9a-f-]{36}$/)
    assert.deepEqual([known.InstanceRefreshes[0]?.Status, known.InstanceRefreshes[0]?.PercentageComplete], ['InProgress', 30])
  })

  it('describes template versions, images and alarms', async () => {
    const { group } = simulator.world.findGroup('web')
    const template = group.source.kind === 'template' ? group.source.template.id : ''
    const [versions, images, alarms] = await Promise.all([
      json<{ LaunchTemplateVersions: { VersionNumber: number; LaunchTemplateData: { ImageId: string } }[] }>(
        'ec2',
        'describe-launch-template-versions',
        '--launch-template-id',
        template,
        '--versions',
        '$Latest',
        '--resolve-alias',
      ),
      json<{ Images: { State: string }[] }>('ec2', 'describe-images', '--owners', 'self'),
      json<{ MetricAlarms: { StateValue: string }[] }>('cloudwatch', 'describe-alarms'),
    ])
    assert.equal(versions.LaunchTemplateVersions[0]?.VersionNumber, 1)
    assert.match(versions.LaunchTemplateVersions[0]?.LaunchTemplateData.ImageId ?? '', /^ami-0/)
    assert.equal(images.Images.length, 6)
    assert.deepEqual(
      alarms.MetricAlarms.map(each => each.StateValue),
      ['ALARM'],
    )
  })

  it('tells credit options, and of nobody where one id is not known', async () => {
    interface Credits {
      readonly InstanceCreditSpecifications: { readonly InstanceId: string; readonly CpuCredits: string }[]
    }
    const ask = ['ec2', 'describe-instance-credit-specifications', '--instance-ids']
    const id = member('wiki', 0)
    const { InstanceCreditSpecifications } = await json<Credits>(...ask, id)
    assert.deepEqual(InstanceCreditSpecifications, [{ InstanceId: id, CpuCredits: 'standard' }])
    const { error } = await run(...ask, id, 'i-00000000000000000')
    assert.match(error, /An error occurred \(InvalidInstanceID\.NotFound\) when calling the DescribeInstanceCreditSpecifications operation/)
  })

  it('tells who one is, and lends roles', async () => {
    const role = ['sts', 'assume-role', '--role-arn', 'arn:aws:iam::111122223333:role/firedrill', '--role-session-name', 'drill-7']
    const [identity, lent] = await Promise.all([
      json<{ Account: string }>('sts', 'get-caller-identity'),
      json<{ AssumedRoleUser: { Arn: string } }>(...role),
    ])
    assert.equal(identity.Account, '123456789012')
    assert.equal(lent.AssumedRoleUser.Arn, 'arn:aws:sts::111122223333:assumed-role/firedrill/drill-7')
  })

  it('fails with the errors that the command line prints for the real one', async () => {
    const failures = await Promise.all([
      run('ec2', 'terminate-instances', '--instance-ids', 'i-00000000000000000'),
      run('autoscaling', 'set-desired-capacity', '--auto-scaling-group-name', 'web', '--desired-capacity', '99'),
      run('autoscaling', 'start-instance-refresh', '--auto-scaling-group-name', 'search'),
    ])
    // A refused call ends version 2 with 254 and version 1 with 255.
    for (const { code } of failures) assert.ok(code === 254 || code === 255, String(code))
    assert.match(
      failures[0]?.error ?? '',
      /An error occurred \(InvalidInstanceID\.NotFound\) when calling the TerminateInstances operation.*: The instance ID 'i-00000000000000000' does not exist/,
    )
    assert.match(
      failures[1]?.error ?? '',
      /An error occurred \(ValidationError\) when calling the SetDesiredCapacity operation.*: New SetDesiredCapacity value 99 is above max value 6 for the AutoScalingGroup\./,
    )
    assert.match(
      failures[2]?.error ?? '',
      /An error occurred \(InstanceRefreshInProgress\) when calling the StartInstanceRefresh operation/,
    )
  })
})
