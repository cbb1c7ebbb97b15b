import type { Milliseconds } from '../domain/time.ts'

/** What every command takes. */
export interface CommonOptions {
  /** As given with `--config`; undefined: firedrill.yaml in the current folder, if it is there. */
  readonly config?: string
  /** Show the stack of a crash. */
  readonly debug?: boolean
}

interface JsonOption {
  readonly json?: boolean
}

export interface RehearseOptions extends CommonOptions {
  readonly out?: string
  readonly seed?: number
  /** A file for the report as JSON. */
  readonly json?: string
}

export interface RunOptions extends CommonOptions {
  readonly all?: boolean
  /** An id or a glob. */
  readonly group?: string
  readonly victim?: string
  readonly max?: number
  /** A file for the report as JSON. */
  readonly json?: string
  /** A folder for the report. */
  readonly report?: string
}

export type ServeOptions = CommonOptions
export interface WorkerOptions extends CommonOptions {
  /** `host:port` for health and metrics; undefined: it listens nowhere. */
  readonly listen?: string
}

export interface PlanOptions extends CommonOptions, JsonOption {
  readonly days: number
}

export interface GroupsOptions extends CommonOptions, JsonOption {
  readonly provider?: string
}

export interface ForecastOptions extends CommonOptions, JsonOption {
  readonly group?: string
}

export interface NotifyTestOptions extends CommonOptions {
  readonly target: string
}

export type ReportFormat = 'html' | 'json' | 'md' | 'junit'

export interface ReportOptions extends CommonOptions {
  readonly since: Milliseconds
  readonly format: readonly ReportFormat[]
  readonly out?: string
}

/** At most one of these; none means the whole installation. */
export interface TargetOptions {
  readonly schedule?: string
  readonly scope?: string
  readonly service?: string
  readonly group?: string
}

export interface HaltOptions extends CommonOptions, TargetOptions, JsonOption {
  readonly reason?: string
  /** An ISO 8601 moment or a duration from now. */
  readonly until?: string
  readonly wait?: boolean
}

export interface ResumeOptions extends CommonOptions, TargetOptions, JsonOption {
  readonly all?: boolean
}

export type QuarantineOptions = CommonOptions & JsonOption

export interface QuarantineClearOptions extends CommonOptions, JsonOption {
  /** A glob over service names. */
  readonly services: string
  readonly note: string
}

export interface DrillsOptions extends CommonOptions, JsonOption {
  readonly since?: Milliseconds
  readonly state?: readonly string[]
  readonly group?: string
  readonly limit: number
}

export interface ShowOptions extends CommonOptions, JsonOption {
  /** A drill's id, or as much of its beginning as no other shares. */
  readonly drill: string
}

export interface AcceptOptions extends CommonOptions, JsonOption {
  /** A drill's id, or as much of its beginning as no other shares. */
  readonly drill: string
  /** Of one of its findings. */
  readonly path: string
  /** YYYY-MM-DD, the last day. */
  readonly until: string
  readonly note: string
}

export interface PermissionsOptions extends CommonOptions {
  readonly provider: string
  readonly mode: 'forecast' | 'leashed' | 'live'
}

export interface VerifyLiveOptions extends CommonOptions {
  readonly provider: string
  /** Whole ids. */
  readonly group: readonly string[]
  readonly method?: 'retire' | 'crash'
  readonly yes?: boolean
  readonly out: string
}

export type ValidateOptions = CommonOptions & JsonOption
export type InitOptions = CommonOptions
