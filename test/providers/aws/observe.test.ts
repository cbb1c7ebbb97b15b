import assert from 'node:assert/strict'
import type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import { discover } from '../../../src/providers/aws/discover.ts'
import { observe } from '../../../src/providers/aws/observe.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import { asg, member, NOW, never, SCOPE, testContext } from './fake-api.ts'

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0a1'
const id = (name: string): string => `${SCOPE}/asg/${name}`
const full = { since: NOW.subtract({ minutes: 10 }), depth: 'full' } as const
const watch = { since: NOW, depth: 'watch' } as const

function denied(operation: string): ProviderError {
  return new ProviderError(`${operation}: AccessDenied`, { code: 'denied', operation, mayHaveActed: false })
}

/** A region of these groups, whose instances run and are well. */
function region(groups: () => readonly AutoScalingGroup[], more: Parameters<typeof testContext>[0] = {}) {
  return testContext({
    describeAutoScalingGroups: async input => ({
      $metadata: {},
      AutoScalingGroups: groups().filter(group => input.AutoScalingGroupNames?.includes(group.AutoScalingGroupName ?? '')),
    }),
    describeInstances: async input => ({
      $metadata: {},
      Reservations: [
        {
          Instances: (input.Filters?.[0]?.Values ?? []).map(InstanceId => ({
            InstanceId,
            ImageId: 'ami-1',
            LaunchTime: launched(InstanceId),
          })),
        },
      ],
    }),
    describeInstanceStatus: async input => ({
      $metadata: {},
      InstanceStatuses: (input.InstanceIds ?? []).map(InstanceId => ({
        InstanceId,
        InstanceState: { Name: 'running' as const },
        InstanceStatus: { Status: 'ok' as const },
        SystemStatus: { Status: 'ok' as const },
      })),
    }),
    ...more,
  })
}

/** Those whose id says so came after the strike. */
function launched(instance: string): Date {
  return new Date(instance.startsWith('i-f') ? '2026-03-02T10:00:10Z' : '2026-03-01T00:00:00Z')
}

