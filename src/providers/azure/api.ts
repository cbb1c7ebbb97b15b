import type {
  CommunityGalleryImageVersion,
  GalleryImageVersion,
  Image,
  RollingUpgradeStatusInfo,
  SharedGalleryImageVersion,
  VirtualMachine,
  VirtualMachineImage,
  VirtualMachineImageResource,
  VirtualMachineScaleSet,
  VirtualMachineScaleSetInstanceView,
  VirtualMachineScaleSetVM,
} from '@azure/arm-compute'
import type { ManagementLockObject } from '@azure/arm-locks'
import type { DrillId } from '../../domain/drill.ts'
import type { ScopeId } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import type { ScaleSetRef } from './ids.ts'

/** A member as Azure shows it: a machine of a uniform set, or a virtual machine that belongs to a flexible one. */
export type Machine = Omit<VirtualMachineScaleSetVM, 'location'> &
  Pick<VirtualMachine, 'priority' | 'evictionPolicy' | 'virtualMachineScaleSet'>

export interface GalleryImage {
  readonly subscription: string
  readonly resourceGroup: string
  readonly gallery: string
  readonly image: string
}

/** An image outside of any gallery: there is one of it, without versions. */
export interface ManagedImage {
  readonly subscription: string
  readonly resourceGroup: string
  readonly name: string
}

/** An image that its owner shares with everybody (community) or with this tenant (shared), by the gallery's public or unique name. */
export interface PublishedImage {
  readonly location: string
  readonly gallery: string
  readonly image: string
}

export interface MarketplaceImage {
  readonly location: string
  readonly publisher: string
  readonly offer: string
  readonly sku: string
}

/** A network interface as a resource of its own (Microsoft.Network), in the words that a model has for the same things. */
export interface NetworkInterface {
  readonly id: string
  readonly networkSecurityGroup?: Reference
  readonly dnsSettings?: { readonly dnsServers?: readonly string[] }
  readonly enableAcceleratedNetworking?: boolean
  readonly enableIPForwarding?: boolean
  readonly ipConfigurations: readonly InterfaceAddress[]
}

export interface InterfaceAddress {
  readonly subnet?: Reference
  readonly publicIPAddress?: Reference
  readonly applicationSecurityGroups?: readonly Reference[]
  readonly loadBalancerBackendAddressPools?: readonly Reference[]
  readonly applicationGatewayBackendAddressPools?: readonly Reference[]
  readonly loadBalancerInboundNatRules?: readonly Reference[]
}

interface Reference {
  readonly id?: string
}

/** What a write shows in the activity log, and when it must not be sent any more. */
export interface Sending {
  readonly drill: DrillId
  readonly signal: AbortSignal
  /** Asked when the request is about to leave; where it says no, it does not. */
  readonly mayStillSend?: () => boolean
}

/** How a change that was accepted goes on. `failed` carries the platform's own words. */
export type Progress = 'running' | 'succeeded' | { readonly failed: string }

/** A change that Azure has accepted and carries out. */
export interface Ongoing {
  /** Azure's own id of it, or null. */
  readonly reference: string | null
  progress(signal: AbortSignal): Promise<Progress>
}

/** One member to be deleted, by the only name that the API takes. */
export interface Deletion {
  readonly set: ScaleSetRef
  readonly instanceId: string
  /** Skips the machine's graceful end. */
  readonly forced: boolean
}

/**
 * The operations of one subscription that this adapter works with; client.ts is the one that makes it. Reads are retried
 * and throw only ProviderError or the signal's reason; lists are read to their end. Writes are sent once.
 */
export interface AzureApi {
  readonly scope: ScopeId
  readonly subscription: string
  listScaleSets(signal: AbortSignal): Promise<VirtualMachineScaleSet[]>
  /** How many sets the platform puts on one page; only for `verify-live`. */
  firstPageOfScaleSets(signal: AbortSignal): Promise<{ readonly count: number; readonly more: boolean }>
  getScaleSet(set: ScaleSetRef, options: { userData: boolean }, signal: AbortSignal): Promise<VirtualMachineScaleSet>
  getSetView(set: ScaleSetRef, signal: AbortSignal): Promise<VirtualMachineScaleSetInstanceView>
  getRollingUpgrade(set: ScaleSetRef, signal: AbortSignal): Promise<RollingUpgradeStatusInfo>
  listUniformMachines(set: ScaleSetRef, options: { view: boolean }, signal: AbortSignal): Promise<Machine[]>
  listFlexibleMachines(set: ScaleSetRef, options: { id: string; view: boolean }, signal: AbortSignal): Promise<Machine[]>
  /** With its user data. */
  getMachine(of: { set: ScaleSetRef; flexible: boolean; machine: Machine }, signal: AbortSignal): Promise<Machine>
  /** Of one resource group: a flexible set has no listing of its own for its machines' interfaces (Azure/azure-cli#28258). */
  listInterfaces(resourceGroup: string, signal: AbortSignal): Promise<NetworkInterface[]>
  listLocks(signal: AbortSignal): Promise<ManagementLockObject[]>
  listGalleryVersions(image: GalleryImage, signal: AbortSignal): Promise<GalleryImageVersion[]>
  getGalleryVersion(image: GalleryImage, version: string, signal: AbortSignal): Promise<GalleryImageVersion>
  getManagedImage(image: ManagedImage, signal: AbortSignal): Promise<Image>
  listCommunityVersions(image: PublishedImage, signal: AbortSignal): Promise<CommunityGalleryImageVersion[]>
  listSharedVersions(image: PublishedImage, signal: AbortSignal): Promise<SharedGalleryImageVersion[]>
  listMarketplaceVersions(image: MarketplaceImage, signal: AbortSignal): Promise<VirtualMachineImageResource[]>
  getMarketplaceVersion(image: MarketplaceImage, version: string, signal: AbortSignal): Promise<VirtualMachineImage>
  deleteMember(deletion: Deletion, sending: Sending): Promise<Ongoing>
  /** Sends nothing without the etag: a size that somebody else has changed meanwhile must not be overwritten. */
  setCapacity(
    set: ScaleSetRef,
    change: { sku: VirtualMachineScaleSet['sku']; capacity: number; etag: string },
    sending: Sending,
  ): Promise<Ongoing>
  /** Our clock minus Azure's, from the Date header of the latest answer; null before there was one. */
  clockSkew(): Milliseconds | null
}
