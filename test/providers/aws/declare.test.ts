import assert from 'node:assert/strict'
import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { Image, LaunchTemplateVersion } from '@aws-sdk/client-ec2'
import { declare } from '../../../src/providers/aws/declare.ts'
import { configurationOf } from '../../../src/providers/aws/describe.ts'
import { forecast } from '../../../src/providers/aws/forecast.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import { asg, member, never, SCOPE, testContext } from './fake-api.ts'

const id = `${SCOPE}/asg/web`
const version = (number: number, data: LaunchTemplateVersion['LaunchTemplateData'] = {}): LaunchTemplateVersion => ({
  LaunchTemplateId: 'lt-0a1',
  LaunchTemplateName: 'web',
  VersionNumber: number,
  DefaultVersion: number === 1,
  CreateTime: new Date(`2026-0${number}-01T00:00:00Z`),
  LaunchTemplateData: { ImageId: 'ami-1', InstanceType: 't3.micro', SecurityGroupIds: ['sg-1'], ...data },
})
const image = (name: string, more: Image = {}): Image => ({
  ImageId: name,
  State: 'available',
  BlockDeviceMappings: [
    { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8, VolumeType: 'gp3', DeleteOnTermination: true, Encrypted: false } },
  ],
  ...more,
})

function account(
  group: Partial<AutoScalingGroup>,
  versions: readonly LaunchTemplateVersion[],
  more: Parameters<typeof testContext>[0] & { images?: readonly Image[] } = {},
) {
  const { images = [image('ami-1'), image('ami-2')], ...answers } = more
  return testContext({
    describeAutoScalingGroups: async () => ({
      $metadata: {},
      AutoScalingGroups: [asg('web', { VPCZoneIdentifier: 'subnet-1', ...group })],
    }),
    describeLaunchTemplateVersions: async input => {
      const wanted = (one: LaunchTemplateVersion, name: string): boolean =>
        String(one.VersionNumber) === name ||
        (name === '$Default' && one.DefaultVersion === true) ||
        (name === '$Latest' && one === versions.at(-1))
      const found = versions.filter(one => input.Versions?.some(name => wanted(one, name)))
      if (found.length === 0)
        throw new ProviderError('DescribeLaunchTemplateVersions: VersionNotFound.', {
          code: 'not-found',
          operation: 'x',
          mayHaveActed: false,
        })
      const resolve = (data: LaunchTemplateVersion['LaunchTemplateData']) =>
        input.ResolveAlias && data?.ImageId?.startsWith('resolve:') ? { ...data, ImageId: 'ami-2' } : data
      return { $metadata: {}, LaunchTemplateVersions: found.map(one => ({ ...one, LaunchTemplateData: resolve(one.LaunchTemplateData) })) }
    },
    describeImages: async input => ({
      $metadata: {},
      Images: images.filter(one => input.Filters?.[0]?.Values?.includes(one.ImageId ?? '')),
    }),
    describeSubnets: async input => ({
      $metadata: {},
      Subnets: (input.Filters?.[0]?.Values ?? []).filter(one => one !== 'subnet-gone').map(SubnetId => ({ SubnetId, VpcId: 'vpc-1' })),
    }),
    describeSecurityGroups: async input => ({
      $metadata: {},
      SecurityGroups: input.Filters?.some(one => one.Name === 'group-name')
        ? [{ GroupId: 'sg-default', GroupName: 'default', VpcId: 'vpc-1' }]
        : [{ GroupId: 'sg-1', GroupName: 'web', VpcId: 'vpc-1' }],
    }),
    describeKeyPairs: async () => ({ $metadata: {}, KeyPairs: [{ KeyName: 'operators' }] }),
    ...answers,
  })
}

const template = (named?: string) => ({
  LaunchTemplate: { LaunchTemplateId: 'lt-0a1', ...(named === undefined ? {} : { Version: named }) },
})
const declared = async (context: ReturnType<typeof account>) => (await declare(context, [id], never)).get(id)