describe('AWS: observing', () => {
  it('asks for a hundred groups in a call and answers for every one asked', async () => {
    const groups = Array.from({ length: 250 }, (_, index) => asg(`g${index}`))
    const context = region(() => groups)
    const asked = [...groups.map(group => id(group.AutoScalingGroupName ?? '')), id('gone'), 'aws:111122223333/eu-west-1/asg/web']
    const answer = await observe(context, asked, watch, never)
    assert.equal(context.count('describeAutoScalingGroups'), 3)
    assert.equal(answer.size, 252)
    assert.equal(answer.get(id('gone'))?.kind, 'gone')
    assert.equal(answer.get('aws:111122223333/eu-west-1/asg/web')?.kind, 'unreadable')
  })

  it('is content with the least that the API must say', async () => {
    const context = region(() => [
      asg('bare', {
        Instances: [
          {
            InstanceId: 'i-0a1',
            AvailabilityZone: undefined,
            LifecycleState: undefined,
            HealthStatus: undefined,
            ProtectedFromScaleIn: undefined,
          },
        ],
      }),
    ])
    const seen = (await observe(context, [id('bare')], full, never)).get(id('bare'))
    assert.ok(seen?.kind === 'snapshot')
    assert.equal(seen.snapshot.instances[0]?.health, 'starting')
    assert.notEqual(seen.snapshot.instances[0]?.protection, null)
    assert.equal(seen.snapshot.unsteady[0]?.reason, 'unknown')
  })

  it('does not take the name of an alias for a version where the templates cannot be read after a restart: nobody changed the group', async () => {
    let throttled = true
    const web = asg('web', { LaunchTemplate: { LaunchTemplateId: 'lt-0a1', Version: '$Latest' } })
    const context = region(() => [web], {
      describeLaunchTemplates: async () => {
        if (throttled)
          throw new ProviderError('DescribeLaunchTemplates: RequestLimitExceeded', {
            code: 'throttled',
            operation: 'DescribeLaunchTemplates',
            mayHaveActed: false,
          })
        return { $metadata: {}, LaunchTemplates: [{ LaunchTemplateId: 'lt-0a1', LatestVersionNumber: 9, DefaultVersionNumber: 7 }] }
      },
    })
    const version = async () => {
      context.pass(120_000)
      const seen = (await observe(context, [id('web')], watch, never)).get(id('web'))
      return seen?.kind === 'snapshot' ? seen.snapshot.declarationVersion : assert.fail('it was not seen')
    }
    assert.equal(await version(), null)
    throttled = false
    assert.equal(await version(), 'lt-0a1:9')
    throttled = true
    assert.equal(await version(), 'lt-0a1:9')
  })

  it('S10 calls a group unreadable, with the reason, where a part that safety needs cannot be read', async () => {
    for (const operation of [
      'describeScalingActivities',
      'describeInstanceRefreshes',
      'describeInstances',
      'describeInstanceStatus',
    ] as const) {
      const context = region(() => [asg('web', { Instances: [member('i-0a1')] })], {
        [operation]: async () => Promise.reject(denied(operation)),
      })
      const seen = (await observe(context, [id('web')], full, never)).get(id('web'))
      assert.deepEqual(seen, { kind: 'unreadable', why: `${operation}: AccessDenied` }, operation)
    }
  })

  it('S10 proves no health where a target group cannot be read, or a checker is attached that nobody here can read', async () => {
    const unread = region(() => [asg('web', { TargetGroupARNs: [ARN], Instances: [member('i-0a1')] })], {
      describeTargetHealth: async () => Promise.reject(denied('DescribeTargetHealth')),
    })
    const classic = region(() => [asg('web', { LoadBalancerNames: ['old'], Instances: [member('i-0a1')] })])
    for (const context of [unread, classic]) {
      const seen = (await observe(context, [id('web')], full, never)).get(id('web'))
      assert.equal(seen?.kind === 'snapshot' ? seen.snapshot.instances[0]?.health : null, 'unknown')
    }
  })

  it('S5 shows refreshes in every state that has not ended, and activities under way', async () => {
    for (const [status, found] of [
      ['Pending', 1],
      ['InProgress', 1],
      ['Cancelling', 1],
      ['RollbackInProgress', 1],
      ['Baking', 1],
      ['SomethingNew', 1],
      ['Successful', 0],
      ['RollbackFailed', 0],
    ] as const) {
      const context = region(() => [asg('web')], {
        describeInstanceRefreshes: async () => ({ $metadata: {}, InstanceRefreshes: [{ Status: status as 'Baking' }] }),
      })
      const seen = (await observe(context, [id('web')], full, never)).get(id('web'))
      assert.equal(
        seen?.kind === 'snapshot' ? seen.snapshot.unsteady.filter(one => one.reason === 'refreshing').length : null,
        found,
        status,
      )
    }
  })

  it('ends with the reason of an aborted signal', async () => {
    const stop = new AbortController()
    const context = region(() => [], { describeAutoScalingGroups: async (_input, signal) => Promise.reject(signal.reason) })
    stop.abort(new Error('halted'))
    await assert.rejects(observe(context, [id('web')], watch, stop.signal), /halted/)
  })

  it('asks EC2 again without the ids that it does not know', async () => {
    const context = region(() => [asg('web', { Instances: [member('i-0a1'), member('i-0a2')] })], {
      describeInstanceStatus: async input => {
        if (input.InstanceIds?.includes('i-0a2'))
          throw new ProviderError("DescribeInstanceStatus: InvalidInstanceID.NotFound (The instance ID 'i-0a2' does not exist)", {
            code: 'not-found',
            operation: 'DescribeInstanceStatus',
            mayHaveActed: false,
          })
        return {
          $metadata: {},
          InstanceStatuses: [{ InstanceId: 'i-0a1', InstanceStatus: { Status: 'ok' }, SystemStatus: { Status: 'ok' } }],
        }
      },
    })
    const seen = (await observe(context, [id('web')], full, never)).get(id('web'))
    assert.deepEqual(seen?.kind === 'snapshot' ? seen.snapshot.instances.map(instance => instance.health) : null, ['healthy', 'unknown'])
  })
})

