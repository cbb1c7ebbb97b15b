import type { Settings } from '../config/settings.ts'
import type { DrillId, DrillState } from '../domain/drill.ts'
import type { Log } from '../domain/log.ts'
import type { Clock } from '../domain/time.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Access } from './access/access.ts'
import type { FormKey } from './access/same-origin.ts'
import type { CoverageHistory } from './fleet/history.ts'
import type { ComingPlans } from './plans/coming.ts'

/** What pages and API are made from; put together once, in server.ts. */
export interface WebNeeds {
  readonly settings: Pick<Settings, 'web' | 'schedules' | 'limits' | 'never' | 'haltFile' | 'owners'>
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  readonly access: Access
  readonly forms: FormKey
  /** Refuses a drill that is still planned; null: it was vetoed, else the state that it has meanwhile. */
  readonly veto: (drill: DrillId, words: { readonly by: string; readonly note: string }) => Promise<DrillState | 'unknown' | null>
  /** FIREDRILL_HALT_FILE exists. */
  readonly haltFileExists: () => boolean
  /** Platforms that were not reached since this process started, by name, and why. */
  readonly unreachable: ReadonlyMap<string, string>
  readonly history: CoverageHistory
  readonly plans: ComingPlans
  /** Prometheus' text. */
  readonly metrics: () => Promise<string>
  /** Aborted when the server closes: streams end. */
  readonly closing: AbortSignal
}
