import type { Part } from './history.ts'

/*
 * What exists in a simulated account and region. Plain data without functions, so that a region can be
 * copied whole: that is how reads from the past are served. Times are epoch milliseconds.
 */

export interface Region extends Part {
  readonly account: string
  readonly name: string
  readonly zones: string[]
  readonly groups: Map<string, Group>
  readonly instances: Map<string, Instance>
  readonly volumes: Map<string, Volume>
  readonly interfaces: Map<string, NetworkInterface>
  readonly images: Map<string, Image>
  readonly templates: Map<string, Template>
  /** Names of deleted templates by id: groups go on telling them. */
  readonly deletedTemplates: Map<string, string>
  readonly launchConfigurations: Map<string, LaunchConfiguration>
  readonly securityGroups: Map<string, SecurityGroup>
  readonly subnets: Map<string, Subnet>
  readonly vpcs: Map<string, Vpc>
  readonly keyPairs: Map<string, KeyPair>
  readonly profiles: Map<string, InstanceProfile>
  readonly parameters: Map<string, Parameter>
  readonly targetGroups: Map<string, TargetGroup>
  readonly loadBalancers: Map<string, LoadBalancer>
  readonly alarms: Map<string, Alarm>
  /** Account settings of this region that launches fall back on. */
  ebsEncryptionByDefault: boolean
  defaultSecurityGroup: string
}

export type Tags = Record<string, string>

export interface Group {
  readonly name: string
  readonly arn: string
  readonly createdAt: number
  minimum: number
  maximum: number
  desired: number
  readonly zones: string[]
  readonly subnets: string[]
  source: LaunchSource
  /** Of EC2, ELB, EBS, VPC_LATTICE. */
  healthChecks: string[]
  gracePeriod: number
  readonly targetGroups: string[]
  readonly tags: GroupTag[]
  readonly suspended: Map<string, string>
  members: Member[]
  /** Oldest first. */
  readonly activities: Activity[]
  readonly refreshes: Refresh[]
  warmPool: WarmPool | null
  readonly hooks: Hook[]
  /** The hook on termination is waited for where the instance is dead already. */
  readonly hooksOfTheDead: boolean
  policies: number
  status: string | null
  newInstancesProtected: boolean
  capacityRebalance: boolean
  defaultInstanceWarmup: number | null
  readonly timing: Timing
  readonly behaviour: Behaviour
  /** Why the coming launches happen, in order; when empty, a difference in capacity is the reason. */
  readonly launchReasons: string[]
  failedLaunches: number
  retryAt: number
}

interface GroupTag {
  readonly key: string
  value: string
  propagate: boolean
}

export interface TemplateReference {
  readonly id: string
  /** A number, `$Latest` or `$Default`. */
  readonly version: string
}

export interface Override {
  readonly type: string
  readonly weight: number | null
  readonly template: TemplateReference | null
  readonly image: string | null
}

export type LaunchSource =
  | { readonly kind: 'template'; readonly template: TemplateReference }
  | {
      readonly kind: 'mixed'
      readonly template: TemplateReference
      readonly overrides: readonly Override[]
      readonly spotPercentage: number
    }
  | { readonly kind: 'configuration'; readonly name: string }

export interface Member {
  readonly instance: string
  readonly type: string
  readonly zone: string
  state: string
  health: 'Healthy' | 'Unhealthy'
  readonly template: { readonly id: string; readonly version: number } | null
  readonly configuration: string | null
  protected: boolean
  readonly weight: number | null
  inServiceAt: number | null
  /** Only for overrides that name an image. */
  readonly image: string | null
}

export interface Activity {
  readonly id: string
  description: string
  readonly cause: string
  readonly start: number
  end: number | null
  status: 'PreInService' | 'InProgress' | 'WaitingForELBConnectionDraining' | 'MidLifecycleAction' | 'Successful' | 'Failed' | 'Cancelled'
  message: string | null
  progress: number
  readonly details: string
}

