import type { Finding } from '../domain/finding.ts'
import { foretellsSnowflake } from '../domain/findings.ts'
import { type DriftFacts, type GroupFacts, type Objection, type Rule, rule } from './rule.ts'

/** S13: no strike where the forecast says that the rebuild must fail, or that the platform has just had no capacity for one. */
export const rebuildPossible: readonly Rule<GroupFacts>[] = [
  rule('S13', ({ forecast }) => failing('a rebuild would fail', forecast ?? []) ?? lackingCapacity(forecast ?? [])),
]

/** S13, second case: no strike on a victim that already differs from its declaration, unless the schedule says so. */
export const notDrifted: readonly Rule<DriftFacts>[] = [
  rule('S10', ({ drift }) => (drift.findings === null ? `the victim could not be compared with its declaration: ${drift.why}` : null)),
  rule('S13', ({ schedule, drift }) =>
    schedule.strikeDrifted === true ? null : failing('the victim already differs from its declaration', drift.findings ?? []),
  ),
]

function failing(what: string, findings: readonly Finding[]): Objection | null {
  const fails = findings.filter(foretellsSnowflake)
  const [first, ...others] = fails
  if (first === undefined) return null
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return { reason: `${what}: ${first.summary}${more}`, findings }
}

function lackingCapacity(findings: readonly Finding[]): Objection | null {
  const lack = findings.find(({ kind, level }) => kind === 'no-capacity' && level === 'fail')
  return lack === undefined ? null : { reason: `a rebuild would hardly come now: ${lack.summary}`, findings }
}
