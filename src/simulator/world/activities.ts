import type { Activity, Group } from './model.ts'
import type { World } from './world.ts'

/** Seconds, as causes carry them: `2026-03-02T09:30:00Z`. */
export function causeTime(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, 19)}Z`
}

export interface ActivityStart {
  readonly description: string
  readonly cause: string
  readonly status?: Activity['status']
  readonly progress?: number
  readonly zone?: string
  readonly subnet?: string
  readonly at?: number
}

/** EC2 Auto Scaling tells six weeks of activities; more than this many of one group are forgotten before. */
const KEPT = 500

export function startActivity(world: World, group: Group, start: ActivityStart): Activity {
  const activity: Activity = {
    id: world.random.uuid(),
    description: start.description,
    cause: start.cause,
    start: start.at ?? world.time,
    end: null,
    status: start.status ?? 'InProgress',
    message: null,
    progress: start.progress ?? 0,
    details: JSON.stringify({ 'Subnet ID': start.subnet ?? '', 'Availability Zone': start.zone ?? '' }),
  }
  group.activities.push(activity)
  if (group.activities.length > KEPT) group.activities.shift()
  return activity
}

export function endActivity(activity: Activity, status: 'Successful' | 'Failed' | 'Cancelled', at: number, message?: string): void {
  activity.status = status
  activity.end = at
  activity.progress = 100
  if (message !== undefined) activity.message = message
}

/** The platform's words for why a member goes. */
export type TerminationReason = 'user' | 'ec2-health' | 'elb-health' | 'status-check' | 'spot' | 'refresh' | 'scale-in' | 'rebalance'

export interface TerminationCause {
  readonly at: number
  readonly instance: string
  readonly from: number
  readonly to: number
  /** What changed the desired capacity, as a whole sentence, or nothing. */
  readonly because: string
}

export function terminationCause(reason: TerminationReason, { at, instance, from, to, because }: TerminationCause): string {
  const time = causeTime(at)
  const taken = `At ${time} an instance was taken out of service in response to`
  switch (reason) {
    case 'user':
      return from === to
        ? `At ${time} instance ${instance} was taken out of service in response to a user request.`
        : `At ${time} instance ${instance} was taken out of service in response to a user request, shrinking the capacity from ${from} to ${to}.`
    case 'ec2-health':
      return `${taken} an EC2 health check indicating it has been terminated or stopped.`
    case 'elb-health':
      return `${taken} an ELB system health check failure.`
    case 'status-check':
      return `${taken} an EC2 instance status checks failure.`
    case 'spot':
      return `${taken} a spot instance interruption notice.`
    case 'refresh':
      return `${taken} an instance refresh.  At ${time} instance ${instance} was selected for termination.`
    case 'rebalance':
      return `At ${time} instances were launched to balance instances in zones with other zones resulting in more than desired number of instances in the group.  ${taken} a difference between desired and actual capacity, shrinking the capacity from ${from + 1} to ${from}.  At ${time} instance ${instance} was selected for termination.`
    case 'scale-in':
      return `${because}${taken} a difference between desired and actual capacity, shrinking the capacity from ${from} to ${to}.  At ${time} instance ${instance} was selected for termination.`
  }
}

/** Reasons that ask for a replacement carry their own sentence; the rest of a launch is a matter of numbers. */
export const REPLACE = 'an instance was launched in response to an unhealthy instance needing to be replaced.'
export const REFRESH = 'an instance was launched in response to an instance refresh.'
