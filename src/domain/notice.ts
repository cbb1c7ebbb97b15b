import type { ConcludedDrill, Drill, DrillId } from './drill.ts'
import type { Verdict } from './finding.ts'
import { between } from './instants.ts'
import type { Milliseconds } from './time.ts'

/** What somebody may want to hear of; a target's `on:` names some. */
export const noticeKinds = [
  'phoenix',
  'snowflake',
  'inconclusive',
  /** A service may not be drilled until somebody clears it. */
  'quarantine',
  /** A struck group is not back at its size. */
  'wounded',
  /** A restore that the platform does not take. */
  'restore',
  /** A group that was wounded is back. */
  'whole',
  /** The circuit breaker halted a schedule. */
  'breaker',
  /** A strike is coming, and may be vetoed. */
  'strike',
] as const
export type NoticeKind = (typeof noticeKinds)[number]

/** Something that happened, told once to whoever wants to hear of one of its kinds. It names no target. */
export interface Notice {
  /** The same for every process that sees the same thing happen: `concluded/<drill>`. */
  readonly key: string
  /** The first says what it is; whoever asked for any of them is told. */
  readonly kinds: readonly NoticeKind[]
  /** Somebody should look now. */
  readonly urgent: boolean
  readonly at: Temporal.Instant
  readonly schedule: string | null
  readonly owner: string | null
  readonly drill: DrillId | null
  readonly facts: NoticeFacts
  /** Not told before this moment; null: at once. */
  readonly notBefore: Temporal.Instant | null
}

export type NoticeFacts = ConcludedFacts | WholeFacts | RestoreFacts | BreakerFacts | StrikeFacts | DigestFacts | TestFacts

export interface DrillFacts {
  readonly id: DrillId
  readonly group: string
  readonly groupName: string
  readonly service: string
  readonly schedule: string
  readonly provider: string
  readonly scope: string
  readonly owner: string | null
  readonly method: string
}

interface FindingFacts {
  readonly kind: string
  readonly level: 'fail' | 'warn'
  readonly summary: string
}

interface ConcludedFacts {
  readonly what: 'concluded'
  readonly drill: DrillFacts
  readonly verdict: Verdict
  readonly findings: readonly FindingFacts[]
  readonly moreFindings: number
  /** Null: nothing recovered. */
  readonly timeToRecover: Milliseconds | null
  /** Looks were missed, and it may have recovered as early as this after the strike; absent: `timeToRecover` is exact. */
  readonly recoveredAfter?: Milliseconds
  readonly victim: string
  readonly successor: string | null
  readonly quarantined: boolean
  readonly wounded: boolean
  /** What the platform said last about a restore that is not done; null: none is owed. */
  readonly restore: string | null
}

interface WholeFacts {
  readonly what: 'whole'
  readonly drill: DrillFacts
  /** Struck → whole. */
  readonly after: Milliseconds
}

interface RestoreFacts {
  readonly what: 'restore'
  readonly drill: DrillFacts
  readonly detail: string
  /** Since the strike. */
  readonly after: Milliseconds
}

interface BreakerFacts {
  readonly what: 'breaker'
  readonly schedule: string
  readonly reason: string
}

interface StrikeFacts {
  readonly what: 'strike'
  readonly drill: DrillFacts
  readonly plannedFor: Temporal.Instant
  readonly timezone: string
  readonly before: Milliseconds
}

/** What happened in a week is asked when it is told. */
interface DigestFacts {
  readonly what: 'digest'
  readonly from: Temporal.Instant
  readonly to: Temporal.Instant
}

interface TestFacts {
  readonly what: 'test'
  readonly by: string
}

/** A notice for one target, as the ledger keeps it until it was told. */
export interface NewMessage {
  readonly target: string
  readonly notice: Notice
}

const findingsTold = 5

function drillFacts(drill: Drill): DrillFacts {
  const { id, group, groupName, service, schedule, provider, scope, owner, policy } = drill
  return { id, group, groupName, service, schedule, provider, scope, owner, method: policy.method }
}