export interface Refresh {
  readonly id: string
  status: 'Pending' | 'InProgress' | 'Baking' | 'Successful' | 'Failed' | 'Cancelling' | 'Cancelled' | 'RollbackInProgress'
  reason: string | null
  readonly start: number
  end: number | null
  percentage: number
  readonly total: number
  readonly pending: string[]
  replacing: string | null
  /** A refresh that never gets on, for worlds that must be found in its midst. */
  readonly frozen: boolean
}

interface WarmPool {
  size: number
  readonly state: 'Stopped' | 'Running'
  members: Member[]
}

interface Hook {
  readonly name: string
  readonly transition: 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING'
  readonly timeout: number
  /** How long it really takes until the action is completed. */
  readonly takes: number
}

interface Timing {
  /** From an instance's death or a change in size to the group acting on it. */
  readonly detect: number
  /** From launch to running and in service. */
  readonly boot: number
  /** From registration to a target's first decisive health, and to EC2's status checks. */
  readonly health: number
  readonly drain: number
  /** From shutting-down to terminated. */
  readonly terminate: number
  /** Before a failed launch is tried again; doubles up to eight times this. */
  readonly retry: number
}

/** How a group departs from a phoenix's ways; empty for a phoenix. */
interface Behaviour {
  launchError: { readonly phase: 'request' | 'boot'; readonly message: string; readonly code: string } | null
  /** Launches never start and leave no activity. */
  silent: boolean
  imageInstead: string | null
  targetHealth: 'healthy' | 'unhealthy'
  edits: HandEdit[]
  fate: { readonly after: number; readonly how: 'crash' | 'unhealthy' | 'spot' | 'scale-in' | 'rebalance' } | null
  boot: number | null
  health: number | null
}

/** Something that somebody did to one instance, which no declaration knows. */
export type HandEdit =
  | { readonly kind: 'security-group'; readonly name: string }
  | { readonly kind: 'volume'; readonly device: string; readonly size: number }
  | { readonly kind: 'role'; readonly profile: string }
  | { readonly kind: 'metadata'; readonly tokens: 'optional' | 'required' }
  | { readonly kind: 'tag'; readonly key: string; readonly value: string }
  | { readonly kind: 'source-dest-check'; readonly enabled: boolean }
  | { readonly kind: 'type'; readonly type: string }
  | { readonly kind: 'user-data'; readonly text: string }
  | { readonly kind: 'termination-protection'; readonly enabled: boolean }
  | { readonly kind: 'credits'; readonly option: 'standard' | 'unlimited' }
  | { readonly kind: 'content'; readonly path: string; readonly value: string }

export interface Instance {
  readonly id: string
  image: string
  type: string
  state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped'
  stateReason: { readonly code: string; readonly message: string } | null
  transitionReason: string
  readonly launchedAt: number
  terminatedAt: number | null
  readonly zone: string
  readonly subnet: string
  readonly vpc: string
  readonly address: string
  readonly keyName: string | null
  securityGroups: string[]
  profile: string | null
  readonly profileAssociation: string
  userData: string | null
  readonly ebsOptimized: boolean
  readonly monitoring: boolean
  sourceDestCheck: boolean
  metadata: Metadata
  disableApiTermination: boolean
  shutdownBehavior: 'stop' | 'terminate'
  credits: 'standard' | 'unlimited' | null
  readonly rootDevice: string
  volumes: Attachment[]
  interfaces: string[]
  readonly tags: Tags
  readonly spot: boolean
  statusCheck: 'initializing' | 'ok' | 'impaired'
  readonly reservation: string
  group: string | null
  readonly clientToken: string
  /** What is inside: files, packages, services. */
  readonly content: Record<string, string>
}

export interface Metadata {
  readonly tokens: 'optional' | 'required'
  readonly hopLimit: number
  readonly endpoint: 'enabled' | 'disabled'
  readonly instanceTags: 'enabled' | 'disabled'
}

export interface Attachment {
  readonly device: string
  readonly volume: string
  readonly attachedAt: number
  readonly deleteOnTermination: boolean
}

interface Volume {
  readonly id: string
  readonly size: number
  readonly type: string
  readonly iops: number | null
  readonly throughput: number | null
  readonly encrypted: boolean
  readonly kmsKey: string | null
  readonly snapshot: string
  readonly zone: string
  readonly createdAt: number
  instance: string | null
  readonly device: string
  readonly deleteOnTermination: boolean
  readonly tags: Tags
}

