/*
 * What the Docker Engine API answers, as far as it is read here. Every field may be missing: engines of other versions leave
 * some out (https://docs.docker.com/reference/api/engine/).
 */

export interface WireInfo {
  readonly Name?: string
  readonly ServerVersion?: string
  /** With nanoseconds, which the Date header has not. */
  readonly SystemTime?: string
  readonly Swarm?: {
    readonly NodeID?: string
    readonly LocalNodeState?: string
    readonly ControlAvailable?: boolean
    readonly Cluster?: { readonly ID?: string } | null
  }
}

export interface WireSwarm {
  readonly Spec?: { readonly Orchestration?: { readonly TaskHistoryRetentionLimit?: number } }
}

export interface WireNode {
  readonly ID?: string
  readonly Spec?: { readonly Availability?: string; readonly Role?: string; readonly Labels?: Readonly<Record<string, string>> | null }
  readonly Description?: {
    readonly Hostname?: string
    readonly Platform?: { readonly Architecture?: string; readonly OS?: string }
    readonly Engine?: { readonly Labels?: Readonly<Record<string, string>> | null }
  }
  readonly Status?: { readonly State?: string; readonly Message?: string; readonly Addr?: string }
}

export interface WireMount {
  readonly Type?: string
  readonly Source?: string
  readonly Target?: string
  readonly ReadOnly?: boolean
}

export interface WireFileReference {
  readonly File?: { readonly Name?: string; readonly UID?: string; readonly GID?: string; readonly Mode?: number } | null
  readonly SecretID?: string
  readonly SecretName?: string
  readonly ConfigID?: string
  readonly ConfigName?: string
}

export interface WireContainerSpec {
  readonly Image?: string
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly Command?: readonly string[] | null
  readonly Args?: readonly string[] | null
  readonly Hostname?: string
  readonly Env?: readonly string[] | null
  readonly Dir?: string
  readonly User?: string
  readonly Groups?: readonly string[] | null
  readonly TTY?: boolean
  readonly Init?: boolean | null
  readonly ReadOnly?: boolean
  readonly StopSignal?: string
  /** Nanoseconds. */
  readonly StopGracePeriod?: number | null
  readonly Mounts?: readonly WireMount[] | null
  readonly Healthcheck?: { readonly Test?: readonly string[] | null } | null
  readonly Hosts?: readonly string[] | null
  readonly DNSConfig?: { readonly Nameservers?: readonly string[] | null; readonly Search?: readonly string[] | null } | null
  readonly Secrets?: readonly WireFileReference[] | null
  readonly Configs?: readonly WireFileReference[] | null
  readonly CapabilityAdd?: readonly string[] | null
  readonly CapabilityDrop?: readonly string[] | null
  readonly Sysctls?: Readonly<Record<string, string>> | null
}

export interface WireTaskSpec {
  readonly ContainerSpec?: WireContainerSpec | null
  readonly Resources?: {
    readonly Limits?: { readonly NanoCPUs?: number; readonly MemoryBytes?: number; readonly Pids?: number } | null
    readonly Reservations?: { readonly NanoCPUs?: number; readonly MemoryBytes?: number } | null
  } | null
  readonly RestartPolicy?: {
    readonly Condition?: string
    /** Nanoseconds. */
    readonly Delay?: number
    readonly MaxAttempts?: number
    /** Nanoseconds. */
    readonly Window?: number
  } | null
  readonly Placement?: { readonly Constraints?: readonly string[] | null; readonly Platforms?: readonly unknown[] | null } | null
  readonly Networks?: readonly { readonly Target?: string; readonly Aliases?: readonly string[] | null }[] | null
  readonly LogDriver?: { readonly Name?: string } | null
  readonly ForceUpdate?: number
  readonly Runtime?: string
}

export interface WirePort {
  readonly Protocol?: string
  readonly TargetPort?: number
  readonly PublishedPort?: number
  readonly PublishMode?: string
}

export interface WireServiceSpec {
  readonly Name?: string
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly TaskTemplate?: WireTaskSpec
  readonly Mode?: {
    readonly Replicated?: { readonly Replicas?: number } | null
    readonly Global?: object | null
    readonly ReplicatedJob?: object | null
    readonly GlobalJob?: object | null
  }
  /** Nanoseconds. */
  readonly UpdateConfig?: { readonly Monitor?: number } | null
  readonly Networks?: WireTaskSpec['Networks']
  readonly EndpointSpec?: { readonly Mode?: string; readonly Ports?: readonly WirePort[] | null } | null
}

