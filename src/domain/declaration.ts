import type { Value } from './finding.ts'
import type { InstanceId } from './group.ts'
import type { StrikeMethod } from './schedule.ts'

/** A setting's flat name: `securityGroups`, `volumes/xvda/size`, `tags/Name`. */
export type Path = string
/** A glob over paths, as in `tags/**`. */
export type PathGlob = string

/**
 * What one version of a declaration says a rebuild is made from. Several images or values are right
 * where policies mix, canaries run or a platform picks (subnets, types).
 *
 * A path is in one of three states: in `values` (must be one of these), matched by `open` (the
 * declaration does not decide it: victim and successor are compared with each other only), or
 * neither (must be absent from an instance).
 */
export interface DeclaredSet {
  readonly version: string
  /** A sentence for owners: "launch template lt-0a1 version 7 ($Latest)". */
  readonly source: string
  readonly images: readonly string[]
  readonly values: Readonly<Record<Path, readonly Value[]>>
  readonly open: readonly PathGlob[]
  /** Open paths whose value comes from an account or subnet default: a difference there is `environment-changed`. */
  readonly environment: readonly PathGlob[]
  /** What this declaration says but could not be read; it ends in `notCompared`. */
  readonly unread: readonly NotCompared[]
  /** When this version came into force, for `maxImageLag`; null where the platform does not say. */
  readonly since: Temporal.Instant | null
}

export interface Declaration {
  /** In force now. */
  readonly current: DeclaredSet
  /** By `InstanceSnapshot.bornFrom`, for every version that a present member was born from. A missing one could not be read. */
  readonly born: Readonly<Record<string, DeclaredSet>>
  /** Which of the two the platform promises for a successor, by method. */
  readonly promises: Readonly<Record<StrikeMethod, 'current' | 'born'>>
}

/** What an instance really is, flat. Values that secrets may hide in (user data) are digests. */
export interface Configuration {
  readonly instance: InstanceId
  readonly image: string | null
  /** Where it can be reached on its own network, for probes and fingerprints; null where it is not known. */
  readonly address: string | null
  readonly values: Readonly<Record<Path, Value>>
  /** What people call a value that is an id: `sg-0a1` → `web`. Only for sentences. */
  readonly names?: Readonly<Record<string, string>>
  /** A sentence when it must not be struck, and only a look at the very instance tells (S7); else null. */
  readonly protection?: string | null
  readonly unread: readonly NotCompared[]
}

export interface NotCompared {
  /** The path of a setting, or of the part that holds it (`volumes`), exactly as `values` would name it; else a word for people. */
  readonly what: string
  readonly why: string
}
