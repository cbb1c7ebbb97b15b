import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { Image, Instance, LaunchTemplateVersion, Volume } from '@aws-sdk/client-ec2'
import { DRIFT_IGNORE } from '../../../src/providers/aws/controllers.ts'
import { declaredSet } from '../../../src/providers/aws/declared-set.ts'
import { configurationOf } from '../../../src/providers/aws/describe.ts'
import { fromTemplate, userDataDigest } from '../../../src/providers/aws/launch-data.ts'
import { type SettingRow, settingsTable } from '../settings-table.ts'
import { asg } from './fake-api.ts'

const encoded = (text: string) => Buffer.from(text).toString('base64')

/** A template that says everything, and an instance as it makes one. */
function sample() {
  const metadata = () => ({
    HttpTokens: 'required',
    HttpEndpoint: 'enabled',
    HttpPutResponseHopLimit: 1,
    HttpProtocolIpv6: 'disabled',
    InstanceMetadataTags: 'disabled',
  })
  const rootEbs = {
    VolumeSize: 8,
    VolumeType: 'gp3',
    Iops: 4000,
    Throughput: 200,
    Encrypted: true,
    DeleteOnTermination: true,
    SnapshotId: 'snap-1',
  }
  const second = { DeviceIndex: 1, NetworkCardIndex: 0, InterfaceType: 'interface', Groups: ['sg-2'], SubnetId: 'subnet-1' }
  const data = {
    ImageId: 'ami-1',
    InstanceType: 't3.micro',
    KeyName: 'operators' as string | undefined,
    IamInstanceProfile: { Name: 'web', Arn: 'arn:aws:iam::1:instance-profile/web' },
    UserData: encoded('start') as string | undefined,
    Monitoring: { Enabled: true },
    EbsOptimized: true as boolean | undefined,
    MetadataOptions: metadata(),
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', VirtualName: 'ephemeral0', NoDevice: undefined, Ebs: rootEbs }],
    SecurityGroupIds: ['sg-1'],
    SecurityGroups: ['web'],
    NetworkInterfaces: [{ ...second, DeviceIndex: 0, Groups: ['sg-1', 'sg-3'] }, second],
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'role', Value: 'web' }] }],
    Placement: { Tenancy: 'dedicated' as string | undefined, GroupName: 'near' as string | undefined, GroupId: 'pg-1' },
    HibernationOptions: { Configured: true },
    EnclaveOptions: { Enabled: true },
    DisableApiTermination: false,
    CreditSpecification: { CpuCredits: 'standard' },
  }
  const group = asg('web', { PlacementGroup: 'near', Tags: [{ Key: 'team', Value: 'shop', PropagateAtLaunch: true }] })
  const ebs = { VolumeId: 'vol-1', DeleteOnTermination: true, Operator: { Managed: false } }
  const volume = {
    VolumeId: 'vol-1',
    Size: 8,
    VolumeType: 'gp3',
    Iops: 4000,
    Throughput: 200,
    Encrypted: true,
    Tags: [{ Key: 'Name', Value: '' }],
    Operator: { Managed: false },
  }
  const card = (index: number, ids: string[]) => ({
    Attachment: { DeviceIndex: index, NetworkCardIndex: 0 },
    Groups: ids.map(id => ({ GroupId: id, GroupName: id })),
    SourceDestCheck: true,
    InterfaceType: 'interface',
    Description: 'Primary',
    Operator: { Managed: false },
  })
  const instance = {
    ImageId: 'ami-1',
    InstanceType: 't3.micro',
    VpcId: 'vpc-1',
    PrivateIpAddress: '10.0.0.1',
    SourceDestCheck: true,
    SecurityGroups: [{ GroupId: 'sg-1', GroupName: 'web' }],
    Monitoring: { State: 'enabled' },
    EbsOptimized: true,
    Placement: { Tenancy: 'dedicated' as string | undefined, GroupName: 'near' as string | undefined },
    HibernationOptions: { Configured: true },
    EnclaveOptions: { Enabled: true },
    KeyName: 'operators' as string | undefined,
    IamInstanceProfile: { Arn: 'arn:aws:iam::1:instance-profile/web' },
    MetadataOptions: metadata(),
    NetworkInterfaces: [card(0, ['sg-3', 'sg-1']), card(1, ['sg-2'])],
    Tags: [
      { Key: 'role', Value: 'web' },
      { Key: 'team', Value: 'shop' },
      { Key: 'aws:autoscaling:groupName', Value: 'web' },
    ],
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: ebs }],
  }
  const attributes = {
    userData: userDataDigest(encoded('start')) as string | null,
    terminationProtection: false,
    creditSpecification: 'standard' as string | null,
  }
  return { data, rootEbs, second, group, instance, ebs, volume, attributes }
}

