import type { NetworkInterfaceReference, VirtualMachineScaleSet, VirtualMachineScaleSetNetworkConfiguration } from '@azure/arm-compute'
import { ProviderError } from '../provider-error.ts'
import type { Machine, NetworkInterface } from './api.ts'
import { partOf } from './ids.ts'
import { isFlexible } from './members.ts'
import type { ScopeContext } from './observe.ts'

/*
 * The interfaces of flexible machines are resources of their own. A set does not list them (Azure/azure-cli#28258), so each resource
 * group that holds some is listed once for all machines that are looked at together.
 */

/** By id in lower case; a string is why they could not be read. */
export type Interfaces = ReadonlyMap<string, NetworkInterface> | string

export type InterfaceReader = (resourceGroup: string) => Promise<Interfaces>

/** Reads each resource group once, however many ask; the answers are as old as the reader. */
export function interfaceReader(context: ScopeContext, signal: AbortSignal): InterfaceReader {
  const asked = new Map<string, Promise<Interfaces>>()
  return resourceGroup => {
    const group = resourceGroup.toLowerCase()
    const known = asked.get(group) ?? readInterfaces(context, group, signal)
    asked.set(group, known)
    return known
  }
}

async function readInterfaces({ api, memory }: ScopeContext, resourceGroup: string, signal: AbortSignal): Promise<Interfaces> {
  try {
    const listed = await api.listInterfaces(resourceGroup, signal)
    memory.noteInterfaces(resourceGroup, null)
    return new Map(listed.map(one => [one.id.toLowerCase(), one]))
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    if (error.code === 'denied') memory.noteInterfaces(resourceGroup, error.message)
    return error.message
  }
}

/**
 * Why this identity may not read the interfaces of a set's machines, or null. Whoever gave the rights has decided that: then the
 * network is told as not compared. Any other failure passes, and what it hides is missing evidence.
 */
export async function interfacesDenied(
  { memory }: ScopeContext,
  set: VirtualMachineScaleSet,
  read: InterfaceReader,
): Promise<string | null> {
  const group = partOf(set.id, 'resourceGroups')?.toLowerCase() ?? ''
  if (memory.interfacesDenied(group) === undefined) await read(group)
  return memory.interfacesDenied(group) ?? null
}

type Configured = Pick<VirtualMachineScaleSetNetworkConfiguration, 'name' | 'primary'>

/**
 * Which of the model's interfaces each of a machine's is, by id. They are named after the model's with something behind it, as far
 * as was seen, but no page of Microsoft's says so (a set gives them no machine's name: kubernetes-sigs/cloud-provider-azure#2671). What
 * no name tells goes by which is the first one, and then by their order. What is left over was attached by somebody.
 */
export function modelNames(configured: readonly Configured[], attached: readonly NetworkInterfaceReference[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>()
  const free = (): NetworkInterfaceReference[] => attached.filter(({ id }) => !named.has(id ?? ''))
  const assign = (one: Configured, among: readonly NetworkInterfaceReference[]): boolean => {
    const found = among.find(({ primary }) => (primary ?? false) === (one.primary ?? false)) ?? among[0]
    if (found !== undefined) named.set(found.id ?? '', one.name ?? '')
    return found !== undefined
  }
  // The longest first: `web-public-4f1c` is the interface `web-public`, not `web`.
  const longestFirst = configured.toSorted((a, b) => (b.name ?? '').length - (a.name ?? '').length)
  const byName = new Set(
    longestFirst.filter(one =>
      assign(
        one,
        free().filter(each => isNamedAfter(each, one)),
      ),
    ),
  )
  for (const one of configured) if (!byName.has(one)) assign(one, free())
  return named
}

function isNamedAfter({ id }: NetworkInterfaceReference, { name }: Configured): boolean {
  const [own, model] = [ownName(id).toLowerCase(), (name ?? '').toLowerCase()]
  return own === model || own.startsWith(`${model}-`)
}

export function ownName(id: string | undefined): string {
  return id?.split('/').at(-1) ?? ''
}

/** What hangs on a machine, by id; a string is why it could not be read. */
export type Attached = ReadonlyMap<string, NetworkInterface | string>

/** Nothing where the machine shows its network itself, as those of uniform sets do. */
export async function attachedTo(set: VirtualMachineScaleSet, machine: Machine, read: InterfaceReader): Promise<Attached> {
  const ids = isFlexible(set) ? (machine.networkProfile?.networkInterfaces ?? []).map(({ id }) => id ?? '') : []
  return new Map(await Promise.all(ids.map(async id => [id, await interfaceWith(id, read)] as const)))
}

async function interfaceWith(id: string, read: InterfaceReader): Promise<NetworkInterface | string> {
  const group = partOf(id, 'resourceGroups')
  const listed = group === null ? `${id} names no resource group` : await read(group)
  return typeof listed === 'string' ? listed : (listed.get(id.toLowerCase()) ?? `Azure did not list it in resource group ${group}`)
}