export interface WireService {
  readonly ID?: string
  readonly CreatedAt?: string
  readonly UpdatedAt?: string
  readonly Spec?: WireServiceSpec
  readonly PreviousSpec?: WireServiceSpec | null
  readonly Endpoint?: { readonly Ports?: readonly WirePort[] | null } | null
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string } | null
}

export interface WireTask {
  readonly ID?: string
  readonly CreatedAt?: string
  readonly Spec?: WireTaskSpec
  readonly ServiceID?: string
  readonly Slot?: number
  readonly NodeID?: string
  readonly DesiredState?: string
  readonly Status?: {
    readonly Timestamp?: string
    readonly State?: string
    readonly Message?: string
    readonly Err?: string
    readonly ContainerStatus?: { readonly ContainerID?: string; readonly ExitCode?: number } | null
  }
  readonly NetworksAttachments?:
    | readonly { readonly Network?: { readonly Spec?: { readonly Ingress?: boolean } }; readonly Addresses?: readonly string[] | null }[]
    | null
}

export interface WireContainer {
  readonly Id?: string
  readonly ImageID?: string
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly State?: string
  /** "Up 17 seconds (healthy)" */
  readonly Status?: string
  readonly Health?: { readonly Status?: string } | null
}

export interface WireImage {
  readonly Id?: string
  readonly RepoTags?: readonly string[] | null
  readonly RepoDigests?: readonly string[] | null
  readonly Config?: {
    readonly User?: string
    readonly Env?: readonly string[] | null
    readonly Cmd?: readonly string[] | null
    readonly Entrypoint?: readonly string[] | null
    readonly WorkingDir?: string
    readonly Labels?: Readonly<Record<string, string>> | null
    readonly StopSignal?: string
    readonly Healthcheck?: { readonly Test?: readonly string[] | null } | null
  } | null
  readonly Metadata?: { readonly LastTagTime?: string } | null
}

export interface WireContainerDetails {
  readonly Id?: string
  readonly Created?: string
  readonly Name?: string
  readonly Image?: string
  readonly State?: {
    readonly Running?: boolean
    readonly Paused?: boolean
    readonly StartedAt?: string
    readonly Health?: { readonly Status?: string; readonly Log?: readonly { readonly Output?: string }[] | null } | null
  }
  readonly Config?: WireImage['Config'] & { readonly Hostname?: string; readonly Tty?: boolean }
  readonly HostConfig?: {
    readonly Mounts?: readonly WireMount[] | null
    readonly NanoCpus?: number
    readonly Memory?: number
    readonly MemoryReservation?: number
    readonly CpuShares?: number
    readonly CpuQuota?: number
    readonly CpusetCpus?: string
    readonly PidsLimit?: number | null
    readonly CapAdd?: readonly string[] | null
    readonly CapDrop?: readonly string[] | null
    readonly Privileged?: boolean
    readonly ReadonlyRootfs?: boolean
    readonly Init?: boolean | null
    readonly Tmpfs?: Readonly<Record<string, string>> | null
    readonly ExtraHosts?: readonly string[] | null
    readonly Dns?: readonly string[] | null
    readonly GroupAdd?: readonly string[] | null
    readonly Sysctls?: Readonly<Record<string, string>> | null
    readonly PortBindings?: Readonly<Record<string, readonly { readonly HostPort?: string }[] | null>> | null
    readonly RestartPolicy?: { readonly Name?: string } | null
    readonly LogConfig?: { readonly Type?: string } | null
  }
  readonly Mounts?: readonly { readonly Destination?: string }[] | null
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, { readonly NetworkID?: string; readonly IPAddress?: string } | null>> | null
  }
}

export interface WireNetwork {
  readonly Id?: string
  readonly Name?: string
  readonly Ingress?: boolean
}

/** `Kind`: 0 changed, 1 added, 2 deleted. */
export interface WireChange {
  readonly Path?: string
  readonly Kind?: number
}

/** What the archive endpoint says of a path before it is read; `mode` has the bits of Go's os.FileMode. */
export interface WirePathStat {
  readonly size?: number
  readonly mode?: number
  readonly mtime?: string
  readonly linkTarget?: string
}
