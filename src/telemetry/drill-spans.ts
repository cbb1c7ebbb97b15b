import { createHash } from 'node:crypto'
import type { Candidate, Drill, DrillEvent } from '../domain/drill.ts'
import type { DrillPart } from '../domain/trace.ts'

/** A part of a drill's life, as a trace shows it. */
export interface DrillSpan {
  readonly name: DrillPart
  readonly from: Temporal.Instant
  readonly to: Temporal.Instant
  readonly attributes: Readonly<Record<string, string | number | boolean | readonly string[]>>
  readonly events: readonly {
    readonly name: string
    readonly at: Temporal.Instant
    readonly attributes: Readonly<Record<string, string>>
  }[]
  /** What went wrong, in a sentence; null: nothing did. */
  readonly problem: string | null
}

/** The root and its parts: the same whenever they are made from what the ledger keeps. */
export interface DrillTrace {
  readonly root: DrillSpan
  readonly parts: readonly DrillSpan[]
}

/** Whoever knows the drill finds its trace, and every process adds to the same one: a UUID without its dashes. */
export function traceIdOf(drill: string): string {
  const plain = drill.replaceAll('-', '').toLowerCase()
  return /^(?!0{32})[0-9a-f]{32}$/.test(plain) ? plain : hash(drill).slice(0, 32)
}

/** Made of the part's name, so that a part that is sent twice is one. */
export function spanIdOf(drill: string, part: string): string {
  return hash(`${drill}\n${part}`).slice(0, 16)
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Null while the drill has not ended. */
export function drillTrace(drill: Drill, events: readonly DrillEvent[]): DrillTrace | null {
  const end = endOf(drill)
  if (end === null) return null
  const intended = 'order' in drill ? drill.order.intendedAt : null
  const struck = drill.state === 'concluded' ? (drill.tracking?.struckAt ?? null) : null
  const { recoveredAt: recovered = null, recoveredAfter } = recoveredOf(drill) ?? {}
  // Without a strike all of it was planning.
  const parts = [
    part('planned', drill.plannedFor, intended ?? end),
    ...(intended === null ? [] : [part('strike', intended, struck ?? end)]),
    ...(struck === null ? [] : [{ ...part('recover', struck, recovered ?? end), attributes: afterText(recoveredAfter) }]),
    ...(struck === null || recovered === null ? [] : [part('soak', recovered, end)]),
  ]
  return { root: root(drill, events, end), parts }
}

function root(drill: Drill, events: readonly DrillEvent[], to: Temporal.Instant): DrillSpan {
  const { id, group, service, schedule, provider, scope, policy } = drill
  const judgement = drill.state === 'concluded' ? drill.judgement : null
  const refusal = drill.state === 'refused' ? drill.refusal : null
  return {
    name: 'drill',
    from: earlier(drill.plannedFor, to),
    to,
    attributes: {
      'firedrill.drill': id,
      'firedrill.group': group,
      'firedrill.service': service,
      'firedrill.schedule': schedule,
      'firedrill.provider': provider,
      'firedrill.scope': scope,
      'firedrill.method': policy.method,
      'firedrill.state': drill.state,
      ...(judgement === null
        ? {}
        : { 'firedrill.verdict': judgement.verdict, 'firedrill.findings': judgement.findings.map(finding => finding.kind) }),
      ...(refusal === null ? {} : { 'firedrill.rule': refusal.rule }),
    },
    events: events.map(({ kind, at, data }) => ({ name: kind, at, attributes: textsOf(data) })),
    problem: judgement?.verdict === 'snowflake' ? (judgement.findings[0]?.summary ?? 'snowflake') : null,
  }
}

function part(name: DrillPart, from: Temporal.Instant, to: Temporal.Instant): DrillSpan {
  return { name, from: earlier(from, to), to, attributes: {}, events: [], problem: null }
}

/** A clock that went back must not make a span that ends before it begins. */
function earlier(from: Temporal.Instant, to: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(from, to) > 0 ? to : from
}

function endOf(drill: Drill): Temporal.Instant | null {
  if (drill.state === 'concluded') return drill.concludedAt
  if (drill.state === 'refused') return drill.refusedAt
  return drill.state === 'leashed' ? drill.leashedAt : null
}

/** Where looks were missed, the part ends when it had recovered at the latest. */
function afterText(recoveredAfter: Temporal.Instant | undefined): DrillSpan['attributes'] {
  return recoveredAfter === undefined ? {} : { 'firedrill.recovered_after': String(recoveredAfter) }
}

function recoveredOf(drill: Drill): Candidate | null {
  if (drill.state !== 'concluded' || drill.tracking === null) return null
  const { candidates } = drill.tracking
  const successor = candidates.find(candidate => candidate.id === drill.judgement.successor)
  // Somebody soaked, and what was asked of it meanwhile hangs under that part.
  const isRecovered = (candidate: Candidate) => candidate.recoveredAt !== null
  return successor !== undefined && isRecovered(successor) ? successor : (candidates.find(isRecovered) ?? null)
}

function textsOf(data: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(data).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]))
}
