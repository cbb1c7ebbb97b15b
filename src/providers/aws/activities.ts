import type { Activity } from '@aws-sdk/client-auto-scaling'
import type { EventCause, InstanceId, PlatformEvent, PlatformFailure } from '../../domain/group.ts'

/** One scaling activity in our words. Null where it has no id or no time, which the API always gives. */
export function platformEvent(activity: Activity): PlatformEvent | null {
  if (activity.ActivityId === undefined || activity.StartTime === undefined) return null
  const kind = kindOf(activity.Description ?? '')
  const outcome = outcomeOf(activity.StatusCode)
  return {
    id: activity.ActivityId,
    at: instant(activity.StartTime),
    kind,
    instance: instanceOf(activity),
    cause: causeOf(activity.Cause ?? '', kind),
    outcome,
    detail: [activity.Description, activity.Cause].filter(text => text !== undefined && text !== '').join(' – '),
    error: outcome === 'failed' ? failureOf(activity) : null,
  }
}

/** An instance that came out of the warm pool was built before anybody asked for it. */
export function fromWarmPool(event: PlatformEvent): boolean {
  return event.kind === 'launch' && /from (the )?warm pool/i.test(event.detail)
}

/** Does the activity mean that members or size changed? Only such activities restart the settling time. */
export function changesMembership(event: PlatformEvent): boolean {
  return event.kind !== 'other' && event.outcome !== 'failed'
}

export function instant(date: Date): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(date.getTime())
}

/** Moving into a warm pool is neither a launch nor a termination of a member. */
function kindOf(description: string): PlatformEvent['kind'] {
  if (/warm pool/i.test(description) && !/from (the )?warm pool/i.test(description)) return 'other'
  if (/^\s*(launching|attaching|moving .* out of standby)/i.test(description)) return 'launch'
  if (/^\s*(terminating|detaching|moving .* to standby)/i.test(description)) return 'terminate'
  return 'other'
}

function outcomeOf(status: string | undefined): PlatformEvent['outcome'] {
  if (status === 'Successful') return 'succeeded'
  return status === 'Failed' || status === 'Cancelled' ? 'failed' : 'in-progress'
}

function instanceOf(activity: Activity): InstanceId | null {
  const text = `${activity.Description ?? ''} ${activity.StatusMessage ?? ''}`
  return /\bi-[0-9a-f]+\b/.exec(text)?.[0] ?? null
}

/** The order matters: a cause often ends in the general words of the last two patterns. */
const CAUSES: readonly (readonly [RegExp, EventCause])[] = [
  [/instance refresh/i, 'deployment'],
  [/rebalance recommendation|capacity rebalanc|spot.{0,60}(interrupt|terminat|reclaim|notice)|interruption notice/i, 'interruption'],
  [
    /maximum (instance )?lifetime|max(imum)? instance lifetime|scheduled (for )?(maintenance|retirement)|instance retirement/i,
    'interruption',
  ],
  [/unhealthy instance needing to be replaced|to replace an? unhealthy instance/i, 'replacement'],
  [/health[ -]check|status check/i, 'unhealthy'],
  [/balanc(e|ing) (instances in zones|the group's zones)|rebalanc|availability zones?.{0,80}balanc/i, 'rebalance'],
  [/(taken out of service|terminated|detached|moved to standby).{0,30} in response to a user request/i, 'strike'],
]
const SIZE_CHANGED =
  /chang(ing|ed) the desired capacity|set group desired capacity|updat(e|ed) of AutoScalingGroup constraints|created an AutoScalingGroup/i
const DIFFERENCE = /difference between (the )?desired and actual capacity|maintain (the )?desired capacity/i

function causeOf(cause: string, kind: PlatformEvent['kind']): EventCause {
  for (const [pattern, meaning] of CAUSES) if (pattern.test(cause)) return meaning
  if (SIZE_CHANGED.test(cause)) return sizeChange(cause, kind)
  if (!DIFFERENCE.test(cause)) return 'unknown'
  return kind === 'terminate' ? 'scale-in' : 'replacement'
}

/** A size that was set and then met explains a launch only if it grew, and a termination only if it shrank. */
function sizeChange(cause: string, kind: PlatformEvent['kind']): EventCause {
  const numbers = /chang(?:ing|ed) the desired capacity from (\d+) to (\d+)/i.exec(cause)
  const from = Number(numbers?.[1] ?? Number.NaN)
  const to = Number(numbers?.[2] ?? Number.NaN)
  if (kind === 'launch') return to < from ? 'replacement' : 'scale-out'
  if (kind === 'terminate') return to > from ? 'unknown' : 'scale-in'
  return to < from ? 'scale-in' : 'scale-out'
}

const CAPACITY =
  /Insufficient(Instance|Host|ReservedInstance)?Capacity|InsufficientFreeAddressesInSubnet|not have (enough|sufficient).{0,80}capacity|insufficient capacity|UnfulfillableCapacity|no Spot capacity|capacity-not-available|SpotMaxPriceTooLow|price-too-low|spot (bid|request|max(imum)?) price.{0,60}(low|higher)|ReservationCapacityExceeded|capacity.{0,40}not available|not enough free addresses/is
const QUOTA =
  /VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded|SpotInstanceCountLimitExceeded|VolumeLimitExceeded|MaxIOPSLimitExceeded|AddressLimitExceeded|NetworkInterfaceLimitExceeded|vCPU (capacity|limit)|requested more (instances|vCPU).{0,80}limit|\bquota\b|request limit exceeded|RequestLimitExceeded/is

/** Capacity and quota pass by themselves or by a limit's increase; all else needs the group's owner. */
function failureOf(activity: Activity): PlatformFailure {
  const message = activity.StatusMessage || activity.Details || activity.Description || 'no reason was given'
  // A quota's message speaks of capacity as well ("more vCPU capacity than your current limit"), so it goes first.
  const category = QUOTA.test(message) ? 'quota' : CAPACITY.test(message) ? 'capacity' : 'broken'
  return { category, message }
}
