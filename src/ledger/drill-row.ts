import { decode, encode } from '../domain/codec.ts'
import type { Drill, DrillState, OpenDrill, PlannedDrill } from '../domain/drill.ts'
import type { DrillsTable } from './schema.ts'

export const openStates: readonly DrillState[] = ['striking', 'restoring', 'recovering', 'soaking']

/** The run is known when the strike is intended and stays as it is. */
export type DrillColumns = Omit<DrillsTable, 'run'>

/** A drill as its row: what is searched for in columns, the whole of it in the body. */
export function toRow(drill: Drill): DrillColumns {
  const wounded = isWounded(drill)
  const busy = isOpen(drill) || wounded
  const judgement = drill.state === 'concluded' ? drill.judgement : null
  return {
    id: drill.id,
    schedule: drill.schedule,
    provider: drill.provider,
    scope: drill.scope,
    group_id: drill.group,
    service: drill.service,
    plan_key: drill.planKey,
    state: drill.state,
    revision: drill.revision,
    planned_for: drill.plannedFor.epochMilliseconds,
    wake_at: busy || drill.state === 'planned' ? wakeAt(drill) : null,
    victim: victimOf(drill),
    struck_at: struckAt(drill)?.epochMilliseconds ?? null,
    concluded_at: drill.state === 'concluded' ? drill.concludedAt.epochMilliseconds : null,
    verdict: judgement?.verdict ?? null,
    rule: drill.state === 'refused' ? drill.refusal.rule : null,
    wounded: wounded ? 1 : 0,
    failed_rebuild: wounded && judgement?.verdict !== 'phoenix' ? 1 : 0,
    busy: busy ? 1 : 0,
    body: encode(drill),
  }
}

export function fromBody(row: { readonly body: string }): Drill {
  return decode<Drill>(row.body)
}

export function isOpen(drill: Drill): drill is OpenDrill {
  return openStates.includes(drill.state)
}

export function isPlanned(drill: Drill): drill is PlannedDrill {
  return drill.state === 'planned'
}

/** When the strike was made; null where none was, or none is known yet. */
export function struckAt(drill: Drill): Temporal.Instant | null {
  return 'tracking' in drill ? (drill.tracking?.struckAt ?? null) : null
}

function isWounded(drill: Drill): boolean {
  return drill.state === 'concluded' && drill.wounded
}

function victimOf(drill: Drill): string | null {
  if ('order' in drill) return drill.order.victim.id
  return drill.state === 'leashed' ? drill.victim.id : null
}

/** Rounded up: whoever wakes for this row must not find that it is still too early. */
function wakeAt(drill: Drill): number | null {
  if (drill.wakeAt === null) return null
  const ms = drill.wakeAt.epochMilliseconds
  return drill.wakeAt.epochNanoseconds > BigInt(ms) * 1_000_000n ? ms + 1 : ms
}