type Sample = ReturnType<typeof sample>

const put = <Part extends object>(part: Part | undefined, values: Partial<Part>): void => void Object.assign(part ?? {}, values)
const unset = <Part extends object>(part: Part, name: keyof Part): void => void delete part[name]

/** Settings of the metadata service are defaults of account and image where the template is silent. */
const METADATA: readonly SettingRow<Sample>[] = (
  [
    ['httpTokens', 'HttpTokens', 'optional'],
    ['httpEndpoint', 'HttpEndpoint', 'disabled'],
    ['httpPutResponseHopLimit', 'HttpPutResponseHopLimit', 2],
    ['httpProtocolIpv6', 'HttpProtocolIpv6', 'enabled'],
    ['instanceMetadataTags', 'InstanceMetadataTags', 'enabled'],
  ] as const
).map(([path, name, other]) => ({
  path: `metadataOptions/${path}`,
  drift: [`another ${path} of the metadata service`, ({ instance }) => put(instance.MetadataOptions, { [name]: other })],
  same: [
    `another ${path} of the metadata service where the template is silent`,
    ({ instance, data }) => {
      put(instance.MetadataOptions, { [name]: other })
      unset(data.MetadataOptions, name)
    },
  ],
}))

const VOLUME: readonly SettingRow<Sample>[] = (
  [
    ['size', 'Size', 'VolumeSize', 50],
    ['iops', 'Iops', 'Iops', 9000],
    ['throughput', 'Throughput', 'Throughput', 900],
  ] as const
).map(([path, shown, said, other]) => ({
  path: `volumes/xvda/${path}`,
  drift: [`another ${path} of a volume`, ({ volume }) => put(volume, { [shown]: other })],
  same: [
    `another ${path} of a volume that the template says itself`,
    ({ volume, rootEbs }) => {
      put(volume, { [shown]: other })
      put(rootEbs, { [said]: other })
    },
  ],
}))

const off = (name: 'HibernationOptions' | 'EnclaveOptions', path: string, what: string): SettingRow<Sample> => ({
  path,
  drift: [`${what} that no template asked for`, ({ data }) => unset(data, name)],
  same: [
    `${what} that is off, said or not`,
    ({ data, instance }) => {
      unset(data, name)
      put(instance, { [name]: { Configured: false, Enabled: false } })
    },
  ],
})

