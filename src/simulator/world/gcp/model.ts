import type { Part } from '../history.ts'
import type { HandEdit } from '../model.ts'

/** One Google Cloud project with everything that a managed instance group is made of. */
export interface Project extends Part {
  readonly name: string
  readonly number: string
  /** By `<zone or region>/<name>`. */
  readonly groups: Map<string, Manager>
  /** By `<zone>/<name>`: a name is used again, an id never. */
  readonly instances: Map<string, Machine>
  /** By `<zone>/<name>`; a regional one by `<region>/<name>`. */
  readonly disks: Map<string, Disk>
  readonly images: Map<string, Image>
  /** By `global/instanceTemplates/<name>` or `regions/<region>/instanceTemplates/<name>`. */
  readonly templates: Map<string, Template>
  operations: Operation[]
  defaultServiceAccount: string
}

export interface Image {
  readonly id: string
  readonly name: string
  readonly family: string | null
  readonly createdAt: number
  readonly diskSizeGb: number
  state: 'ACTIVE' | 'DEPRECATED' | 'OBSOLETE' | 'DELETED'
  /** A deleted image is no longer shown; disks made from it remember its id. */
  gone: boolean
  readonly content: Readonly<Record<string, string>>
}

export interface Template {
  readonly key: string
  readonly id: string
  readonly name: string
  readonly region: string | null
  readonly createdAt: number
  readonly properties: Properties
}

export interface Properties {
  readonly machineType: string
  /** `global/images/<name>` or `global/images/family/<name>`. */
  readonly sourceImage: string
  readonly bootDiskGb: number
  readonly bootDiskType: string
  /** Of a regional boot disk; else none. */
  readonly replicaZones: readonly string[]
  readonly bootDisk: 'zonal' | 'regional' | 'regional-attached-again'
  readonly labels: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
  readonly networkTags: readonly string[]
  /** `default` follows the project's. */
  readonly serviceAccount: string
  readonly scopes: readonly string[]
  readonly canIpForward: boolean
  readonly spot: boolean
}

export interface Disk {
  readonly name: string
  readonly id: string
  /** The zone, or the region of one that is regional. */
  readonly place: string
  /** Of a regional disk; else none. */
  readonly replicaZones: readonly string[]
  readonly type: string
  readonly sizeGb: number
  readonly createdAt: number
  readonly sourceImage: Image | null
}

export interface AttachedDisk {
  readonly disk: string
  readonly deviceName: string
  /** Where the disk stands: a zone or a region. */
  readonly place: string
  readonly boot: boolean
  readonly autoDelete: boolean
}

export type MachineStatus = 'PROVISIONING' | 'STAGING' | 'RUNNING' | 'STOPPING' | 'TERMINATED'

/** A virtual machine. */
export interface Machine {
  readonly id: string
  readonly name: string
  readonly zone: string
  readonly createdAt: number
  readonly template: string
  status: MachineStatus
  machineType: string
  labels: Record<string, string>
  metadata: Record<string, string>
  networkTags: string[]
  serviceAccount: string
  readonly scopes: readonly string[]
  readonly address: string
  canIpForward: boolean
  deletionProtection: boolean
  readonly spot: boolean
  disks: AttachedDisk[]
  readonly content: Record<string, string>
}

export type Action = 'NONE' | 'CREATING' | 'RECREATING' | 'DELETING' | 'VERIFYING'
export type Health = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'

/** A place in the group, named for ever; the machine in it comes and goes. */
export interface Slot {
  readonly name: string
  readonly zone: string
  /** Id of the machine in it, or null while there is none. */
  machine: string | null
  action: Action
  template: string
  health: Health
  lastErrors: readonly LaunchError[]
  stopped: boolean
}

export interface LaunchError {
  readonly code: string
  readonly message: string
}

export interface Version {
  readonly name: string
  readonly template: string
  /** Null for the version that takes the rest. */
  readonly fixed: number | null
}

export interface ManagerError extends LaunchError {
  readonly at: number
  readonly action: Action
  readonly instance: string
  readonly template: string
}

/** A managed instance group, zonal or regional. */
export interface Manager {
  readonly id: string
  readonly name: string
  /** A zone, or a region. */
  readonly location: string
  readonly regional: boolean
  readonly zones: readonly string[]
  readonly createdAt: number
  targetSize: number
  versions: readonly Version[]
  updateType: 'PROACTIVE' | 'OPPORTUNISTIC'
  readonly healthCheck: string | null
  readonly initialDelay: number
  repairs: boolean
  forceUpdateOnRepair: boolean
  stateful: boolean
  rolling: boolean
  deleting: boolean
  /** Labels of the configuration for all instances, and how often it was changed. */
  allInstances: Readonly<Record<string, string>>
  allInstancesRevision: number
  readonly owner: string | null
  readonly autoscaler: { readonly minimum: number; readonly maximum: number } | null
  slots: Slot[]
  errors: ManagerError[]
  readonly timing: Timing
  readonly behaviour: Behaviour
}

export interface Timing {
  readonly detect: number
  readonly boot: number
  readonly health: number
  readonly drain: number
  readonly terminate: number
  readonly retry: number
}

/** What traits make of the next launches. */
export interface Behaviour {
  launchError: LaunchError | null
  silent: boolean
  imageInstead: string | null
  health: Health
  edits: readonly HandEdit[]
  fate: { readonly after: number; readonly how: 'crash' | 'unhealthy' | 'spot' | 'scale-in' } | null
  boot: number | null
}

export interface Operation {
  readonly id: string
  readonly name: string
  /** As the API names it: `delete`, `insert`, `compute.instances.preempted` … */
  readonly type: string
  readonly zone: string | null
  readonly region: string | null
  /** Path of the target below the project: `zones/z/instances/n`. */
  readonly target: string
  readonly targetId: string
  readonly user: string
  readonly insertedAt: number
  status: 'PENDING' | 'RUNNING' | 'DONE'
  endedAt: number | null
  errors: readonly LaunchError[]
  readonly requestId: string | null
}
