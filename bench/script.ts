/*
 * The script that one would write without Firedrill: list everything, then per group pick a member, terminate it, and poll
 * describe calls every second until a new member is in service, running the declared image and healthy behind its load
 * balancer. It does not soak. `lanes` says how many groups at once.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  paginateDescribeAutoScalingGroups,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
import { DescribeInstanceStatusCommand, DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'

const [endpoint = '', region = '', count = '1', lanes = '1', poll = '1000'] = process.argv.slice(2)
const credentials = { accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'test', secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'test' }
const autoScaling = new AutoScalingClient({ endpoint, region, credentials })
const ec2 = new EC2Client({ endpoint, region, credentials })
const elb = new ElasticLoadBalancingV2Client({ endpoint, region, credentials })

const started = performance.now()
const groups: AutoScalingGroup[] = []
for await (const page of paginateDescribeAutoScalingGroups({ client: autoScaling, pageSize: 100 }, {}))
  groups.push(...(page.AutoScalingGroups ?? []))
const listed = performance.now()
const optedIn = groups.filter(group => group.Tags?.some(tag => tag.Key === 'firedrill' && tag.Value === 'enabled')).slice(0, Number(count))
let recovered = 0
const queue = [...optedIn]
await Promise.all(Array.from({ length: Number(lanes) }, () => lane()))
const ended = performance.now()
process.stdout.write(`${JSON.stringify({ listing: listed - started, campaign: ended - listed, drills: optedIn.length, recovered })}\n`)

async function lane(): Promise<void> {
  for (let group = queue.shift(); group !== undefined; group = queue.shift()) await drill(group)
}

async function drill(group: AutoScalingGroup): Promise<void> {
  const before = new Set(group.Instances?.map(instance => instance.InstanceId))
  const victim = group.Instances?.[Math.floor(Math.random() * (group.Instances?.length ?? 0))]
  if (victim === undefined) return
  await autoScaling.send(
    new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: victim.InstanceId, ShouldDecrementDesiredCapacity: false }),
  )
  for (let attempt = 0; attempt < 300; attempt++) {
    await sleep(Number(poll))
    const answer = await autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group.AutoScalingGroupName ?? ''] }),
    )
    const successor = answer.AutoScalingGroups?.[0]?.Instances?.find(
      one => !before.has(one.InstanceId) && one.LifecycleState === 'InService',
    )
    if (successor?.InstanceId === undefined) continue
    const ids = { InstanceIds: [successor.InstanceId] }
    const status = await ec2.send(new DescribeInstanceStatusCommand(ids))
    if (status.InstanceStatuses?.[0]?.InstanceStatus?.Status !== 'ok') continue
    if (!(await isHealthyBehind(group.TargetGroupARNs ?? [], successor.InstanceId))) continue
    await ec2.send(new DescribeInstancesCommand(ids))
    recovered++
    return
  }
}

async function isHealthyBehind(targetGroups: readonly string[], instance: string): Promise<boolean> {
  for (const arn of targetGroups) {
    const health = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: arn, Targets: [{ Id: instance }] }))
    if (health.TargetHealthDescriptions?.[0]?.TargetHealth?.State !== 'healthy') return false
  }
  return true
}
