import type { Drill } from '../domain/drill.ts'
import type { Value } from '../domain/finding.ts'
import { isSnowflakeByForecast } from '../domain/findings.ts'
import { type DrillDocument, type FindingDocument, type ReportDocument, reportDocument } from './document.ts'
import type { ReportedDrill, ReportInput } from './model.ts'
import { type Moments, momentsOf, successorOf, victimOf } from './moments.ts'
import { summarise } from './summary.ts'

/** One model for every format: the document is exactly the JSON, the cards keep what pages show beyond it. */
export interface Report {
  readonly title: string
  readonly document: ReportDocument
  /** One for each drill: what the owner must act on first, then what is proven, then what was not struck. */
  readonly cards: readonly DrillCard[]
  /** The document, so that a report that is stringified is DESIGN.md §7's JSON and nothing more. */
  toJSON(): ReportDocument
}

export interface DrillCard {
  readonly outcome: Outcome
  readonly document: DrillDocument
  readonly moments: Moments
  readonly source: ReportedDrill
}

/** What a reader sees as the result. `forecast` is a snowflake that was seen without a strike (S13). */
export type Outcome = 'snowflake' | 'inconclusive' | 'forecast' | 'phoenix' | 'open' | 'leashed' | 'refused' | 'planned'

/** The order of reading. */
export const outcomes = [
  'snowflake',
  'inconclusive',
  'forecast',
  'phoenix',
  'open',
  'leashed',
  'refused',
  'planned',
] as const satisfies readonly Outcome[]

export function buildReport(input: ReportInput): Report {
  const cards = input.drills.map(drillCard)
  const document = reportDocument.parse({
    version: 1,
    generatedAt: stamp(input.generatedAt),
    period: { from: stamp(input.from), to: stamp(input.to) },
    summary: summarise(cards, input),
    drills: cards.map(card => card.document),
  })
  return { title: input.title, document, cards: cards.toSorted(inReadingOrder), toJSON: () => document }
}

export function drillCard(source: ReportedDrill): DrillCard {
  const moments = momentsOf(source.drill)
  return { outcome: outcomeOf(source.drill), document: drillDocument(source, moments), moments, source }
}

/** Names of groups are used again in every account and region: where these are several, each is told with its scope. */
export function haveSeveralScopes(cards: readonly DrillCard[]): boolean {
  return new Set(cards.map(card => card.source.drill.scope)).size > 1
}

export function outcomeOf(drill: Drill): Outcome {
  switch (drill.state) {
    case 'concluded':
      return drill.judgement.verdict
    case 'refused':
      return drill.refusal.rule === 'S13' && isSnowflakeByForecast(drill.findings) ? 'forecast' : 'refused'
    case 'leashed':
    case 'planned':
      return drill.state
    default:
      return 'open'
  }
}

function drillDocument(source: ReportedDrill, moments: Moments): DrillDocument {
  const { drill } = source
  const judgement = drill.state === 'concluded' ? drill.judgement : null
  return {
    id: drill.id,
    schedule: drill.schedule,
    provider: drill.provider,
    group: drill.group,
    groupName: drill.groupName,
    service: drill.service,
    state: drill.state,
    verdict: judgement?.verdict ?? null,
    method: 'order' in drill ? drill.order.method : drill.policy.method,
    findings: findingsOf(drill),
    proven: [...(judgement?.proven ?? [])],
    notCompared: (judgement?.notCompared ?? []).map(({ what, why }) => ({ what, why })),
    refusal: drill.state === 'refused' ? { rule: drill.refusal.rule, reason: drill.refusal.reason } : null,
    victim: victimDocument(source),
    successor: successorDocument(source),
    declaredImages: declaredImages(source),
    timeline: {
      plannedFor: stamp(moments.plannedFor),
      struck: stampOrNull(moments.struck),
      victimGone: stampOrNull(moments.victimGone),
      launched: stampOrNull(moments.launched),
      healthy: stampOrNull(moments.healthy),
      recovered: stampOrNull(moments.recovered),
      recoveredAfter: stampOrNull(moments.recoveredAfter),
      concluded: stampOrNull(moments.concluded),
      whole: stampOrNull(moments.whole),
    },
  }
}

function findingsOf(drill: Drill): FindingDocument[] {
  const findings = drill.state === 'concluded' ? drill.judgement.findings : 'findings' in drill ? drill.findings : []
  return findings.map(({ kind, level, path, expected, actual, summary, accepted }) => ({
    kind,
    level,
    path,
    expected: plain(expected),
    actual: plain(actual),
    summary,
    ...(accepted === undefined ? {} : { accepted: { ...accepted, until: stamp(accepted.until) } }),
  }))
}

function victimDocument({ drill, before }: ReportedDrill): DrillDocument['victim'] {
  const victim = victimOf(drill)
  return victim && { id: victim.id, image: victim.image ?? before?.victim.image ?? null }
}

function successorDocument({ drill, after }: ReportedDrill): DrillDocument['successor'] {
  const successor = successorOf(drill)
  if (successor) return { id: successor.id, image: imageAfter(after, successor.id) ?? successor.image }
  const id = drill.state === 'concluded' ? drill.judgement.successor : null
  return id === null ? null : { id, image: imageAfter(after, id) }
}

function imageAfter(after: ReportedDrill['after'], id: string): string | null {
  return after && Object.hasOwn(after.configurations, id) ? (after.configurations[id]?.image ?? null) : null
}

function declaredImages({ drill, before }: ReportedDrill): string[] | null {
  if (!before) return null
  const method = 'order' in drill ? drill.order.method : drill.policy.method
  const { declaration } = before
  const bornFrom = victimOf(drill)?.bornFrom
  const promised = declaration.promises[method] === 'current' ? declaration.current : bornFrom ? declaration.born[bornFrom] : undefined
  return promised ? [...promised.images] : null
}

function inReadingOrder(a: DrillCard, b: DrillCard): number {
  return outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome) || Temporal.Instant.compare(latest(b.moments), latest(a.moments))
}

function latest(moments: Moments): Temporal.Instant {
  return moments.concluded ?? moments.struck ?? moments.plannedFor
}

function plain(value: Value): FindingDocument['expected'] {
  return typeof value === 'object' && value !== null ? [...value] : value
}

function stamp(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: 'millisecond' })
}

function stampOrNull(instant: Temporal.Instant | null): string | null {
  return instant && stamp(instant)
}