describe('AWS: declaring', () => {
  for (const [named, number] of [
    ['$Latest', 3],
    ['$Default', 1],
    [undefined, 1],
    ['2', 2],
  ] as const)
    it(`resolves version ${named ?? 'left out'} to ${number}`, async () => {
      const found = await declared(account(template(named), [version(1), version(2), version(3)]))
      assert.match(found?.current.source ?? '', new RegExp(`version ${number}\\b`))
      assert.equal(found?.current.since?.toString(), `2026-0${number}-01T00:00:00Z`)
    })

  it('reads the versions that members were born from besides the one in force', async () => {
    const found = await declared(
      account({ ...template('$Latest'), Instances: [member('i-0a1', { LaunchTemplate: { LaunchTemplateId: 'lt-0a1', Version: '1' } })] }, [
        version(1, { KeyName: 'old' }),
        version(2),
      ]),
    )
    assert.deepEqual(found?.born['lt-0a1:1']?.values.keyName, ['old'])
    assert.equal(found?.current.values.keyName, undefined, 'a key that is not declared must be absent')
  })

  it('resolves an image named by a parameter, and does not claim to know since when', async () => {
    const found = await declared(account(template('1'), [version(1, { ImageId: 'resolve:ssm:/web/ami' })]))
    assert.deepEqual([found?.current.images, found?.current.since], [['ami-2'], null])
  })

  it('makes a mixed policy a set: every type, every image, every template', async () => {
    const policy = {
      LaunchTemplate: {
        LaunchTemplateSpecification: { LaunchTemplateId: 'lt-0a1', Version: '1' },
        Overrides: [{ InstanceType: 't3.micro' }, { InstanceType: 't3.small', ImageId: 'ami-2' }],
      },
    }
    const found = await declared(account({ MixedInstancesPolicy: policy }, [version(1)]))
    assert.deepEqual(found?.current.images, ['ami-1', 'ami-2'])
    assert.deepEqual(found?.current.values.instanceType, ['t3.micro', 't3.small'])
  })

  it('compares no type where requirements choose it', async () => {
    const found = await declared(account(template('1'), [version(1, { InstanceType: undefined, InstanceRequirements: {} })]))
    assert.equal(found?.current.values.instanceType, undefined)
    assert.ok(found?.current.unread.some(one => one.what === 'instanceType'))
  })

  it("fills what the template leaves out: the VPC's default group, the image's disks, and leaves defaults of the account open", async () => {
    const found = await declared(
      account(template('1'), [
        version(1, { SecurityGroupIds: undefined, BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 50 } }] }),
      ]),
    )
    assert.deepEqual(found?.current.values.securityGroups, [['sg-default']])
    assert.deepEqual(found?.current.values['volumes/xvda/size'], [50])
    assert.deepEqual(found?.current.values['volumes/xvda/type'], ['gp3'])
    assert.ok(found?.current.environment.includes('volumes/xvda/encrypted') && found.current.environment.includes('metadataOptions/**'))
  })

  it('declares tags that propagate and those of the template, the group first', async () => {
    const Tags = [
      { Key: 'team', Value: 'group', PropagateAtLaunch: true },
      { Key: 'firedrill', Value: 'enabled', PropagateAtLaunch: false },
    ]
    const data = {
      TagSpecifications: [
        {
          ResourceType: 'instance' as const,
          Tags: [
            { Key: 'team', Value: 'template' },
            { Key: 'role', Value: 'web' },
          ],
        },
      ],
    }
    const found = await declared(account({ ...template('1'), Tags }, [version(1, data)]))
    assert.deepEqual(
      Object.entries(found?.current.values ?? {}).filter(([path]) => path.startsWith('tags/')),
      [
        ['tags/team', ['group']],
        ['tags/role', ['web']],
      ],
    )
  })

  it('S10 leaves out a group whose template is gone', async () => {
    assert.equal(await declared(account(template('9'), [version(1)])), undefined)
  })
})