/** Of a drill's end: its verdict, and in the same breath what follows from it. */
export function conclusionNotice(drill: ConcludedDrill, quarantined: boolean): Notice {
  const { judgement, tracking, order, wounded } = drill
  const { verdict, findings, successor } = judgement
  const { recoveredAt = null, recoveredAfter = null } = tracking?.candidates.find(candidate => candidate.id === successor) ?? {}
  const owed = tracking?.restore ?? null
  const told = [...findings].sort((a, b) => Number(a.level === 'warn') - Number(b.level === 'warn'))
  return {
    ...aboutDrill(drill, `concluded/${drill.id}`, drill.concludedAt),
    kinds: [verdict, ...(quarantined ? (['quarantine'] as const) : []), ...(wounded ? (['wounded'] as const) : [])],
    urgent: wounded,
    facts: {
      what: 'concluded',
      drill: drillFacts(drill),
      verdict,
      findings: told.slice(0, findingsTold).map(({ kind, level, summary }) => ({ kind, level, summary })),
      moreFindings: Math.max(0, told.length - findingsTold),
      timeToRecover: tracking === null || recoveredAt === null ? null : recoveredAt.since(tracking.struckAt).total('milliseconds'),
      ...(tracking === null || recoveredAfter === null ? {} : { recoveredAfter: between(tracking.struckAt, recoveredAfter) }),
      victim: order.victim.id,
      successor,
      quarantined,
      wounded,
      restore: owed === null || owed.state === 'done' || owed.state === 'yielded' ? null : owed.detail,
    },
  }
}

/** A platform that does not replace by itself has not taken the restore for longer than a recovery should take. */
export function restoreNotice(drill: Drill, detail: string, at: Temporal.Instant, struckAt: Temporal.Instant): Notice {
  return {
    ...aboutDrill(drill, `restore/${drill.id}`, at),
    kinds: ['restore', 'wounded'],
    urgent: true,
    facts: { what: 'restore', drill: drillFacts(drill), detail, after: at.since(struckAt).total('milliseconds') },
  }
}

/** The end of an alarm: told to whoever hears of wounded groups, too. */
export function wholeNotice(drill: Drill, at: Temporal.Instant, struckAt: Temporal.Instant): Notice {
  return {
    ...aboutDrill(drill, `whole/${drill.id}`, at),
    kinds: ['whole', 'wounded'],
    urgent: false,
    facts: { what: 'whole', drill: drillFacts(drill), after: at.since(struckAt).total('milliseconds') },
  }
}

/** `since` tells one opening of the breaker from the next. */
export function breakerNotice(schedule: string, reason: string, since: Temporal.Instant): Notice {
  return {
    key: `breaker/${schedule}/${since.epochMilliseconds}`,
    kinds: ['breaker'],
    urgent: true,
    at: since,
    schedule,
    owner: null,
    drill: null,
    facts: { what: 'breaker', schedule, reason },
    notBefore: null,
  }
}

/** Of a strike that is planned: told `before` ahead of it, or at once where that moment has passed. */
export function strikeNotice(drill: Drill, announced: { readonly before: Milliseconds; readonly timezone: string }): Notice {
  const { before, timezone } = announced
  const notBefore = drill.plannedFor.subtract({ milliseconds: before })
  return {
    ...aboutDrill(drill, announcementKey(drill.id), notBefore),
    kinds: ['strike'],
    urgent: false,
    facts: { what: 'strike', drill: drillFacts(drill), plannedFor: drill.plannedFor, timezone, before },
    notBefore,
  }
}

export function announcementKey(drill: DrillId): string {
  return `strike/${drill}`
}

function aboutDrill(drill: Drill, key: string, at: Temporal.Instant) {
  return { key, at, schedule: drill.schedule, owner: drill.owner, drill: drill.id, notBefore: null }
}
