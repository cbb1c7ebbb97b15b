import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { Configuration, NotCompared, Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import type { GroupId, InstanceId } from '../../domain/group.ts'
import type { InstanceRef } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { mapLimited } from '../shared/batches.ts'
import type { Machine } from './api.ts'
import { setFor } from './declare.ts'
import { identityOf, scaleSetRef } from './ids.ts'
import { runningImage } from './images.ts'
import { type Attached, attachedTo, type InterfaceReader, interfaceReader, modelNames, ownName } from './interfaces.ts'
import { isFlexible } from './members.ts'
import { forEachGroup, listMachines, type ScopeContext } from './observe.ts'
import {
  diskDeletionSettings,
  diskSettings,
  extensionSettings,
  interfacePath,
  interfaceSettings,
  lower,
  osSettings,
  resourceSettings,
  type Said,
  securitySettings,
  userDataDigest,
} from './settings-of.ts'

/**
 * The contract's describe(): the members of each set in one listing, then each asked-for machine by itself, because only
 * that shows its user data, and the interfaces of flexible ones in one listing of each resource group. A machine that is not there (any more) is missing from the answer.
 */
export async function describe(
  context: ScopeContext,
  refs: readonly InstanceRef[],
  signal: AbortSignal,
): Promise<Map<InstanceId, Configuration>> {
  const groups = [...Map.groupBy(refs, ref => ref.group)]
  const readInterfaces = interfaceReader(context, signal)
  const describe = ([group, wanted]: [GroupId, InstanceRef[]]): Promise<Configuration[]> =>
    describeGroup(context, group, { ids: new Set(wanted.map(ref => ref.id)), readInterfaces, signal })
  const configurations = (await forEachGroup(groups, describe, signal)).flat()
  return new Map(configurations.map(configuration => [configuration.instance, configuration]))
}

async function describeGroup(
  context: ScopeContext,
  group: GroupId,
  { ids, readInterfaces, signal }: { ids: ReadonlySet<InstanceId>; readInterfaces: InterfaceReader; signal: AbortSignal },
): Promise<Configuration[]> {
  const ref = scaleSetRef(context.scope, group)
  const set = ref === null ? null : await setFor(context, group, signal)
  if (ref === null || set === null) return []
  const machines = await listMachines(context.api, { ref, set, view: true }, signal)
  const found = machines.flatMap(machine => {
    const id = identityOf(machine)
    return id !== null && ids.has(id) ? [{ id, machine }] : []
  })
  // A set gives few answers a minute about single machines (Microsoft's throttling page): one after the other.
  return mapLimited(found, 2, async ({ id, machine }) => {
    const [own, interfaces] = await Promise.all([
      readAlone(context, { ref, set, id, machine }, signal),
      attachedTo(set, machine, readInterfaces),
    ])
    return configurationOf(set, { id, machine, own, interfaces })
  })
}

/** The machine with its user data; a string is why that could not be read. A number or name may mean another machine by now. */
async function readAlone(
  { api }: ScopeContext,
  of: { ref: { resourceGroup: string; name: string }; set: VirtualMachineScaleSet; id: InstanceId; machine: Machine },
  signal: AbortSignal,
): Promise<Machine | string> {
  try {
    const own = await api.getMachine({ set: of.ref, flexible: isFlexible(of.set), machine: of.machine }, signal)
    return identityOf(own) === of.id ? own : 'another machine has its name by now'
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return error.message
  }
}

/** What was read of one machine as flat paths. What every real answer holds and this one lacks is unread, never absent. */
export function configurationOf(
  set: VirtualMachineScaleSet,
  { id, machine, own, interfaces }: { id: InstanceId; machine: Machine; own: Machine | string; interfaces: Attached },
): Configuration {
  const values: Record<Path, Value> = {}
  const unread: NotCompared[] = []
  const keep = (path: Path, value: Value | undefined): void => {
    if (value !== undefined && value !== null) Object.defineProperty(values, path, { value, enumerable: true, configurable: true })
  }
  const must = (path: Path, value: Value | undefined): void => {
    if (value === undefined) unread.push({ what: path, why: 'Azure did not show it' })
    else keep(path, value)
  }
  must('size', lower(machine.hardwareProfile?.vmSize ?? machine.sku?.name))
  keep('zone', machine.zones?.[0])
  addDisks(set, machine, { must, unread })
  for (const [path, value] of securitySettings(machine.securityProfile)) keep(path, value)
  for (const [path, value] of osSettings(machine.osProfile)) keep(path, value)
  addExtensions(set, machine, { keep, unread })
  addIdentity(set, machine, keep)
  keep('license', machine.licenseType)
  if (typeof own === 'string') unread.push({ what: 'userData', why: own })
  else keep('userData', userDataDigest(own.userData))
  for (const [key, value] of Object.entries(machine.tags ?? {})) keep(`tags/${key}`, value)
  if (isFlexible(set)) addAttached(set, { machine, interfaces }, { keep, unread })
  else addNetwork(machine, { keep, unread })
  if (isFlexible(set)) keep('priority', machine.priority ?? 'Regular')
  const image = runningImage(machine)
  return { instance: id, image, address: null, values, protection: protectionOf(image), unread }
}

/** What the model says and Azure does not show at all is unread, not switched off: nobody could confirm that it is always shown. */
function addDisks(set: VirtualMachineScaleSet, machine: Machine, { must, unread }: { must: Into['keep']; unread: NotCompared[] }): void {
  const storage = machine.storageProfile
  if (storage?.osDisk === undefined) unread.push({ what: 'osDisk', why: 'Azure did not show it' })
  const settings = (of: Parameters<typeof diskSettings>[0]): Said =>
    isFlexible(set) ? [...diskSettings(of), ...diskDeletionSettings(of)] : diskSettings(of)
  const model = settings(set.virtualMachineProfile?.storageProfile ?? {})
  const declared = new Set(model.flatMap(([path, value]) => (value === undefined || value === null ? [] : [path])))
  for (const [path, value] of settings(storage ?? {})) {
    if (storage?.osDisk === undefined && path.startsWith('osDisk/')) continue
    must(path, value === null && declared.has(path) ? undefined : value)
  }
}

interface Into {
  readonly keep: (path: Path, value: Value | undefined) => void
  readonly unread: NotCompared[]
}

/** A drill on it would lose a machine and prove nothing. */
function protectionOf(image: string | null): string | null {
  return image === null ? 'Azure does not show which version of its image it runs (exactVersion), so nothing could be proven by it' : null
}

function addExtensions(set: VirtualMachineScaleSet, machine: Machine, { keep, unread }: Into): void {
  const declared = set.virtualMachineProfile?.extensionProfile?.extensions ?? []
  const shown = machine.resources
  if (shown === undefined && (declared.length > 0 || (machine.instanceView?.extensions ?? []).length > 0))
    unread.push({ what: 'extensions', why: 'Azure did not show them' })
  for (const extension of shown ?? []) {
    const name = extension.name?.split('/').at(-1)
    if (extension.typePropertiesType === undefined)
      unread.push({ what: `extensions/${name ?? 'unnamed'}`, why: 'Azure showed only its name' })
    else for (const [path, value] of extensionSettings({ ...extension, name })) keep(path, value)
  }
}

/** Members of uniform sets have the set's identities, whether they tell them or not. */
function addIdentity(set: VirtualMachineScaleSet, machine: Machine, keep: Into['keep']): void {
  const identity = machine.identity ?? (isFlexible(set) ? undefined : set.identity)
  const users = Object.keys(identity?.userAssignedIdentities ?? {}).map(each => each.toLowerCase())
  keep('identity/users', users.length === 0 ? null : users.sort())
  keep('identity/system', /systemassigned/i.test(identity?.type ?? '') || null)
}

function addNetwork(machine: Machine, { keep, unread }: Into): void {
  const own = machine.networkProfileConfiguration?.networkInterfaceConfigurations
  if (own === undefined) unread.push({ what: 'interfaces', why: 'Azure did not show them' })
  for (const one of own ?? []) for (const [path, value] of interfaceSettings(one)) keep(path, value)
}

function addAttached(set: VirtualMachineScaleSet, of: { machine: Machine; interfaces: Attached }, { keep, unread }: Into): void {
  const attached = of.machine.networkProfile?.networkInterfaces
  if (attached === undefined) unread.push({ what: 'interfaces', why: 'Azure did not show them' })
  const configured = set.virtualMachineProfile?.networkProfile?.networkInterfaceConfigurations ?? []
  const names = modelNames(configured, attached ?? [])
  for (const { id = '', deleteOption } of attached ?? []) {
    const name = names.get(id) ?? ownName(id)
    // By this, one that nobody may read is seen to be there as well.
    if (!names.has(id)) keep(interfacePath(name, 'attached'), true)
    const declared = configured.find(one => one.name === names.get(id))?.deleteOption
    if (declared !== undefined && deleteOption === undefined)
      unread.push({ what: interfacePath(name, 'deleteOption'), why: 'Azure did not show it' })
    keep(interfacePath(name, 'deleteOption'), lower(deleteOption))
    const shown = of.interfaces.get(id) ?? 'it was not read'
    if (typeof shown === 'string') unread.push({ what: `interfaces/${name}`, why: shown })
    else for (const [path, value] of resourceSettings(name, shown)) keep(path, value)
  }
}
