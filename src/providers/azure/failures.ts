import type { InstanceViewStatus } from '@azure/arm-compute'
import type { PlatformFailure } from '../../domain/group.ts'

const CAPACITY =
  /AllocationFailed|ZonalAllocationFailed|OverconstrainedAllocationRequest|OverconstrainedZonalAllocationRequest|SkuNotAvailable|NoCapacity|not have sufficient capacity|AllocationTimeout/i
const QUOTA = /QuotaExceeded|exceeding (approved|quota)|cores? quota|SubscriptionSpendLimit/i

/** Capacity and quota pass by themselves; what is neither needs the owner. */
export function failureOf(text: string): PlatformFailure {
  const category = QUOTA.test(text) ? 'quota' : CAPACITY.test(text) ? 'capacity' : 'broken'
  return { category, message: text.slice(0, 500) }
}

/** `ProvisioningState/failed/<code>` with its message, in one sentence; null where nothing failed. */
export function provisioningFailure(statuses: readonly InstanceViewStatus[] | undefined): { text: string; at: Date | null } | null {
  const failed = (statuses ?? []).find(status => /^ProvisioningState\/failed/i.test(status.code ?? ''))
  if (failed === undefined) return null
  const code = (failed.code ?? '').split('/')[2]
  const text = [code, failed.message ?? failed.displayStatus].filter(Boolean).join(': ')
  return { text: text === '' ? 'provisioning failed, and Azure says no more' : text, at: failed.time ?? null }
}
