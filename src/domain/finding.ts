/** The reasons of DESIGN.md §3. `level: 'fail'` decides a verdict, `warn` informs. */
export type FindingKind =
  | 'not-replaced'
  | 'unhealthy'
  | 'wrong-image'
  | 'stale-image'
  | 'config-drift'
  | 'state-drift'
  | 'died-young'
  | 'outdated'
  | 'environment-changed'
  | 'slow'
  | 'pre-built'
  | 'health-unproven'
  | 'no-capacity'
  | 'late'
  | 'interrupted'
  | 'group-changed'
  | 'not-struck'
  | 'unobservable'
  /** Only from a forecast: what a rebuild needs is missing, or will be soon (level says which). */
  | 'cannot-rebuild'

/** A value read from a platform or expected by a declaration. Sets are sorted arrays. */
export type Value = string | number | boolean | null | readonly string[]

/** One reason, machine-readable, with a sentence that tells the owner what to fix. */
export interface Finding {
  readonly kind: FindingKind
  readonly level: 'fail' | 'warn'
  /** The setting it is about (`securityGroups`, `volumes/xvdf/size`), or null. */
  readonly path: string | null
  /** What would have been right: a value, or several where a set was declared; null where nothing was. */
  readonly expected: Value
  readonly actual: Value
  readonly summary: string
  /** Somebody knows of it and accepted it until then; the summary says so as well. */
  readonly accepted?: { readonly until: Temporal.Instant; readonly by: string; readonly note: string }
}

export type Verdict = 'phoenix' | 'snowflake' | 'inconclusive'
