import type { PathGlob } from './declaration.ts'
import type { NoticeKind } from './notice.ts'
import type { Milliseconds } from './time.ts'

export type StrikeMethod = 'retire' | 'crash'

/** ISO weekday: 1 is Monday, 7 is Sunday. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7

/** One file in schedules/, checked, with every default filled in (DESIGN.md §7). */
export interface Schedule {
  readonly name: string
  readonly timezone: string
  readonly days: readonly Weekday[]
  readonly hours: WallClockHours
  readonly holidays: Holidays
  readonly groups: GroupFilter
  readonly meanDaysBetweenDrills: number
  readonly minDaysBetweenDrills: number
  readonly maxDaysBetweenDrills: number
  readonly limits: Limits
  readonly victim: { readonly minAge: Milliseconds; readonly minGroupSize: number }
  readonly settle: Milliseconds
  readonly method: StrikeMethod
  readonly maxImageLag: Milliseconds
  readonly strikeDrifted: boolean
  readonly recovery: Recovery
  readonly drift: DriftPolicy
  readonly leashed: boolean
  readonly guards: readonly CheckSettings[]
  readonly probes: readonly CheckSettings[]
  /** Where a record of what is inside an instance comes from; null: nobody looks inside. */
  readonly fingerprint: CheckSettings | null
  /** Left out: nobody. */
  readonly notify?: NotifyPolicy
}

/** Whom a schedule tells what. */
export interface NotifyPolicy {
  /** No strike sooner than this after everybody who hears of strikes was told; null: strikes are not announced. */
  readonly before: Milliseconds | null
  readonly to: readonly Listener[]
}

export interface Listener {
  /** A name under notify.targets of firedrill.yaml. */
  readonly target: string
  /** Null: what most people want to hear. */
  readonly on: readonly NoticeKind[] | null
}

/** Minutes after local midnight. `closes` ≤ `opens` means the next day; 0–1440 is the whole day. */
export interface WallClockHours {
  readonly opens: number
  readonly closes: number
}

/** Named holidays resolved to local dates (YYYY-MM-DD) by config/, so that the domain stays pure. */
export interface Holidays {
  readonly country: string | null
  readonly region: string | null
  isHoliday(date: Temporal.PlainDate): boolean
}

/** Globs on group names; one with ":" is matched against ids. */
export interface GroupFilter {
  readonly providers: readonly string[]
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

export interface Limits {
  readonly concurrent: number
  readonly concurrentPerScope: number
  readonly strikesPerDay: number
  readonly strikesPerGroupPerDay: number
  readonly strikesPerRun: number
  readonly spacing: Milliseconds
  /** Between two strikes on groups of one service (S6); left out: only one at a time. */
  readonly serviceCooldown?: Milliseconds
  /** A share, 0 to 1. */
  readonly maxCapacityLoss: number
  /** A share, 0 to 1; two groups are always allowed. */
  readonly maxUnsteadyGroups: number
  readonly woundedPerScope: number
  /** Null: off. `shareOfDay` is a share, 0 to 1. */
  readonly breaker: { readonly inARow: number; readonly shareOfDay: number } | null
}

/** What all schedules together may do (firedrill.yaml); null: no more than each schedule's own limits. */
export interface InstallationLimits {
  readonly concurrent: number | null
  /** In rolling 24 h. */
  readonly strikesPerDay: number | null
}

export interface Recovery {
  readonly target: Milliseconds
  readonly deadline: Milliseconds
  readonly soak: Milliseconds
}

export interface DriftPolicy {
  readonly ignore: readonly PathGlob[]
  readonly warn: readonly PathGlob[]
}

/** One guard, probe or fingerprint as written in the schedule: which one, and its own checked settings. */
export interface CheckSettings {
  readonly kind: string
  readonly settings: Readonly<Record<string, unknown>>
}

/** What of a schedule (and of the group's tags) a drill is judged by; stored with the drill. */
export interface DrillPolicy {
  readonly method: StrikeMethod
  readonly target: Milliseconds
  readonly deadline: Milliseconds
  readonly soak: Milliseconds
  readonly maxImageLag: Milliseconds
  readonly drift: DriftPolicy
  readonly probes: readonly CheckSettings[]
  readonly fingerprint: CheckSettings | null
}
