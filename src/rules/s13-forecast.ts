import type { Finding } from '../domain/finding.ts'
import { type DriftFacts, type GroupFacts, type Objection, type Rule, rule } from './rule.ts'

/** S13: no strike where the forecast says that the rebuild must fail. */
export const rebuildPossible: readonly Rule<GroupFacts>[] = [rule('S13', ({ forecast }) => failing('a rebuild would fail', forecast ?? []))]

/** S13, second case: no strike on a victim that already differs from its declaration, unless the schedule says so. */
export const notDrifted: readonly Rule<DriftFacts>[] = [
  rule('S10', ({ drift }) => (drift.findings === null ? `the victim could not be compared with its declaration: ${drift.why}` : null)),
  rule('S13', ({ schedule, drift }) =>
    schedule.strikeDrifted === true ? null : failing('the victim already differs from its declaration', drift.findings ?? []),
  ),
]

function failing(what: string, findings: readonly Finding[]): Objection | null {
  const fails = findings.filter(({ level }) => level === 'fail')
  const [first, ...others] = fails
  if (first === undefined) return null
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return { reason: `${what}: ${first.summary}${more}`, findings }
}
