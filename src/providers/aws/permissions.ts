import type { CheckSettings } from '../../domain/schedule.ts'
import { alarmOperations } from './guard-settings.ts'

const READS = [
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeInstanceRefreshes',
  'autoscaling:DescribeLaunchConfigurations',
  'autoscaling:DescribeLifecycleHooks',
  'autoscaling:DescribeScalingActivities',
  'autoscaling:DescribeWarmPool',
  'ec2:DescribeImages',
  'ec2:DescribeInstanceAttribute',
  'ec2:DescribeInstanceCreditSpecifications',
  'ec2:DescribeInstances',
  'ec2:DescribeInstanceStatus',
  'ec2:DescribeKeyPairs',
  'ec2:DescribeLaunchTemplateVersions',
  'ec2:DescribeLaunchTemplates',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVolumes',
  'elasticloadbalancing:DescribeTargetHealth',
  'iam:GetInstanceProfile',
  'iam:ListInstanceProfiles',
  'ssm:GetParameters',
]

interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: string | readonly string[]
  readonly Resource: string
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/**
 * The smallest IAM policy for a mode, as JSON. A leashed drill reads what a real one reads, and asks the same guards. Describe calls
 * take no resource; a strike is tied to the opt-in tag, which the group must propagate to its instances for `method: crash`.
 */
export function permissions(mode: 'forecast' | 'leashed' | 'live', guards: readonly CheckSettings[]): string {
  const read: Statement = { Sid: 'FiredrillReads', Effect: 'Allow', Action: READS, Resource: '*' }
  const asked = mode === 'forecast' ? [] : guardStatements(guards)
  const policy = { Version: '2012-10-17', Statement: [read, ...asked, ...(mode === 'live' ? STRIKES : [])] }
  return `${JSON.stringify(policy, null, 2)}\n`
}

function guardStatements(guards: readonly CheckSettings[]): Statement[] {
  const operations = new Set(guards.flatMap(({ kind, settings }) => (kind === 'cloudwatch-alarm' ? alarmOperations(settings) : [])))
  return ALARMS.filter(({ Action }) => operations.has(Action.replace('cloudwatch:', '')))
}

/** Composite alarms are shown only to who may see all of them (DescribeAlarms, Amazon CloudWatch API reference). */
const ALARMS: readonly (Statement & { readonly Action: string })[] = [
  { Sid: 'FiredrillAsksAlarms', Effect: 'Allow', Action: 'cloudwatch:DescribeAlarms', Resource: '*' },
  {
    Sid: 'FiredrillReadsTagsOfAlarms',
    Effect: 'Allow',
    Action: 'cloudwatch:ListTagsForResource',
    Resource: 'arn:*:cloudwatch:*:*:alarm:*',
  },
]

const STRIKES: readonly Statement[] = [
  {
    Sid: 'FiredrillRetires',
    Effect: 'Allow',
    Action: 'autoscaling:TerminateInstanceInAutoScalingGroup',
    Resource: 'arn:*:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*',
    Condition: { StringEquals: { 'autoscaling:ResourceTag/firedrill': 'enabled' } },
  },
  {
    Sid: 'FiredrillCrashes',
    Effect: 'Allow',
    Action: 'ec2:TerminateInstances',
    Resource: 'arn:*:ec2:*:*:instance/*',
    Condition: { StringEquals: { 'aws:ResourceTag/firedrill': 'enabled' } },
  },
]