describe('AWS: watching many drills', () => {
  it('costs a listing per hundred groups and look while nothing happens', async () => {
    const groups = Array.from({ length: 200 }, (_, index) =>
      asg(`g${index}`, {
        DesiredCapacity: 2,
        TargetGroupARNs: [`${ARN}${index}`],
        Instances: [
          member(`i-0a${index}`),
          member(`i-0b${index}`, { LifecycleState: 'Terminating' }),
          member(`i-f${index}`, { LifecycleState: 'Pending' }),
        ],
      }),
    )
    const context = region(() => groups)
    const asked = groups.map(group => id(group.AutoScalingGroupName ?? ''))
    for (let look = 0; look < 20; look++) {
      await observe(context, asked, watch, never)
      context.pass(1000)
    }
    assert.equal(context.count('describeAutoScalingGroups'), 40)
    assert.equal(context.count('describeTargetHealth'), 0)
    assert.equal(context.count('describeScalingActivities'), 0)
    assert.equal(context.count('describeInstances'), 3)
    assert.equal(context.count('describeInstanceStatus'), 2)
  })

  it('asks ever more rarely why nothing comes, and never for what one loss and one newcomer explain', async () => {
    const context = region(() => [asg('web', { Instances: [member('i-0a1')] })], {
      describeScalingActivities: async () => ({
        $metadata: {},
        Activities: [
          {
            ActivityId: 'a',
            AutoScalingGroupName: 'web',
            Cause: '',
            StartTime: new Date('2026-03-02T10:00:01Z'),
            StatusCode: 'Failed',
            Description: 'Launching a new EC2 instance',
            StatusMessage: 'VcpuLimitExceeded',
          },
        ],
      }),
    })
    let seen: unknown
    for (let look = 0; look < 120; look++) {
      const answer = (await observe(context, [id('web')], watch, never)).get(id('web'))
      seen = answer?.kind === 'snapshot' ? answer.snapshot.events[0]?.error?.category : null
      context.pass(1000)
    }
    assert.equal(seen, 'quota')
    assert.ok(
      context.count('describeScalingActivities') >= 4 && context.count('describeScalingActivities') <= 8,
      String(context.count('describeScalingActivities')),
    )
  })

  it('asks for the cause once when a new member fails', async () => {
    let state: 'InService' | 'Terminating' = 'InService'
    const context = region(() => [
      asg('web', { DesiredCapacity: 2, Instances: [member('i-0a1'), member('i-f1', { LifecycleState: state })] }),
    ])
    await observe(context, [id('web')], watch, never)
    assert.equal(context.count('describeScalingActivities'), 0)
    state = 'Terminating'
    for (let look = 0; look < 3; look++) await observe(context, [id('web')], watch, never)
    assert.equal(context.count('describeScalingActivities'), 1)
  })

  it('goes on asking for the cause while the activities lag behind the listing, and after a question that failed', async () => {
    let lifecycle: 'InService' | 'Terminating' = 'InService'
    let answers: (() => Activity[])[] = []
    const context = region(
      () => [asg('web', { DesiredCapacity: 2, Instances: [member('i-0a1'), member('i-f1', { LifecycleState: lifecycle })] })],
      { describeScalingActivities: async () => ({ $metadata: {}, Activities: (answers.shift() ?? (() => []))() }) },
    )
    const causes: (string | undefined)[] = []
    const look = async (): Promise<void> => {
      const seen = (await observe(context, [id('web')], watch, never)).get(id('web'))
      causes.push(seen?.kind === 'snapshot' ? seen.snapshot.events.find(event => event.kind === 'terminate')?.cause : undefined)
      context.pass(6_000)
    }
    await look()
    lifecycle = 'Terminating'
    const scaledIn = {
      ActivityId: 'a',
      AutoScalingGroupName: 'web',
      Cause:
        'At 2026-03-02T10:01:00Z a monitor alarm low in state ALARM triggered policy in changing the desired capacity from 3 to 2. At 2026-03-02T10:01:00Z an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 3 to 2.',
      StartTime: new Date('2026-03-02T10:01:00Z'),
      StatusCode: 'InProgress' as const,
      Description: 'Terminating EC2 instance: i-f1',
    }
    const refuse = (): never => {
      throw denied('DescribeScalingActivities')
    }
    answers = [refuse, () => [], () => [scaledIn]]
    for (let count = 0; count < 3; count++) await look()
    assert.deepEqual(causes, [undefined, undefined, undefined, 'scale-in'])
  })

  it('answers many riddles of one look with one regional listing, which does not go without a lower bound', async () => {
    const groups = Array.from({ length: 30 }, (_, index) =>
      asg(`g${index}`, { DesiredCapacity: 2, Instances: [member(`i-0a${index}`), member(`i-f${index}`, { HealthStatus: 'Unhealthy' })] }),
    )
    const context = region(() => groups)
    await observe(
      context,
      groups.map(group => id(group.AutoScalingGroupName ?? '')),
      watch,
      never,
    )
    assert.equal(context.count('describeScalingActivities'), 1)
    const [input] = context.calls.describeScalingActivities as { AutoScalingGroupName?: string; Filters?: { Name?: string }[] }[]
    assert.deepEqual([input?.AutoScalingGroupName, input?.Filters?.[0]?.Name], [undefined, 'StartTimeLowerBound'])
  })

  it('looks at targets once a new member is in service, and calls it starting until they are healthy', async () => {
    let target: 'initial' | 'healthy' = 'initial'
    const context = region(() => [asg('web', { TargetGroupARNs: [ARN], Instances: [member('i-0a1'), member('i-f1')] })], {
      describeTargetHealth: async () => ({
        $metadata: {},
        TargetHealthDescriptions: ['i-0a1', 'i-f1'].map(Id => ({
          Target: { Id },
          TargetHealth: { State: Id === 'i-f1' ? target : ('healthy' as const) },
        })),
      }),
    })
    const look = async () => {
      const seen = (await observe(context, [id('web')], watch, never)).get(id('web'))
      context.pass(1000)
      return seen?.kind === 'snapshot' ? seen.snapshot.instances.map(instance => instance.health) : null
    }
    assert.deepEqual(await look(), ['healthy', 'starting'])
    target = 'healthy'
    assert.deepEqual(await look(), ['healthy', 'healthy'])
  })

  it('asks no load balancer about a newcomer whose status checks have not passed, until that takes long', async () => {
    let status: 'initializing' | 'ok' = 'initializing'
    const context = region(() => [asg('web', { TargetGroupARNs: [ARN], Instances: [member('i-0a1'), member('i-f1')] })], {
      describeInstanceStatus: async input => ({
        $metadata: {},
        InstanceStatuses: (input.InstanceIds ?? []).map(InstanceId => ({
          InstanceId,
          InstanceState: { Name: 'running' as const },
          InstanceStatus: { Status: InstanceId === 'i-f1' ? status : ('ok' as const) },
          SystemStatus: { Status: 'ok' as const },
        })),
      }),
      describeTargetHealth: async () => ({
        $metadata: {},
        TargetHealthDescriptions: ['i-0a1', 'i-f1'].map(Id => ({ Target: { Id }, TargetHealth: { State: 'healthy' as const } })),
      }),
    })
    const look = async () => {
      const seen = (await observe(context, [id('web')], watch, never)).get(id('web'))
      context.pass(1000)
      return seen?.kind === 'snapshot' ? seen.snapshot.instances.at(-1)?.health : null
    }
    context.pass(60_000)
    for (let count = 0; count < 30; count++) assert.equal(await look(), 'starting')
    assert.equal(context.count('describeTargetHealth'), 0)
    for (let count = 0; count < 20; count++) assert.equal(await look(), 'starting')
    assert.equal(context.count('describeTargetHealth'), 1)
    status = 'ok'
    assert.equal(await look(), 'healthy')
  })

  it('asks for a long-launched newcomer that no reading of the target group has shown yet: it came from a warm pool', async () => {
    let members = ['i-0a1', 'i-0a2']
    const context = region(() => [asg('web', { TargetGroupARNs: [ARN], Instances: members.map(name => member(name)) })], {
      describeTargetHealth: async () => ({
        $metadata: {},
        TargetHealthDescriptions: members.map(Id => ({ Target: { Id }, TargetHealth: { State: 'healthy' as const } })),
      }),
    })
    await observe(context, [id('web')], full, never)
    members = ['i-0a1', 'i-0b9']
    context.pass(1_000)
    const seen = (await observe(context, [id('web')], watch, never)).get(id('web'))
    assert.deepEqual(seen?.kind === 'snapshot' ? seen.snapshot.instances.map(instance => instance.health) : null, ['healthy', 'healthy'])
  })
})

