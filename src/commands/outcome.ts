import type { Drill } from '../domain/drill.ts'
import { isSnowflakeByForecast } from '../domain/findings.ts'

/**
 * The exit code of what was drilled (DESIGN.md §7): 4 where a configured scope could not be seen, 1 for a snowflake by drill or by
 * forecast, 3 for an inconclusive drill or one left open, 0 otherwise. Refusals do not change it.
 */
export function outcomeCode(drills: readonly Drill[], unreadable: number): 0 | 1 | 3 | 4 {
  if (unreadable > 0) return 4
  if (drills.some(isSnowflake)) return 1
  const unsettled = drills.some(drill => isOpen(drill) || (drill.state === 'concluded' && drill.judgement.verdict === 'inconclusive'))
  return unsettled ? 3 : 0
}

function isSnowflake(drill: Drill): boolean {
  if (drill.state === 'concluded') return drill.judgement.verdict === 'snowflake'
  return drill.state === 'refused' && isSnowflakeByForecast(drill.findings)
}

export function isOpen(drill: Pick<Drill, 'state'>): boolean {
  return drill.state === 'striking' || drill.state === 'restoring' || drill.state === 'recovering' || drill.state === 'soaking'
}
