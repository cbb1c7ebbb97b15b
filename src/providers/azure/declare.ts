import type { VirtualMachineScaleSet, VirtualMachineScaleSetNetworkConfiguration } from '@azure/arm-compute'
import type { Declaration, DeclaredSet, NotCompared, Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import type { GroupId } from '../../domain/group.ts'
import { ProviderError } from '../provider-error.ts'
import { distinct } from '../shared/batches.ts'
import { scaleSetRef } from './ids.ts'
import { imageSource } from './images.ts'
import { type InterfaceReader, interfaceReader, interfacesDenied } from './interfaces.ts'
import { isFlexible } from './members.ts'
import { modelVersion } from './model.ts'
import { forEachGroup, type ScopeContext } from './observe.ts'
import { type ResolvedImage, resolveImage } from './resolve.ts'
import {
  diskDeletionSettings,
  diskSettings,
  extensionSettings,
  interfacePath,
  interfaceSettings,
  lower,
  osSettings,
  type Said,
  securitySettings,
  userDataDigest,
} from './settings-of.ts'

/** The contract's declare(): the model of each set, with what its image comes to now. */
export async function declare(context: ScopeContext, groups: readonly GroupId[], signal: AbortSignal): Promise<Map<GroupId, Declaration>> {
  const readInterfaces = interfaceReader(context, signal)
  const declare = async (id: GroupId): Promise<[GroupId, Declaration][]> => {
    const set = await setFor(context, id, signal)
    const current = set === null ? null : await declaredBy(context, set, { readInterfaces, signal })
    if (current === null) return []
    // Only the present model can be read: a member that was made from an older one is compared with what it can be.
    return [[id, { current, born: { [current.version]: current }, promises: { retire: 'current', crash: 'current' } }]]
  }
  return new Map((await forEachGroup(distinct(groups), declare, signal)).flat())
}

/** With its user data. Null: it is not there (any more). */
export async function setFor(context: ScopeContext, id: GroupId, signal: AbortSignal): Promise<VirtualMachineScaleSet | null> {
  const ref = scaleSetRef(context.scope, id)
  if (ref === null) return null
  try {
    return await context.api.getScaleSet(ref, { userData: true }, signal)
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'not-found') return null
    throw error
  }
}

interface Declaring {
  readonly readInterfaces: InterfaceReader
  readonly signal: AbortSignal
}

/** Null: a flexible set without a profile declares nothing. */
async function declaredBy(context: ScopeContext, set: VirtualMachineScaleSet, how: Declaring): Promise<DeclaredSet | null> {
  const { api } = context
  const profile = set.virtualMachineProfile
  if (profile === undefined) return null
  const location = set.location ?? ''
  const image = await resolveImage(api, imageSource(profile.storageProfile?.imageReference, location), { location, signal: how.signal })
  const denied = isFlexible(set) && interfacesOf(set).length > 0 ? await interfacesDenied(context, set, how.readInterfaces) : null
  return declaredSet(set, image, denied)
}

interface Part {
  readonly values: Record<Path, readonly Value[]>
  readonly open: string[]
  readonly environment: string[]
}

/**
 * What the model says, what it leaves to defaults, and what nobody can read. `denied`: why the interfaces of flexible machines may not
 * be read, for then nothing is asked of them.
 */
export function declaredSet(set: VirtualMachineScaleSet, image: ResolvedImage, denied: string | null): DeclaredSet {
  const part: Part = { values: {}, open: ['tags/**'], environment: [] }
  const profile = set.virtualMachineProfile
  addSize(part, set)
  if (set.zones !== undefined && set.zones.length > 0) put(part, 'zone', set.zones)
  else part.open.push('zone')
  addAll(part, diskSettings(profile?.storageProfile ?? {}))
  if (image.dataDisks === null) part.open.push('dataDisks/**')
  for (const lun of image.dataDisks ?? []) part.open.push(`dataDisks/${lun}/**`)
  addAll(part, securitySettings(profile?.securityProfile))
  addAll(part, osSettings(profile?.osProfile))
  for (const extension of profile?.extensionProfile?.extensions ?? []) addAll(part, extensionSettings(extension))
  addIdentity(part, set)
  put(part, 'license', [profile?.licenseType ?? null])
  put(part, 'userData', [userDataDigest(profile?.userData)])
  if (isFlexible(set)) addAll(part, diskDeletionSettings(profile?.storageProfile ?? {}))
  const network = isFlexible(set) ? addAttached(part, set, denied) : addInterfaces(part, set)
  if (isFlexible(set)) addPriority(part, set)
  return {
    version: modelVersion(set),
    source: `the model of scale set ${set.name ?? set.id ?? 'unnamed'}`,
    images: image.images,
    values: part.values,
    open: part.open,
    environment: part.environment,
    unread: [...image.unread, ...network],
    since: sinceOf(set, image),
  }
}

