import type { ScopeId } from '../domain/group.ts'
import { type Recovery, recoveriesOf } from '../domain/recoveries.ts'
import type { Engine } from './context.ts'

/** The newest conclusions that are read for it: enough for what is kept of a scope, and quickly read. */
const asked = 200

/** How long replacements took lately in a scope: from the ledger at first, from memory then. */
export async function recoveriesIn(engine: Engine, scope: ScopeId): Promise<readonly Recovery[]> {
  const known = engine.recoveries.get(scope)
  if (known !== undefined) return known
  const concluded = await engine.ledger.drills({ states: ['concluded'], limit: asked })
  const read = recoveriesOf(concluded.filter(drill => drill.scope === scope))
  engine.recoveries.set(scope, read)
  return read
}
