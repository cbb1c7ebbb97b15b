import type { VirtualMachineScaleSet, VirtualMachineScaleSetExtension } from '@azure/arm-compute'
import type { HealthReading, InstanceSnapshot } from '../../domain/group.ts'
import type { Machine } from './api.ts'
import { provisioningFailure } from './failures.ts'

/** Who looks at the application itself. A set has a probe or an extension, never both (Microsoft's health extension page). */
export interface Checker {
  readonly source: string
  /** The second generation tells "initializing", and calls an application without an answer "unknown", which counts as unhealthy. */
  readonly rich: boolean
}

/** The checker that a model attaches, or null. A flexible set may have its model's extension or none that can be seen. */
export function checkerOf(set: VirtualMachineScaleSet): Checker | null {
  const profile = set.virtualMachineProfile
  const extension = (profile?.extensionProfile?.extensions ?? []).find(isHealthExtension)
  if (extension !== undefined)
    return { source: `extension/${extension.name ?? 'health'}`, rich: /^[2-9]/.test(extension.typeHandlerVersion ?? '1') }
  const probe = profile?.networkProfile?.healthProbe?.id
  if (probe !== undefined) return { source: `probe/${probe.split('/').at(-1)}`, rich: false }
  return set.externalHealthPolicy === undefined ? null : { source: 'external-health', rich: false }
}

function isHealthExtension(extension: VirtualMachineScaleSetExtension): boolean {
  return /^ApplicationHealth(Linux|Windows)$/i.test(extension.typePropertiesType ?? '')
}

/** `running` of `PowerState/running`, in lower case; null where the machine shows none. */
export function powerOf(machine: Machine): string | null {
  const status = (machine.instanceView?.statuses ?? []).find(each => /^PowerState\//i.test(each.code ?? ''))
  return status?.code?.split('/')[1]?.toLowerCase() ?? null
}

/** The platform's own "provisioned and running": it can make a machine unhealthy, but vouches for nothing inside it. */
export function machineReading(machine: Machine): HealthReading {
  const provisioning = machine.provisioningState ?? 'no provisioning state'
  const power = powerOf(machine)
  const failure = provisioningFailure(machine.instanceView?.statuses)
  const detail = failure?.text ?? [provisioning, power].filter(Boolean).join(', ')
  const reading = (state: HealthReading['state']): HealthReading => ({ source: 'compute', state, independent: false, detail })
  if (/^failed$/i.test(provisioning)) return reading('unhealthy')
  if (/^creating$/i.test(provisioning)) return reading('starting')
  if (power === 'starting') return reading('starting')
  if (power !== null && power !== 'running') return reading('unhealthy')
  if (power === null) return reading('unknown')
  return reading(/^(succeeded|updating)$/i.test(provisioning) ? 'healthy' : 'unknown')
}

/** What the attached checker says; without a word of it nothing is known, least of all that all is well. */
export function checkerReading(machine: Machine, checker: Checker): HealthReading {
  const status = machine.instanceView?.vmHealth?.status
  const code = status?.code?.split('/').at(-1)?.toLowerCase() ?? null
  const reading = (state: HealthReading['state'], detail: string): HealthReading => ({
    source: checker.source,
    state,
    independent: true,
    detail,
  })
  const said = status?.message ?? status?.displayStatus ?? code ?? ''
  if (/^creating$/i.test(machine.provisioningState ?? '')) return reading('starting', 'the machine is being created')
  switch (code) {
    case 'healthy':
      return reading('healthy', said)
    case 'unhealthy':
      return reading('unhealthy', said)
    case 'initializing':
      return reading('starting', said)
    case 'unknown':
      return checker.rich ? reading('unhealthy', said) : reading('unknown', said)
    default:
      return reading('unknown', `${checker.source} shows no health for it: it may not be on the latest model, or has not reported yet`)
  }
}

const ORDER: readonly HealthReading['state'][] = ['unhealthy', 'starting', 'unknown', 'healthy']

/** One that fails means unhealthy, one that still waits means starting, one that cannot be read means unknown. */
export function overall(readings: readonly HealthReading[]): InstanceSnapshot['health'] {
  return readings.map(reading => reading.state).sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))[0] ?? 'unknown'
}
