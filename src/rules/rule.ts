import type { Declaration } from '../domain/declaration.ts'
import type { Drift } from '../domain/drift.ts'
import type { PlannedDrill, Refusal } from '../domain/drill.ts'
import type { Finding } from '../domain/finding.ts'
import type { GroupId, GroupSnapshot, GroupSummary, InstanceSnapshot, Observation } from '../domain/group.ts'
import type { LedgerState } from '../domain/ledger-state.ts'
import type { InstallationLimits, Schedule, StrikeMethod } from '../domain/schedule.ts'
import type { Milliseconds } from '../domain/time.ts'

/** Rules are pure: the same facts give the same answer. They run in the order of the lists in rules.ts. */
export interface Rule<Facts> {
  /** `S5`. */
  readonly number: string
  /** Undecidable is a refusal (S10). */
  check(facts: Facts): RuleRefusal | null
}

export interface RuleRefusal extends Refusal {
  readonly findings?: readonly Finding[]
  /**
   * The reason passes by itself within the day (concurrency, spacing, another open drill on the service): the
   * plan waits instead of being refused, as long as its window leaves time (docs/decisions/0002).
   */
  readonly transient?: boolean
}

/** What is known of a group in a fresh look, for S1, S4, S5, S7, S10, S13. */
export interface GroupFacts {
  /** Ledger time. */
  readonly now: Temporal.Instant
  /** This process's clock minus the ledger's. */
  readonly ledgerSkew: Milliseconds
  /** Null: the group is explained without a plan (`groups`), so S4's window and S5's incarnation are not asked. */
  readonly plan: PlannedDrill | null
  readonly group: GroupId
  readonly schedule: Schedule
  /** All schedules, so that S1 sees a group which several of them claim. Left out, only `schedule` is asked whether it matches. */
  readonly schedules?: readonly Schedule[]
  readonly policy: { readonly deadline: Milliseconds; readonly soak: Milliseconds; readonly method?: StrikeMethod }
  readonly never: readonly string[]
  readonly observation: Observation
  /** When the observation was asked for, by this process's clock; older than 5 s is stale (S10). */
  readonly lookedAt: Temporal.Instant
  /** Null: could not be read. */
  readonly declaration: Declaration | null
  /** Null: could not be read. */
  readonly forecast: readonly Finding[] | null
}

/** What a listing shows of a group, for what S1 can say without a look at it. */
export type TagFacts = Pick<GroupFacts, 'now' | 'schedule' | 'schedules' | 'never'> & { readonly summary: GroupSummary }

/** What a brief look is enough for. */
export type BarFacts = Pick<GroupFacts, 'observation' | 'schedule' | 'policy'>

/** One member as a victim, for S7 and S13's second case. */
export interface VictimFacts {
  readonly now: Temporal.Instant
  readonly schedule: Schedule
  readonly snapshot: GroupSnapshot
  readonly instance: InstanceSnapshot
}

/** What the victim already differs in, for S13's second case. */
export interface DriftFacts {
  readonly schedule: Schedule
  readonly drift: Drift
}

/** What the ledger says, for S2, S3, S6, S15: also of a group that has no plan, to explain what stands in its way. */
export interface StandingFacts {
  readonly state: LedgerState
  readonly plan: Pick<PlannedDrill, 'id' | 'schedule' | 'scope' | 'service' | 'group' | 'groupName'>
  readonly schedule: Schedule
  /** Of all schedules together; left out: none. */
  readonly limits?: InstallationLimits
  readonly run: string | null
  /** FIREDRILL_HALT_FILE exists. */
  readonly haltFile: boolean
}

/** What the ledger says of a plan under its lock; S4 is asked once more, in ledger time. */
export interface LedgerFacts extends StandingFacts {
  readonly plan: PlannedDrill
}

/** What a rule finds wrong: a sentence for the owner, with findings or a hint that it passes by itself. */
export type Objection = string | (Omit<RuleRefusal, 'rule'> & { readonly reason: string })

/** Makes a rule of a number and a check that answers with what it objects to, or null. */
export function rule<Facts>(number: string, object: (facts: Facts) => Objection | null): Rule<Facts> {
  function check(facts: Facts): RuleRefusal | null {
    const objection = object(facts)
    if (objection === null) return null
    return typeof objection === 'string' ? { rule: number, reason: objection } : { rule: number, ...objection }
  }
  return { number, check }
}

/** A rule about a group that could be read; what could not be is refused by S10, and what is gone by S1. */
export function snapshotRule<Facts extends Pick<GroupFacts, 'observation'> = GroupFacts>(
  number: string,
  object: (snapshot: GroupSnapshot, facts: Facts) => Objection | null,
): Rule<Facts> {
  return rule<Facts>(number, facts => (facts.observation.kind === 'snapshot' ? object(facts.observation.snapshot, facts) : null))
}
