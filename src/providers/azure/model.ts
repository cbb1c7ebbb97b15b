import { createHash } from 'node:crypto'
import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { Machine } from './api.ts'
import { isFlexible } from './members.ts'

/**
 * Names the model in force: a digest of what new machines are made from, without the size (a restore changes that) and
 * without what the platform writes into it.
 */
export function modelVersion(set: VirtualMachineScaleSet): string {
  const { timeCreated: _timeCreated, userData: _userData, ...profile } = set.virtualMachineProfile ?? {}
  const model = { profile, size: set.sku?.name, mix: set.skuProfile, zones: set.zones, identity: identityOf(set), plan: set.plan }
  return `model:${createHash('sha256').update(stable(model)).digest('hex').slice(0, 12)}`
}

function identityOf(set: VirtualMachineScaleSet): unknown {
  return {
    type: set.identity?.type,
    users: Object.keys(set.identity?.userAssignedIdentities ?? {})
      .map(id => id.toLowerCase())
      .sort(),
  }
}

/** JSON whose keys are in order, so that equal things have equal texts. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) && !(inner instanceof Date)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/**
 * The model that a member was made from, where that can be known. A uniform set says whether a machine is on the latest
 * model; of a flexible one, a machine that is younger than the present model was made from it. Older models cannot be read.
 */
export function bornFrom(set: VirtualMachineScaleSet, machine: Machine): string | null {
  if (!isFlexible(set)) return machine.latestModelApplied === true ? modelVersion(set) : null
  const [model, own] = [set.virtualMachineProfile?.timeCreated, machine.timeCreated]
  return model !== undefined && own !== undefined && own.getTime() >= model.getTime() ? modelVersion(set) : null
}
