import type { Kysely } from 'kysely'

/**
 * The tables of the ledger, the same in both dialects. Moments are whole milliseconds since 1970, yes and no are
 * 1 and 0, and what is only ever read as a whole is JSON in a `text` column.
 */
export interface Tables {
  readonly meta: MetaTable
  readonly schedules: SchedulesTable
  readonly drills: DrillsTable
  readonly drill_events: DrillEventsTable
  readonly evidence: EvidenceTable
  readonly strikes: StrikesTable
  readonly permits: PermitsTable
  readonly groups: GroupsTable
  readonly scopes: ScopesTable
  readonly halts: HaltsTable
  readonly quarantines: QuarantinesTable
  readonly exceptions: ExceptionsTable
  readonly audit: AuditTable
  readonly messages: MessagesTable
  readonly migrations: MigrationsTable
}

/** The database, or a transaction on it. */
export type Db = Kysely<Tables>

export interface MetaTable {
  readonly name: string
  readonly value: string
}

/** Every schedule that ever planned, with the moment its circuit breaker last started counting. */
export interface SchedulesTable {
  readonly name: string
  readonly breaker_reset_at: number
}

export interface DrillsTable {
  readonly id: string
  readonly schedule: string
  readonly provider: string
  readonly scope: string
  readonly group_id: string
  readonly service: string
  readonly plan_key: string
  readonly state: string
  readonly revision: number
  readonly planned_for: number
  /** Null as soon as the drill is neither planned nor busy, whatever the body says: the index of what is due stays small. */
  readonly wake_at: number | null
  readonly victim: string | null
  readonly run: string | null
  readonly struck_at: number | null
  readonly concluded_at: number | null
  readonly verdict: string | null
  /** Of a refusal: `S5`, or the guard's name. */
  readonly rule: string | null
  readonly wounded: number
  readonly failed_rebuild: number
  /** Open, or wounded. */
  readonly busy: number
  /** The whole drill. */
  readonly body: string
}

export interface DrillEventsTable {
  readonly drill: string
  readonly seq: number
  readonly at: number
  readonly kind: string
  /** The whole event but drill and seq, so that moments keep their precision. */
  readonly body: string
}

export interface EvidenceTable {
  readonly drill: string
  readonly part: 'before' | 'after'
  readonly body: string
}

export interface StrikesTable {
  readonly drill: string
  readonly schedule: string
  readonly scope: string
  readonly group_id: string
  readonly victim: string
  readonly run: string | null
  readonly at: number
}

export interface PermitsTable {
  readonly drill: string
  readonly ends_at: number
  /** Of the latest; null for one that an older version granted. */
  readonly granted_at: number | null
  /** Calls that were permitted and are not known to have ended. */
  readonly outstanding: number
}

export interface GroupsTable {
  readonly id: string
  readonly scope: string
  readonly incarnation: string
  readonly service: string
  readonly opted_in: number
  readonly opted_in_since: number | null
  readonly unsteady: string | null
  readonly first_seen: number
  readonly last_seen: number
  readonly present: number
  readonly last_strike_at: number | null
  readonly last_verdict: string | null
  readonly last_verdict_at: number | null
  readonly last_phoenix_at: number | null
  readonly summary: string
  readonly name: string
  readonly provider: string
  readonly owner: string | null
  /** What a reader sees as the group's newest result (`Standing`); null: nothing is known yet. */
  readonly standing: string | null
  /** When that was last shown to be so. */
  readonly standing_at: number | null
  /** Since when it has been so without a break. */
  readonly standing_since: number | null
  /** Null: nothing that its listing shows. */
  readonly barred: string | null
}

export interface ScopesTable {
  readonly id: string
  readonly at: number
  readonly opted_in: number
  readonly unsteady: number
  readonly unreadable: string | null
}

export interface HaltsTable {
  readonly id: string
  readonly kind: string
  /** Empty for the installation. */
  readonly name: string
  readonly reason: string
  readonly by: string
  readonly since: number
  readonly until: number | null
  readonly ended_at: number | null
  readonly ended_by: string | null
}

export interface QuarantinesTable {
  readonly drill: string
  readonly service: string
  readonly reason: string
  readonly since: number
  readonly cleared_at: number | null
  readonly cleared_by: string | null
  readonly note: string | null
}

export interface ExceptionsTable {
  readonly id: string
  readonly group_id: string
  /** In which it was found and accepted. */
  readonly drill: string
  readonly kind: string
  readonly path: string
  /** Expected and actual as JSON: with other values it is another difference. */
  readonly difference: string
  readonly note: string
  readonly by: string
  readonly since: number
  readonly until: number
  readonly ended_at: number | null
  readonly ended_by: string | null
}

/** Everything that people changed, in the transaction that changed it. */
export interface AuditTable {
  readonly id: string
  readonly at: number
  readonly by: string
  readonly action: string
  readonly subject: string
  readonly note: string
}

/** What must be told, to whom, and how that went: the outbox of notifications. */
export interface MessagesTable {
  readonly id: string
  /** With the target: what is told once. */
  readonly key: string
  readonly target: string
  readonly drill: string | null
  readonly created_at: number
  /** When it is tried next, or given to somebody else where whoever took it has died; null: never again. */
  readonly wake_at: number | null
  readonly attempts: number
  readonly state: string
  readonly ended_at: number | null
  /** Why the last try failed, or why it was given up. */
  readonly problem: string | null
  /** The whole notice. */
  readonly body: string
}

export interface MigrationsTable {
  readonly name: string
  readonly timestamp: string
}