const ROWS: readonly SettingRow<Sample>[] = [
  {
    path: 'instanceType',
    drift: ['another type', ({ instance }) => put(instance, { InstanceType: 't3.large' })],
    same: ['a type that an override names', ({ instance, data }) => [instance, data].map(one => put(one, { InstanceType: 't3.small' }))],
  },
  {
    path: 'vpc',
    drift: ['another VPC', ({ instance }) => put(instance, { VpcId: 'vpc-9' })],
    same: ["another of the group's VPCs", ({ instance }) => put(instance, { VpcId: 'vpc-2' })],
  },
  {
    path: 'securityGroups',
    drift: [
      'a security group added by hand',
      ({ instance }) => void instance.NetworkInterfaces[0]?.Groups.push({ GroupId: 'sg-9', GroupName: 'x' }),
    ],
    same: ['another order of security groups', ({ instance }) => void instance.NetworkInterfaces[0]?.Groups.reverse()],
  },
  {
    path: 'monitoring',
    drift: ['no detailed monitoring', ({ instance }) => put(instance.Monitoring, { State: 'disabled' })],
    same: ['detailed monitoring that is being switched on', ({ instance }) => put(instance.Monitoring, { State: 'pending' })],
  },
  {
    path: 'ebsOptimized',
    drift: ['no optimisation for volumes', ({ instance }) => put(instance, { EbsOptimized: false })],
    same: [
      'what the type has where the template is silent',
      ({ instance, data }) => {
        put(instance, { EbsOptimized: false })
        unset(data, 'EbsOptimized')
      },
    ],
  },
  {
    path: 'sourceDestCheck',
    drift: ['a machine that forwards', ({ instance }) => put(instance.NetworkInterfaces[0], { SourceDestCheck: false })],
    same: [
      'the word of the instance where its first interface has one of its own',
      ({ instance }) => put(instance, { SourceDestCheck: false }),
    ],
  },
  {
    path: 'userData',
    drift: ['other user data', ({ attributes }) => put(attributes, { userData: userDataDigest(encoded('something else')) })],
    same: [
      'no user data where the template has none',
      ({ attributes, data }) => {
        put(attributes, { userData: null })
        unset(data, 'UserData')
      },
    ],
  },
  {
    path: 'terminationProtection',
    drift: ['termination protection', ({ attributes }) => put(attributes, { terminationProtection: true })],
    same: [
      'termination protection that the template asks for',
      ({ attributes, data }) => {
        put(attributes, { terminationProtection: true })
        put(data, { DisableApiTermination: true })
      },
    ],
  },
  {
    path: 'creditSpecification',
    drift: ['another credit option', ({ attributes }) => put(attributes, { creditSpecification: 'unlimited' })],
    same: [
      "the account's own credit option where the template names none",
      ({ attributes, data }) => {
        put(attributes, { creditSpecification: 'unlimited' })
        unset(data, 'CreditSpecification')
      },
    ],
  },
  {
    path: 'tenancy',
    drift: ['another tenancy', ({ instance }) => put(instance.Placement, { Tenancy: 'host' })],
    same: [
      'another tenancy that the VPC decides',
      ({ instance, data }) => {
        put(instance.Placement, { Tenancy: 'default' })
        unset(data.Placement, 'Tenancy')
      },
    ],
  },
  off('HibernationOptions', 'hibernation', 'hibernation'),
  off('EnclaveOptions', 'enclave', 'an enclave'),
  {
    path: 'keyName',
    drift: ['another key', ({ instance }) => put(instance, { KeyName: 'mine' })],
    same: ['no key where none is declared', ({ instance, data }) => [instance, data].map(one => unset(one, 'KeyName'))],
  },
  {
    path: 'instanceProfile',
    drift: ['another role', ({ instance }) => put(instance.IamInstanceProfile, { Arn: 'arn:aws:iam::1:instance-profile/admin' })],
    same: [
      'a profile that is named with its path',
      ({ instance }) => put(instance.IamInstanceProfile, { Arn: 'arn:aws:iam::1:instance-profile/teams/web' }),
    ],
  },
  {
    path: 'placementGroup',
    drift: ['another placement group', ({ instance }) => put(instance.Placement, { GroupName: 'far' })],
    same: [
      "the group's own placement group where the template names none",
      ({ data }) => [unset(data.Placement, 'GroupName'), put(data.Placement, { GroupId: '' })],
    ],
  },
  ...METADATA,
  {
    path: 'interfaces/1/type',
    drift: ['another kind of interface', ({ instance }) => put(instance.NetworkInterfaces[1], { InterfaceType: 'efa' })],
    same: ['an interface of the usual kind, said or not', ({ second }) => unset(second, 'InterfaceType')],
  },
  {
    path: 'interfaces/1/securityGroups',
    drift: [
      'another security group of an interface',
      ({ instance }) => put(instance.NetworkInterfaces[1], { Groups: [{ GroupId: 'sg-9', GroupName: 'x' }] }),
    ],
    same: [
      "the VPC's own security group of an interface that names none",
      ({ instance, second }) => {
        put(second, { Groups: [] })
        put(instance.NetworkInterfaces[1], { Groups: [{ GroupId: 'sg-default', GroupName: 'default' }] })
      },
    ],
  },
  {
    path: 'tags/role',
    drift: ['another tag', ({ instance }) => put(instance.Tags[0], { Value: 'db' })],
    same: ["a tag of AWS's own", ({ instance }) => void instance.Tags.push({ Key: 'aws:ec2launchtemplate:id', Value: 'lt-1' })],
  },
  {
    path: 'tags/team',
    drift: ['another tag that the group propagates', ({ instance }) => put(instance.Tags[1], { Value: 'other' })],
    same: [
      "the group's tag where the template has another",
      ({ data }) => void data.TagSpecifications[0]?.Tags.push({ Key: 'team', Value: "the template's" }),
    ],
  },
  ...VOLUME,
  {
    path: 'volumes/xvda/type',
    drift: ['a volume of another kind', ({ volume }) => put(volume, { VolumeType: 'io2' })],
    also: ['volumes/xvda/throughput'],
    same: [
      'a volume of the kind that its image has',
      ({ volume, rootEbs }) => {
        unset(rootEbs, 'VolumeType')
        put(volume, { VolumeType: 'gp3' })
      },
    ],
  },
  {
    path: 'volumes/xvda/encrypted',
    drift: ['a volume that is not encrypted', ({ volume }) => put(volume, { Encrypted: false })],
    same: ['a volume that the account encrypts by default', ({ rootEbs }) => put(rootEbs, { Encrypted: false })],
  },
  {
    path: 'volumes/xvda/deleteOnTermination',
    drift: ['a volume that is kept', ({ ebs }) => put(ebs, { DeleteOnTermination: false })],
    same: ['a volume whose end its image decides', ({ rootEbs }) => unset(rootEbs, 'DeleteOnTermination')],
  },
]