describe('AWS: discovering', () => {
  it('says how groups stand from the listing that found them, once, and not when that was long ago', async () => {
    const groups = ['a', 'b'].map(name => asg(name, { Tags: [{ Key: 'firedrill', Value: 'enabled' }] }))
    const context = testContext({ describeAutoScalingGroups: async () => ({ $metadata: {}, AutoScalingGroups: groups }) })
    const brief = async (name: string) => {
      const seen = await observe(context, [id(name)], { since: NOW, depth: 'brief' }, never)
      return [seen.get(id(name))?.kind, context.count('describeAutoScalingGroups')]
    }
    for await (const _ of discover(context, never));
    assert.deepEqual(await brief('a'), ['snapshot', 1])
    assert.deepEqual(await brief('a'), ['snapshot', 2])
    context.pass(60_000)
    assert.deepEqual(await brief('b'), ['snapshot', 3])
  })

  it('S1 never serves what discovery listed to a look before a strike', async () => {
    let tags = [{ Key: 'firedrill', Value: 'enabled' }]
    const context = region(() => [asg('web', { Tags: tags })], {
      describeAutoScalingGroups: async () => ({ $metadata: {}, AutoScalingGroups: [asg('web', { Tags: tags })] }),
    })
    for await (const _ of discover(context, never));
    tags = []
    const seen = (await observe(context, [id('web')], full, never)).get(id('web'))
    assert.deepEqual(seen?.kind === 'snapshot' ? seen.snapshot.summary.tags : null, {})
  })

  it('filters on the server, reads past empty pages, and adds the groups that are named by id', async () => {
    const context = testContext(
      {
        describeAutoScalingGroups: async input => {
          if (input.AutoScalingGroupNames !== undefined) return { $metadata: {}, AutoScalingGroups: [asg('named')] }
          const pages: Record<string, { groups: AutoScalingGroup[]; next: string | undefined }> = {
            first: { groups: [asg('a', { Tags: [{ Key: 'firedrill', Value: 'enabled' }] })], next: 'second' },
            second: { groups: [], next: 'third' },
            third: { groups: [asg('b', { Tags: [{ Key: 'Firedrill', Value: 'true' }] })], next: undefined },
          }
          const page = pages[input.NextToken ?? 'first']
          return { $metadata: {}, AutoScalingGroups: page?.groups ?? [], NextToken: page?.next }
        },
      },
      [id('named'), id('a'), 'aws:111122223333/eu-west-1/asg/elsewhere'],
    )
    const found = []
    for await (const group of discover(context, never)) found.push([group.name, group.optInById, Object.keys(group.tags)[0] ?? null])
    assert.deepEqual(found, [
      ['a', 'in', 'firedrill'],
      ['b', null, 'Firedrill'],
      ['named', 'in', null],
    ])
    const [first, , , last] = context.calls.describeAutoScalingGroups as {
      Filters?: { Name?: string; Values?: string[] }[]
      AutoScalingGroupNames?: string[]
    }[]
    assert.equal(first?.Filters?.[0]?.Name, 'tag-key')
    assert.ok(first?.Filters?.[0]?.Values?.includes('firedrill'))
    assert.deepEqual(last?.AutoScalingGroupNames, ['named'])
  })
})
