import type { InstallationLimits, Listener, Schedule, Weekday } from '../domain/schedule.ts'
import type { SecretReference } from '../outside/secrets.ts'

/** firedrill.yaml, the environment and schedules/, checked, typed and frozen. */
export interface Settings {
  /** The folder that firedrill.yaml stands in; relative paths start here. */
  readonly folder: string
  /** That file is there; false: these are the defaults of a folder without one. */
  readonly written: boolean
  readonly ledger: { readonly kind: 'embedded'; readonly file: string } | { readonly kind: 'postgres'; readonly url: Secret }
  readonly queue: { readonly kind: 'embedded' } | { readonly kind: 'redis' | 'postgres'; readonly url: Secret }
  readonly dataDir: string
  /** Globs on names; with ":" on ids. No tag overrides them (S1). */
  readonly never: readonly string[]
  /** What all schedules together may do. */
  readonly limits: InstallationLimits
  /** By provider name: its own checked settings. What is not named is never imported. */
  readonly providers: Readonly<Record<string, ProviderSettings>>
  readonly owners: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly notify: NotifySettings
  readonly web: WebSettings
  readonly schedules: readonly Schedule[]
  /** From FIREDRILL_HALT_FILE: while this file exists, everything is halted (S2). */
  readonly haltFile: string | null
  /** Every configured endpoint is on loopback: a ledger may be made silently (S14). */
  readonly onlyLoopback: boolean
}

export interface NotifySettings {
  /** By the name that schedules and owners use. */
  readonly targets: Readonly<Record<string, TargetSettings>>
  /** Null: nobody is told by e-mail. */
  readonly smtp: SmtpSettings | null
  readonly digest: {
    readonly to: readonly string[]
    readonly day: Weekday
    /** `09:00` */
    readonly at: string
    readonly timezone: string
  } | null
  /** By the slug of firedrill-owner. */
  readonly owners: Readonly<Record<string, readonly Listener[]>>
}

export type TargetSettings =
  /** The address of an incoming webhook is itself the secret. */
  | { readonly kind: 'slack'; readonly url: SecretReference }
  | {
      readonly kind: 'webhook'
      readonly url: string
      readonly secret?: SecretReference | undefined
      readonly headers: Readonly<Record<string, string | SecretReference>>
    }
  | { readonly kind: 'email'; readonly to: readonly string[] }

export interface SmtpSettings {
  readonly host: string
  readonly port: number
  readonly tls: 'starttls' | 'implicit' | 'none'
  readonly from: string
  readonly user: string | null
  readonly password: SecretReference | null
  readonly allowSelfSigned: boolean
}

export interface WebSettings {
  /** `host:port` */
  readonly listen: string
  /** What browsers type in, behind a proxy; null: whatever name they used. */
  readonly origin: string | null
  readonly tokens: readonly {
    readonly name: string
    readonly role: 'viewer' | 'operator'
    readonly from: { readonly secret: Secret } | { readonly file: string }
  }[]
  /** A reverse proxy that says who a request comes from; null: none is believed. */
  readonly proxy: {
    /** Addresses and networks that may say so. */
    readonly from: readonly string[]
    readonly userHeader: string
    readonly groupsHeader: string | null
    /** Users and groups that may change things; everybody else may look. */
    readonly operators: readonly string[]
  } | null
}

/** `optIn` and `optOut` are group ids; the rest belongs to the provider. */
export interface ProviderSettings {
  readonly endpoint: string | null
  readonly optIn: readonly string[]
  readonly optOut: readonly string[]
  readonly [key: string]: unknown
}

/** A connection string or key. Prints as "***"; only `reveal` gives it away, at the place that connects. */
export interface Secret {
  reveal(): string
  /** Without user and password, for messages: `redis://host:6379`. */
  toString(): string
  toJSON(): string
}
