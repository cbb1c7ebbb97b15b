import { createHash } from 'node:crypto'
import type {
  DataDisk,
  OSDisk,
  OSProfile,
  SecurityProfile,
  SubResource,
  VirtualMachineScaleSetDataDisk,
  VirtualMachineScaleSetNetworkConfiguration,
  VirtualMachineScaleSetOSDisk,
  VirtualMachineScaleSetOSProfile,
} from '@azure/arm-compute'
import type { Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import type { NetworkInterface } from './api.ts'
import { stable } from './model.ts'

/*
 * Settings that a model and a machine show in the same form, as flat paths: written once, so that both sides of a
 * comparison are told in the same words. Undefined: not said.
 */

export type Said = readonly (readonly [Path, Value | undefined])[]

interface Disks {
  readonly osDisk?: OSDisk | VirtualMachineScaleSetOSDisk
  readonly dataDisks?: readonly (DataDisk | VirtualMachineScaleSetDataDisk)[]
}

export function diskSettings({ osDisk, dataDisks }: Disks): Said {
  return [...osDiskSettings(osDisk), ...(dataDisks ?? []).flatMap(dataDiskSettings)]
}

/** What becomes of disks when their machine is deleted: "for VMSS with Flexible OrchestrationMode only" (type VirtualMachineScaleSetOSDisk). */
export function diskDeletionSettings({ osDisk, dataDisks }: Disks): Said {
  const own: Said = [['osDisk/deleteOption', lower(osDisk?.deleteOption)]]
  return [...own, ...(dataDisks ?? []).map(disk => [`dataDisks/${disk.lun}/deleteOption`, lower(disk.deleteOption)] as const)]
}

function osDiskSettings(disk: OSDisk | VirtualMachineScaleSetOSDisk | undefined): Said {
  return [
    ['osDisk/size', disk?.diskSizeGB],
    ['osDisk/type', disk?.managedDisk?.storageAccountType],
    ['osDisk/caching', disk?.caching],
    ['osDisk/ephemeral', disk?.diffDiskSettings?.option === undefined ? null : true],
    ['osDisk/encryptionSet', encryptionSet(disk)],
    ['osDisk/confidentialEncryption', disk?.managedDisk?.securityProfile?.securityEncryptionType ?? null],
    ['osDisk/writeAccelerator', disk?.writeAcceleratorEnabled || null],
  ]
}

function dataDiskSettings(disk: DataDisk | VirtualMachineScaleSetDataDisk): Said {
  const path = (name: string): Path => `dataDisks/${disk.lun}/${name}`
  const type = disk.managedDisk?.storageAccountType
  const speed: Said = [
    [path('iops'), disk.diskIopsReadWrite],
    [path('throughput'), disk.diskMBpsReadWrite],
  ]
  return [
    [path('size'), disk.diskSizeGB],
    [path('type'), type],
    [path('caching'), disk.caching],
    [path('encryptionSet'), encryptionSet(disk)],
    [path('writeAccelerator'), disk.writeAcceleratorEnabled || null],
    ...(isProvisioned(type) ? speed : []),
  ]
}

/** Of other types the speed follows from the size, and says nothing of its own. */
function isProvisioned(type: string | undefined): boolean {
  return /^(UltraSSD|PremiumV2)_/i.test(type ?? '')
}

function encryptionSet(
  disk: OSDisk | DataDisk | VirtualMachineScaleSetOSDisk | VirtualMachineScaleSetDataDisk | undefined,
): Value | undefined {
  return disk?.managedDisk === undefined ? undefined : (lower(disk.managedDisk.diskEncryptionSet?.id) ?? null)
}

/** As a model names it, and as a machine of a uniform set shows it. */
export function interfaceSettings(one: VirtualMachineScaleSetNetworkConfiguration): Said {
  const addresses = one.ipConfigurations ?? []
  const isPublic = addresses.some(address => address.publicIPAddressConfiguration !== undefined)
  const pools = idsOf(addresses.map(address => address.loadBalancerInboundNatPools))
  return [...commonInterfaceSettings(one.name ?? '', { ...one, addresses, isPublic }), [interfacePath(one.name ?? '', 'natPools'), pools]]
}

/** As a machine of a flexible set has it: a resource of its own, here under the model's name for it. */
export function resourceSettings(name: string, one: NetworkInterface): Said {
  const isPublic = one.ipConfigurations.some(address => address.publicIPAddress !== undefined)
  const rules = idsOf(one.ipConfigurations.map(address => address.loadBalancerInboundNatRules))
  return [...commonInterfaceSettings(name, { ...one, addresses: one.ipConfigurations, isPublic }), [interfacePath(name, 'natRules'), rules]]
}

type Pools = 'loadBalancerBackendAddressPools' | 'applicationGatewayBackendAddressPools' | 'applicationSecurityGroups'

interface AnyInterface extends Omit<NetworkInterface, 'id' | 'ipConfigurations'> {
  readonly addresses: readonly ({ readonly subnet?: Partial<SubResource> } & {
    readonly [Each in Pools]?: readonly Partial<SubResource>[]
  })[]
  readonly isPublic: boolean
}

function commonInterfaceSettings(name: string, one: AnyInterface): Said {
  const ids = (of: Pools): Value => idsOf(one.addresses.map(address => address[of]))
  return [
    [interfacePath(name, 'subnet'), idsOf(one.addresses.map(({ subnet }) => (subnet === undefined ? [] : [subnet])))],
    [interfacePath(name, 'securityGroup'), lower(one.networkSecurityGroup?.id) ?? null],
    [interfacePath(name, 'applicationSecurityGroups'), ids('applicationSecurityGroups')],
    [interfacePath(name, 'balancers'), ids('loadBalancerBackendAddressPools')],
    [interfacePath(name, 'gateways'), ids('applicationGatewayBackendAddressPools')],
    [interfacePath(name, 'dnsServers'), one.dnsSettings?.dnsServers?.toSorted() ?? null],
    [interfacePath(name, 'publicAddress'), one.isPublic || null],
    [interfacePath(name, 'accelerated'), one.enableAcceleratedNetworking || null],
    [interfacePath(name, 'forwarding'), one.enableIPForwarding || null],
  ]
}

export function interfacePath(name: string, setting: string): Path {
  return `interfaces/${name}/${setting}`
}

/** Of all addresses of an interface together, without their order and case. */
function idsOf(references: readonly (readonly Partial<SubResource>[] | undefined)[]): Value {
  const found = references.flatMap(each => (each ?? []).flatMap(({ id }) => lower(id) ?? []))
  return found.length === 0 ? null : [...new Set(found)].sort()
}

/** Off, standard and not there are the same thing; not said in a model is another: then a default decides. */
export function securitySettings(security: SecurityProfile | undefined): Said {
  const type = security?.securityType
  const on = (value: boolean | undefined): Value | undefined => (value === false ? null : value)
  return [
    ['security/type', type !== undefined && /^standard$/i.test(type) ? null : type],
    ['security/secureBoot', on(security?.uefiSettings?.secureBootEnabled)],
    ['security/vTpm', on(security?.uefiSettings?.vTpmEnabled)],
    ['security/encryptionAtHost', on(security?.encryptionAtHost)],
  ]
}

export function osSettings(os: OSProfile | VirtualMachineScaleSetOSProfile | undefined): Said {
  const keys = (os?.linuxConfiguration?.ssh?.publicKeys ?? []).flatMap(key =>
    key.keyData === undefined ? [] : [digest(key.keyData.trim())],
  )
  return [
    ['os/adminUsername', os?.adminUsername],
    ['os/passwordLogin', os?.linuxConfiguration?.disablePasswordAuthentication === false || null],
    ['os/sshKeys', keys.length === 0 ? null : keys.sort()],
  ]
}

interface AnyExtension {
  readonly name?: string | undefined
  readonly publisher?: string | undefined
  readonly typePropertiesType?: string | undefined
  readonly typeHandlerVersion?: string | undefined
  readonly settings?: unknown
}

/** Minor versions move by themselves; settings may hold what nobody should read in a report, so they are digests. */
export function extensionSettings(extension: AnyExtension): Said {
  const { publisher, typePropertiesType: type, typeHandlerVersion: version, settings } = extension
  const path = (name: string): Path => `extensions/${extension.name ?? 'unnamed'}/${name}`
  const empty = settings === undefined || settings === null || stable(settings) === '{}'
  return [
    [path('handler'), publisher === undefined || type === undefined ? undefined : `${publisher}/${type}`],
    [path('version'), version?.split('.')[0]],
    [path('settings'), empty ? null : digest(stable(settings))],
  ]
}

/** Of the base64 that the API carries. */
export function userDataDigest(data: string | undefined): Value {
  return data === undefined || data === '' ? null : digest(data)
}

function digest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

export function lower(text: string | undefined): string | undefined {
  return text?.toLowerCase()
}
