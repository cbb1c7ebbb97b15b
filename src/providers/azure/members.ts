import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { HealthReading, InstanceSnapshot, Unsteady } from '../../domain/group.ts'
import type { Machine } from './api.ts'
import { type Checker, checkerReading, machineReading, overall, powerOf } from './health.ts'
import { identityOf } from './ids.ts'
import { runningImage } from './images.ts'
import { type Lock, lockOn, lockSentence } from './locks.ts'

export function isFlexible(set: VirtualMachineScaleSet): boolean {
  return /^flexible$/i.test(set.orchestrationMode ?? '')
}

export function isSpot(set: VirtualMachineScaleSet, machine: Machine): boolean {
  return /^spot$/i.test(machine.priority ?? set.virtualMachineProfile?.priority ?? '')
}

/**
 * Where a member stands. A creation that failed leaves a machine in the list that never ran and never will: it is gone,
 * with its error as an event. An evicted spot machine may stay in the list, deallocated.
 */
export function phaseOf(set: VirtualMachineScaleSet, machine: Machine): InstanceSnapshot['phase'] {
  const provisioning = (machine.provisioningState ?? '').toLowerCase()
  const power = powerOf(machine)
  if (provisioning === 'deleting') return 'terminating'
  if (provisioning === 'creating') return 'pending'
  if (provisioning === 'failed') return power === 'running' || machine.instanceView === undefined ? 'in-service' : 'gone'
  if (power === 'deallocated' || power === 'deallocating' || power === 'stopped' || power === 'stopping')
    return isSpot(set, machine) ? 'terminating' : 'standby'
  // A state that is not known counts as pending: not a victim, and the group is not steady.
  return provisioning === 'succeeded' || provisioning === 'updating' ? 'in-service' : 'pending'
}

export interface MemberFacts {
  readonly checker: Checker | null
  readonly locks: readonly Lock[]
  /** The model in force, or null where the machine is not known to be made from it. */
  readonly bornFrom: string | null
}

/** Null: Azure does not tell yet which machine it is. */
export function memberSnapshot(set: VirtualMachineScaleSet, machine: Machine, facts: MemberFacts): InstanceSnapshot | null {
  const id = identityOf(machine)
  if (id === null || machine.timeCreated === undefined) return null
  const phase = phaseOf(set, machine)
  const checks = checksOf(machine, phase, facts.checker)
  return {
    id,
    name: machine.name ?? machine.instanceId ?? id,
    zone: machine.zones?.[0] ?? null,
    launchedAt: Temporal.Instant.fromEpochMilliseconds(machine.timeCreated.getTime()),
    phase,
    health: overall(checks),
    checks,
    weight: 1,
    protection: protectionOf(machine, facts.locks),
    bornFrom: facts.bornFrom,
    origin: poolOf(machine) ? 'pre-built' : 'launched',
    image: runningImage(machine),
  }
}

function poolOf(machine: Machine): boolean {
  const view = machine.instanceView
  return view !== undefined && 'isVMInStandbyPool' in view && view.isVMInStandbyPool === true
}

function checksOf(machine: Machine, phase: InstanceSnapshot['phase'], checker: Checker | null): HealthReading[] {
  // Listed without its view: nothing but the listing's own word is there to say.
  if (machine.instanceView === undefined) {
    const state = phase === 'in-service' ? (/^failed$/i.test(machine.provisioningState ?? '') ? 'unhealthy' : 'unknown') : 'starting'
    return [
      { source: 'compute', state, independent: false, detail: `${machine.provisioningState ?? 'no provisioning state'}, not looked into` },
    ]
  }
  const own = machineReading(machine)
  return phase === 'in-service' && checker !== null ? [own, checkerReading(machine, checker)] : [own]
}

/** Neither protection stops a deletion that a user asks for (Microsoft's instance protection page), so they are honoured here. */
function protectionOf(machine: Machine, locks: readonly Lock[]): string | null {
  if (machine.protectionPolicy?.protectFromScaleIn === true) return 'it is protected from scale-in'
  if (machine.protectionPolicy?.protectFromScaleSetActions === true) return 'it is protected from scale set actions'
  const lock = lockOn(locks, machine.id, ['CanNotDelete', 'ReadOnly'])
  return lock === null ? null : lockSentence(lock)
}

/** Why the set is not steady, as far as its own listing and its members show. */
export function unsteadyByListing(set: VirtualMachineScaleSet, machines: readonly Machine[]): Unsteady[] {
  const found: Unsteady[] = []
  const state = set.provisioningState ?? 'not shown'
  if (/^deleting$/i.test(state)) found.push({ reason: 'deleting', detail: 'the scale set is being deleted' })
  else if (/^failed$/i.test(state))
    found.push({ reason: 'unknown', detail: "the scale set's last change failed (provisioning state Failed)" })
  else if (!/^succeeded$/i.test(state))
    found.push({ reason: 'scaling', detail: `the scale set is being changed (provisioning state ${state})` })
  for (const machine of machines) {
    const own = machine.provisioningState ?? 'without a provisioning state'
    const name = machine.name ?? machine.instanceId ?? 'a machine'
    if (identityOf(machine) === null) found.push({ reason: 'scaling', detail: `Azure does not tell yet which machine ${name} is` })
    else if (!/^succeeded$/i.test(own)) found.push({ reason: 'scaling', detail: `machine ${name} is ${own}` })
  }
  const old = machines.filter(machine => machine.latestModelApplied === false).length
  if (old > 0 && /^(automatic|rolling)$/i.test(set.upgradePolicy?.mode ?? ''))
    found.push({ reason: 'deploying', detail: `${old} machines are not on the latest model yet (upgrade mode ${set.upgradePolicy?.mode})` })
  return found
}
