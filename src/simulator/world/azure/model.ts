import type { Part } from '../history.ts'

/*
 * What exists in a simulated subscription. Plain data without functions, so that it can be copied whole:
 * that is how reads from the past are served. Times are epoch milliseconds.
 */

export interface Subscription extends Part {
  readonly subscription: string
  readonly location: string
  /** By `<resource group>/<name>`, in lower case: Azure does not mind the case of names. */
  readonly scaleSets: Map<string, ScaleSet>
  /** By `<subscription>/<resource group>/<gallery>/<image>`, in lower case: sets may use what stands elsewhere. */
  readonly galleryImages: Map<string, Map<string, ImageVersion>>
  /** By `<publisher>/<offer>/<sku>`, in lower case. */
  readonly marketplace: Map<string, Map<string, ImageVersion>>
  /** Images outside of galleries, by `<resource group>/<image>`, in lower case: each is one, whatever its version is called here. */
  readonly managedImages: Map<string, Map<string, ImageVersion>>
  /** What galleries of others share, by `<community or shared>/<gallery>/<image>`, in lower case. */
  readonly published: Map<string, Map<string, ImageVersion>>
  readonly locks: Lock[]
  readonly operations: Map<string, Operation>
  /** What machines get whose model does not say; a change of it is nobody's drift. */
  defaultSecurityType: 'Standard' | 'TrustedLaunch'
}

export interface ImageVersion {
  readonly name: string
  readonly publishedAt: number
  excludeFromLatest: boolean
  /** How its copy to the region went; unless it is said, well. */
  replication?: 'Completed' | 'Replicating' | 'Failed'
  /** For a violation of policy. */
  reported?: boolean
  endOfLifeAt: number | null
  provisioningState: 'Succeeded' | 'Failed' | 'Creating'
  deprecation: 'Active' | 'ScheduledForDeprecation' | 'Deprecated'
  /** Deleted: nothing can be made from it, machines go on naming it. */
  gone: boolean
  readonly content: Record<string, string>
}

export interface Lock {
  readonly name: string
  readonly level: 'CanNotDelete' | 'ReadOnly'
  /** What it is on: a subscription, resource group or resource id. */
  readonly scope: string
}

export interface Operation {
  readonly id: string
  readonly start: number
  end: number | null
  status: 'InProgress' | 'Succeeded' | 'Failed'
  error: { readonly code: string; readonly message: string } | null
}

export interface ScaleSet {
  readonly name: string
  readonly resourceGroup: string
  readonly mode: 'uniform' | 'flexible'
  readonly uniqueId: string
  readonly createdAt: number
  tags: Record<string, string>
  size: string
  capacity: number
  etag: string
  readonly zones: string[]
  model: Model | null
  /** Grows with every change of the model. */
  modelVersion: number
  readonly health: 'extension' | 'rich' | 'probe' | 'none'
  upgradeMode: 'Manual' | 'Automatic' | 'Rolling'
  repairs: { enabled: boolean; state: 'Running' | 'Suspended' | 'NotRunning' } | null
  /** The orchestration service that is at work on the set, if any. */
  atWork: string | null
  rollingUpgrade: 'RollingForward' | 'Completed' | 'Cancelled' | 'Faulted' | null
  deleting: boolean
  /** Changes under way; while there are any, the set is `Updating`. */
  busy: number
  failure: { readonly code: string; readonly message: string; readonly at: number } | null
  /** When its last change ended. */
  changedAt: number
  readonly machines: Map<string, Machine>
  readonly timing: Timing
  readonly ways: Ways
  readonly behaviour: Behaviour
}

/** What is open about scale sets, and so can be switched both ways. */
export interface Ways {
  /** Whether `sku.capacity` falls with a deletion through the set, or of a machine itself. */
  readonly capacityOnDelete: { readonly set: 'falls' | 'stays'; readonly machine: 'falls' | 'stays' }
  /** Whether a new capacity makes up to as many machines as it says, or as many more as it is larger than the old one. */
  readonly scaling: 'absolute' | 'difference'
  /** Whether a machine whose creation failed stays in the list, as `Failed`. */
  readonly failedStays: boolean
}