interface NetworkInterface {
  readonly id: string
  readonly instance: string
  readonly attachment: string
  readonly deviceIndex: number
  readonly subnet: string
  readonly vpc: string
  readonly zone: string
  readonly address: string
  readonly mac: string
  securityGroups: string[]
  readonly attachedAt: number
  readonly description: string
  sourceDestCheck: boolean
  readonly tags: Tags
}

export interface BlockDevice {
  readonly device: string
  readonly size?: number | undefined
  readonly type?: string | undefined
  readonly iops?: number | undefined
  readonly throughput?: number | undefined
  readonly encrypted?: boolean | undefined
  readonly kmsKey?: string | undefined
  readonly snapshot?: string | undefined
  readonly deleteOnTermination?: boolean | undefined
}

export interface Image {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  state: 'available' | 'pending' | 'failed' | 'disabled'
  deprecatedAt: number | null
  /** Deregistered: describe calls no longer know it, instances keep naming it. */
  gone: boolean
  readonly rootDevice: string
  readonly devices: readonly BlockDevice[]
  readonly content: Record<string, string>
  readonly tags: Tags
}

/** What a template version or launch configuration says; what is absent is left to defaults. */
export interface LaunchData {
  readonly image?: string | undefined
  readonly type?: string | undefined
  readonly keyName?: string | undefined
  readonly securityGroups?: readonly string[] | undefined
  readonly profile?: string | undefined
  /** Base64, as the API carries it. */
  readonly userData?: string | undefined
  readonly ebsOptimized?: boolean | undefined
  readonly monitoring?: boolean | undefined
  readonly metadata?: Partial<Metadata> | undefined
  readonly devices?: readonly BlockDevice[] | undefined
  /** Set where the security groups sit on a declared interface instead. */
  readonly interfaceGroups?: readonly string[] | undefined
  readonly tags?: Tags | undefined
  readonly volumeTags?: Tags | undefined
  readonly disableApiTermination?: boolean | undefined
  readonly shutdownBehavior?: 'stop' | 'terminate' | undefined
  readonly credits?: 'standard' | 'unlimited' | undefined
}

export interface Template {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  defaultVersion: number
  readonly versions: Map<number, TemplateVersion>
  readonly tags: Tags
}

export interface TemplateVersion {
  readonly number: number
  readonly createdAt: number
  readonly description: string | null
  readonly data: LaunchData
}

interface LaunchConfiguration {
  readonly name: string
  readonly arn: string
  readonly createdAt: number
  readonly data: LaunchData
}

interface SecurityGroup {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly vpc: string
}

interface Subnet {
  readonly id: string
  readonly vpc: string
  readonly zone: string
  readonly cidr: string
}

interface Vpc {
  readonly id: string
  readonly cidr: string
  readonly isDefault: boolean
}

interface KeyPair {
  readonly id: string
  readonly name: string
}

interface InstanceProfile {
  readonly id: string
  readonly name: string
  readonly arn: string
  readonly role: string
}

interface Parameter {
  readonly name: string
  /** Oldest first; the last is in force. */
  readonly values: { readonly value: string; readonly at: number }[]
}

export interface TargetGroup {
  readonly arn: string
  readonly name: string
  readonly vpc: string
  readonly loadBalancer: string | null
  readonly targets: Map<string, Target>
  readonly tags: Tags
}

export interface Target {
  readonly id: string
  readonly port: number
  state: 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused' | 'unavailable'
}

interface LoadBalancer {
  readonly arn: string
  readonly name: string
  readonly vpc: string
  readonly zones: readonly { readonly zone: string; readonly subnet: string }[]
  readonly createdAt: number
}

export interface Alarm {
  readonly name: string
  readonly arn: string
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'
  stateReason: string
  updatedAt: number
  readonly namespace: string
  readonly metric: string
  readonly threshold: number
  readonly composite: boolean
  readonly tags: Readonly<Record<string, string>>
}
