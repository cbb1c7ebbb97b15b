import assert from 'node:assert/strict'
import type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { LaunchTemplateVersion } from '@aws-sdk/client-ec2'
import { declare } from '../../../src/providers/aws/declare.ts'
import { discover } from '../../../src/providers/aws/discover.ts'
import { forecast } from '../../../src/providers/aws/forecast.ts'
import { readLatestLaunches } from '../../../src/providers/aws/latest-launches.ts'
import { readProfiles } from '../../../src/providers/aws/profiles.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import { asg, NOW, never, SCOPE, testContext } from './fake-api.ts'

const id = `${SCOPE}/asg/web`

describe('AWS: launch templates read before', () => {
  function account(versions: Map<number, LaunchTemplateVersion['LaunchTemplateData']>, named = '$Latest') {
    const newest = () => Math.max(...versions.keys())
    const failIfGone = () => {
      if (versions.size === 0) throw new ProviderError('not found.', { code: 'not-found', operation: 'x', mayHaveActed: false })
    }
    return testContext({
      describeAutoScalingGroups: async () => ({
        $metadata: {},
        AutoScalingGroups: [asg('web', { LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: named } })],
      }),
      describeLaunchTemplates: async () => {
        failIfGone()
        return {
          $metadata: {},
          LaunchTemplates: [{ LaunchTemplateId: 'lt-1', LatestVersionNumber: newest(), DefaultVersionNumber: 1 }],
        }
      },
      describeLaunchTemplateVersions: async input => {
        failIfGone()
        const number = input.Versions?.[0] === '$Latest' ? newest() : Number(input.Versions?.[0] === '$Default' ? 1 : input.Versions?.[0])
        const data = { InstanceType: 't3.micro' as const, ...versions.get(number) }
        const resolved = input.ResolveAlias === true && data.ImageId?.startsWith('resolve:') ? { ...data, ImageId: 'ami-now' } : data
        return {
          $metadata: {},
          LaunchTemplateVersions: [
            { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'web', VersionNumber: number, LaunchTemplateData: resolved },
          ],
        }
      },
    })
  }
  const imagesOf = async (context: ReturnType<typeof account>) => (await declare(context, [id], never)).get(id)?.current.images

  it('are not read again while the alias means the same version, and are as soon as it means another', async () => {
    const versions = new Map([[1, { ImageId: 'ami-1' }]])
    const context = account(versions)
    assert.deepEqual(await imagesOf(context), ['ami-1'])
    const once = context.count('describeLaunchTemplateVersions')
    assert.deepEqual(await imagesOf(context), ['ami-1'])
    assert.equal(context.count('describeLaunchTemplateVersions'), once)
    versions.set(2, { ImageId: 'ami-2' })
    assert.deepEqual(await imagesOf(context), ['ami-2'])
  })

  it('S13 are missed by the forecast as soon as the template, or a version that is named by its number, is gone', async () => {
    for (const named of ['$Latest', '1']) {
      const versions = new Map([[1, { ImageId: 'ami-1' }]])
      const context = account(versions, named)
      const isGone = async () => (await forecast(context, [id], never)).get(id)?.some(finding => finding.path === 'launchTemplate')
      assert.equal(await isGone(), false)
      versions.clear()
      assert.equal(await isGone(), true)
    }
  })

  it('are read each time where a parameter names the image: it may move without a new version', async () => {
    const context = account(new Map([[1, { ImageId: 'resolve:ssm:/web/ami' }]]), '1')
    await imagesOf(context)
    const once = context.count('describeLaunchTemplateVersions')
    assert.deepEqual(await imagesOf(context), ['ami-now'])
    assert.equal(context.count('describeLaunchTemplateVersions'), 2 * once)
  })
})