export interface Timing {
  readonly detect: number
  readonly boot: number
  readonly health: number
  readonly drain: number
  readonly terminate: number
}

/** What new machines are made from. */
export interface Model {
  readonly createdAt: number
  readonly image: ImageChoice
  readonly osDisk: { readonly size: number; readonly type: string; readonly caching: string }
  readonly dataDisks: readonly DataDisk[]
  readonly interfaces: readonly NetworkInterface[]
  readonly extensions: readonly Extension[]
  readonly securityType: 'TrustedLaunch' | null
  readonly encryptionAtHost: boolean | null
  readonly priority: 'Regular' | 'Spot'
  readonly adminUsername: string
  readonly computerNamePrefix: string
  /** Base64, as the API carries it. */
  readonly userData: string | null
}

export type ImageChoice =
  | { readonly kind: 'marketplace'; readonly publisher: string; readonly offer: string; readonly sku: string; readonly version: string }
  | {
      readonly kind: 'gallery'
      readonly subscription: string
      readonly resourceGroup: string
      readonly gallery: string
      readonly image: string
      /** Null: the newest. */
      readonly version: string | null
    }
  | {
      readonly kind: 'managed'
      readonly subscription: string
      readonly resourceGroup: string
      readonly image: string
      readonly version: null
    }
  | { readonly kind: 'community' | 'shared'; readonly gallery: string; readonly image: string; readonly version: string | null }

export interface DataDisk {
  readonly lun: number
  readonly size: number
  readonly type: string
}

export interface NetworkInterface {
  readonly name: string
  readonly subnet: string
  readonly securityGroup: string | null
  readonly accelerated: boolean
}

export interface Extension {
  readonly name: string
  readonly publisher: string
  readonly type: string
  readonly version: string
}

export interface Machine {
  /** A number in a uniform set, the machine's name in a flexible one. */
  readonly instanceId: string
  readonly name: string
  readonly vmId: string
  readonly createdAt: number
  readonly zone: string | null
  readonly modelVersion: number
  provisioning: 'Creating' | 'Succeeded' | 'Updating' | 'Deleting' | 'Failed'
  failure: { readonly code: string; readonly message: string } | null
  power: 'starting' | 'running' | 'deallocated' | null
  /** Null: not told, or nobody checks. */
  health: 'healthy' | 'unhealthy' | 'unknown' | 'initializing' | null
  image: ImageChoice
  /** The version that it really runs. */
  readonly exactVersion: string
  size: string
  readonly osDisk: Model['osDisk']
  dataDisks: DataDisk[]
  interfaces: NetworkInterface[]
  extensions: Extension[]
  securityType: 'TrustedLaunch' | null
  readonly encryptionAtHost: boolean | null
  identities: string[]
  tags: Record<string, string>
  userData: string | null
  readonly priority: 'Regular' | 'Spot'
  readonly adminUsername: string
  protectFromScaleIn: boolean
  protectFromScaleSetActions: boolean
  /** What is inside: files, packages, services. */
  readonly content: Record<string, string>
}

/** How a set departs from a phoenix's ways; empty for a phoenix. */
export interface Behaviour {
  createError: { readonly code: string; readonly message: string } | null
  /** Machines never come, and nothing says so. */
  silent: boolean
  imageInstead: string | null
  health: 'healthy' | 'unhealthy'
  edits: readonly Edit[]
  fate: { readonly after: number; readonly how: 'crash' | 'unhealthy' | 'spot' | 'scale-in' } | null
  boot: number | null
}

/** Something that somebody did to one machine, which no model knows. */
export type Edit =
  | { readonly kind: 'volume'; readonly device: string; readonly size: number }
  | { readonly kind: 'security-group'; readonly name: string }
  | { readonly kind: 'role'; readonly profile: string }
  | { readonly kind: 'tag'; readonly key: string; readonly value: string }
  | { readonly kind: 'type'; readonly type: string }
  | { readonly kind: 'user-data'; readonly text: string }
  | { readonly kind: 'content'; readonly path: string; readonly value: string }
