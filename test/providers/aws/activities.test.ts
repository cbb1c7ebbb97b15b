import assert from 'node:assert/strict'
import type { Activity } from '@aws-sdk/client-auto-scaling'
import { changesMembership, fromWarmPool, platformEvent } from '../../../src/providers/aws/activities.ts'

function activity(more: Partial<Activity>): Activity {
  return {
    ActivityId: 'a-1',
    AutoScalingGroupName: 'web',
    Cause: '',
    StartTime: new Date('2026-03-02T09:00:00Z'),
    StatusCode: 'Successful',
    Description: 'Launching a new EC2 instance: i-0a1',
    ...more,
  }
}

const at = 'At 2026-03-02T09:00:00Z'
const launch = 'Launching a new EC2 instance: i-0a1'
const terminate = 'Terminating EC2 instance: i-0a1'

const causes: readonly (readonly [string, string, string])[] = [
  [terminate, `${at} instance i-0a1 was taken out of service in response to a user request.`, 'strike'],
  [terminate, `${at} instance i-0a1 was taken out of service in response to a user request, shrinking the capacity from 4 to 3.`, 'strike'],
  [
    terminate,
    `${at} an instance was taken out of service in response to a EC2 health check indicating it has been terminated or stopped.`,
    'unhealthy',
  ],
  [terminate, `${at} an instance was taken out of service in response to an EC2 instance status checks failure.`, 'unhealthy'],
  [terminate, `${at} an instance was taken out of service in response to an ELB system health check failure.`, 'unhealthy'],
  [terminate, `${at} an instance was taken out of service in response to a user health-check.`, 'unhealthy'],
  [launch, `${at} an instance was launched in response to an unhealthy instance needing to be replaced.`, 'replacement'],
  [
    launch,
    `${at} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 1 to 2.`,
    'replacement',
  ],
  [
    launch,
    `${at} a user request explicitly set group desired capacity changing the desired capacity from 2 to 3. ${at} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 2 to 3.`,
    'scale-out',
  ],
  [
    terminate,
    `${at} a monitor alarm idle in state ALARM triggered policy shrink changing the desired capacity from 4 to 2. ${at} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 4 to 2. ${at} instance i-0a1 was selected for termination.`,
    'scale-in',
  ],
  [
    launch,
    `${at} a user request update of AutoScalingGroup constraints to min: 1, max: 5, desired: 3 changing the desired capacity from 1 to 3. ${at} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 1 to 3.`,
    'scale-out',
  ],
  [launch, `${at} a user request created an AutoScalingGroup changing the desired capacity from 0 to 2.`, 'scale-out'],
  [
    terminate,
    `${at} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 3 to 2.`,
    'scale-in',
  ],
  [
    terminate,
    `${at} instances were launched to balance instances in zones eu-west-1a eu-west-1b with other zones resulting in more than desired number of instances in the group. ${at} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 4 to 3.`,
    'rebalance',
  ],
  [
    launch,
    `${at} availability zones eu-west-1a had 3 instances. An instance was launched to aid in balancing the group's zones.`,
    'rebalance',
  ],
  [terminate, `${at} an instance was taken out of service in response to an EC2 instance rebalance recommendation.`, 'interruption'],
  [terminate, `${at} an instance was taken out of service in response to an EC2 Spot Instance interruption notice.`, 'interruption'],
  [terminate, `${at} an instance was taken out of service in response to an instance refresh.`, 'deployment'],
  [launch, `${at} an instance was launched in response to an instance refresh.`, 'deployment'],
  [terminate, `${at} an instance was taken out of service because it exceeded its maximum instance lifetime.`, 'interruption'],
  [launch, 'something that nobody has documented', 'unknown'],
]

const failures: readonly (readonly [string, string])[] = [
  [
    'We currently do not have sufficient t3.micro capacity in the Availability Zone you requested (eu-west-1a). Our system will be working on provisioning additional capacity. Launching EC2 instance failed.',
    'capacity',
  ],
  [
    'Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. Launching EC2 instance failed.',
    'capacity',
  ],
  ['InsufficientInstanceCapacity: there is no room.', 'capacity'],
  [
    'Could not launch Spot Instances. SpotMaxPriceTooLow - Your Spot request price of 0.01 is lower than the minimum required Spot request fulfillment price of 0.02.',
    'capacity',
  ],
  [
    'You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to.',
    'quota',
  ],
  [
    'You have requested more instances (21) than your current instance limit of 20 allows for the specified instance type. Launching EC2 instance failed.',
    'quota',
  ],
  ['MaxSpotInstanceCountExceeded: Max spot instance count exceeded. Launching EC2 instance failed.', 'quota'],
  ['VcpuLimitExceeded', 'quota'],
  ["The image id '[ami-0dead]' does not exist. Launching EC2 instance failed.", 'broken'],
  ['Client.InternalError: Client error on launch', 'broken'],
  ['The security group sg-0dead does not exist in VPC vpc-0a1. Launching EC2 instance failed.', 'broken'],
]

describe('AWS: scaling activities', () => {
  for (const [description, cause, expected] of causes)
    it(`takes "${cause.slice(at.length, 110).trim()}" of a ${description.split(' ')[0]?.toLowerCase()} for ${expected}`, () => {
      assert.equal(platformEvent(activity({ Description: description, Cause: cause }))?.cause, expected)
    })

  for (const [message, category] of failures)
    it(`tells ${category} by "${message.slice(0, 60)}"`, () => {
      const event = platformEvent(
        activity({ StatusCode: 'Failed', Description: 'Launching a new EC2 instance.  Status Reason', StatusMessage: message }),
      )
      assert.deepEqual(event?.error, { category, message })
      assert.equal(event?.kind, 'launch')
      assert.equal(event?.instance, null)
      assert.equal(changesMembership(event), false)
    })

  it('knows every status that has not ended as in progress', () => {
    for (const status of [
      'PreInService',
      'WaitingForInstanceId',
      'MidLifecycleAction',
      'WaitingForELBConnectionDraining',
      'InProgress',
      'PendingSpotBidPlacement',
    ] as const)
      assert.equal(platformEvent(activity({ StatusCode: status }))?.outcome, 'in-progress', status)
    assert.equal(platformEvent(activity({ StatusCode: 'Cancelled' }))?.outcome, 'failed')
  })

  it('tells a launch out of the warm pool from a move into it', () => {
    const out = platformEvent(activity({ Description: 'Launching a new EC2 instance from warm pool: i-0a1' }))
    const into = platformEvent(activity({ Description: 'Launching a new EC2 instance into warm pool: i-0a1' }))
    assert.deepEqual([out?.kind, out && fromWarmPool(out)], ['launch', true])
    assert.deepEqual([into?.kind, into && fromWarmPool(into)], ['other', false])
  })

  it('needs no optional field, and leaves out what has neither id nor time', () => {
    const bare = platformEvent({
      ActivityId: 'a-1',
      AutoScalingGroupName: 'web',
      Cause: undefined,
      StartTime: new Date(0),
      StatusCode: undefined,
    })
    assert.deepEqual([bare?.kind, bare?.cause, bare?.outcome, bare?.instance], ['other', 'unknown', 'in-progress', null])
    assert.equal(
      platformEvent({ ActivityId: 'a-1', AutoScalingGroupName: 'web', Cause: '', StartTime: undefined, StatusCode: 'Failed' }),
      null,
    )
  })
})