describe('AWS: launch templates of many groups', () => {
  const names = Array.from({ length: 40 }, (_, index) => `g${index}`)
  const idOf = (name: string) => `${SCOPE}/asg/${name}`

  /** `others`: templates of the region that none of these groups launches from. */
  function account(others = 0) {
    const groups = names.map(name =>
      asg(name, {
        Tags: [{ Key: 'firedrill', Value: 'enabled' }],
        LaunchTemplate: { LaunchTemplateId: `lt-${name}`, Version: '$Latest' },
      }),
    )
    const latest = new Map(names.map(name => [`lt-${name}`, 1]))
    const version = (lt: string) => ({
      LaunchTemplateId: lt,
      VersionNumber: latest.get(lt) ?? 1,
      LaunchTemplateData: { ImageId: `ami-${latest.get(lt) ?? 1}`, InstanceType: 't3.micro' as const },
    })
    const context = testContext({
      describeAutoScalingGroups: async input => ({
        $metadata: {},
        AutoScalingGroups: groups.filter(({ AutoScalingGroupName: name = '' }) => input.AutoScalingGroupNames?.includes(name) ?? true),
      }),
      describeLaunchTemplates: async input => ({
        $metadata: {},
        LaunchTemplates: (input.LaunchTemplateIds ?? []).map(lt => ({
          LaunchTemplateId: lt,
          LatestVersionNumber: latest.get(lt) ?? 1,
          DefaultVersionNumber: 1,
        })),
      }),
      describeLaunchTemplateVersions: async input => {
        if (input.LaunchTemplateId !== undefined) return { $metadata: {}, LaunchTemplateVersions: [version(input.LaunchTemplateId)] }
        const all = [...latest.keys(), ...Array.from({ length: others }, (_, index) => `lt-other${index}`)]
        const start = Number(input.NextToken ?? 0)
        const next = start + 20 < all.length ? String(start + 20) : undefined
        return { $metadata: {}, LaunchTemplateVersions: all.slice(start, start + 20).map(version), NextToken: next }
      },
    })
    return { context, latest }
  }
  const calls = (context: ReturnType<typeof account>['context']) => context.count('describeLaunchTemplateVersions')
  const imagesOf = async (context: ReturnType<typeof account>['context'], name: string) =>
    (await declare(context, [idOf(name)], never)).get(idOf(name))?.current.images

  it('are read with one listing for all that discovery found, and a newer version is seen all the same', async () => {
    const { context, latest } = account()
    for await (const _ of discover(context, never));
    for (const name of names) assert.deepEqual(await imagesOf(context, name), ['ami-1'])
    assert.equal(calls(context), 2)
    latest.set('lt-g7', 2)
    assert.deepEqual(await imagesOf(context, 'g7'), ['ami-2'])
    assert.equal(calls(context), 3)
  })

  it('are asked one by one where the region has far more templates than are needed', async () => {
    const { context } = account(1000)
    for await (const _ of discover(context, never));
    for (const name of names.slice(0, 5)) assert.deepEqual(await imagesOf(context, name), ['ami-1'])
    assert.equal(calls(context), 10 + 5)
  })
})