/** The model's own time says when it was last written; an image that moves by itself may have moved later. */
function sinceOf(set: VirtualMachineScaleSet, image: ResolvedImage): Temporal.Instant | null {
  const written = set.virtualMachineProfile?.timeCreated
  const model = written === undefined ? null : Temporal.Instant.fromEpochMilliseconds(written.getTime())
  if (image.since === undefined) return model
  if (image.since === null || model === null) return null
  return Temporal.Instant.compare(image.since, model) > 0 ? image.since : model
}

function put(part: Part, path: Path, allowed: readonly Value[]): void {
  Object.defineProperty(part.values, path, { value: allowed, enumerable: true, configurable: true })
}

/** What the model does not say comes from the image or a default of the platform, the subscription or the size. */
function addAll(part: Part, said: Said): void {
  for (const [path, value] of said) {
    if (value !== undefined) {
      put(part, path, [value])
      continue
    }
    part.open.push(path)
    part.environment.push(path)
  }
}

function addSize(part: Part, set: VirtualMachineScaleSet): void {
  const mixed = (set.skuProfile?.vmSizes ?? []).flatMap(size => lower(size.name) ?? [])
  const sizes = mixed.length > 0 ? mixed : [lower(set.sku?.name)].filter(name => name !== undefined)
  if (sizes.length === 0) part.open.push('size')
  else put(part, 'size', sizes)
}

function addIdentity(part: Part, set: VirtualMachineScaleSet): void {
  const users = Object.keys(set.identity?.userAssignedIdentities ?? {}).map(id => id.toLowerCase())
  put(part, 'identity/users', [users.length === 0 ? null : users.sort()])
  put(part, 'identity/system', [/systemassigned/i.test(set.identity?.type ?? '') || null])
}

function addPriority(part: Part, set: VirtualMachineScaleSet): void {
  const priority = set.virtualMachineProfile?.priority ?? 'Regular'
  const mixed = set.priorityMixPolicy !== undefined
  put(part, 'priority', mixed ? ['Regular', 'Spot'] : [/^regular$/i.test(priority) ? 'Regular' : priority])
}

function interfacesOf(set: VirtualMachineScaleSet): readonly VirtualMachineScaleSetNetworkConfiguration[] {
  return set.virtualMachineProfile?.networkProfile?.networkInterfaceConfigurations ?? []
}

function addInterfaces(part: Part, set: VirtualMachineScaleSet): NotCompared[] {
  for (const one of interfacesOf(set)) addAll(part, interfaceSettings(one))
  return []
}

/** Of flexible machines, where they may be read at all. */
function addAttached(part: Part, set: VirtualMachineScaleSet, denied: string | null): NotCompared[] {
  return interfacesOf(set).flatMap(one => {
    const name = one.name ?? ''
    if (denied !== null) return [{ what: `interfaces/${name}`, why: denied }]
    const pools = interfacePath(name, 'natPools')
    const said = interfaceSettings(one)
    addAll(part, [...said.filter(([path]) => path !== pools), [interfacePath(name, 'deleteOption'), lower(one.deleteOption)]])
    const rules = interfacePath(name, 'natRules')
    if (said.some(([path, value]) => path === pools && value !== null))
      return [{ what: rules, why: 'the rules that a pool makes are numbered, one for each machine' }]
    // No model names rules. Those that stand for a whole pool need no word on an interface (Microsoft's page of inbound NAT rules), but
    // no page says that they never leave one.
    part.open.push(rules)
    return []
  })
}