describe('AWS: describing', () => {
  it('calls unread, never absent, what a real answer would hold', () => {
    const found = configurationOf('i-0a1', { InstanceId: 'i-0a1' }, { volumes: new Map(), attributes: { why: { userData: 'denied' } } })
    assert.deepEqual(
      found.unread.map(one => one.what),
      [
        'instanceType',
        'vpc',
        'securityGroups',
        'monitoring',
        'ebsOptimized',
        'sourceDestCheck',
        'userData',
        'terminationProtection',
        'creditSpecification',
        'tenancy',
        'metadataOptions',
      ],
    )
    assert.equal(found.unread.find(one => one.what === 'userData')?.why, 'denied')
  })

  it('S7 protects who has termination protection, and whose protection cannot be read', () => {
    const protectionWith = (attributes: Parameters<typeof configurationOf>[2]['attributes']) =>
      configurationOf('i-0a1', { InstanceId: 'i-0a1' }, { volumes: new Map(), attributes }).protection
    assert.match(protectionWith({ terminationProtection: true }) ?? '', /termination protection .* is on/)
    assert.equal(protectionWith({ terminationProtection: false }), null)
    assert.match(protectionWith({ why: { terminationProtection: 'denied' } }) ?? '', /could not be read: denied/)
  })

  it('leaves out what controllers attached, and shows what people did', () => {
    const interfaces = [
      { Attachment: { DeviceIndex: 0 }, Groups: [{ GroupId: 'sg-2' }, { GroupId: 'sg-1' }], SourceDestCheck: false },
      { Attachment: { DeviceIndex: 1 }, Description: 'aws-K8S-i-0a1', Groups: [] },
      { Attachment: { DeviceIndex: 2 }, Description: 'by hand', Groups: [{ GroupId: 'sg-9' }] },
    ]
    const disks = ['a', 'b', 'c'].map(letter => ({
      DeviceName: `/dev/xvd${letter}`,
      Ebs: { VolumeId: `vol-${letter}`, DeleteOnTermination: true },
    }))
    const volumes = new Map([
      ['vol-a', { Size: 8, VolumeType: 'gp2' as const, Encrypted: true, Iops: 100 }],
      ['vol-b', { Size: 9, VolumeType: 'gp3' as const, Encrypted: true, Tags: [{ Key: 'ebs.csi.aws.com/cluster' }] }],
    ])
    const found = configurationOf(
      'i-0a1',
      {
        NetworkInterfaces: interfaces,
        BlockDeviceMappings: disks,
        Tags: [
          { Key: 'aws:x', Value: '' },
          { Key: 'a', Value: 'b' },
        ],
      },
      { volumes, attributes: {} },
    )
    assert.deepEqual(found.values.securityGroups, ['sg-1', 'sg-2'])
    assert.equal(found.values.sourceDestCheck, false)
    assert.deepEqual(found.values['interfaces/2/securityGroups'], ['sg-9'])
    assert.deepEqual(
      Object.keys(found.values)
        .filter(path => /^(interfaces|volumes|tags)\//.test(path))
        .sort(),
      [
        'interfaces/2/securityGroups',
        'interfaces/2/type',
        'tags/a',
        'volumes/xvda/deleteOnTermination',
        'volumes/xvda/encrypted',
        'volumes/xvda/size',
        'volumes/xvda/type',
      ],
    )
    assert.ok(found.unread.some(one => one.what === 'volumes/xvdc'))
  })
})

describe('AWS: forecasting', () => {
  const levels = async (context: ReturnType<typeof account>) =>
    ((await forecast(context, [id], never)).get(id) ?? []).map(
      ({ kind, level, path }) => `${level} ${path}${kind === 'cannot-rebuild' ? '' : ` of ${kind}`}`,
    )
  const denied = new ProviderError('GetInstanceProfile: AccessDenied.', {
    code: 'denied',
    operation: 'GetInstanceProfile',
    mayHaveActed: false,
  })
  const missing = new ProviderError('GetInstanceProfile: NoSuchEntity.', {
    code: 'not-found',
    operation: 'GetInstanceProfile',
    mayHaveActed: false,
  })
  const failed = (message: string, at: string) => ({
    describeScalingActivities: async () => ({
      $metadata: {},
      Activities: [
        {
          ActivityId: 'a',
          AutoScalingGroupName: 'web',
          Cause: '',
          Description: 'Launching a new EC2 instance',
          StatusCode: 'Failed' as const,
          StatusMessage: message,
          StartTime: new Date(at),
        },
      ],
    }),
  })

  const table: readonly (readonly [string, ReturnType<typeof account>, readonly string[]])[] = [
    ['everything is there', account(template('1'), [version(1, { KeyName: 'operators' })]), []],
    ['the image is deregistered', account(template('1'), [version(1)], { images: [] }), ['fail image']],
    [
      'the image is disabled',
      account(template('1'), [version(1)], { images: [image('ami-1', { State: 'disabled' as 'available' })] }),
      ['fail image'],
    ],
    [
      'the image is not allowed',
      account(template('1'), [version(1)], { images: [image('ami-1', { ImageAllowed: false })] }),
      ['fail image'],
    ],
    [
      'the image is deprecated',
      account(template('1'), [version(1)], { images: [image('ami-1', { DeprecationTime: '2026-01-01T00:00:00.000Z' })] }),
      ['warn image'],
    ],
    [
      'the image will be deprecated',
      account(template('1'), [version(1)], { images: [image('ami-1', { DeprecationTime: '2027-01-01T00:00:00.000Z' })] }),
      [],
    ],
    ['the version is missing', account(template('9'), [version(1)]), ['fail launchTemplate']],
    ['there is no template', account({}, []), ['fail image']],
    ['a security group is missing', account(template('1'), [version(1, { SecurityGroupIds: ['sg-9'] })]), ['fail securityGroups']],
    ['the key is missing', account(template('1'), [version(1, { KeyName: 'gone' })]), ['fail keyName']],
    ['all subnets are missing', account({ ...template('1'), VPCZoneIdentifier: 'subnet-gone' }, [version(1)]), ['fail subnets']],
    ['one subnet is missing', account({ ...template('1'), VPCZoneIdentifier: 'subnet-1,subnet-gone' }, [version(1)]), ['warn subnets']],
    [
      'the profile is missing',
      account(template('1'), [version(1, { IamInstanceProfile: { Name: 'web' } })], {
        getInstanceProfile: async () => Promise.reject(missing),
      }),
      ['fail instanceProfile'],
    ],
    [
      'the profile may not be read',
      account(template('1'), [version(1, { IamInstanceProfile: { Name: 'web' } })], {
        getInstanceProfile: async () => Promise.reject(denied),
      }),
      ['warn null'],
    ],
    [
      'Launch is suspended',
      account({ ...template('1'), SuspendedProcesses: [{ ProcessName: 'Launch' }] }, [version(1)]),
      ['fail suspendedProcesses'],
    ],
    [
      'the latest launch broke',
      account(template('1'), [version(1)], failed('The key pair does not exist', '2026-03-02T04:00:00Z')),
      ['fail launches'],
    ],
    [
      'capacity was lacking just now',
      account(template('1'), [version(1)], failed('InsufficientInstanceCapacity', '2026-03-02T09:30:00Z')),
      ['fail launches of no-capacity'],
    ],
    [
      'capacity was lacking hours ago',
      account(template('1'), [version(1)], failed('InsufficientInstanceCapacity', '2026-03-02T04:00:00Z')),
      ['warn launches of no-capacity'],
    ],
    [
      'capacity was lacking last week',
      account(template('1'), [version(1)], failed('InsufficientInstanceCapacity', '2026-02-22T04:00:00Z')),
      [],
    ],
  ]
  for (const [what, context, expected] of table)
    it(`S13 says ${expected.join(', ') || 'nothing'} where ${what}`, async () => {
      assert.deepEqual(await levels(context), expected)
    })
})
