import type { DrillId, DrillState } from '../domain/drill.ts'
import { transition } from '../domain/transition.ts'
import type { Engine } from './context.ts'
import { advance } from './write.ts'

/** Refuses a drill that is still planned; null: it was vetoed, else the state that it has meanwhile. */
export async function veto(
  engine: Engine,
  id: DrillId,
  { by, note }: { readonly by: string; readonly note: string },
): Promise<DrillState | 'unknown' | null> {
  const plan = await engine.ledger.drill(id)
  if (plan?.state !== 'planned') return plan?.state ?? 'unknown'
  const at = await engine.ledger.now()
  const refusal = { rule: 'veto', reason: `${by} vetoed it: ${note}` }
  const audit = { by, action: 'veto', subject: `drill ${id} of ${plan.group}`, note } as const
  const refused = transition(plan, { kind: 'refuse', refusal, findings: [], at })
  if (await advance(engine, refused, [{ at, kind: 'refused', data: { ...refusal } }], { audit })) return null
  return (await engine.ledger.drill(id))?.state ?? 'unknown'
}