describe('AWS: instance profiles', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const failure = (code: 'denied' | 'not-found') => new ProviderError(`IAM: ${code}.`, { code, operation: 'x', mayHaveActed: false })
  const listing = (pages: readonly (readonly string[])[]) => async (input: { Marker?: string | undefined }) => {
    const page = Number(input.Marker ?? 0)
    const more = page + 1 < pages.length
    const InstanceProfiles = (pages[page] ?? []).map(name => ({ InstanceProfileName: name }) as never)
    return { $metadata: {}, InstanceProfiles, IsTruncated: more, ...(more ? { Marker: String(page + 1) } : {}) }
  }

  it('are found by listings where there are many, and what a listing lacks is asked by name', async () => {
    const context = testContext({
      listInstanceProfiles: listing([['other', 'a', 'b'], [], ['c', 'd']]),
      getInstanceProfile: async () => Promise.reject(failure('not-found')),
    })
    const found = await readProfiles(context.api, names, never)
    assert.deepEqual(
      [...found],
      names.map(name => [name, name === 'e' ? 'missing' : 'there']),
    )
    assert.deepEqual([context.count('listInstanceProfiles'), context.count('getInstanceProfile')], [3, 1])
  })

  it('of few are asked by name, and the listing ends where asking by name is cheaper', async () => {
    const few = testContext()
    await readProfiles(few.api, ['a', 'b'], never)
    assert.deepEqual([few.count('listInstanceProfiles'), few.count('getInstanceProfile')], [0, 2])
    const crowded = testContext({ listInstanceProfiles: listing(Array.from({ length: 50 }, () => ['other'])) })
    await readProfiles(crowded.api, names, never)
    assert.deepEqual([crowded.count('listInstanceProfiles'), crowded.count('getInstanceProfile')], [5, 5])
  })

  it('are asked by name where a policy forbids the listing, and are unchecked where it forbids both', async () => {
    const denied = async () => Promise.reject(failure('denied'))
    const one = await readProfiles(testContext({ listInstanceProfiles: denied }).api, names, never)
    assert.deepEqual([...new Set(one.values())], ['there'])
    const both = await readProfiles(testContext({ listInstanceProfiles: denied, getInstanceProfile: denied }).api, names, never)
    assert.deepEqual(both.get('a'), { unchecked: 'IAM: denied.' })
  })
})

describe('AWS: latest launches', () => {
  const activity = (group: string, status: Activity['StatusCode'], minutesAgo: number): Activity => ({
    ActivityId: `${group}-${minutesAgo}`,
    AutoScalingGroupName: group,
    Cause: 'At 2026-03-02T09:00:00Z an instance was started in response to a difference between desired and actual capacity.',
    Description: 'Launching a new EC2 instance',
    StatusCode: status,
    StatusMessage: status === 'Failed' ? 'The AMI ID ami-1 does not exist. Launching EC2 instance failed.' : undefined,
    StartTime: new Date(NOW.subtract({ minutes: minutesAgo }).epochMilliseconds),
  })

  function account(all: Activity[]) {
    return testContext({
      describeScalingActivities: async input => ({
        $metadata: {},
        Activities: all.filter(one => input.AutoScalingGroupName === undefined || one.AutoScalingGroupName === input.AutoScalingGroupName),
      }),
    })
  }
  const groups = new Map<string, AutoScalingGroup>(['web', 'api', 'db'].map(name => [`${SCOPE}/asg/${name}`, asg(name)]))
  const failed = async (context: ReturnType<typeof account>) => {
    const read = await readLatestLaunches(context, groups, never)
    return [...read].flatMap(([group, events]) => (events.length === 0 ? [] : [group.split('/').at(-1)]))
  }

  it('are asked only of groups that one listing of the region shows to have trouble', async () => {
    const context = account([activity('api', 'Failed', 60), activity('web', 'Successful', 30)])
    assert.deepEqual(await failed(context), ['api'])
    assert.equal(context.count('describeScalingActivities'), 2)
  })

  it('show a failure that came after the first listing, which is read on from where it was left', async () => {
    const all = [activity('web', 'Successful', 30)]
    const context = account(all)
    assert.deepEqual(await failed(context), [])
    context.pass(120_000)
    all.unshift(activity('web', 'Failed', -1))
    assert.deepEqual(await failed(context), ['web'])
  })

  it('are asked of every group where the region cannot be listed', async () => {
    const context = testContext({
      describeScalingActivities: async input =>
        input.AutoScalingGroupName === undefined
          ? Promise.reject(new ProviderError('DescribeScalingActivities: denied.', { code: 'denied', operation: 'x', mayHaveActed: false }))
          : { $metadata: {}, Activities: [activity(input.AutoScalingGroupName, 'Failed', 10)] },
    })
    assert.deepEqual(await failed(context), ['web', 'api', 'db'])
  })
})
