import type { Comparison } from './comparison.ts'
import type { Drift } from './drift.ts'
import type { Drill, DrillId } from './drill.ts'
import type { Finding, FindingKind } from './finding.ts'
import type { GroupId } from './group.ts'

/**
 * A known difference of one group that somebody accepted until a day. It is told as a warning till then, and fails again
 * afterwards. It covers exactly what was seen: with another expected or actual value it is another difference.
 */
export interface AcceptedDifference {
  /** In which it was found. */
  readonly drill: DrillId
  readonly group: GroupId
  readonly kind: FindingKind
  readonly path: string
  readonly expected: Finding['expected']
  readonly actual: Finding['actual']
  readonly note: string
  readonly by: string
  readonly since: Temporal.Instant
  /** At this moment it is over. */
  readonly until: Temporal.Instant
}

/** Only differences can be accepted: that nothing rose, or nothing could be read, is never a matter of taste. */
const acceptable: readonly FindingKind[] = ['config-drift', 'state-drift']

/** Whether a finding is one difference that can be accepted; the count of many more ("state") is not. */
export function isAcceptable(finding: Finding): boolean {
  return acceptable.includes(finding.kind) && finding.path !== null && finding.path !== 'state'
}

/** What an accepted difference decides: nothing. It stays among the findings, and says who accepted it, why and until when. */
export function withoutAccepted<Told extends Pick<Comparison, 'findings'>>(told: Told, accepted: readonly AcceptedDifference[]): Told {
  if (accepted.length === 0) return told
  return { ...told, findings: applyAccepted(told.findings, accepted) }
}

/** The same of an instance that could be compared. */
export function withAccepted(drift: Drift, accepted: readonly AcceptedDifference[]): Drift {
  return drift.findings === null ? drift : withoutAccepted(drift, accepted)
}

export function applyAccepted(findings: readonly Finding[], accepted: readonly AcceptedDifference[]): readonly Finding[] {
  return findings.map(finding => {
    const known = accepted.find(one => covers(one, finding))
    return known === undefined ? finding : { ...marked(finding, known), level: 'warn' }
  })
}

/** For readers: findings of a drill that was judged before somebody accepted them. Verdict and levels stay as they were judged. */
export function tellAccepted<D extends Drill>(drill: D, accepted: readonly AcceptedDifference[]): D {
  const own = accepted.filter(one => one.group === drill.group)
  if (own.length === 0) return drill
  const told = (findings: readonly Finding[]) => findings.map(finding => tellOne(finding, own))
  if (drill.state === 'concluded') return { ...drill, judgement: { ...drill.judgement, findings: told(drill.judgement.findings) } }
  return 'findings' in drill ? { ...drill, findings: told(drill.findings) } : drill
}

function tellOne(finding: Finding, accepted: readonly AcceptedDifference[]): Finding {
  const known = finding.accepted === undefined ? accepted.find(one => covers(one, finding)) : undefined
  return known === undefined ? finding : marked(finding, known)
}

function covers(accepted: AcceptedDifference, { kind, path, expected, actual }: Finding): boolean {
  return accepted.kind === kind && accepted.path === path && same(accepted.expected, expected) && same(accepted.actual, actual)
}

function same(a: Finding['actual'], b: Finding['actual']): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function marked(finding: Finding, { until, by, note }: AcceptedDifference): Finding {
  const lastDay = until.subtract({ nanoseconds: 1 }).toZonedDateTimeISO('UTC').toPlainDate()
  return { ...finding, accepted: { until, by, note }, summary: `${finding.summary} (accepted until ${lastDay} by ${by}: ${note})` }
}