const image: Image = {
  ImageId: 'ami-1',
  BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8, VolumeType: 'gp3', DeleteOnTermination: true } }],
}

describe('drift from a launch template', () => {
  settingsTable<Sample>({
    sample,
    ignore: DRIFT_IGNORE,
    declared: ({ data, group }) => {
      const version = { LaunchTemplateId: 'lt-0a1', VersionNumber: 1, CreateTime: new Date('2026-01-01'), LaunchTemplateData: data }
      const launch = fromTemplate(version as unknown as LaunchTemplateVersion, { key: 'lt-0a1', imageFromParameter: false })
      return declaredSet(
        group as AutoScalingGroup,
        [{ data: launch, types: [launch.type ?? ''], anyType: false, images: ['ami-1'], imageOverridden: false }],
        {
          version: 'lt-0a1:1',
          surroundings: {
            images: new Map([['ami-1', image]]),
            vpcs: ['vpc-1', 'vpc-2'],
            defaultGroups: ['sg-default'],
            groupsByName: new Map(),
          },
        },
      )
    },
    configuration: ({ instance, volume, attributes }) =>
      configurationOf('i-0a1', instance as unknown as Instance, { volumes: new Map([['vol-1', volume as unknown as Volume]]), attributes }),
    watched: (made, note) => ({
      ...made,
      data: note(made.data),
      group: note(made.group),
      instance: note(made.instance),
      volume: note(made.volume),
    }),
    // Told as not compared where a template has them; how a type is chosen by requirements: declare.test.ts.
    elsewhere: ['CpuOptions', 'LicenseSpecifications', 'InstanceRequirements', 'BlockDeviceMappings.NoDevice'],
    rows: ROWS,
  })
})
